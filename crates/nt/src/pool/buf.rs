//! Bytes in pool.

use super::{PoolVec, Tag};
use crate::Result;
use core::fmt;
use core::ops::{Deref, DerefMut};

/// A byte buffer of fixed length in nonpaged pool, aligned to 16 bytes (to a page from a page on).
pub struct PoolBuf(PoolVec<u8>);

impl PoolBuf {
    /// A buffer of zeroes. IRQL: any.
    #[track_caller]
    pub fn zeroed(tag: Tag, length: usize) -> Result<Self> {
        Ok(Self(PoolVec::zeroed(tag, length)?))
    }

    /// A buffer with these bytes. IRQL: any.
    #[track_caller]
    pub fn copied(tag: Tag, bytes: &[u8]) -> Result<Self> {
        let mut copy = PoolVec::with_capacity(tag, bytes.len())?;
        copy.extend_from_slice(bytes)?;
        Ok(Self(copy))
    }
}

impl Deref for PoolBuf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for PoolBuf {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// The length only: the bytes may be somebody's data.
impl fmt::Debug for PoolBuf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PoolBuf({} bytes)", self.len())
    }
}
