//! I/O request packets: what the WDK does by inline functions, and packets of our own.
//!
//! The accessors take raw pointers and are unsafe, because who may touch an IRP when is a matter of the protocol between
//! drivers, which only their callers know.

use crate::{Result, Status, sys};
use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

/// `SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL`.
const INVOKE_ALWAYS: u8 =
    (sys::SL_INVOKE_ON_SUCCESS | sys::SL_INVOKE_ON_ERROR | sys::SL_INVOKE_ON_CANCEL) as u8;

/// `SL_PENDING_RETURNED`.
const PENDING_RETURNED: u8 = sys::SL_PENDING_RETURNED as u8;

/// Where the IRP keeps the pointer to its current stack location.
///
/// # Safety
///
/// The IRP is valid.
#[allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one field, within bindgen's nest of unions"
)]
unsafe fn stack_pointer(irp: *mut sys::IRP) -> *mut *mut sys::IO_STACK_LOCATION {
    // SAFETY: only an address within the IRP is made; nothing is read.
    unsafe {
        &raw mut (*irp)
            .Tail
            .Overlay
            .__bindgen_anon_2
            .__bindgen_anon_1
            .CurrentStackLocation
    }
}

/// The driver's own stack location (`IoGetCurrentIrpStackLocation`).
///
/// # Safety
///
/// The caller owns the IRP, and it has a current location.
pub unsafe fn current_stack_location(irp: *mut sys::IRP) -> *mut sys::IO_STACK_LOCATION {
    // SAFETY: the caller vouches for the IRP.
    let field = unsafe { stack_pointer(irp) };
    // SAFETY: as above.
    unsafe { *field }
}

/// The stack location of the next-lower driver (`IoGetNextIrpStackLocation`).
///
/// # Safety
///
/// The caller owns the IRP, and it has a location left.
pub unsafe fn next_stack_location(irp: *mut sys::IRP) -> *mut sys::IO_STACK_LOCATION {
    // SAFETY: the caller vouches for the IRP.
    let current = unsafe { current_stack_location(irp) };
    // Of an IRP just made, the current location is one past the end of the stack, which is why this wraps.
    current.wrapping_sub(1)
}

/// Lets the next-lower driver have this driver's location (`IoSkipCurrentIrpStackLocation`).
///
/// # Safety
///
/// The caller owns the IRP, has set no completion routine, and passes the IRP down next.
pub unsafe fn skip_current_stack_location(irp: *mut sys::IRP) {
    // SAFETY: the caller vouches for the IRP.
    let current = unsafe { current_stack_location(irp) };
    // SAFETY: as above.
    let field = unsafe { stack_pointer(irp) };
    // SAFETY: as above.
    unsafe { *field = current.wrapping_add(1) };
    // The counter goes with the pointer.
    // SAFETY: as above.
    let count = unsafe { &mut (*irp).CurrentLocation };
    *count = count.wrapping_add(1);
}

/// Copies this driver's location to the next-lower driver's (`IoCopyCurrentIrpStackLocationToNext`), without the completion
/// routine.
///
/// # Safety
///
/// The caller owns the IRP, and it has a location left.
pub unsafe fn copy_current_stack_location_to_next(irp: *mut sys::IRP) {
    // SAFETY: the caller vouches for the IRP.
    let current = unsafe { current_stack_location(irp) };
    // SAFETY: as above.
    let next = unsafe { next_stack_location(irp) };
    // SAFETY: the two locations are neighbours, so they do not overlap.
    unsafe { next.copy_from_nonoverlapping(current, 1) };
    // SAFETY: the caller vouches for the location.
    let next = unsafe { &mut *next };
    next.CompletionRoutine = None;
    next.Context = null_mut();
    next.Control = 0;
}

/// Sets the routine that is called when the lower drivers are done, whatever the outcome (`IoSetCompletionRoutine` with
/// all three conditions).
///
/// # Safety
///
/// The caller owns the IRP, it has a location left, and the routine may be called with that context.
pub unsafe fn set_completion_routine(
    irp: *mut sys::IRP,
    routine: sys::PIO_COMPLETION_ROUTINE,
    context: *mut c_void,
) {
    // SAFETY: the caller vouches for the IRP.
    let next = unsafe { next_stack_location(irp) };
    // SAFETY: the caller vouches for the location.
    let next = unsafe { &mut *next };
    next.CompletionRoutine = routine;
    next.Context = context;
    next.Control = INVOKE_ALWAYS;
}

/// Says that the IRP completes later (`IoMarkIrpPending`); the dispatch routine returns STATUS_PENDING then.
///
/// # Safety
///
/// The caller owns the IRP, in its own stack location.
pub unsafe fn mark_pending(irp: *mut sys::IRP) {
    // SAFETY: the caller vouches for the IRP.
    let current = unsafe { current_stack_location(irp) };
    // SAFETY: the caller vouches for the location.
    unsafe { (*current).Control |= PENDING_RETURNED };
}

/// Sets the routine that is called when the IRP is cancelled, and returns the one from before (`IoSetCancelRoutine`).
/// When that is None and the IRP is cancelled, the routine from before runs or has run.
///
/// # Safety
///
/// The IRP is valid, and the routine may be called with it until it is taken back.
pub unsafe fn set_cancel_routine(
    irp: *mut sys::IRP,
    routine: sys::PDRIVER_CANCEL,
) -> sys::PDRIVER_CANCEL {
    // SAFETY: the caller vouches for the IRP; only an address is made.
    let field = unsafe { &raw mut (*irp).CancelRoutine }.cast::<*mut c_void>();
    // SAFETY: the field is aligned, and others change it by interlocked exchange only.
    let field = unsafe { AtomicPtr::from_ptr(field) };
    let routine = routine.map_or(null_mut(), |routine| routine as *mut c_void);
    let before = field.swap(routine, Ordering::AcqRel);
    // SAFETY: the field holds a cancel routine or NULL, which is how None is represented.
    unsafe { core::mem::transmute::<*mut c_void, sys::PDRIVER_CANCEL>(before) }
}

/// Whether somebody wants the IRP cancelled. Never clears again.
///
/// # Safety
///
/// The IRP is valid.
pub unsafe fn is_cancelled(irp: *mut sys::IRP) -> bool {
    // SAFETY: the caller vouches for the IRP; only an address is made.
    let flag = unsafe { &raw mut (*irp).Cancel };
    // SAFETY: another processor may be setting the byte, but nothing else happens to it.
    unsafe { AtomicU8::from_ptr(flag) }.load(Ordering::Relaxed) != 0
}

/// The outcome of a completed IRP: status and information.
///
/// # Safety
///
/// The caller owns the IRP.
pub unsafe fn outcome(irp: *mut sys::IRP) -> (Status, usize) {
    // SAFETY: the caller vouches for the IRP.
    let block = unsafe { &(*irp).IoStatus };
    // SAFETY: a kernel-mode status block always holds the status.
    let status = unsafe { block.__bindgen_anon_1.Status };
    (Status(status), block.Information as usize)
}

/// Sets the outcome and completes the IRP without a boost (`IoCompleteRequest`). IRQL: any.
///
/// # Safety
///
/// The caller owns the IRP, no cancel routine is set, and nobody touches the IRP afterwards.
#[track_caller]
pub unsafe fn complete(irp: *mut sys::IRP, status: Status, information: usize) {
    // SAFETY: the caller vouches for the IRP.
    let block = unsafe { &mut (*irp).IoStatus };
    block.__bindgen_anon_1.Status = status.0;
    block.Information = information as _;
    // SAFETY: as above.
    unsafe { sys::IofCompleteRequest(irp, 0) };
}

/// Sends the IRP to a driver (`IoCallDriver`). IRQL: any that the driver allows.
///
/// # Safety
///
/// The caller owns the IRP, has filled the next stack location, and gives the IRP up.
#[track_caller]
pub unsafe fn call_driver(device: *mut sys::DEVICE_OBJECT, irp: *mut sys::IRP) -> Status {
    // SAFETY: the caller vouches for both.
    Status(unsafe { sys::IofCallDriver(device, irp) })
}

/// Waits until every completion routine that has begun on any processor has returned (`KeFlushQueuedDpcs`): the last thing
/// before the driver's code goes. IRQL: PASSIVE.
///
/// A completion routine ends with waking somebody, and that may be the one who unloads, while the routine still has its last
/// instructions to execute. Routines are called at DISPATCH, by WSK and by TCP, or within a call of ours that has not
/// returned; and the flush gets to run on a processor only when nothing runs there at DISPATCH any more.
#[track_caller]
pub fn wait_for_completions() {
    // SAFETY: the routine has no preconditions but its IRQL.
    unsafe { sys::KeFlushQueuedDpcs() };
}

/// A packet of our own, that can be used again and again.
#[derive(Debug)]
pub struct OwnedIrp(NonNull<sys::IRP>);

// SAFETY: an IRP from IoAllocateIrp belongs to no thread.
unsafe impl Send for OwnedIrp {}
// SAFETY: a shared borrow gives out only the pointer.
unsafe impl Sync for OwnedIrp {}

impl OwnedIrp {
    /// A packet for that many drivers below (`IoAllocateIrp`). IRQL: any.
    #[track_caller]
    pub fn new(stack_size: i8) -> Result<Self> {
        // SAFETY: any size may be asked for; the result may be NULL.
        let irp = unsafe { sys::IoAllocateIrp(stack_size as _, 0) };
        let irp = NonNull::new(irp).ok_or(Status::INSUFFICIENT_RESOURCES)?;
        Ok(Self(irp))
    }

    /// The packet itself.
    pub const fn as_ptr(&self) -> *mut sys::IRP {
        self.0.as_ptr()
    }

    /// Makes the packet as new and sets a completion routine, which must return STATUS_MORE_PROCESSING_REQUIRED.
    ///
    /// # Safety
    ///
    /// The packet is not in flight, and the routine may be called with that context.
    #[track_caller]
    pub(crate) unsafe fn prepare(
        &self,
        routine: sys::PIO_COMPLETION_ROUTINE,
        context: *mut c_void,
    ) {
        // SAFETY: the packet is ours and not in flight.
        unsafe { sys::IoReuseIrp(self.as_ptr(), Status::UNSUCCESSFUL.0) };
        // SAFETY: the packet is as new, so all its locations are left.
        unsafe { set_completion_routine(self.as_ptr(), routine, context) };
    }
}

impl Drop for OwnedIrp {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the packet is ours and not in flight, and it is not used any more.
        unsafe { sys::IoFreeIrp(self.as_ptr()) };
    }
}
