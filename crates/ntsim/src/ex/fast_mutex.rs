//! FAST_MUTEX: a count, an owner, and an event for those who find it taken.

use crate::irql;
use crate::ke;
use crate::ps;
use crate::sys::*;
use crate::verifier::{self, Kind, Place, broken};
use core::panic::Location;
use core::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

/// `Count` of a mutex that nobody has.
const FREE: i32 = FM_LOCK_BIT as i32;

/// A fast mutex that others may use at the same time.
#[derive(Clone, Copy)]
struct Mutex<'a> {
    count: &'a AtomicI32,
    owner: &'a AtomicPtr<core::ffi::c_void>,
    raw: PFAST_MUTEX,
}

impl Mutex<'_> {
    /// # Safety
    /// `raw` is an initialised fast mutex that stays valid.
    unsafe fn new(raw: PFAST_MUTEX) -> Self {
        // SAFETY: by the contract; no access yet.
        let count = unsafe { &raw mut (*raw).Count };
        // SAFETY: as above.
        let owner = unsafe { &raw mut (*raw).Owner };
        Mutex {
            // SAFETY: the field is only used atomically.
            count: unsafe { AtomicI32::from_ptr(count) },
            // SAFETY: as above.
            owner: unsafe { AtomicPtr::from_ptr(owner) },
            raw,
        }
    }

    fn event(self) -> *mut DISPATCHER_HEADER {
        // SAFETY: `new`'s contract; no access yet.
        unsafe { (&raw mut (*self.raw).Event).cast() }
    }

    fn acquire(self, place: Place) {
        let me = ps::current_thread().cast();
        if self.owner.load(Ordering::Relaxed) == me {
            broken!(
                Recursion,
                place,
                verifier::holds(self.raw as usize),
                "this thread has the fast mutex already"
            );
            return;
        }
        verifier::acquiring(self.raw as usize, place);
        if self.count.fetch_sub(1, Ordering::Acquire) != FREE {
            // SAFETY: the event of an initialised mutex.
            unsafe { ke::wait_on(self.event(), None, place) };
        }
        self.owner.store(me, Ordering::Relaxed);
        verifier::acquired(self.raw as usize, Kind::FastMutex, place);
    }

    fn try_acquire(self, place: Place) -> bool {
        let taken = self
            .count
            .compare_exchange(FREE, 0, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if taken {
            self.owner
                .store(ps::current_thread().cast(), Ordering::Relaxed);
            verifier::acquired(self.raw as usize, Kind::FastMutex, place);
        }
        taken
    }

    /// False when this thread does not have it.
    fn release(self, place: Place) -> bool {
        if self.owner.load(Ordering::Relaxed) != ps::current_thread().cast() {
            broken!(
                NotOwner,
                place,
                None,
                "this thread does not have the fast mutex"
            );
            return false;
        }
        verifier::released(self.raw as usize);
        self.owner.store(core::ptr::null_mut(), Ordering::Relaxed);
        if self.count.fetch_add(1, Ordering::Release) < 0 {
            // SAFETY: the event of an initialised mutex.
            unsafe { ke::signal(self.event(), place) };
        }
        true
    }
}

fn remember(mutex: PFAST_MUTEX, former: KIRQL) {
    // SAFETY: this thread has the mutex, so the field is its own.
    unsafe { (*mutex).OldIrql = ULONG::from(former) };
}

/// Raises to APC_LEVEL and takes the mutex, waiting if need be.
#[track_caller]
pub unsafe fn ExAcquireFastMutex(FastMutex: PFAST_MUTEX) {
    let place = Location::caller();
    irql::at_most(irql::APC, "ExAcquireFastMutex", place);
    let former = irql::current();
    irql::set(irql::APC);
    // SAFETY: the caller gives an initialised fast mutex.
    unsafe { Mutex::new(FastMutex) }.acquire(place);
    remember(FastMutex, former);
}

/// Takes the mutex if it is free, and raises to APC_LEVEL then.
#[track_caller]
pub unsafe fn ExTryToAcquireFastMutex(FastMutex: PFAST_MUTEX) -> BOOLEAN {
    let place = Location::caller();
    irql::at_most(irql::APC, "ExTryToAcquireFastMutex", place);
    // SAFETY: the caller gives an initialised fast mutex.
    let taken = unsafe { Mutex::new(FastMutex) }.try_acquire(place);
    if taken {
        remember(FastMutex, irql::current());
        irql::set(irql::APC);
    }
    BOOLEAN::from(taken)
}

/// Lets go of the mutex and restores the IRQL.
#[track_caller]
pub unsafe fn ExReleaseFastMutex(FastMutex: PFAST_MUTEX) {
    let place = Location::caller();
    irql::at_most(irql::APC, "ExReleaseFastMutex", place);
    // SAFETY: the caller gives a fast mutex; while it is held the field is stable.
    let former = unsafe { (*FastMutex).OldIrql } as KIRQL;
    // SAFETY: as above.
    if unsafe { Mutex::new(FastMutex) }.release(place) {
        irql::set(former);
    }
}

/// Takes the mutex where APCs are off already.
#[track_caller]
pub unsafe fn ExAcquireFastMutexUnsafe(FastMutex: PFAST_MUTEX) {
    let place = Location::caller();
    irql::at_most(irql::APC, "ExAcquireFastMutexUnsafe", place);
    require_critical_region("ExAcquireFastMutexUnsafe", place);
    // SAFETY: the caller gives an initialised fast mutex.
    unsafe { Mutex::new(FastMutex) }.acquire(place);
}

/// Lets go of a mutex taken with [`ExAcquireFastMutexUnsafe`].
#[track_caller]
pub unsafe fn ExReleaseFastMutexUnsafe(FastMutex: PFAST_MUTEX) {
    let place = Location::caller();
    irql::at_most(irql::APC, "ExReleaseFastMutexUnsafe", place);
    // SAFETY: the caller gives an initialised fast mutex.
    unsafe { Mutex::new(FastMutex) }.release(place);
}

/// Checks that normal kernel APCs are off.
pub(super) fn require_critical_region(service: &str, place: Place) {
    if ke::apc_depth() == 0 && irql::current() < irql::APC {
        broken!(
            OutsideCriticalRegion,
            place,
            None,
            "{service} with normal kernel APCs enabled"
        );
    }
}
