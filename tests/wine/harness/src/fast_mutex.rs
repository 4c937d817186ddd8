//! Fast mutexes: Wine's own, with the IRQL that they imply.

use crate::irql;
use crate::ledger::violation;
use crate::per_thread::PerThread;
use wdk_sys::ntddk;
use wdk_sys::{NTSTATUS, PFAST_MUTEX};

/// How many fast mutexes the thread has.
static TAKEN: PerThread = PerThread::new();

/// Makes the count known.
pub fn start() -> Result<(), NTSTATUS> {
    TAKEN.start()
}

/// Forgets all counts.
pub fn stop() {
    TAKEN.stop();
}

/// `ExAcquireFastMutex`.
pub unsafe extern "C" fn acquire(mutex: PFAST_MUTEX) {
    irql::at_most(irql::APC, "ExAcquireFastMutex");
    let before = irql::current();
    // SAFETY: the driver's own mutex.
    unsafe { ntddk::ExAcquireFastMutex(mutex) };
    irql::set(irql::APC);
    // SAFETY: the mutex belongs to this thread now, and the field to its owner.
    unsafe { (*mutex).OldIrql = before.into() };
    TAKEN.set(TAKEN.get() + 1);
}

/// `ExReleaseFastMutex`.
pub unsafe extern "C" fn release(mutex: PFAST_MUTEX) {
    irql::exactly(irql::APC, "ExReleaseFastMutex");
    match TAKEN.get().checked_sub(1) {
        Some(left) => TAKEN.set(left),
        None => violation!("ExReleaseFastMutex by a thread that has none"),
    }
    // SAFETY: the mutex belongs to this thread.
    let before = unsafe { (*mutex).OldIrql };
    // SAFETY: the driver's own mutex.
    unsafe { ntddk::ExReleaseFastMutex(mutex) };
    // Only levels were stored.
    irql::set(before as u8);
}
