//! Spin locks inside structures.

use crate::live::Live;
use nt::sys::{KIRQL, KSPIN_LOCK};

/// A held spin lock; dropping it restores the IRQL.
pub(crate) struct Held {
    lock: Live<KSPIN_LOCK>,
    previous: KIRQL,
}

/// Takes the lock, at any IRQL up to DISPATCH_LEVEL.
#[track_caller]
pub(crate) fn acquire(lock: Live<KSPIN_LOCK>) -> Held {
    // SAFETY: the lock lives; zero is its released state.
    let previous = unsafe { nt::sys::KeAcquireSpinLockRaiseToDpc(lock.as_ptr()) };
    Held { lock, previous }
}

impl Drop for Held {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: this guard acquired the lock, and the level is the one it saw then.
        unsafe { nt::sys::KeReleaseSpinLock(self.lock.as_ptr(), self.previous) };
    }
}
