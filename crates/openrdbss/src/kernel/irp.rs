//! IRPs: the WDK's inline macros, on requests that RDBSS owns until it completes them.

use super::secret;
use crate::live::{Live, follow, get, set};
use nt::sys::{FILE_OBJECT, IO_STACK_LOCATION, IRP, KIRQL, MDL, NTSTATUS, PDRIVER_CANCEL};

/// A request.
pub(crate) type Irp = Live<IRP>;
/// A driver's part of a request.
pub(crate) type Stack = Live<IO_STACK_LOCATION>;

/// The part of the request that is ours.
pub(crate) fn stack(irp: Irp) -> Option<Stack> {
    // SAFETY: the request is ours, in our own stack location.
    let stack = unsafe { nt::irp::current_stack_location(irp.as_ptr()) };
    // SAFETY: the location lives as long as the request.
    unsafe { Live::from_nullable(stack) }
}

/// The file object that the request is about.
pub(crate) fn file_object(stack: Stack) -> Option<Live<FILE_OBJECT>> {
    follow!(stack => FileObject)
}

/// Records that the dispatch routine will return STATUS_PENDING.
pub(crate) fn mark_pending(irp: Irp) {
    // SAFETY: the request is ours, in our own stack location.
    unsafe { nt::irp::mark_pending(irp.as_ptr()) };
}

/// Gives the request back to the I/O manager, without the secrets that it brought. Nothing of it may be touched afterwards.
#[track_caller]
pub(crate) fn complete(irp: Irp, status: NTSTATUS, information: usize) {
    secret::wipe_input(irp, status);
    set!(irp => IoStatus.__bindgen_anon_1.Status, status);
    set!(irp => IoStatus.Information, information as u64);
    let boost = if status >= 0 {
        nt::sys::IO_NETWORK_INCREMENT
    } else {
        nt::sys::IO_NO_INCREMENT
    };
    // SAFETY: the request is ours, has no cancel routine any more, and is completed once.
    unsafe { nt::sys::IofCompleteRequest(irp.as_ptr(), boost as nt::sys::CCHAR) };
}

/// Sets or takes away the cancel routine; gives the one before (IoSetCancelRoutine).
pub(crate) fn exchange_cancel_routine(irp: Irp, routine: PDRIVER_CANCEL) -> bool {
    // SAFETY: the request lives, and the routine is for such requests.
    unsafe { nt::irp::set_cancel_routine(irp.as_ptr(), routine) }.is_some()
}

/// True once somebody has cancelled the request.
pub(crate) fn is_cancelled(irp: Irp) -> bool {
    // SAFETY: a live IRP.
    unsafe { nt::irp::is_cancelled(irp.as_ptr()) }
}

/// Takes the lock that a cancel routine is called under.
#[track_caller]
pub(crate) fn acquire_cancel_lock() -> KIRQL {
    let mut irql: KIRQL = 0;
    // SAFETY: the out pointer is a local.
    unsafe { nt::sys::IoAcquireCancelSpinLock(&raw mut irql) };
    irql
}

/// Releases the cancel lock.
#[track_caller]
pub(crate) fn release_cancel_lock(irql: KIRQL) {
    // SAFETY: this thread holds it.
    unsafe { nt::sys::IoReleaseCancelSpinLock(irql) };
}

/// The level to return to that the I/O manager noted when it took the cancel lock.
pub(crate) fn cancel_irql(irp: Irp) -> KIRQL {
    get!(irp => CancelIrql)
}

/// True if the caller waits for the request.
pub(crate) fn is_synchronous(irp: Irp) -> bool {
    // SAFETY: the request is ours.
    unsafe { nt::sys::IoIsOperationSynchronous(irp.as_ptr()) != 0 }
}

/// The MDL of the request's buffer.
pub(crate) fn mdl(irp: Irp) -> Option<Live<MDL>> {
    follow!(irp => MdlAddress)
}
