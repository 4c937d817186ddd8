//! Time, in units of 100 nanoseconds.

use crate::sys::*;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// 1601 to 1970, the two epochs.
const EPOCH_DIFFERENCE: u64 = 116_444_736_000_000_000;
/// What the clock advances by at a tick: 15.625 ms.
const TIME_INCREMENT: ULONG = 156_250;

static BOOTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A duration in ticks of 100 ns.
fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos() / 100).unwrap_or(u64::MAX)
}

fn interrupt_time() -> u64 {
    ticks(BOOTED.elapsed())
}

fn system_time() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(ticks(since).saturating_add(EPOCH_DIFFERENCE)).unwrap_or(i64::MAX)
}

/// When a time-out ends: relative when negative, else a system time. NULL is never.
///
/// # Safety
/// `timeout` is NULL or valid.
pub(crate) unsafe fn deadline_of(timeout: PLARGE_INTEGER) -> Option<Instant> {
    // SAFETY: by the contract.
    let timeout = unsafe { timeout.as_ref() }?;
    // SAFETY: the union's members are all integers.
    let ticks = unsafe { timeout.QuadPart };
    let wait = if ticks <= 0 {
        ticks.unsigned_abs()
    } else {
        (ticks - system_time()).max(0).unsigned_abs()
    };
    Instant::now()
        .checked_add(Duration::from_micros(wait / 10) + Duration::from_nanos(wait % 10 * 100))
}

/// Time since boot, at the resolution of the clock's interrupt.
pub unsafe fn KeQueryInterruptTime() -> ULONGLONG {
    interrupt_time()
}

/// Time since boot; also stores the performance counter.
pub unsafe fn KeQueryInterruptTimePrecise(QpcTimeStamp: PULONG64) -> ULONG64 {
    let now = interrupt_time();
    // SAFETY: the caller gives NULL or room.
    if let Some(stamp) = unsafe { QpcTimeStamp.as_mut() } {
        *stamp = now;
    }
    now
}

/// Time since 1601, UTC.
pub unsafe fn KeQuerySystemTimePrecise(CurrentTime: PLARGE_INTEGER) {
    // SAFETY: the caller gives room for the time.
    unsafe {
        CurrentTime.write(LARGE_INTEGER {
            QuadPart: system_time(),
        })
    };
}

/// 100-ns units of one clock tick.
pub unsafe fn KeQueryTimeIncrement() -> ULONG {
    TIME_INCREMENT
}

/// The performance counter and, when asked for, its frequency (10 MHz).
pub unsafe fn KeQueryPerformanceCounter(PerformanceFrequency: PLARGE_INTEGER) -> LARGE_INTEGER {
    // SAFETY: the caller gives NULL or room.
    if let Some(frequency) = unsafe { PerformanceFrequency.as_mut() } {
        frequency.QuadPart = 10_000_000;
    }
    LARGE_INTEGER {
        QuadPart: i64::try_from(interrupt_time()).unwrap_or(i64::MAX),
    }
}
