//! The model's time.

use std::time::Duration;

use crate::machine;

/// The time, in units of 100 ns.
pub fn interrupt_time() -> u64 {
    machine::now()
}

/// A duration in units of 100 ns.
pub fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(100)).unwrap_or(u64::MAX)
}
