//! The part of MUP that programs meet: a device with the provider's name.
//!
//! A redirector's device has no name of its own; MUP's has it, and passes on what programs send there. Wine can open a
//! device but nothing below it, so what comes here is the redirector's control interface. Each open of a program's is
//! an open of the agent's ([`crate::agent::shim`]), because Wine's own file objects are too short and its creates lack
//! what a redirector needs.

use crate::agent::shim;
use crate::irp;
use crate::uncprovider;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use wdk_sys::_MODE::{KernelMode, UserMode};
use wdk_sys::ntddk::{IoCreateDevice, IoDeleteDevice, IofCompleteRequest, ObfDereferenceObject};
use wdk_sys::{
    DO_DEVICE_INITIALIZING, DRIVER_OBJECT, FILE_DEVICE_NETWORK_FILE_SYSTEM, FILE_OBJECT, FILE_OPEN,
    FILE_READ_DATA, FILE_REMOTE_DEVICE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_DATA, HANDLE,
    IO_STACK_LOCATION, IO_STATUS_BLOCK, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_CREATE,
    IRP_MJ_DEVICE_CONTROL, NT_SUCCESS, NTSTATUS, OBJ_CASE_INSENSITIVE, OBJECT_ATTRIBUTES,
    PDEVICE_OBJECT, PDRIVER_OBJECT, PIRP, SL_PENDING_RETURNED, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_HANDLE, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_NO_SUCH_DEVICE, STATUS_PENDING, STATUS_SUCCESS, UNICODE_STRING,
};

/// The harness's driver object, whose device this is.
static DRIVER: AtomicPtr<DRIVER_OBJECT> = AtomicPtr::new(null_mut());
/// The device, while a provider is registered.
static DEVICE: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// Remembers the harness's driver object and fills in its dispatch routines.
pub fn start(driver: PDRIVER_OBJECT) {
    // SAFETY: the kernel gives its driver object, which is ours to fill in.
    let object = unsafe { &mut *driver };
    for major in [
        IRP_MJ_CREATE,
        IRP_MJ_DEVICE_CONTROL,
        IRP_MJ_CLEANUP,
        IRP_MJ_CLOSE,
    ] {
        object.MajorFunction[major as usize] = Some(dispatch);
    }
    DRIVER.store(driver, Ordering::Release);
}

/// Makes the device of a provider that is being registered.
pub fn make_device(name: &[u16]) -> Result<(), NTSTATUS> {
    let mut name = counted(name);
    let mut device = null_mut();
    // SAFETY: the driver object is ours, the name outlives the call, and the device goes to a local.
    let status = unsafe {
        IoCreateDevice(
            DRIVER.load(Ordering::Acquire),
            0,
            &mut name,
            FILE_DEVICE_NETWORK_FILE_SYSTEM,
            FILE_REMOTE_DEVICE,
            0,
            &mut device,
        )
    };
    if !NT_SUCCESS(status) {
        return Err(status);
    }
    // SAFETY: the device is ours.
    unsafe { (*device).Flags &= !DO_DEVICE_INITIALIZING };
    DEVICE.store(device.cast(), Ordering::Release);
    Ok(())
}

/// Deletes the device of a provider that is gone.
pub fn delete_device() {
    let device = DEVICE.swap(null_mut(), Ordering::AcqRel);
    if !device.is_null() {
        // SAFETY: `make_device` made it.
        unsafe { IoDeleteDevice(device.cast()) };
    }
}

/// A string over characters that live as long as it is used.
fn counted(text: &[u16]) -> UNICODE_STRING {
    let bytes = size_of_val(text) as u16;
    UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: text.as_ptr().cast_mut(),
    }
}

unsafe extern "C" fn dispatch(_device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the IRP is the device's, so it is within its stack.
    let location = unsafe { &mut *irp::current_location(irp) };
    // SAFETY: requests of a program's have a file object, whose context fields are the driver's.
    let file = unsafe { &mut *location.FileObject };
    let status = match u32::from(location.MajorFunction) {
        IRP_MJ_CREATE => open(file),
        IRP_MJ_DEVICE_CONTROL => match pass_on(file, irp, location) {
            Ok(()) => return STATUS_PENDING,
            Err(status) => status,
        },
        IRP_MJ_CLEANUP => STATUS_SUCCESS,
        IRP_MJ_CLOSE => close(file),
        _ => STATUS_INVALID_DEVICE_REQUEST,
    };
    complete(irp, status, 0);
    status
}

fn complete(irp: PIRP, status: NTSTATUS, information: usize) {
    // SAFETY: the IRP is ours to complete.
    unsafe { irp::set_outcome(irp, status, information) };
    // SAFETY: as above.
    unsafe { IofCompleteRequest(irp, 0) };
}

/// Opens the provider's device for a program. Its file object remembers handle and file object of the agent's.
fn open(file: &mut FILE_OBJECT) -> NTSTATUS {
    let Some(provider) = uncprovider::registered() else {
        return STATUS_NO_SUCH_DEVICE;
    };
    let name: Vec<u16> = provider.name;
    let mut name = counted(&name);
    let mut attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        ObjectName: &mut name,
        Attributes: OBJ_CASE_INSENSITIVE,
        ..OBJECT_ATTRIBUTES::default()
    };
    let mut handle: HANDLE = null_mut();
    let mut outcome = IO_STATUS_BLOCK::default();
    // SAFETY: everything is a local that outlives the call.
    let status = unsafe {
        shim::zw_create_file(
            &mut handle,
            FILE_READ_DATA | FILE_WRITE_DATA,
            &mut attributes,
            &mut outcome,
            null_mut(),
            0,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            FILE_OPEN,
            0,
            null_mut(),
            0,
        )
    };
    if !NT_SUCCESS(status) {
        return status;
    }
    let mut object = null_mut();
    // SAFETY: the handle was opened just now; the object goes to a local.
    let status = unsafe {
        shim::ob_reference_object_by_handle(
            handle,
            0,
            null_mut(),
            KernelMode as _,
            &mut object,
            null_mut(),
        )
    };
    file.FsContext = handle;
    file.FsContext2 = object;
    status
}

/// Undoes [`open`]: first the handle goes, then the last reference.
fn close(file: &mut FILE_OBJECT) -> NTSTATUS {
    if file.FsContext.is_null() {
        return STATUS_SUCCESS;
    }
    // SAFETY: `open` opened it.
    let status = unsafe { shim::zw_close(file.FsContext) };
    // SAFETY: `open` referenced it.
    unsafe { ObfDereferenceObject(file.FsContext2) };
    file.FsContext = null_mut();
    file.FsContext2 = null_mut();
    status
}

/// Sends a control to the provider as an IRP of its own over the same buffers; its end is the end of the program's.
fn pass_on(file: &FILE_OBJECT, outer: PIRP, from: &mut IO_STACK_LOCATION) -> Result<(), NTSTATUS> {
    let provider = uncprovider::registered().ok_or(STATUS_NO_SUCH_DEVICE)?;
    if file.FsContext2.is_null() {
        return Err(STATUS_INVALID_HANDLE);
    }
    // SAFETY: a registered provider's device is there.
    let inner = irp::allocate(unsafe { (*provider.device).StackSize });
    // SAFETY: NULL or new.
    let packet = unsafe { inner.as_mut() }.ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
    // SAFETY: the program's IRP is ours.
    let outer_ref = unsafe { &*outer };
    packet.AssociatedIrp = outer_ref.AssociatedIrp;
    packet.UserBuffer = outer_ref.UserBuffer;
    packet.MdlAddress = outer_ref.MdlAddress;
    packet.RequestorMode = UserMode as _;
    // SAFETY: IRPs in flight have this part of the union.
    packet.Tail.Overlay.Thread = unsafe { outer_ref.Tail.Overlay.Thread };
    packet.Tail.Overlay.OriginalFileObject = file.FsContext2.cast();
    let next = IO_STACK_LOCATION {
        MajorFunction: from.MajorFunction,
        Parameters: from.Parameters,
        FileObject: file.FsContext2.cast(),
        ..IO_STACK_LOCATION::default()
    };
    // SAFETY: a new IRP has a next location.
    unsafe { irp::current_location(inner).wrapping_sub(1).write(next) };
    // SAFETY: as above.
    unsafe { irp::set_completion(inner, Some(passed), outer.cast()) };
    from.Control |= SL_PENDING_RETURNED as u8;
    // SAFETY: the IRP is filled in and given up.
    unsafe { irp::call_driver(provider.device, inner) };
    Ok(())
}

/// The provider has completed its IRP.
unsafe extern "C" fn passed(_device: PDEVICE_OBJECT, inner: PIRP, outer: *mut c_void) -> NTSTATUS {
    // SAFETY: the IRP is complete, and ours again.
    let status = unsafe { irp::status(inner) };
    // SAFETY: as above.
    let information = unsafe { (*inner).IoStatus.Information };
    // SAFETY: as above, and its buffers are the program's IRP's.
    unsafe { irp::free(inner) };
    complete(outer.cast(), status, information as usize);
    STATUS_MORE_PROCESSING_REQUIRED
}
