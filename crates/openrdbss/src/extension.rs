//! The mini-redirector's extension behind an object of the library's, if the library is to make one
//! (`RDBSS_MANAGE_*_EXTENSION`).

use crate::live::{Live, get};
use nt::sys::PVOID;
use rdbss::raw::MINIRDR_DISPATCH;

/// Rounds up to a multiple of 8.
pub(crate) fn round8(bytes: usize) -> usize {
    bytes.saturating_add(7) & !7
}

/// Where an extension is.
#[derive(Clone, Copy)]
pub(crate) struct Extension {
    at: usize,
    /// None if the library does not make one.
    bytes: Option<usize>,
}

impl Extension {
    /// An extension of `bytes` behind a `T`, if the mini-redirector's flags have `managed`.
    pub fn behind<T>(callbacks: Live<MINIRDR_DISPATCH>, managed: u32, bytes: u32) -> Self {
        let made = get!(callbacks => MRxFlags) & managed != 0;
        Self {
            at: round8(size_of::<T>()),
            bytes: made.then_some(round8(bytes as usize)),
        }
    }

    /// Bytes of the object with its extension.
    pub fn end(self) -> usize {
        self.at.saturating_add(self.bytes.unwrap_or(0))
    }

    /// The extension of an object that was made with room for it, or NULL.
    pub fn of<T>(self, object: Live<T>) -> PVOID {
        match self.bytes {
            Some(_) => object.as_ptr().wrapping_byte_add(self.at).cast(),
            None => core::ptr::null_mut(),
        }
    }
}
