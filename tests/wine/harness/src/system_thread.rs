//! The driver's system threads: Wine's, counted, and seen to end at PASSIVE_LEVEL.

use crate::irql;
use crate::ledger::HELD;
use alloc::boxed::Box;
use wdk_sys::ntddk;
use wdk_sys::{
    HANDLE, NT_SUCCESS, NTSTATUS, PCLIENT_ID, PHANDLE, PKSTART_ROUTINE, POBJECT_ATTRIBUTES, PVOID,
    STATUS_INVALID_PARAMETER, ULONG,
};

/// What the driver's thread is to do.
struct Start {
    routine: unsafe extern "C" fn(PVOID),
    context: PVOID,
}

/// `PsCreateSystemThread`.
pub unsafe extern "C" fn create(
    handle: PHANDLE,
    access: ULONG,
    attributes: POBJECT_ATTRIBUTES,
    process: HANDLE,
    client: PCLIENT_ID,
    routine: PKSTART_ROUTINE,
    context: PVOID,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "PsCreateSystemThread");
    let Some(routine) = routine else {
        return STATUS_INVALID_PARAMETER;
    };
    let start = Box::into_raw(Box::new(Start { routine, context }));
    HELD.threads.add();
    // SAFETY: the driver's own arguments, but for the routine, which gets its box.
    let status = unsafe {
        ntddk::PsCreateSystemThread(
            handle,
            access,
            attributes,
            process,
            client,
            Some(run),
            start.cast(),
        )
    };
    if !NT_SUCCESS(status) {
        HELD.threads.remove();
        // SAFETY: no thread was started, so the box is still ours.
        drop(unsafe { Box::from_raw(start) });
    }
    status
}

unsafe extern "C" fn run(context: PVOID) {
    // SAFETY: `create` gave this box, once.
    let start = unsafe { Box::from_raw(context.cast::<Start>()) };
    let Start { routine, context } = *start;
    irql::call_at(irql::PASSIVE, "a system thread", || {
        // SAFETY: the driver's routine with the driver's context.
        unsafe { routine(context) };
    });
    HELD.threads.remove();
}
