//! Locks and events.
//!
//! Which lock when: [`SpinLock`] for short table work that a completion routine shares; [`FastMutex`] for longer work of
//! threads; [`Resource`] for many readers, or where RDBSS demands one. A guard must be dropped by the thread that took
//! the lock, so guards are not `Send`; and in the reverse order of taking, so that each restores the right IRQL.

mod critical_region;
mod event;
mod fast_mutex;
mod freelist;
mod resource;
mod rundown;
mod spin_lock;

pub use critical_region::CriticalRegion;
pub use event::{Event, EventKind, EventRef};
pub use fast_mutex::{FastMutex, FastMutexGuard, initialize_fast_mutex};
pub use freelist::Freelist;
pub use resource::{Resource, ResourceGuard, ResourceRef};
pub use rundown::{Rundown, RundownGuard};
pub use spin_lock::{SpinLock, SpinLockAtDispatchGuard, SpinLockGuard};

/// Says that the thread is about to wait for the network, which a redirector may not do while it holds an FCB or a fast
/// mutex; `ntsim` checks it, real kernels do not care. Calls of [`crate::wsk`] that wait say so themselves. IRQL: any.
#[track_caller]
pub fn network_wait() {
    crate::sys::network_wait();
}
