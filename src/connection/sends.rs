//! Whether what is sent gets out.
//!
//! A server that answers requests before it takes their data, and then takes nothing more, keeps the buffers of what it has
//! answered: no request is left whose time could end.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use smb_client::{Interval, Time};

/// What the transport has to send.
pub struct Sends {
    under_way: AtomicU32,
    /// When it last was done with something, or got something after it had nothing.
    moved: AtomicU64,
}

impl Sends {
    /// Nothing.
    pub const fn new() -> Self {
        Self {
            under_way: AtomicU32::new(0),
            moved: AtomicU64::new(0),
        }
    }

    /// The transport gets something to send. IRQL: any.
    pub fn begin(&self, now: Time) {
        if self.under_way.load(Ordering::Relaxed) == 0 {
            self.moved.store(now.0, Ordering::Relaxed);
        }
        // Release: who sees it under way sees that it has just begun.
        self.under_way.fetch_add(1, Ordering::Release);
    }

    /// The transport is done with something. IRQL: any.
    pub fn end(&self, now: Time) {
        self.moved.store(now.0, Ordering::Relaxed);
        self.under_way.fetch_sub(1, Ordering::Release);
    }

    /// Whether nothing has got out for so long, although there is something. IRQL: any.
    pub fn are_stuck(&self, patience: Interval, now: Time) -> bool {
        self.under_way.load(Ordering::Acquire) > 0
            && now.since(Time(self.moved.load(Ordering::Relaxed))) > patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Interval = Interval(10);

    #[test]
    fn what_does_not_get_out_in_time_is_stuck() {
        let sends = Sends::new();
        assert!(!sends.are_stuck(PATIENCE, Time(1000)));
        sends.begin(Time(1000));
        assert!(!sends.are_stuck(PATIENCE, Time(1010)));
        assert!(sends.are_stuck(PATIENCE, Time(1011)));
        sends.end(Time(1011));
        assert!(!sends.are_stuck(PATIENCE, Time(2000)));
    }

    #[test]
    fn as_long_as_something_gets_out_nothing_is_stuck() {
        let sends = Sends::new();
        sends.begin(Time(1000));
        sends.begin(Time(1001));
        sends.end(Time(1009));
        sends.begin(Time(1015));
        assert!(!sends.are_stuck(PATIENCE, Time(1019)));
        assert!(sends.are_stuck(PATIENCE, Time(1020)));
    }
}
