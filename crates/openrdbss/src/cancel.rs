//! Cancelling requests (reference 4.5): the IRP's cancel routine, and the mini-redirector's own.

use crate::context::{self, Context};
use crate::kernel::irp::{self, Irp};
use crate::live::{Live, addr, get, set, shared};
use crate::{data, lock_control, worker};
use core::ffi::c_void;
use core::sync::atomic::Ordering;
use nt::sys::{DEVICE_OBJECT, IRP, NTSTATUS, STATUS_CANCELLED, STATUS_SUCCESS};
use rdbss::raw::*;

/// Lets the I/O manager cancel the request from now on.
pub(crate) fn arm(context: Context, request: Irp) {
    irp::exchange_cancel_routine(request, Some(cancel_irp));
    // Cancelled before the routine was there: nobody called it, so it is not going to be.
    if irp::is_cancelled(request) && irp::exchange_cancel_routine(request, None) {
        context::flags(context).fetch_or(RX_CONTEXT_FLAG_CANCELLED, Ordering::AcqRel);
    }
}

/// Ends that before the IRP is completed; no cancel routine looks at the context for this IRP any more.
pub(crate) fn disarm(context: Context, request: Irp) {
    if !irp::exchange_cancel_routine(request, None) && irp::is_cancelled(request) {
        // The cancel routine has been or is being called. It looks for its IRP under the cancel lock.
        let irql = irp::acquire_cancel_lock();
        forget_irp(context);
        irp::release_cancel_lock(irql);
    }
    forget_irp(context);
}

/// The cancel routine of another request may be looking at the context.
fn forget_irp(context: Context) {
    shared(addr!(context => CurrentIrp)).store(core::ptr::null_mut(), Ordering::Relaxed);
}

/// The IRP's cancel routine; called with the cancel lock held.
unsafe extern "C" fn cancel_irp(_device: *mut DEVICE_OBJECT, request: *mut IRP) {
    // SAFETY: the I/O manager passes a live IRP.
    let Some(request) = (unsafe { Live::from_nullable(request) }) else {
        return;
    };
    let irql = irp::cancel_irql(request);
    let mut found = None;
    context::for_each_active(|context| {
        if context::irp(context) == Some(request) && mark(context) {
            found = Some(context);
        }
    });
    irp::release_cancel_lock(irql);
    if let Some(context) = found {
        tell_mini(context);
    }
}

/// Marks a request and keeps it for [`tell_mini`]; false if nobody holds it any more. The list of requests is locked.
fn mark(context: Context) -> bool {
    let held = context::reference_if_held(context);
    if held {
        context::flags(context).fetch_or(RX_CONTEXT_FLAG_CANCELLED, Ordering::AcqRel);
    }
    held
}

/// Tells the mini-redirector that a marked request is cancelled, below DISPATCH_LEVEL, and lets go of it.
fn tell_mini(context: Context) {
    if nt::irql::current() >= nt::irql::Irql::DISPATCH {
        return post(context);
    }
    lock_control::cancel_wait(context);
    let routine = {
        let _held = data::lock();
        get!(context => MRxCancelRoutine)
    };
    if let Some(routine) = routine {
        // SAFETY: the context is referenced; the routine is the mini-redirector's for it. Its result means nothing.
        unsafe { routine(context.as_ptr()) };
    }
    context::dereference(context);
}

fn post(context: Context) {
    let device = get!(context => RxDeviceObject);
    // SAFETY: the device lives as long as its requests, and the request is referenced.
    let status = unsafe {
        worker::RxDispatchToWorkerThread(
            device,
            CriticalWorkQueue,
            Some(tell_mini_posted),
            context.as_ptr().cast(),
        )
    };
    if status < 0 {
        // Without memory the request is not interrupted, only marked.
        context::dereference(context);
    }
}

unsafe extern "C" fn tell_mini_posted(context: *mut c_void) {
    // SAFETY: `post` passes a referenced context.
    if let Some(context) = unsafe { Live::from_nullable(context.cast::<RX_CONTEXT>()) } {
        tell_mini(context);
    }
}

/// Cancels the requests under way that `wanted` chooses; PASSIVE_LEVEL.
pub(crate) fn cancel_all(wanted: impl Fn(Context) -> bool) {
    loop {
        let mut found = None;
        context::for_each_active(|context| {
            let cancelled = context::has(context, RX_CONTEXT_FLAG_CANCELLED);
            if found.is_none() && !cancelled && wanted(context) && mark(context) {
                found = Some(context);
            }
        });
        let Some(context) = found else { return };
        tell_mini(context);
    }
}

/// A change notification that waits.
fn is_notify(context: Context) -> bool {
    context::major(context) == nt::sys::IRP_MJ_DIRECTORY_CONTROL
        && u32::from(get!(context => MinorFunction)) == nt::sys::IRP_MN_NOTIFY_CHANGE_DIRECTORY
}

/// Sets (or, with NULL, clears) what is called when the request is cancelled: at PASSIVE_LEVEL or APC_LEVEL, while the
/// request may be ending. STATUS_CANCELLED if the request is cancelled already; the routine is not called then.
///
/// # Safety
/// `RxContext` is a request under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxSetMinirdrCancelRoutine(
    RxContext: *mut RX_CONTEXT,
    MRxCancelRoutine: PMRX_CALLDOWN,
) -> NTSTATUS {
    let Some(context) = context::check_live(RxContext) else {
        return STATUS_CANCELLED;
    };
    let _held = data::lock();
    if MRxCancelRoutine.is_some() && context::has(context, RX_CONTEXT_FLAG_CANCELLED) {
        return STATUS_CANCELLED;
    }
    set!(context => MRxCancelRoutine, MRxCancelRoutine);
    STATUS_SUCCESS
}

/// Cancels the change notifications of a handle.
///
/// # Safety
/// The caller holds the handle; PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxCancelNotifyChangeDirectoryRequestsForFobx(Fobx: *mut FOBX) {
    cancel_all(|context| is_notify(context) && get!(context => pFobx).cast() == Fobx);
}

/// Cancels the change notifications of a view, if `ForceFilesClosed`. STATUS_SUCCESS.
///
/// # Safety
/// The caller holds the view; PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxCancelNotifyChangeDirectoryRequestsForVNetRoot(
    VNetRoot: *mut V_NET_ROOT,
    ForceFilesClosed: nt::sys::BOOLEAN,
) -> NTSTATUS {
    if ForceFilesClosed != 0 {
        cancel_all(|context| {
            is_notify(context) && get!(context::notify(context) => pVNetRoot).cast() == VNetRoot
        });
    }
    STATUS_SUCCESS
}
