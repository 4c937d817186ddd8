//! Memory of a program that it looks at and changes while a request uses it, as any program may.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Bytes that the program and a request under way share; clones are the same bytes.
#[derive(Clone, Debug)]
pub struct SharedMemory(Arc<[AtomicU8]>);

impl SharedMemory {
    /// Memory with this content.
    #[must_use]
    pub fn new(content: &[u8]) -> Self {
        Self(content.iter().copied().map(AtomicU8::new).collect())
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Changes the bytes from `at` on, as far as there are any.
    pub fn put(&self, at: usize, content: &[u8]) {
        for (place, &byte) in self.0.iter().skip(at).zip(content) {
            place.store(byte, Ordering::Relaxed);
        }
    }

    /// Whether the bytes from `at` on are these.
    #[must_use]
    pub fn holds(&self, at: usize, content: &[u8]) -> bool {
        let places = self.0.get(at..).unwrap_or_default();
        places.len() >= content.len()
            && places
                .iter()
                .zip(content)
                .all(|(place, &byte)| place.load(Ordering::Relaxed) == byte)
    }

    /// Where the bytes are. They may be written to as long as a clone lives: an atomic may be changed through a shared reference.
    pub(super) fn address(&self) -> *mut u8 {
        self.0.as_ptr().cast::<u8>().cast_mut()
    }
}
