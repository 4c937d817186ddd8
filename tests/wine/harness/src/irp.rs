//! IRPs: Wine's own, with completion as Windows does it.
//!
//! Wine's completion does not set `PendingReturned` and takes every status but 0 for an error, so the walk up the stack
//! is done here; what follows it (the requestor's event and status, freeing) is Wine's.

use crate::irql;
use crate::ledger::{HELD, violation};
use crate::spin_lock;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use wdk_sys::ntddk;
use wdk_sys::{
    BOOLEAN, CCHAR, IO_STACK_LOCATION, IRP, NT_SUCCESS, NTSTATUS, PDEVICE_OBJECT, PDRIVER_CANCEL,
    PIO_COMPLETION_ROUTINE, PIO_STACK_LOCATION, PIRP, PVOID, SL_INVOKE_ON_CANCEL,
    SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_PENDING,
};

/// The place of an IRP's current stack location, which is only to be followed while `CurrentLocation` says that there is
/// one.
fn location_place(irp: PIRP) -> *mut PIO_STACK_LOCATION {
    // SAFETY: a valid IRP, as all callers vouch.
    let overlay = unsafe { &raw mut (*irp).Tail.Overlay };
    // SAFETY: as above; the place is in the part of the union that IRPs in flight have.
    unsafe {
        &raw mut (*overlay)
            .__bindgen_anon_2
            .__bindgen_anon_1
            .CurrentStackLocation
    }
}

/// The stack location of whoever has the IRP now.
pub fn current_location(irp: PIRP) -> PIO_STACK_LOCATION {
    // SAFETY: a place in a valid IRP.
    unsafe { location_place(irp).read() }
}

fn set_current_location(irp: PIRP, location: PIO_STACK_LOCATION) {
    // SAFETY: a place in a valid IRP.
    unsafe { location_place(irp).write(location) };
}

/// The status that an IRP has been given.
///
/// # Safety
///
/// A valid IRP.
pub unsafe fn status(irp: PIRP) -> NTSTATUS {
    // SAFETY: the caller vouches.
    let outcome = unsafe { &(*irp).IoStatus };
    // SAFETY: the status overlays a pointer of which nothing is used.
    unsafe { outcome.__bindgen_anon_1.Status }
}

/// Sets an IRP's outcome.
///
/// # Safety
///
/// A valid IRP that the caller is to complete.
pub unsafe fn set_outcome(irp: PIRP, status: NTSTATUS, information: usize) {
    // SAFETY: the caller vouches.
    let outcome = unsafe { &mut (*irp).IoStatus };
    outcome.__bindgen_anon_1.Status = status;
    outcome.Information = information as u64;
}

/// Moves an IRP on to its next location and marks that pending, as a driver does that is given the IRP without
/// `IoCallDriver`.
///
/// # Safety
///
/// A valid IRP with a location left.
pub unsafe fn take_over(irp: PIRP) {
    // SAFETY: the caller vouches.
    let irp_ref = unsafe { &mut *irp };
    irp_ref.CurrentLocation -= 1;
    let location = current_location(irp).wrapping_sub(1);
    set_current_location(irp, location);
    // SAFETY: the caller vouches that there is one.
    unsafe { (*location).Control |= SL_PENDING_RETURNED as u8 };
}

/// The place of an IRP's cancel routine, which is only ever exchanged as a whole.
fn cancel_routine(irp: PIRP) -> *mut AtomicPtr<core::ffi::c_void> {
    // SAFETY: a valid IRP, as all callers vouch.
    unsafe { (&raw mut (*irp).CancelRoutine).cast() }
}

/// `IoSetCancelRoutine`, which is inline in Windows: says whether there was a routine before.
///
/// # Safety
///
/// A valid IRP.
pub unsafe fn exchange_cancel_routine(irp: PIRP, routine: PDRIVER_CANCEL) -> bool {
    let new = routine.map_or(null_mut(), |routine| routine as *mut core::ffi::c_void);
    // SAFETY: the caller vouches; the field is aligned and used as an atomic by everybody.
    let place = unsafe { &*cancel_routine(irp) };
    !place.swap(new, Ordering::AcqRel).is_null()
}

/// An IRP of the harness's own. NULL when there is no memory.
pub fn allocate(stack_size: CCHAR) -> PIRP {
    // SAFETY: has no conditions.
    unsafe { ntddk::IoAllocateIrp(stack_size, 0) }
}

/// Frees an IRP, but not its MDLs.
///
/// # Safety
///
/// The IRP is not in flight, and nobody uses it any more.
pub unsafe fn free(irp: PIRP) {
    // Wine would free them too.
    // SAFETY: the caller vouches.
    unsafe { (*irp).MdlAddress = null_mut() };
    // SAFETY: the caller vouches.
    unsafe { ntddk::IoFreeIrp(irp) };
}

/// Sets the completion routine in the IRP's next location, for every outcome.
///
/// # Safety
///
/// A valid IRP with a location left.
pub unsafe fn set_completion(irp: PIRP, routine: PIO_COMPLETION_ROUTINE, context: PVOID) {
    // SAFETY: the caller vouches that there is one.
    let next = unsafe { &mut *current_location(irp).wrapping_sub(1) };
    next.CompletionRoutine = routine;
    next.Context = context;
    next.Control = (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) as u8;
}

/// Sends an IRP to a device of the driver's as the I/O manager would, at PASSIVE_LEVEL.
///
/// # Safety
///
/// The IRP's next location is filled in, and a completion routine set.
pub unsafe fn call_driver(device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    irql::call_at(irql::PASSIVE, "a dispatch routine", || {
        // SAFETY: the caller vouches.
        unsafe { ntddk::IofCallDriver(device, irp) }
    })
}

/// Cancels an IRP; says whether it had a cancel routine.
///
/// # Safety
///
/// The IRP stays valid during the call.
pub unsafe fn cancel(irp: PIRP) -> bool {
    let mut level = 0;
    // SAFETY: the level goes to a local.
    unsafe { spin_lock::acquire_cancel(&mut level) };
    // SAFETY: the caller vouches.
    let irp_ref = unsafe { &mut *irp };
    irp_ref.Cancel = 1;
    // SAFETY: the caller vouches; the field is aligned and used as an atomic by everybody.
    let routine = unsafe { &*cancel_routine(irp) }.swap(null_mut(), Ordering::AcqRel);
    if routine.is_null() {
        // SAFETY: taken above.
        unsafe { spin_lock::release_cancel(level) };
        return false;
    }
    irp_ref.CancelIrql = level;
    // SAFETY: what is not NULL there is a cancel routine.
    let routine: unsafe extern "C" fn(PDEVICE_OBJECT, PIRP) =
        unsafe { core::mem::transmute(routine) };
    let device = device_of(irp);
    // It is called at DISPATCH and releases the lock, so it returns at the level from before.
    // SAFETY: the routine of whoever has the IRP.
    unsafe { routine(device, irp) };
    if irql::current() != level {
        violation!("a cancel routine returned at IRQL {}", irql::current());
        irql::set(level);
    }
    true
}

/// The device whose driver has the IRP now.
fn device_of(irp: PIRP) -> PDEVICE_OBJECT {
    // SAFETY: a valid IRP, as all callers vouch.
    let irp_ref: &IRP = unsafe { &*irp };
    if irp_ref.CurrentLocation > irp_ref.StackCount {
        return null_mut();
    }
    // SAFETY: the IRP is within its stack.
    unsafe { (*current_location(irp)).DeviceObject }
}

/// Completes an IRP at DISPATCH_LEVEL, at which Windows' network stack does it.
///
/// # Safety
///
/// The IRP is the caller's, has its outcome, and no cancel routine any more.
pub unsafe fn complete_at_dispatch(irp: PIRP) {
    irql::call_at(irql::DISPATCH, "a completion routine", || walk(irp));
}

/// Calls the completion routines from the present location up.
fn walk(irp: PIRP) {
    // SAFETY: the IRP is being completed, which nobody else does.
    let irp_ref = unsafe { &mut *irp };
    while irp_ref.CurrentLocation <= irp_ref.StackCount {
        // SAFETY: the IRP is within its stack.
        let location: IO_STACK_LOCATION = unsafe { current_location(irp).read() };
        let control = u32::from(location.Control);
        irp_ref.PendingReturned = (control & SL_PENDING_RETURNED != 0).into();
        irp_ref.CurrentLocation += 1;
        set_current_location(irp, current_location(irp).wrapping_add(1));
        // SAFETY: a valid IRP.
        let succeeded = NT_SUCCESS(unsafe { status(irp) });
        let wanted = succeeded && control & SL_INVOKE_ON_SUCCESS != 0
            || !succeeded && control & SL_INVOKE_ON_ERROR != 0
            || irp_ref.Cancel != 0 && control & SL_INVOKE_ON_CANCEL != 0;
        match location.CompletionRoutine {
            Some(routine) if wanted => {
                let device = device_of(irp);
                // SAFETY: the routine of whoever sent the IRP, with what it was set with.
                let answer = unsafe { routine(device, irp, location.Context) };
                if answer == STATUS_MORE_PROCESSING_REQUIRED {
                    return;
                }
            }
            _ if irp_ref.PendingReturned != 0 && irp_ref.CurrentLocation <= irp_ref.StackCount => {
                // SAFETY: the IRP is within its stack.
                unsafe { (*current_location(irp)).Control |= SL_PENDING_RETURNED as u8 };
            }
            _ => {}
        }
    }
    // SAFETY: past its last location, so that Wine only does what comes after.
    unsafe { ntddk::IofCompleteRequest(irp, 0) };
}

/// `IofCompleteRequest`.
pub unsafe extern "C" fn complete_request(irp: PIRP, _boost: CCHAR) {
    irql::at_most(irql::DISPATCH, "IofCompleteRequest");
    // SAFETY: the driver's to complete.
    let irp_ref = unsafe { &*irp };
    if irp_ref.CurrentLocation > irp_ref.StackCount {
        violation!("IofCompleteRequest of an IRP that is complete");
        return;
    }
    // SAFETY: as above.
    if unsafe { status(irp) } == STATUS_PENDING {
        violation!("IofCompleteRequest with STATUS_PENDING");
    }
    // SAFETY: as above; only looked at.
    if !unsafe { &*cancel_routine(irp) }
        .load(Ordering::Acquire)
        .is_null()
    {
        violation!("IofCompleteRequest of an IRP that has a cancel routine");
    }
    walk(irp);
}

/// `IofCallDriver`.
pub unsafe extern "C" fn call(device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "IofCallDriver");
    // SAFETY: the driver's own arguments.
    unsafe { ntddk::IofCallDriver(device, irp) }
}

/// `IoCancelIrp`.
pub unsafe extern "C" fn cancel_request(irp: PIRP) -> BOOLEAN {
    irql::at_most(irql::DISPATCH, "IoCancelIrp");
    // SAFETY: the driver's to cancel.
    unsafe { cancel(irp) }.into()
}

/// `IoAllocateIrp`.
pub unsafe extern "C" fn allocate_request(stack_size: CCHAR, charge_quota: BOOLEAN) -> PIRP {
    irql::at_most(irql::DISPATCH, "IoAllocateIrp");
    // SAFETY: the driver's own arguments.
    let irp = unsafe { ntddk::IoAllocateIrp(stack_size, charge_quota) };
    if !irp.is_null() {
        HELD.irps.add();
    }
    irp
}

/// `IoFreeIrp`.
pub unsafe extern "C" fn free_request(irp: PIRP) {
    irql::at_most(irql::DISPATCH, "IoFreeIrp");
    HELD.irps.remove();
    // SAFETY: the driver's to free.
    unsafe { free(irp) };
}
