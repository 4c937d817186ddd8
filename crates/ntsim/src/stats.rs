//! Counters.

use core::sync::atomic::{AtomicU64, Ordering};

/// What the kernel has done since it booted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent to drivers.
    pub irps: u64,
    /// Requests that are not completed.
    pub irps_outstanding: u64,
    /// Pool allocations.
    pub pool_allocations: u64,
    /// Most bytes of pool in use at once.
    pub pool_peak: u64,
    /// Bytes of pool in use.
    pub pool_bytes: u64,
    /// WSK sends.
    pub wsk_sends: u64,
    /// WSK receives.
    pub wsk_receives: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// The most network completions of one processor's stay at DISPATCH_LEVEL.
    pub longest_stay: u64,
}

/// A counter that many threads raise.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    const fn zero() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(crate) fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    /// Raises it to this value, if it is less.
    pub(crate) fn reach(&self, value: u64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }

    pub(crate) fn subtract(&self, by: u64) {
        self.0.fetch_sub(by, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) static IRPS: Counter = Counter::zero();
pub(crate) static IRPS_OUTSTANDING: Counter = Counter::zero();
pub(crate) static SENDS: Counter = Counter::zero();
pub(crate) static RECEIVES: Counter = Counter::zero();
pub(crate) static BYTES_SENT: Counter = Counter::zero();
pub(crate) static BYTES_RECEIVED: Counter = Counter::zero();
pub(crate) static LONGEST_STAY: Counter = Counter::zero();

/// Starts anew, for a new kernel.
pub(crate) fn reset() {
    for counter in [
        &IRPS,
        &IRPS_OUTSTANDING,
        &SENDS,
        &RECEIVES,
        &BYTES_SENT,
        &BYTES_RECEIVED,
        &LONGEST_STAY,
    ] {
        counter.0.store(0, Ordering::Relaxed);
    }
}
