//! Looking at an MDL chain.

use super::copy;
use crate::{Result, Status, sys};
use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};

/// `MmCached`.
const CACHED: sys::MEMORY_CACHING_TYPE = 1;

/// `NormalPagePriority | MdlMappingNoExecute`.
const MAPPING_PRIORITY: u32 = 16 | 0x4000_0000;

/// An MDL chain that may be read, and its memory, for a lifetime.
#[derive(Clone, Copy, Debug)]
pub struct MdlRef<'a> {
    mdl: NonNull<sys::MDL>,
    memory: PhantomData<&'a [u8]>,
}

// SAFETY: reading memory belongs to no thread.
unsafe impl Send for MdlRef<'_> {}
// SAFETY: as above.
unsafe impl Sync for MdlRef<'_> {}

impl<'a> MdlRef<'a> {
    /// Looks at a foreign chain.
    ///
    /// # Safety
    ///
    /// For the lifetime, every MDL of the chain stays as it is and describes locked memory (or nonpaged pool) that
    /// may be read; no Rust code has a mutable reference to it; and nobody else maps the same MDL into system space
    /// at the same time (two mappings at once would leak one). Who copies from several threads calls [`Self::map`] before.
    pub const unsafe fn from_raw(mdl: NonNull<sys::MDL>) -> Self {
        Self {
            mdl,
            memory: PhantomData,
        }
    }

    /// The first MDL, for routines that take one.
    pub const fn as_ptr(self) -> *mut sys::MDL {
        self.mdl.as_ptr()
    }

    /// Bytes of the first MDL.
    pub fn len(self) -> usize {
        // SAFETY: the MDL is valid.
        unsafe { (*self.as_ptr()).ByteCount as usize }
    }

    /// Whether the first MDL has no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The rest of the chain.
    pub fn next(self) -> Option<Self> {
        // SAFETY: the MDL is valid.
        let next = unsafe { (*self.as_ptr()).Next };
        // SAFETY: what holds for the chain holds for its rest.
        NonNull::new(next).map(|next| unsafe { Self::from_raw(next) })
    }

    /// Bytes of the whole chain.
    pub fn chain_len(self) -> usize {
        self.iter()
            .fold(0, |sum: usize, mdl| sum.saturating_add(mdl.len()))
    }

    /// Where the first MDL's bytes are in system space; maps them if they are not mapped yet (what the inline
    /// `MmGetSystemAddressForMdlSafe` does). IRQL: any.
    #[track_caller]
    pub fn system_address(self) -> Result<NonNull<u8>> {
        // SAFETY: the MDL is valid.
        let flags = unsafe { (*self.as_ptr()).MdlFlags };
        let mapped = sys::MDL_MAPPED_TO_SYSTEM_VA | sys::MDL_SOURCE_IS_NONPAGED_POOL;
        let address = if u32::from(flags.cast_unsigned()) & mapped != 0 {
            // SAFETY: the MDL is valid.
            unsafe { (*self.as_ptr()).MappedSystemVa }
        } else {
            // SAFETY: the pages are locked and not mapped, as the flags say; a failure returns NULL.
            unsafe {
                sys::MmMapLockedPagesSpecifyCache(
                    self.as_ptr(),
                    crate::time::KERNEL_MODE,
                    CACHED,
                    null_mut(),
                    0,
                    MAPPING_PRIORITY,
                )
            }
        };
        NonNull::new(address.cast()).ok_or(Status::INSUFFICIENT_RESOURCES)
    }

    /// Maps the whole chain, so that copying from and to it cannot fail any more, and any number of threads may do so at
    /// once. [`Status::INSUFFICIENT_RESOURCES`] when it cannot be mapped. IRQL: any.
    #[track_caller]
    pub fn map(self) -> Result<()> {
        self.iter()
            .try_for_each(|mdl| mdl.system_address().map(|_| ()))
    }

    /// Copies bytes out, from an offset into the chain. [`Status::BUFFER_TOO_SMALL`] when it ends before. IRQL: any.
    #[track_caller]
    pub fn copy_to(self, offset: usize, bytes: &mut [u8]) -> Result<()> {
        let mut rest = bytes;
        self.pieces(offset, rest.len(), |piece, length| {
            let (part, tail) = core::mem::take(&mut rest)
                .split_at_mut_checked(length)
                .ok_or(Status::BUFFER_TOO_SMALL)?;
            // SAFETY: the piece has `length` readable bytes, and no slice of ours overlaps it.
            unsafe { copy::copy(piece.as_ptr(), part.as_mut_ptr(), length) };
            rest = tail;
            Ok(())
        })
    }

    /// The first MDL's bytes.
    ///
    /// # Safety
    ///
    /// Nobody writes to the memory during the lifetime. A user's memory cannot promise that: copy from it instead.
    #[track_caller]
    pub unsafe fn bytes(self) -> Result<&'a [u8]> {
        let address = self.system_address()?;
        // SAFETY: the mapping has that many readable bytes, and the caller vouches that they stay.
        Ok(unsafe { core::slice::from_raw_parts(address.as_ptr(), self.len()) })
    }

    /// The MDL in which a byte of the chain lies, and where in it. An offset at the end lies in the last one.
    pub(crate) fn locate(self, offset: usize) -> Result<(Self, usize)> {
        let mut rest = offset;
        for mdl in self.iter() {
            let length = mdl.len();
            if rest < length || (rest == length && mdl.next().is_none()) {
                return Ok((mdl, rest));
            }
            rest = rest.saturating_sub(length);
        }
        Err(Status::BUFFER_TOO_SMALL)
    }

    /// Fails unless the chain has `length` bytes from `offset` on.
    pub(crate) fn check_range(self, offset: usize, length: usize) -> Result<()> {
        match offset.checked_add(length) {
            Some(end) if end <= self.chain_len() => Ok(()),
            _ => Err(Status::BUFFER_TOO_SMALL),
        }
    }

    /// Calls the closure with every piece of a range, in order, at its system address.
    #[track_caller]
    fn pieces(
        self,
        offset: usize,
        length: usize,
        mut each: impl FnMut(NonNull<u8>, usize) -> Result<()>,
    ) -> Result<()> {
        self.check_range(offset, length)?;
        let (first, mut skip) = self.locate(offset)?;
        let mut left = length;
        for mdl in first.iter() {
            if left == 0 {
                break;
            }
            let here = mdl.len().saturating_sub(skip).min(left);
            // SAFETY: `skip` is no more than the MDL's length.
            each(unsafe { mdl.system_address()?.add(skip) }, here)?;
            left = left.saturating_sub(here);
            skip = 0;
        }
        Ok(())
    }

    /// The MDLs of the chain.
    fn iter(self) -> impl Iterator<Item = Self> {
        core::iter::successors(Some(self), |mdl| mdl.next())
    }
}

/// An MDL chain that may be read and written, by any number of holders: its memory is only ever copied from and to.
#[derive(Clone, Copy, Debug)]
pub struct MdlCell<'a>(MdlRef<'a>);

impl<'a> MdlCell<'a> {
    /// Looks at a foreign chain.
    ///
    /// # Safety
    ///
    /// As for [`MdlRef::from_raw`]; and the memory may be written to, and no Rust code has any reference to it.
    pub const unsafe fn from_raw(mdl: NonNull<sys::MDL>) -> Self {
        // SAFETY: the caller vouches for more than this asks.
        Self(unsafe { MdlRef::from_raw(mdl) })
    }

    /// The same memory, for reading.
    pub const fn as_ref(self) -> MdlRef<'a> {
        self.0
    }

    /// Copies bytes in, to an offset into the chain. [`Status::BUFFER_TOO_SMALL`] when it ends before. IRQL: any.
    #[track_caller]
    pub fn copy_from(self, offset: usize, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        self.0.pieces(offset, rest.len(), |piece, length| {
            let (part, tail) = rest
                .split_at_checked(length)
                .ok_or(Status::BUFFER_TOO_SMALL)?;
            // SAFETY: the piece has `length` writable bytes, and no slice of ours overlaps it.
            unsafe { copy::copy(part.as_ptr(), piece.as_ptr(), length) };
            rest = tail;
            Ok(())
        })
    }

    /// Sets bytes to zero. [`Status::BUFFER_TOO_SMALL`] when the chain ends before. IRQL: any.
    #[track_caller]
    pub fn zero(self, offset: usize, length: usize) -> Result<()> {
        self.0.pieces(offset, length, |piece, length| {
            // SAFETY: the piece has `length` writable bytes.
            unsafe { copy::zero(piece.as_ptr(), length) };
            Ok(())
        })
    }
}
