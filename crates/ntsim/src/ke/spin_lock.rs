//! Spin locks. The lock's word holds its owner, so that a release by another and a second acquisition are seen.

use crate::irql;
use crate::ps;
use crate::sys::*;
use crate::verifier::{self, Kind, Place, broken};
use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};

/// Tries before the processor is given to someone else: the holder may not be running, unlike in a kernel.
const SPINS: u32 = 100;

/// The lock as an atomic word.
///
/// # Safety
/// `lock` is valid and is a spin lock for as long as the reference lives.
unsafe fn word<'a>(lock: PKSPIN_LOCK) -> &'a AtomicU64 {
    // SAFETY: by the contract.
    unsafe { AtomicU64::from_ptr(lock) }
}

fn acquire(lock: PKSPIN_LOCK, place: Place) {
    let me = ps::current_id();
    // SAFETY: the caller names a spin lock.
    let word = unsafe { word(lock) };
    if word.load(Ordering::Relaxed) == me {
        broken!(
            Recursion,
            place,
            verifier::holds(lock as usize),
            "this thread has the spin lock already"
        );
        return;
    }
    verifier::acquiring(lock as usize, place);
    let mut spins = 0;
    while word
        .compare_exchange_weak(0, me, Ordering::Acquire, Ordering::Relaxed)
        .is_err()
    {
        spins += 1;
        if spins % SPINS == 0 {
            std::thread::yield_now();
        } else {
            core::hint::spin_loop();
        }
    }
    verifier::acquired(lock as usize, Kind::Spin, place);
}

fn release(lock: PKSPIN_LOCK, place: Place) {
    // SAFETY: the caller names a spin lock.
    let word = unsafe { word(lock) };
    if word.load(Ordering::Relaxed) != ps::current_id() {
        broken!(
            NotOwner,
            place,
            None,
            "this thread does not have the spin lock"
        );
        return;
    }
    verifier::released(lock as usize);
    word.store(0, Ordering::Release);
}

/// Initialises a spin lock.
pub unsafe fn KeInitializeSpinLock(SpinLock: PKSPIN_LOCK) {
    verifier::forget_range(SpinLock as usize, size_of::<KSPIN_LOCK>());
    // SAFETY: the caller gives room for a spin lock.
    unsafe { SpinLock.write(0) };
}

/// Raises to DISPATCH_LEVEL and takes the lock. Returns the former IRQL.
#[track_caller]
pub unsafe fn KeAcquireSpinLockRaiseToDpc(SpinLock: PKSPIN_LOCK) -> KIRQL {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "KeAcquireSpinLockRaiseToDpc", place);
    let former = irql::current();
    irql::set(irql::DISPATCH);
    acquire(SpinLock, place);
    former
}

/// Lets go of the lock and restores the IRQL.
#[track_caller]
pub unsafe fn KeReleaseSpinLock(SpinLock: PKSPIN_LOCK, NewIrql: KIRQL) {
    let place = Location::caller();
    irql::at_dispatch("KeReleaseSpinLock", place);
    release(SpinLock, place);
    if NewIrql > irql::DISPATCH {
        broken!(
            IrqlDirection,
            place,
            None,
            "a spin lock was released to IRQL {NewIrql}"
        );
    }
    irql::set(NewIrql.min(irql::DISPATCH));
}

/// Takes the lock at DISPATCH_LEVEL.
#[track_caller]
pub unsafe fn KeAcquireSpinLockAtDpcLevel(SpinLock: PKSPIN_LOCK) {
    let place = Location::caller();
    irql::at_dispatch("KeAcquireSpinLockAtDpcLevel", place);
    acquire(SpinLock, place);
}

/// Lets go of the lock and stays at DISPATCH_LEVEL.
#[track_caller]
pub unsafe fn KeReleaseSpinLockFromDpcLevel(SpinLock: PKSPIN_LOCK) {
    let place = Location::caller();
    irql::at_dispatch("KeReleaseSpinLockFromDpcLevel", place);
    release(SpinLock, place);
}

/// Takes the lock at DISPATCH_LEVEL if it is free. FALSE when it is not.
#[track_caller]
pub unsafe fn KeTryToAcquireSpinLockAtDpcLevel(SpinLock: PKSPIN_LOCK) -> BOOLEAN {
    let place = Location::caller();
    irql::at_dispatch("KeTryToAcquireSpinLockAtDpcLevel", place);
    // SAFETY: the caller names a spin lock.
    let word = unsafe { word(SpinLock) };
    let taken = word
        .compare_exchange(0, ps::current_id(), Ordering::Acquire, Ordering::Relaxed)
        .is_ok();
    if taken {
        verifier::acquired(SpinLock as usize, Kind::Spin, place);
    }
    BOOLEAN::from(taken)
}

/// Raises to DISPATCH_LEVEL and takes the lock; the handle remembers lock and former IRQL.
#[track_caller]
pub unsafe fn KeAcquireInStackQueuedSpinLock(
    SpinLock: PKSPIN_LOCK,
    LockHandle: PKLOCK_QUEUE_HANDLE,
) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "KeAcquireInStackQueuedSpinLock", place);
    let queue = KSPIN_LOCK_QUEUE {
        Next: core::ptr::null_mut(),
        Lock: SpinLock,
    };
    let handle = KLOCK_QUEUE_HANDLE {
        LockQueue: queue,
        OldIrql: irql::current(),
    };
    irql::set(irql::DISPATCH);
    acquire(SpinLock, place);
    // SAFETY: the caller gives room for the handle.
    unsafe { LockHandle.write(handle) };
}

/// Lets go of the handle's lock and restores the IRQL.
#[track_caller]
pub unsafe fn KeReleaseInStackQueuedSpinLock(LockHandle: PKLOCK_QUEUE_HANDLE) {
    let place = Location::caller();
    irql::at_dispatch("KeReleaseInStackQueuedSpinLock", place);
    // SAFETY: the handle that the acquisition wrote.
    let handle = unsafe { LockHandle.read() };
    release(handle.LockQueue.Lock, place);
    irql::set(handle.OldIrql);
}
