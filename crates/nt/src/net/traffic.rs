//! What goes on at a stream, counted so that the stream can be ended.

use crate::sync::{Rundown, RundownGuard};
use crate::{Result, Status};

/// Counts a stream's operations, and the calls into its transport that have not returned.
pub struct Traffic {
    /// None may be made once the stream is being closed.
    calls: Rundown,
    /// In flight, until their completions have returned.
    operations: Rundown,
}

impl Traffic {
    /// Nothing goes on yet. IRQL: any.
    #[track_caller]
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            calls: Rundown::new()?,
            operations: Rundown::new()?,
        })
    }

    /// Enters as an operation; fails once the stream is being closed.
    pub(crate) fn enter(&self) -> Result<RundownGuard<'_>> {
        self.operations
            .enter()
            .ok_or(Status::CONNECTION_DISCONNECTED)
    }

    /// Takes back an operation that was kept.
    ///
    /// # Safety
    ///
    /// See [`Rundown::take_back`].
    pub(crate) unsafe fn take_back(&self) -> RundownGuard<'_> {
        // SAFETY: the caller vouches.
        unsafe { self.operations.take_back() }
    }

    /// Calls into the transport, which is refused once the stream is being closed.
    #[track_caller]
    pub(crate) fn call<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let _call = self.calls.enter().ok_or(Status::CONNECTION_DISCONNECTED)?;
        call()
    }

    /// Lets nothing begin any more, and waits until no call is under way. Operations may still be in flight.
    /// IRQL: below DISPATCH.
    #[track_caller]
    pub(crate) fn stop(&self) {
        self.operations.close();
        self.calls.close_and_wait();
    }

    /// Waits until the last completion has returned. IRQL: below DISPATCH; any, if that is known.
    #[track_caller]
    pub(crate) fn wait(&self) {
        self.operations.close_and_wait();
    }
}
