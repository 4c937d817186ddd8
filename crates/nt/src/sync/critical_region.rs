//! Holding back APCs.

use crate::sys;
use core::marker::PhantomData;

/// While it lives, normal kernel APCs (so thread suspension too) are held back from the thread, as ERESOURCEs demand.
#[must_use = "the region ends when the guard is dropped"]
pub struct CriticalRegion {
    /// The thread that entered must leave.
    not_send: PhantomData<*mut ()>,
}

impl CriticalRegion {
    /// Enters a region (`KeEnterCriticalRegion`); regions nest. IRQL: below DISPATCH.
    #[track_caller]
    pub fn enter() -> Self {
        // SAFETY: it counts in the thread's own state; `drop` counts back.
        unsafe { sys::KeEnterCriticalRegion() };
        Self {
            not_send: PhantomData,
        }
    }
}

impl Drop for CriticalRegion {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: this thread entered, for the guard cannot change threads.
        unsafe { sys::KeLeaveCriticalRegion() };
    }
}
