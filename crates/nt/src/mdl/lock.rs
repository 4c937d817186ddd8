//! Locking a user's memory.

use crate::{Result, check, sys};

/// Locks the pages of a new MDL (`MmProbeAndLockPages`). What a real kernel reports by raising an exception, such as
/// [`crate::Status::ACCESS_VIOLATION`], is an error here. IRQL: below DISPATCH; any for nonpaged memory.
///
/// # Safety
///
/// The MDL is the caller's, from `IoAllocateMdl`, and its pages are not locked; its range may be of any memory if the
/// mode is `UserMode` and the calling thread is in the process it belongs to. `MmUnlockPages` must follow before the MDL
/// is freed.
#[track_caller]
pub unsafe fn probe_and_lock(
    mdl: *mut sys::MDL,
    mode: sys::KPROCESSOR_MODE,
    operation: sys::LOCK_OPERATION,
) -> Result<()> {
    // SAFETY: the caller vouches for the MDL.
    check(unsafe { sys::try_probe_and_lock_pages(mdl, mode, operation) })
}
