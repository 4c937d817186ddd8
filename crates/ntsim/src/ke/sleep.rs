//! KeDelayExecutionThread.

use super::time;
use crate::irql;
use crate::sys::*;
use core::panic::Location;
use std::time::Instant;

/// Sleeps; the interval is relative when negative.
#[track_caller]
pub unsafe fn KeDelayExecutionThread(
    _WaitMode: KPROCESSOR_MODE,
    _Alertable: BOOLEAN,
    Interval: PLARGE_INTEGER,
) -> NTSTATUS {
    irql::at_most(irql::APC, "KeDelayExecutionThread", Location::caller());
    // SAFETY: the caller gives an interval.
    if let Some(deadline) = unsafe { time::deadline_of(Interval) } {
        std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
    }
    STATUS_SUCCESS
}
