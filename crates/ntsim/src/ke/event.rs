//! Events and semaphores.

use super::dispatcher::{self, Header, TYPE_SEMAPHORE};
use crate::irql;
use crate::mode;
use crate::sys::*;
use crate::verifier::broken;
use core::panic::Location;

const EVENT_WORDS: u8 = (size_of::<KEVENT>() / 4) as u8;
const SEMAPHORE_WORDS: u8 = (size_of::<KSEMAPHORE>() / 4) as u8;

/// Sets the state of an event without waking anyone. Returns the former state.
///
/// # Safety
/// `event` is an initialised event.
unsafe fn put(event: PRKEVENT, state: i32) -> LONG {
    let _host = mode::host();
    let _guard = dispatcher::lock();
    // SAFETY: by the contract, and the lock is held.
    let header = unsafe { Header::new(event.cast()) };
    let before = header.state();
    header.set_state(state);
    before
}

/// Initialises an event.
pub unsafe fn KeInitializeEvent(Event: PRKEVENT, Type: EVENT_TYPE, State: BOOLEAN) {
    // SAFETY: the caller gives room for an event.
    unsafe {
        dispatcher::initialise_header(Event.cast(), Type as u8, EVENT_WORDS, i32::from(State != 0))
    };
}

/// Signals an event and wakes who waits. Returns the former state. IRQL <= DISPATCH (<= APC with `Wait`).
#[track_caller]
pub unsafe fn KeSetEvent(Event: PRKEVENT, _Increment: KPRIORITY, Wait: BOOLEAN) -> LONG {
    let place = Location::caller();
    irql::at_most(
        if Wait == 0 { irql::DISPATCH } else { irql::APC },
        "KeSetEvent",
        place,
    );
    // SAFETY: the caller gives an initialised event.
    unsafe { dispatcher::signal(Event.cast(), place) }
}

/// Resets an event. Returns the former state.
#[track_caller]
pub unsafe fn KeResetEvent(Event: PRKEVENT) -> LONG {
    irql::at_most(irql::DISPATCH, "KeResetEvent", Location::caller());
    // SAFETY: the caller gives an initialised event.
    unsafe { put(Event, 0) }
}

/// Resets an event.
#[track_caller]
pub unsafe fn KeClearEvent(Event: PRKEVENT) {
    irql::at_most(irql::DISPATCH, "KeClearEvent", Location::caller());
    // SAFETY: the caller gives an initialised event.
    unsafe { put(Event, 0) };
}

/// The state of an event; non-zero is signalled.
#[track_caller]
pub unsafe fn KeReadStateEvent(Event: PRKEVENT) -> LONG {
    irql::at_most(irql::DISPATCH, "KeReadStateEvent", Location::caller());
    // SAFETY: the caller gives an initialised event.
    LONG::from(unsafe { dispatcher::is_signalled(Event.cast()) })
}

/// Initialises a semaphore.
#[track_caller]
pub unsafe fn KeInitializeSemaphore(Semaphore: PRKSEMAPHORE, Count: LONG, Limit: LONG) {
    if Count < 0 || Limit <= 0 || Count > Limit {
        broken!(
            Uninitialised,
            Location::caller(),
            None,
            "a semaphore of {Count} of {Limit}"
        );
    }
    // SAFETY: the caller gives room for a semaphore.
    unsafe {
        dispatcher::initialise_header(Semaphore.cast(), TYPE_SEMAPHORE, SEMAPHORE_WORDS, Count)
    };
    // SAFETY: as above.
    unsafe { (*Semaphore).Limit = Limit };
}

/// Adds to a semaphore and wakes who waits. Returns the former count. More than the limit is a bug check in a kernel.
#[track_caller]
pub unsafe fn KeReleaseSemaphore(
    Semaphore: PRKSEMAPHORE,
    _Increment: KPRIORITY,
    Adjustment: LONG,
    _Wait: BOOLEAN,
) -> LONG {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "KeReleaseSemaphore", place);
    let _host = mode::host();
    let _guard = dispatcher::lock();
    // SAFETY: the caller gives an initialised semaphore, and the lock is held.
    let header = unsafe { Header::new(Semaphore.cast()) };
    let before = header.state();
    // SAFETY: the caller gives an initialised semaphore.
    let limit = unsafe { (*Semaphore).Limit };
    match before.checked_add(Adjustment) {
        Some(count) if count <= limit && Adjustment > 0 => {
            header.set_state(count);
            header.wake();
        }
        _ => broken!(
            Uninitialised,
            place,
            None,
            "a semaphore of {before} of {limit} was released by {Adjustment}"
        ),
    }
    before
}

/// The count of a semaphore.
#[track_caller]
pub unsafe fn KeReadStateSemaphore(Semaphore: PRKSEMAPHORE) -> LONG {
    irql::at_most(irql::DISPATCH, "KeReadStateSemaphore", Location::caller());
    let _host = mode::host();
    let _guard = dispatcher::lock();
    // SAFETY: the caller gives an initialised semaphore, and the lock is held.
    unsafe { Header::new(Semaphore.cast()) }.state()
}
