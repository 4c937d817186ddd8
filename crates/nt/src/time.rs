//! Clocks and sleeping. Points in time are 100-ns ticks; spans are [`Duration`].

use crate::sys;
use core::time::Duration;

/// Ticks of a second.
pub const TICKS_PER_SECOND: u64 = 10_000_000;

/// Time since the system started, in ticks; never goes back. IRQL: any.
#[track_caller]
pub fn interrupt_time() -> u64 {
    sys::interrupt_time()
}

/// Time since 1601-01-01 UTC, in ticks, as file times are; may be set back. IRQL: any.
#[track_caller]
pub fn system_time() -> u64 {
    sys::system_time()
}

/// A span in ticks, rounded up, so that a wait is never shorter than asked; saturates.
pub const fn ticks(span: Duration) -> u64 {
    let ticks = span.as_nanos().div_ceil(100);
    if ticks > u64::MAX as u128 {
        u64::MAX
    } else {
        ticks as u64
    }
}

/// Lets the calling thread rest (`KeDelayExecutionThread`). IRQL: below DISPATCH.
#[track_caller]
pub fn sleep(span: Duration) {
    let mut due = relative(span);
    // SAFETY: the interval is a valid LARGE_INTEGER; kernel mode and not alertable, so nothing ends the wait early.
    let _ = unsafe { sys::KeDelayExecutionThread(KERNEL_MODE, 0, &mut due) };
}

/// The kernel's form of a span counted from now: negative.
pub(crate) fn relative(span: Duration) -> sys::LARGE_INTEGER {
    let ticks = i64::try_from(ticks(span)).unwrap_or(i64::MAX);
    sys::LARGE_INTEGER {
        QuadPart: ticks.wrapping_neg(),
    }
}

/// `KernelMode`.
pub(crate) const KERNEL_MODE: sys::KPROCESSOR_MODE = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_rounded_up_to_whole_ticks() {
        assert_eq!(ticks(Duration::from_nanos(0)), 0);
        assert_eq!(ticks(Duration::from_nanos(1)), 1);
        assert_eq!(ticks(Duration::from_nanos(100)), 1);
        assert_eq!(ticks(Duration::from_millis(1)), 10_000);
        assert_eq!(ticks(Duration::MAX), u64::MAX);
    }

    #[test]
    fn a_relative_time_is_negative_and_never_overflows() {
        // SAFETY: the union was made with this field.
        let ticks = |span| unsafe { relative(span).QuadPart };
        assert_eq!(ticks(Duration::from_secs(1)), -10_000_000);
        assert_eq!(ticks(Duration::MAX), -i64::MAX);
    }
}
