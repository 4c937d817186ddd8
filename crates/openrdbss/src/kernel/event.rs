//! Events.

use crate::live::Live;
use nt::sys::{KEVENT, LARGE_INTEGER};

/// Makes an event that wakes one waiter per setting.
pub(crate) fn init_synchronization(event: Live<KEVENT>) {
    // SAFETY: the event's memory lives; nobody waits on it yet.
    unsafe {
        nt::sys::KeInitializeEvent(
            event.as_ptr(),
            nt::sys::_EVENT_TYPE::SynchronizationEvent,
            0,
        )
    };
}

/// Makes an event that stays set until cleared.
pub(crate) fn init_notification(event: Live<KEVENT>, set: bool) {
    // SAFETY: the event's memory lives; nobody waits on it yet.
    unsafe {
        nt::sys::KeInitializeEvent(
            event.as_ptr(),
            nt::sys::_EVENT_TYPE::NotificationEvent,
            set.into(),
        )
    };
}

/// Sets the event.
#[track_caller]
pub(crate) fn set(event: Live<KEVENT>) {
    // SAFETY: the event is initialised and lives.
    unsafe { nt::sys::KeSetEvent(event.as_ptr(), 0, 0) };
}

/// Clears the event.
pub(crate) fn clear(event: Live<KEVENT>) {
    // SAFETY: the event is initialised and lives.
    unsafe { nt::sys::KeClearEvent(event.as_ptr()) };
}

/// True while the event is set.
pub(crate) fn is_set(event: Live<KEVENT>) -> bool {
    // SAFETY: the event is initialised and lives.
    unsafe { nt::sys::KeReadStateEvent(event.as_ptr()) != 0 }
}

/// Waits without end, at PASSIVE_LEVEL or APC_LEVEL.
#[track_caller]
pub(crate) fn wait(event: Live<KEVENT>) {
    wait_until(event, core::ptr::null_mut());
}

/// Waits up to `ticks` 100-ns units.
#[track_caller]
pub(crate) fn wait_for(event: Live<KEVENT>, ticks: i64) {
    let mut relative = LARGE_INTEGER {
        QuadPart: ticks.saturating_neg(),
    };
    wait_until(event, &raw mut relative);
}

#[track_caller]
fn wait_until(event: Live<KEVENT>, timeout: *mut LARGE_INTEGER) {
    // Set, or its time is over: to the callers it is one.
    // SAFETY: the event is initialised and lives; the timeout is NULL or a local of the caller.
    let _ = unsafe {
        nt::sys::KeWaitForSingleObject(
            event.as_ptr().cast(),
            nt::sys::_KWAIT_REASON::Executive,
            nt::sys::_MODE::KernelMode as nt::sys::KPROCESSOR_MODE,
            0,
            timeout,
        )
    };
}
