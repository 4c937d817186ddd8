//! IRQL, which Wine does not have: a level per thread, counted.
//!
//! Threads are still preempted at DISPATCH_LEVEL. What the count gives is that routines called at a level at which
//! Windows forbids them are found.

use crate::ledger::violation;
use crate::per_thread::PerThread;
use crate::stack;
use wdk_sys::{KIRQL, NTSTATUS};

/// PASSIVE_LEVEL.
pub const PASSIVE: KIRQL = 0;
/// APC_LEVEL.
pub const APC: KIRQL = 1;
/// DISPATCH_LEVEL.
pub const DISPATCH: KIRQL = 2;

static LEVEL: PerThread = PerThread::new();
/// How often the thread has entered a critical region without leaving it.
static APCS_DISABLED: PerThread = PerThread::new();

/// Makes levels known.
pub fn start() -> Result<(), NTSTATUS> {
    LEVEL.start()?;
    APCS_DISABLED.start()
}

/// Forgets all levels.
pub fn stop() {
    LEVEL.stop();
    APCS_DISABLED.stop();
}

/// The calling thread's level.
pub fn current() -> KIRQL {
    // Only levels are ever stored.
    LEVEL.get() as KIRQL
}

/// Sets the calling thread's level.
pub fn set(level: KIRQL) {
    LEVEL.set(level.into());
}

/// Records a violation if the level is higher than a routine allows.
pub fn at_most(limit: KIRQL, routine: &str) {
    let level = current();
    if level > limit {
        violation!("{routine} at IRQL {level}, which is above {limit}");
    }
}

/// Records a violation if the level is another than a routine demands.
pub fn exactly(wanted: KIRQL, routine: &str) {
    let level = current();
    if level != wanted {
        violation!("{routine} at IRQL {level} instead of {wanted}");
    }
}

/// Calls code of the driver at a level, and sees that it leaves level and critical regions as they were.
pub fn call_at<R>(level: KIRQL, callee: &str, call: impl FnOnce() -> R) -> R {
    let (before, regions) = (current(), APCS_DISABLED.get());
    set(level);
    let result = stack::measured(call);
    let after = current();
    if after != level {
        violation!("{callee} was called at IRQL {level} and returned at {after}");
    }
    if APCS_DISABLED.get() != regions {
        violation!("{callee} returned with another number of critical regions entered");
    }
    APCS_DISABLED.set(regions);
    set(before);
    result
}

/// Whether kernel APCs are held back, as the routines on ERESOURCEs demand.
pub fn apcs_are_disabled() -> bool {
    current() >= APC || APCS_DISABLED.get() != 0
}

/// `KeGetCurrentIrql`.
pub unsafe extern "C" fn get_current() -> KIRQL {
    current()
}

/// `KeEnterCriticalRegion`.
pub unsafe extern "C" fn enter_critical_region() {
    at_most(APC, "KeEnterCriticalRegion");
    APCS_DISABLED.set(APCS_DISABLED.get() + 1);
}

/// `KeLeaveCriticalRegion`.
pub unsafe extern "C" fn leave_critical_region() {
    at_most(APC, "KeLeaveCriticalRegion");
    match APCS_DISABLED.get().checked_sub(1) {
        Some(regions) => APCS_DISABLED.set(regions),
        None => violation!("KeLeaveCriticalRegion outside of any critical region"),
    }
}
