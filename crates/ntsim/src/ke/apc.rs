//! Critical regions: where normal kernel APCs are off.

use crate::irql;
use crate::sys::BOOLEAN;
use crate::verifier::{Place, broken};
use core::cell::Cell;
use core::panic::Location;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// How many critical regions this thread is in.
pub(crate) fn depth() -> u32 {
    DEPTH.get()
}

/// Checks that a callback left as many critical regions as it entered.
pub(crate) fn require_depth(before: u32, what: &str, place: Place) {
    if depth() != before {
        broken!(
            UnevenCriticalRegion,
            place,
            None,
            "{what} was entered in {before} critical regions, left in {}",
            depth()
        );
        DEPTH.set(before);
    }
}

/// Turns normal kernel APCs off for this thread. Nests.
#[track_caller]
pub unsafe fn KeEnterCriticalRegion() {
    irql::at_most(irql::APC, "KeEnterCriticalRegion", Location::caller());
    DEPTH.set(DEPTH.get() + 1);
}

/// Undoes one [`KeEnterCriticalRegion`].
#[track_caller]
pub unsafe fn KeLeaveCriticalRegion() {
    let place = Location::caller();
    irql::at_most(irql::APC, "KeLeaveCriticalRegion", place);
    match DEPTH.get().checked_sub(1) {
        Some(depth) => DEPTH.set(depth),
        None => broken!(
            UnevenCriticalRegion,
            place,
            None,
            "left a critical region that was not entered"
        ),
    }
}

/// Whether normal kernel APCs are off.
pub unsafe fn KeAreApcsDisabled() -> BOOLEAN {
    BOOLEAN::from(depth() > 0 || irql::current() >= irql::APC)
}

/// Whether all APCs are off.
pub unsafe fn KeAreAllApcsDisabled() -> BOOLEAN {
    BOOLEAN::from(irql::current() >= irql::APC)
}
