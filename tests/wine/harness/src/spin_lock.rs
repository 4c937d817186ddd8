//! Spin locks: with their IRQL, and with their owner in the lock's word, so that a second acquisition by the same thread
//! and a release by another are found.

use crate::irql;
use crate::kernelbase::{GetCurrentThreadId, SwitchToThread};
use crate::ledger::violation;
use core::sync::atomic::{AtomicU64, Ordering};
use wdk_sys::{KIRQL, PKIRQL, PKSPIN_LOCK};

/// Tries before the processor is given to another thread: here the owner may not be running.
const TRIES: u32 = 64;

/// The word of a spin lock.
///
/// # Safety
///
/// It is a spin lock of the driver's for as long as the reference lives.
unsafe fn word<'a>(lock: PKSPIN_LOCK) -> &'a AtomicU64 {
    // SAFETY: the caller vouches; locks are 8 bytes, aligned.
    unsafe { AtomicU64::from_ptr(lock) }
}

/// What the word of a lock of this thread's says: never 0.
fn me() -> u64 {
    // SAFETY: has no conditions.
    u64::from(unsafe { GetCurrentThreadId() })
}

fn acquire(lock: PKSPIN_LOCK, routine: &str) {
    // SAFETY: the driver names its spin lock.
    let word = unsafe { word(lock) };
    let me = me();
    if word.load(Ordering::Relaxed) == me {
        violation!(
            "{routine}: this thread has the spin lock {lock:p} already and would wait for ever"
        );
        return;
    }
    let mut tries = 0;
    while word
        .compare_exchange_weak(0, me, Ordering::Acquire, Ordering::Relaxed)
        .is_err()
    {
        tries += 1;
        if tries % TRIES == 0 {
            // SAFETY: has no conditions.
            unsafe { SwitchToThread() };
        }
        core::hint::spin_loop();
    }
}

fn release(lock: PKSPIN_LOCK, routine: &str) {
    irql::exactly(irql::DISPATCH, routine);
    // SAFETY: the driver names its spin lock.
    let word = unsafe { word(lock) };
    if word.load(Ordering::Relaxed) == me() {
        word.store(0, Ordering::Release);
    } else {
        violation!("{routine}: this thread does not have the spin lock {lock:p}");
    }
}

/// `KeAcquireSpinLockRaiseToDpc`.
pub unsafe extern "C" fn acquire_raise_to_dpc(lock: PKSPIN_LOCK) -> KIRQL {
    irql::at_most(irql::DISPATCH, "KeAcquireSpinLockRaiseToDpc");
    let before = irql::current();
    irql::set(irql::DISPATCH);
    acquire(lock, "KeAcquireSpinLockRaiseToDpc");
    before
}

/// `KeReleaseSpinLock`.
pub unsafe extern "C" fn release_to(lock: PKSPIN_LOCK, level: KIRQL) {
    release(lock, "KeReleaseSpinLock");
    irql::set(level);
}

/// `KeAcquireSpinLockAtDpcLevel`.
pub unsafe extern "C" fn acquire_at_dpc_level(lock: PKSPIN_LOCK) {
    irql::exactly(irql::DISPATCH, "KeAcquireSpinLockAtDpcLevel");
    acquire(lock, "KeAcquireSpinLockAtDpcLevel");
}

/// `KeReleaseSpinLockFromDpcLevel`.
pub unsafe extern "C" fn release_from_dpc_level(lock: PKSPIN_LOCK) {
    release(lock, "KeReleaseSpinLockFromDpcLevel");
}

/// `IoAcquireCancelSpinLock`. The lock itself is Wine's, which takes it too when a process cancels.
pub unsafe extern "C" fn acquire_cancel(level: PKIRQL) {
    irql::at_most(irql::DISPATCH, "IoAcquireCancelSpinLock");
    let before = irql::current();
    let mut unused = 0;
    // SAFETY: the level goes to a local.
    unsafe { wdk_sys::ntddk::IoAcquireCancelSpinLock(&mut unused) };
    irql::set(irql::DISPATCH);
    // SAFETY: the driver gives room for the level.
    unsafe { level.write(before) };
}

/// `IoReleaseCancelSpinLock`. The level is not checked: a cancel routine that Wine itself calls runs at PASSIVE_LEVEL.
pub unsafe extern "C" fn release_cancel(level: KIRQL) {
    // SAFETY: the driver holds the lock.
    unsafe { wdk_sys::ntddk::IoReleaseCancelSpinLock(level) };
    irql::set(level);
}
