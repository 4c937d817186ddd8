//! A buffer of our own with its MDL.

use super::{LockedMemory, MdlCell, MdlRef};
use crate::pool::{PoolBuf, Tag};
use crate::{Result, Status, sys};
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::{NonNull, null_mut};

/// A pool buffer and the MDL that describes it. As a slice it is the whole buffer; as an MDL it is the first
/// [`Mdl::described`] bytes.
pub struct Mdl {
    mdl: NonNull<sys::MDL>,
    buffer: PoolBuf,
}

// SAFETY: the MDL and the buffer belong to no thread.
unsafe impl Send for Mdl {}
// SAFETY: a shared borrow only reads.
unsafe impl Sync for Mdl {}

impl Mdl {
    /// A zeroed buffer of that many bytes (1 to 4 GiB - 1), all of it described. IRQL: any.
    #[track_caller]
    pub fn allocate(tag: Tag, length: usize) -> Result<Self> {
        Self::new(PoolBuf::zeroed(tag, length)?)
    }

    /// Describes a buffer, all of it. IRQL: any.
    #[track_caller]
    pub fn new(mut buffer: PoolBuf) -> Result<Self> {
        let length = u32::try_from(buffer.len()).map_err(|_| Status::INVALID_PARAMETER)?;
        if length == 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        let address = buffer.as_mut_ptr().cast();
        // SAFETY: address and length are those of a buffer; no IRP is involved.
        let mdl = unsafe { sys::IoAllocateMdl(address, length, 0, 0, null_mut()) };
        let mdl = NonNull::new(mdl).ok_or(Status::INSUFFICIENT_RESOURCES)?;
        // SAFETY: the MDL was made for a range of nonpaged pool.
        unsafe { sys::MmBuildMdlForNonPagedPool(mdl.as_ptr()) };
        Ok(Self { mdl, buffer })
    }

    /// How many bytes, from the start of the buffer, the MDL describes.
    pub fn described(&self) -> usize {
        self.as_ref().len()
    }

    /// Describes the first `length` bytes only, such as those of a message that does not fill the buffer.
    /// [`Status::BUFFER_TOO_SMALL`] when there are not that many.
    pub fn describe(&mut self, length: usize) -> Result<()> {
        if length > self.buffer.len() {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        // No longer than the buffer, whose length fits.
        let count = length as u32;
        // SAFETY: the MDL is ours, borrowed mutably, and has the pages of the whole buffer.
        unsafe { (*self.mdl.as_ptr()).ByteCount = count };
        Ok(())
    }

    /// The described bytes, for reading by others.
    pub fn as_ref(&self) -> MdlRef<'_> {
        // SAFETY: MDL and buffer are ours; while they are borrowed, nobody can write.
        unsafe { MdlRef::from_raw(self.mdl) }
    }

    /// The described bytes, for writing by others.
    pub fn as_cell(&mut self) -> MdlCell<'_> {
        // SAFETY: MDL and buffer are ours; while they are borrowed mutably, no other reference exists.
        unsafe { MdlCell::from_raw(self.mdl) }
    }

    /// The buffer's length.
    pub fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// The MDL itself, with the right to chain it.
    pub(crate) fn as_mut_ptr(&mut self) -> NonNull<sys::MDL> {
        self.mdl
    }
}

// SAFETY: MDL and buffer are in pool, and the chain is this one MDL.
unsafe impl LockedMemory for Mdl {
    fn mdl(&self) -> MdlRef<'_> {
        self.as_ref()
    }
}

impl Deref for Mdl {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer
    }
}

impl DerefMut for Mdl {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer
    }
}

impl Drop for Mdl {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the MDL is ours and not used any more; the buffer, dropped next, outlives it.
        unsafe { sys::IoFreeMdl(self.mdl.as_ptr()) };
    }
}

impl fmt::Debug for Mdl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "Mdl({} of {} bytes)",
            self.described(),
            self.capacity()
        )
    }
}
