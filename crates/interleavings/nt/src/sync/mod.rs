//! Locks and events.

mod event;
mod freelist;
mod spin_lock;

pub use event::{Event, EventKind};
pub use freelist::Freelist;
pub use spin_lock::{SpinLock, SpinLockGuard};

/// Nothing that the model has would be held meanwhile.
pub fn network_wait() {}
