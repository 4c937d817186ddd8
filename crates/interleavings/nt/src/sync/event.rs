//! Events, on which threads wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use interleavings_core::step;
pub use kernel::sync::EventKind;

use crate::machine::{self, Waiters};
use crate::{Result, Status, time};

/// An event.
pub struct Event {
    kind: EventKind,
    set: AtomicBool,
    waiters: Waiters,
}

impl Event {
    /// A new event, not set.
    ///
    /// # Errors
    /// None, in the model.
    pub fn new(kind: EventKind) -> Result<Self> {
        Ok(Self {
            kind,
            set: AtomicBool::new(false),
            waiters: Waiters::default(),
        })
    }

    /// Sets the event; says whether it was set already.
    pub fn set(&self) -> bool {
        step();
        let was_set = self.set.swap(true, Ordering::Relaxed);
        self.waiters.wake();
        was_set
    }

    /// Waits until the event is set.
    pub fn wait(&self) {
        self.waiters.wait(|| self.take());
    }

    /// Waits no longer than that.
    ///
    /// # Errors
    /// STATUS_TIMEOUT.
    pub fn wait_for(&self, timeout: Duration) -> Result<()> {
        let latest = machine::now().saturating_add(time::ticks(timeout));
        self.waiters
            .wait_until(latest, || self.take())
            .ok_or(Status::TIMEOUT)
    }

    fn take(&self) -> Option<()> {
        let is_set = match self.kind {
            EventKind::Notification => self.set.load(Ordering::Relaxed),
            EventKind::Synchronization => self.set.swap(false, Ordering::Relaxed),
        };
        is_set.then_some(())
    }
}
