//! Events and waits: Wine's own, with checks of the IRQL before them.

use crate::irql;
use crate::ledger::violation;
use wdk_sys::ntddk;
use wdk_sys::{
    BOOLEAN, HANDLE, KPRIORITY, KPROCESSOR_MODE, KWAIT_REASON, LARGE_INTEGER, LONG, NTSTATUS,
    PLARGE_INTEGER, PRKEVENT, PVOID,
};

/// `DISPATCHER_HEADER.Type` of the two kinds of timers.
const TIMER_TYPES: [u8; 2] = [8, 9];

/// The IRQL that a wait allows: DISPATCH only when it cannot block.
fn limit(timeout: PLARGE_INTEGER) -> u8 {
    // SAFETY: a time-out is NULL or the driver's.
    let timeout: Option<&LARGE_INTEGER> = unsafe { timeout.as_ref() };
    // SAFETY: all of the union is the number.
    match timeout.map(|timeout| unsafe { timeout.QuadPart }) {
        Some(0) => irql::DISPATCH,
        _ => irql::APC,
    }
}

/// `KeWaitForSingleObject`.
pub unsafe extern "C" fn for_single_object(
    object: PVOID,
    reason: KWAIT_REASON,
    mode: KPROCESSOR_MODE,
    alertable: BOOLEAN,
    timeout: PLARGE_INTEGER,
) -> NTSTATUS {
    irql::at_most(limit(timeout), "KeWaitForSingleObject");
    // SAFETY: every dispatcher object begins with its type.
    let kind = unsafe { object.cast::<u8>().read() };
    if TIMER_TYPES.contains(&kind) {
        violation!("KeWaitForSingleObject for a timer, which the harness's timers do not offer");
    }
    // SAFETY: the driver's own arguments.
    unsafe { ntddk::KeWaitForSingleObject(object, reason, mode, alertable, timeout) }
}

/// `KeDelayExecutionThread`.
pub unsafe extern "C" fn delay(
    mode: KPROCESSOR_MODE,
    alertable: BOOLEAN,
    interval: PLARGE_INTEGER,
) -> NTSTATUS {
    irql::at_most(irql::APC, "KeDelayExecutionThread");
    // SAFETY: the driver's own arguments.
    unsafe { ntddk::KeDelayExecutionThread(mode, alertable, interval) }
}

/// `ZwWaitForSingleObject`.
pub unsafe extern "C" fn for_handle(
    handle: HANDLE,
    alertable: BOOLEAN,
    timeout: PLARGE_INTEGER,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwWaitForSingleObject");
    // SAFETY: the driver's own arguments.
    unsafe { ntddk::ZwWaitForSingleObject(handle, alertable, timeout) }
}

/// `KeSetEvent`.
pub unsafe extern "C" fn set_event(event: PRKEVENT, increment: KPRIORITY, wait: BOOLEAN) -> LONG {
    irql::at_most(irql::DISPATCH, "KeSetEvent");
    // SAFETY: the driver's own event.
    unsafe { ntddk::KeSetEvent(event, increment, wait) }
}
