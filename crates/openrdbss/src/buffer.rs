//! The caller's buffer: locked into an MDL, mapped into system space.

use crate::context;
use crate::kernel::irp::{self, Irp};
use crate::live::{Live, follow, get, set};
use core::ptr::NonNull;
use nt::sys::{IRP, MDL, NTSTATUS, PVOID, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER};
use rdbss::raw::{LOCK_OPERATION, RX_CONTEXT};

/// The data goes from the buffer to the server.
pub(crate) const READ_ACCESS: LOCK_OPERATION = nt::sys::_LOCK_OPERATION::IoReadAccess;
/// The data goes into the buffer.
pub(crate) const WRITE_ACCESS: LOCK_OPERATION = nt::sys::_LOCK_OPERATION::IoWriteAccess;

/// Locks the request's user buffer, unless it is locked already; in the caller's process. The I/O manager unlocks it when the request
/// completes.
pub(crate) fn lock(request: Irp, access: LOCK_OPERATION, length: u32) -> Result<(), NTSTATUS> {
    if irp::mdl(request).is_some() || length == 0 {
        return Ok(());
    }
    let buffer = get!(request => UserBuffer);
    // SAFETY: the MDL is hung into the request, which is ours.
    let mdl = unsafe { nt::sys::IoAllocateMdl(buffer, length, 0, 1, request.as_ptr()) };
    let mdl = NonNull::new(mdl).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
    let mode = get!(request => RequestorMode);
    // SAFETY: an unlocked MDL over the caller's buffer, in the caller's process.
    let locked = unsafe { nt::mdl::probe_and_lock(mdl.as_ptr(), mode, access) };
    if let Err(status) = locked {
        set!(request => MdlAddress, core::ptr::null_mut());
        // SAFETY: allocated above, and in no request any more.
        unsafe { nt::sys::IoFreeMdl(mdl.as_ptr()) };
        return Err(status.0);
    }
    Ok(())
}

/// A system address of an MDL.
fn address_of(mdl: Live<MDL>) -> Option<NonNull<u8>> {
    let mdl = NonNull::new(mdl.as_ptr())?;
    // SAFETY: the request that owns the MDL lives.
    unsafe { nt::mdl::MdlRef::from_raw(mdl) }
        .system_address()
        .ok()
}

/// A system address of the request's buffer, whichever of the three kinds it is; a user buffer gets locked.
pub(crate) fn map(
    request: Irp,
    access: LOCK_OPERATION,
    length: u32,
) -> Result<NonNull<u8>, NTSTATUS> {
    if irp::mdl(request).is_none() {
        if let Some(system) = NonNull::new(get!(request => AssociatedIrp.SystemBuffer)) {
            return Ok(system.cast());
        }
        if get!(request => UserBuffer).is_null() {
            return Err(STATUS_INVALID_PARAMETER);
        }
        lock(request, access, length)?;
    }
    match irp::mdl(request) {
        Some(mdl) => address_of(mdl).ok_or(STATUS_INSUFFICIENT_RESOURCES),
        // A buffer of no bytes needs no address.
        None => Ok(NonNull::dangling()),
    }
}

/// Locks the IRP's user buffer; on failure the IRP stays without an MDL.
///
/// # Safety
/// The IRP is the context's, and this runs in its caller's process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxLockUserBuffer(
    _RxContext: *mut RX_CONTEXT,
    Irp: *mut IRP,
    Operation: LOCK_OPERATION,
    BufferLength: u32,
) {
    // SAFETY: the caller's promise.
    if let Some(request) = unsafe { Live::from_nullable(Irp) } {
        // Whoever goes on sees that there is no MDL.
        let _failed = lock(request, Operation, BufferLength);
    }
}

/// The system address of the IRP's buffer: of its MDL, or its system buffer. NULL without either or without memory.
///
/// # Safety
/// The IRP is the context's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxMapSystemBuffer(_RxContext: *mut RX_CONTEXT, Irp: *mut IRP) -> PVOID {
    // SAFETY: the caller's promise.
    let Some(request) = (unsafe { Live::from_nullable(Irp) }) else {
        return core::ptr::null_mut();
    };
    match irp::mdl(request) {
        Some(mdl) => {
            address_of(mdl).map_or(core::ptr::null_mut(), |address| address.as_ptr().cast())
        }
        None => get!(request => AssociatedIrp.SystemBuffer),
    }
}

/// An address of the IRP's buffer that is good in the caller's process: of its MDL, or as the caller gave it.
///
/// # Safety
/// The IRP is the context's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxMapUserBuffer(_RxContext: *mut RX_CONTEXT, Irp: *mut IRP) -> PVOID {
    // SAFETY: the caller's promise.
    let Some(request) = (unsafe { Live::from_nullable(Irp) }) else {
        return core::ptr::null_mut();
    };
    match irp::mdl(request) {
        Some(mdl) => {
            address_of(mdl).map_or(core::ptr::null_mut(), |address| address.as_ptr().cast())
        }
        None => get!(request => UserBuffer),
    }
}

/// The system address of a read's or write's buffer; NULL for one of no bytes or without memory.
///
/// # Safety
/// `RxContext` is a read or write under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxLowIoGetBufferAddress(RxContext: *mut RX_CONTEXT) -> PVOID {
    let Some(context) = context::check_live(RxContext) else {
        return core::ptr::null_mut();
    };
    let mdl = follow!(context::low_io(context) => ParamsFor.ReadWrite.Buffer);
    mdl.and_then(address_of)
        .map_or(core::ptr::null_mut(), |address| address.as_ptr().cast())
}
