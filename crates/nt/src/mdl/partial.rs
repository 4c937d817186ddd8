//! A reusable MDL for a part of other memory.

use super::{LockedCell, LockedMemory, MdlCell, MdlRef};
use crate::{Result, Status, sys};
use core::ptr::{NonNull, null_mut, without_provenance_mut};

/// A preallocated MDL, aimed per use at a part of some memory, which it keeps alive meanwhile. Aiming allocates nothing.
pub struct PartialMdl<S> {
    mdl: NonNull<sys::MDL>,
    maximum: u32,
    source: Option<S>,
}

// SAFETY: the MDL belongs to no thread, and the source may be sent.
unsafe impl<S: Send> Send for PartialMdl<S> {}
// SAFETY: a shared borrow gives out only what a shared source would.
unsafe impl<S: Sync> Sync for PartialMdl<S> {}

impl<S> PartialMdl<S> {
    /// An MDL for up to that many bytes, wherever they begin in a page. IRQL: any.
    #[track_caller]
    pub fn new(maximum: usize) -> Result<Self> {
        let maximum = u32::try_from(maximum).map_err(|_| Status::INVALID_PARAMETER)?;
        // Room for the worst case: the bytes begin at the end of a page. The address is never used as one.
        let worst = without_provenance_mut(0xfff);
        // SAFETY: the address only serves to count pages; no IRP is involved.
        let mdl = unsafe { sys::IoAllocateMdl(worst, maximum, 0, 0, null_mut()) };
        Ok(Self {
            mdl: NonNull::new(mdl).ok_or(Status::INSUFFICIENT_RESOURCES)?,
            maximum,
            source: None,
        })
    }

    /// Gives the source back; the MDL describes nothing then. IRQL: any.
    #[track_caller]
    pub fn release(&mut self) -> Option<S> {
        let source = self.source.take()?;
        let mdl = self.mdl.as_ptr();
        // What the inline MmPrepareMdlForReuse does: undo a mapping of our own, so that the next one is of the new pages.
        // SAFETY: the MDL is ours.
        let flags = unsafe { (*mdl).MdlFlags };
        if u32::from(flags.cast_unsigned()) & sys::MDL_PARTIAL_HAS_BEEN_MAPPED != 0 {
            // SAFETY: the MDL is ours.
            let address = unsafe { (*mdl).MappedSystemVa };
            // SAFETY: the flag says that this MDL itself was mapped there.
            unsafe { sys::MmUnmapLockedPages(address, mdl) };
        }
        Some(source)
    }

    /// What it is aimed at.
    pub fn source(&self) -> Option<&S> {
        self.source.as_ref()
    }
}

impl<S: LockedMemory> PartialMdl<S> {
    /// Aims at `length` bytes (at least one) at an offset of the source, which must lie within one of its MDLs, and
    /// keeps the source. What it was aimed at before is released. On failure the source comes back. IRQL: any.
    #[track_caller]
    pub fn aim(
        &mut self,
        source: S,
        offset: usize,
        length: usize,
    ) -> core::result::Result<(), (Status, S)> {
        drop(self.release());
        match self.build(source.mdl(), offset, length) {
            Ok(()) => {
                self.source = Some(source);
                Ok(())
            }
            Err(status) => Err((status, source)),
        }
    }

    /// The part, for reading by others; None when not aimed.
    pub fn as_ref(&self) -> Option<MdlRef<'_>> {
        self.source.as_ref()?;
        // SAFETY: the MDL describes a part of the source, which this borrow keeps.
        Some(unsafe { MdlRef::from_raw(self.mdl) })
    }

    /// Builds the MDL over a part of the source's chain.
    #[track_caller]
    fn build(&mut self, source: MdlRef<'_>, offset: usize, length: usize) -> Result<()> {
        let (mdl, skip) = source.locate(offset)?;
        let count = u32::try_from(length).map_err(|_| Status::INVALID_PARAMETER)?;
        let fits = skip.checked_add(length).is_some_and(|end| end <= mdl.len());
        if count == 0 || count > self.maximum || !fits {
            return Err(Status::INVALID_PARAMETER);
        }
        let raw = mdl.as_ptr();
        // What the inline MmGetMdlVirtualAddress does: a number to the kernel, here and in IoBuildPartialMdl.
        // SAFETY: the source's MDL is valid.
        let page = unsafe { (*raw).StartVa };
        // SAFETY: as above.
        let start = unsafe { (*raw).ByteOffset };
        let address = page
            .wrapping_byte_add(start as usize)
            .wrapping_byte_add(skip);
        // SAFETY: the range lies within the source's MDL, and the target has room for the pages of `maximum` bytes.
        unsafe { sys::IoBuildPartialMdl(raw, self.mdl.as_ptr(), address, count) };
        Ok(())
    }
}

impl<S: LockedCell> PartialMdl<S> {
    /// The part, for writing by others; None when not aimed.
    pub fn as_cell(&self) -> Option<MdlCell<'_>> {
        self.source.as_ref()?;
        // SAFETY: as in `as_ref`, and the source's memory may be written by any holder.
        Some(unsafe { MdlCell::from_raw(self.mdl) })
    }
}

impl<S> Drop for PartialMdl<S> {
    #[track_caller]
    fn drop(&mut self) {
        drop(self.release());
        // SAFETY: the MDL is ours and not used any more.
        unsafe { sys::IoFreeMdl(self.mdl.as_ptr()) };
    }
}
