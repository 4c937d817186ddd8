//! Time as the caller hands it in.

/// A point in time, in ticks of 100 ns since any fixed moment. It must not run backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

/// A length of time, in ticks of 100 ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(pub u64);

impl Time {
    /// The moment that lies `interval` after this one; the end of time if that is later.
    #[must_use]
    pub const fn after(self, interval: Interval) -> Self {
        Self(self.0.saturating_add(interval.0))
    }

    /// How long ago `earlier` was; nothing if it was not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Interval {
        Interval(self.0.saturating_sub(earlier.0))
    }
}

impl Interval {
    /// So many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        // 2^32 seconds are 2^56 ticks, so this cannot overflow.
        Self((seconds as u64).saturating_mul(10_000_000))
    }

    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(milliseconds: u32) -> Self {
        Self((milliseconds as u64).saturating_mul(10_000))
    }
}
