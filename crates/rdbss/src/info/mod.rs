//! Queries and changes of information: of files, directories, volumes, extended attributes, security and quotas.
//!
//! A query writes its answer to an [`Output`], which keeps RDBSS's count of the room.

mod directory;
mod extended_attributes;
mod query;
mod quota;
mod security;
mod set_file;
mod set_volume;

pub use directory::DirectoryQuery;
pub use extended_attributes::{EaQuery, SetEa};
pub use query::{FileInfoQuery, InfoQuery, VolumeInfoQuery};
pub use quota::{QuotaQuery, SetQuota};
pub use security::{SecurityQuery, SetSecurity};
pub use set_file::{RenameTarget, SetFileInfo};
pub use set_volume::SetVolumeInfo;

use core::ptr::NonNull;

use crate::context_parts;
use crate::output::Output;
use crate::raw::{LONG, PVOID, RX_CONTEXT, RX_INFO};

/// The information part of a context.
///
/// # Safety
/// `context` must be a live one of a query or a change of information.
unsafe fn info(context: *mut RX_CONTEXT) -> RX_INFO {
    // SAFETY: by the contract.
    unsafe { *context_parts::info(context) }
}

/// The room for a query's answer, counted by RDBSS.
///
/// # Safety
/// `context` must be a live one of a query during `'a`, and have no other output.
unsafe fn counted_output<'a>(context: *mut RX_CONTEXT) -> Output<'a> {
    // SAFETY: by the contract.
    let buffer = unsafe { info(context) }.Buffer;
    // SAFETY: by the contract.
    let remaining = unsafe { &raw mut (*context_parts::info(context)).LengthRemaining };
    // SAFETY: a field is not at NULL.
    let remaining = unsafe { NonNull::new_unchecked(remaining) };
    // SAFETY: RDBSS gives a buffer in system memory with so much room.
    unsafe { Output::counted(buffer.cast(), remaining) }
}

/// The bytes of a change, which the I/O manager has copied from the caller.
///
/// # Safety
/// `context` must be a live one of a change with a buffered input during `'a`.
unsafe fn input<'a>(context: *mut RX_CONTEXT) -> &'a [u8] {
    // SAFETY: by the contract.
    let info = unsafe { info(context) };
    let length = usize::try_from(info.LengthRemaining).unwrap_or(0);
    // SAFETY: a system buffer of this length, which nobody changes.
    unsafe { bytes(info.Buffer.cast(), length) }
}

/// What the I/O manager has copied; nothing if it was not given.
///
/// # Safety
/// `start` must be NULL or `length` bytes that nobody changes during `'a`.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> &'a [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: by the contract.
    unsafe { core::slice::from_raw_parts(start, length) }
}

/// A caller's input in memory that the caller may change meanwhile: it is only ever copied from.
#[derive(Clone, Copy)]
pub struct SharedInput<'a> {
    start: NonNull<u8>,
    length: usize,
    lives: core::marker::PhantomData<&'a [u8]>,
}

impl SharedInput<'_> {
    /// # Safety
    /// `start` must be NULL or `length` readable bytes during the lifetime of the result.
    unsafe fn new(start: PVOID, length: LONG) -> Self {
        let length = usize::try_from(length).unwrap_or(0);
        let (start, length) = match NonNull::new(start.cast()) {
            Some(start) => (start, length),
            None => (NonNull::dangling(), 0),
        };
        Self {
            start,
            length,
            lives: core::marker::PhantomData,
        }
    }

    /// How many bytes there are.
    pub fn len(self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.length == 0
    }

    /// Copies all bytes to the beginning of `target`, as far as it reaches; how many.
    pub fn copy_to(self, target: &mut [u8]) -> usize {
        let length = self.length.min(target.len());
        let target = NonNull::from(target).cast();
        // SAFETY: so many bytes are readable here and writable there, and a caller's memory is not ours.
        unsafe { self.start.copy_to_nonoverlapping(target, length) };
        length
    }
}
