//! Byte-range locks.

use core::marker::PhantomData;

use super::Operation;
use crate::MiniRedirector;
use crate::context_parts;
use crate::raw::{self, LOWIO_CONTEXT, LOWIO_LOCK_LIST, LOWIO_LOCKS};

/// A range to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRange {
    /// First byte.
    pub offset: i64,
    /// How many bytes.
    pub length: i64,
    /// Separates the locks of one handle.
    pub key: u32,
    /// Nobody else may have the range.
    pub exclusive: bool,
    /// A range that is not free at once is an error.
    pub fail_immediately: bool,
}

impl LockRange {
    /// # Safety
    /// `low_io` must be in a live context of a lock.
    pub(crate) unsafe fn from_raw(low_io: *mut LOWIO_CONTEXT) -> Self {
        // SAFETY: by the contract.
        let operation = unsafe { (*low_io).Operation };
        // SAFETY: by the contract.
        let locks = unsafe { *context_parts::low_io_parameters::<LOWIO_LOCKS>(low_io) };
        Self {
            offset: locks.ByteOffset,
            // SAFETY: a lock has a length.
            length: unsafe { locks.Range.Length },
            key: locks.Key,
            exclusive: operation == raw::LOWIO_OP_EXCLUSIVELOCK,
            fail_immediately: locks.Flags & raw::LOWIO_LOCKSFLAG_FAIL_IMMEDIATELY != 0,
        }
    }
}

/// A range to unlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlockRange {
    /// First byte.
    pub offset: i64,
    /// How many bytes.
    pub length: i64,
    /// The key that it was locked with.
    pub key: u32,
}

impl UnlockRange {
    /// # Safety
    /// `low_io` must be in a live context of the unlock of one range.
    pub(crate) unsafe fn from_raw(low_io: *mut LOWIO_CONTEXT) -> Self {
        // SAFETY: by the contract.
        let locks = unsafe { *context_parts::low_io_parameters::<LOWIO_LOCKS>(low_io) };
        Self {
            offset: locks.ByteOffset,
            // SAFETY: the unlock of one range has a length.
            length: unsafe { locks.Range.Length },
            key: locks.Key,
        }
    }
}

/// Several ranges to unlock; see [`Operation::ranges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlockMultiple(());

impl UnlockMultiple {
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

impl<M: MiniRedirector> Operation<'_, M, UnlockMultiple> {
    /// The ranges.
    pub fn ranges(&self) -> UnlockRanges<'_> {
        // SAFETY: a live context, of an unlock.
        let locks = unsafe { *context_parts::low_io_parameters::<LOWIO_LOCKS>(self.low_io()) };
        // SAFETY: the unlock of several ranges has a list.
        let next = unsafe { locks.Range.LockList };
        UnlockRanges {
            next,
            lives: PhantomData,
        }
    }
}

/// Goes through the ranges of an unlock of several.
#[derive(Clone, Debug)]
pub struct UnlockRanges<'a> {
    next: *const LOWIO_LOCK_LIST,
    lives: PhantomData<&'a LOWIO_LOCK_LIST>,
}

impl Iterator for UnlockRanges<'_> {
    type Item = UnlockRange;

    fn next(&mut self) -> Option<UnlockRange> {
        // SAFETY: RDBSS keeps the list, which ends with NULL, until the answer.
        let entry = unsafe { self.next.as_ref() }?;
        self.next = entry.Next;
        Some(UnlockRange {
            offset: entry.ByteOffset,
            length: entry.Length,
            key: entry.Key,
        })
    }
}
