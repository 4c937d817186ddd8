//! Ending something only when nobody uses it any more.

use super::{Event, EventKind};
use crate::Result;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

/// Set once the end has begun.
const CLOSED: u32 = 1 << 31;

/// No more may enter than can be counted, so that not even leaked guards can reach the bit above.
const MOST: u32 = CLOSED - 1;

/// Counts users; [`Rundown::close_and_wait`] lets no new ones in and waits for the last to leave.
///
/// The kernel's own EX_RUNDOWN_REF counts the same way, but cannot be closed without waiting, which [`Rundown::close`] does
/// at any IRQL.
pub struct Rundown {
    /// Users, plus one until the end has begun, plus [`CLOSED`].
    count: AtomicU32,
    left: Event,
}

impl Rundown {
    /// Open, without users. IRQL: any.
    #[track_caller]
    pub fn new() -> Result<Self> {
        Ok(Self {
            count: AtomicU32::new(1),
            left: Event::new(EventKind::Notification)?,
        })
    }

    /// Enters as a user; None once the end has begun (or with 2^31 users). IRQL: any.
    pub fn enter(&self) -> Option<RundownGuard<'_>> {
        self.count
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |count| {
                (count < MOST).then(|| count.wrapping_add(1))
            })
            .ok()?;
        Some(RundownGuard { rundown: self })
    }

    /// Lets no new users in. IRQL: any.
    #[track_caller]
    pub fn close(&self) {
        if self.count.fetch_or(CLOSED, Ordering::AcqRel) & CLOSED == 0 {
            self.leave();
        }
    }

    /// Lets no new users in and waits until all have left. May be called more than once. IRQL: below DISPATCH; any, if
    /// all are known to have left.
    #[track_caller]
    pub fn close_and_wait(&self) {
        self.close();
        // Waiting, if only for no time, goes through the event's lock: who has just set it is done with it then. Looking
        // whether it is set does not, and the event may be freed next.
        if self.left.wait_for(Duration::ZERO).is_err() {
            self.left.wait();
        }
    }

    /// Whether the end has begun. IRQL: any.
    pub fn is_closed(&self) -> bool {
        self.count.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Counts one down; the last one out wakes the waiter. Once counted out, the rundown may be freed by others at any
    /// moment, so the event is looked up before, and nothing is touched after.
    #[track_caller]
    fn leave(&self) {
        let left = self.left.by_ref();
        if self.count.fetch_sub(1, Ordering::AcqRel) == CLOSED | 1 {
            left.set();
        }
    }
}

/// A user; dropping leaves.
#[must_use = "the user leaves when the guard is dropped"]
pub struct RundownGuard<'a> {
    rundown: &'a Rundown,
}

impl RundownGuard<'_> {
    /// Stays a user without a guard, for an operation that ends elsewhere.
    pub(crate) fn keep(self) {
        core::mem::forget(self);
    }
}

impl Rundown {
    /// Takes back a [`RundownGuard::keep`].
    ///
    /// # Safety
    ///
    /// A user was kept on this rundown and not taken back yet.
    pub(crate) unsafe fn take_back(&self) -> RundownGuard<'_> {
        RundownGuard { rundown: self }
    }
}

impl Drop for RundownGuard<'_> {
    #[track_caller]
    fn drop(&mut self) {
        self.rundown.leave();
    }
}
