//! The IRQL, kept per thread.

use crate::sys::{APC_LEVEL, DISPATCH_LEVEL, KIRQL};
use crate::verifier::{Place, broken};
use core::cell::Cell;
use core::panic::Location;

/// PASSIVE_LEVEL as a KIRQL.
pub(crate) const PASSIVE: KIRQL = 0;
/// APC_LEVEL as a KIRQL.
pub(crate) const APC: KIRQL = APC_LEVEL as KIRQL;
/// DISPATCH_LEVEL as a KIRQL.
pub(crate) const DISPATCH: KIRQL = DISPATCH_LEVEL as KIRQL;

thread_local! {
    static IRQL: Cell<KIRQL> = const { Cell::new(PASSIVE) };
}

/// This thread's IRQL.
pub(crate) fn current() -> KIRQL {
    IRQL.get()
}

/// Sets this thread's IRQL, whatever it was.
pub(crate) fn set(level: KIRQL) {
    IRQL.set(level);
}

/// Checks that `service` may be called now, given the highest IRQL that it allows.
#[inline]
pub(crate) fn at_most(limit: KIRQL, service: &str, place: Place) {
    if current() > limit {
        broken!(
            WrongIrql,
            place,
            None,
            "{service} called at IRQL {}, at most {limit} is allowed",
            current()
        );
    }
}

/// Checks that `service` is called at DISPATCH_LEVEL.
#[inline]
pub(crate) fn at_dispatch(service: &str, place: Place) {
    if current() < DISPATCH {
        broken!(
            WrongIrql,
            place,
            None,
            "{service} called at IRQL {}, below DISPATCH_LEVEL",
            current()
        );
    }
}

/// Runs a callback at an IRQL of at least `level`, and checks that it returns at the same IRQL and with no lock more.
pub(crate) fn run_at<R>(level: KIRQL, what: &str, place: Place, callback: impl FnOnce() -> R) -> R {
    let before = current();
    let entry = before.max(level);
    let locks = crate::verifier::held_count();
    set(entry);
    let result = callback();
    if current() != entry {
        broken!(
            IrqlNotRestored,
            place,
            None,
            "{what} was entered at IRQL {entry} and returned at {}",
            current()
        );
    }
    crate::verifier::require_no_more_held_than(locks, what, place);
    set(before);
    result
}

/// The present IRQL.
pub unsafe fn KeGetCurrentIrql() -> KIRQL {
    current()
}

/// Raises the IRQL and returns the former one.
#[track_caller]
pub unsafe fn KfRaiseIrql(NewIrql: KIRQL) -> KIRQL {
    let former = current();
    if NewIrql < former {
        broken!(
            IrqlDirection,
            Location::caller(),
            None,
            "raised from {former} to {NewIrql}"
        );
    }
    set(NewIrql);
    former
}

/// Lowers the IRQL.
#[track_caller]
pub unsafe fn KeLowerIrql(NewIrql: KIRQL) {
    if NewIrql > current() {
        broken!(
            IrqlDirection,
            Location::caller(),
            None,
            "lowered from {} to {NewIrql}",
            current()
        );
    }
    set(NewIrql);
}
