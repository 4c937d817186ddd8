//! An MDL for a part of memory that an operation has, for transports that cannot begin in the middle of an MDL.

use crate::mdl::{LockedMemory, MdlRef, PartialMdl};
use crate::{Result, sys};
use core::ptr::NonNull;

/// The most that a window shows, in bytes: 2 KiB of pool for its MDL.
const WIDTH: usize = 1 << 20;

/// Memory lent to an operation: whoever holds this sees to it that it stays.
struct Lent(NonNull<sys::MDL>);

// SAFETY: an MDL belongs to no thread.
unsafe impl Send for Lent {}

// SAFETY: the operation keeps the MDL and its memory until the window is closed, and moving a pointer moves neither.
unsafe impl LockedMemory for Lent {
    fn mdl(&self) -> MdlRef<'_> {
        // SAFETY: as above.
        unsafe { MdlRef::from_raw(self.0) }
    }
}

/// A preallocated MDL over a part of one that an operation has.
pub(crate) struct Window(PartialMdl<Lent>);

impl Window {
    /// A window that shows nothing. IRQL: any.
    #[track_caller]
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(PartialMdl::new(WIDTH)?))
    }

    /// Shows `length` bytes of the MDL's at an offset, or fewer: those up to the MDL's end, and no more than the window is
    /// wide. Returns the MDL that describes them, and how many they are. IRQL: any.
    ///
    /// # Safety
    ///
    /// The MDL and its memory stay as they are until [`Self::close`].
    #[track_caller]
    pub(crate) unsafe fn open(
        &mut self,
        mdl: NonNull<sys::MDL>,
        offset: usize,
        length: usize,
    ) -> Result<(NonNull<sys::MDL>, usize)> {
        let lent = Lent(mdl);
        let here = lent.mdl().len().saturating_sub(offset);
        let length = length.min(here).min(WIDTH);
        let shown = self.0.aim(lent, offset, length);
        shown.map_err(|(status, _)| status)?;
        let part = self.0.as_ref().and_then(|part| NonNull::new(part.as_ptr()));
        Ok((part.ok_or(crate::Status::INTERNAL_ERROR)?, length))
    }

    /// Shows nothing any more; the memory is nobody's business here. IRQL: any.
    #[track_caller]
    pub(crate) fn close(&mut self) {
        let _ = self.0.release();
    }
}
