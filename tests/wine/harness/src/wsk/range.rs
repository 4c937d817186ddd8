//! The bytes of an operation: a client's WSK_BUF as the list of pieces that Winsock takes.

use crate::ledger::violation;
use crate::mdl;
use crate::winsock::Buffer;
use alloc::vec::Vec;
use wdk_sys::{
    MDL, MDL_MAPPED_TO_SYSTEM_VA, MDL_PAGES_LOCKED, MDL_PARTIAL, MDL_SOURCE_IS_NONPAGED_POOL,
    NTSTATUS, STATUS_INVALID_PARAMETER,
};
use wsk_sys::WSK_BUF;

/// The pieces, in order.
#[derive(Default)]
pub struct Range {
    pieces: Vec<Buffer>,
    length: usize,
}

// SAFETY: the memory is the operation's until it is over.
unsafe impl Send for Range {}
// SAFETY: as above; only Winsock reads and writes it.
unsafe impl Sync for Range {}

impl Range {
    /// Follows a chain of MDLs.
    ///
    /// # Safety
    ///
    /// NULL, or a valid description of memory that stays until the operation is over.
    pub unsafe fn new(buffer: *const WSK_BUF) -> Result<Self, NTSTATUS> {
        // SAFETY: the caller vouches.
        let buffer = unsafe { buffer.as_ref() }.ok_or(STATUS_INVALID_PARAMETER)?;
        let mut range = Self {
            pieces: Vec::new(),
            length: buffer.Length,
        };
        let mut mdl: *const MDL = buffer.Mdl.cast();
        let mut skip = buffer.Offset as usize;
        let mut left = buffer.Length;
        while left != 0 {
            // SAFETY: the caller vouches for the chain.
            let Some(next) = (unsafe { mdl.as_ref() }) else {
                violation!("a WSK_BUF is longer than its MDLs");
                return Err(STATUS_INVALID_PARAMETER);
            };
            let here = (next.ByteCount as usize).saturating_sub(skip).min(left);
            if here != 0 {
                check_locked(next);
                range.pieces.push(Buffer {
                    length: here as u32,
                    start: mdl::address(next).cast::<u8>().wrapping_add(skip),
                });
            }
            skip = skip.saturating_sub(next.ByteCount as usize);
            left -= here;
            mdl = next.Next;
        }
        Ok(range)
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The pieces after the first `done` bytes.
    pub fn rest(&self, done: usize) -> Vec<Buffer> {
        let mut skip = done;
        let mut rest = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let length = piece.length as usize;
            if skip < length {
                rest.push(Buffer {
                    length: (length - skip) as u32,
                    start: piece.start.wrapping_add(skip),
                });
            }
            skip = skip.saturating_sub(length);
        }
        rest
    }
}

/// WSK works at DISPATCH_LEVEL, so the pages must be there.
fn check_locked(mdl: &MDL) {
    const RESIDENT: u32 =
        MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA;
    if u32::from(mdl.MdlFlags.cast_unsigned()) & RESIDENT == 0 {
        violation!("a WSK_BUF has an MDL whose pages are not locked");
    }
}
