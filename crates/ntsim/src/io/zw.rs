//! File services for kernel callers.

use super::open::{self, Open};
use super::request::{Buffers, Request};
use super::service::{self, Caller};
use crate::irql;
use crate::ke;
use crate::mode;
use crate::ob::{self, Kind};
use crate::sys::*;
use crate::verifier::Place;
use core::panic::Location;
use core::ptr;
use std::sync::Arc;

const KERNEL: KPROCESSOR_MODE = _MODE::KernelMode as KPROCESSOR_MODE;

/// Opens or creates a file. The handle must be a kernel handle unless this is the system process.
#[track_caller]
pub unsafe fn ZwCreateFile(
    FileHandle: PHANDLE,
    DesiredAccess: ACCESS_MASK,
    ObjectAttributes: POBJECT_ATTRIBUTES,
    IoStatusBlock: PIO_STATUS_BLOCK,
    AllocationSize: PLARGE_INTEGER,
    FileAttributes: ULONG,
    ShareAccess: ULONG,
    CreateDisposition: ULONG,
    CreateOptions: ULONG,
    EaBuffer: PVOID,
    EaLength: ULONG,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwCreateFile", place);
    let _host = mode::host();
    // SAFETY: the caller gives attributes.
    let attributes = unsafe { &*ObjectAttributes };
    ob::require_kernel_handle(attributes.Attributes, "ZwCreateFile", place);
    let related = match root_of(attributes) {
        Ok(related) => related,
        Err(status) => return status,
    };
    let ea = if EaBuffer.is_null() {
        &[]
    } else {
        // SAFETY: the caller gives a buffer of that length.
        unsafe { core::slice::from_raw_parts(EaBuffer.cast::<u8>(), EaLength as usize) }
    };
    // SAFETY: the caller gives NULL or a size; the union's members are all integers.
    let allocation_size = unsafe { AllocationSize.as_ref().map_or(0, |size| size.QuadPart) };
    let open = Open {
        path: service::name_of(attributes),
        related,
        access: DesiredAccess,
        share: ShareAccess,
        disposition: CreateDisposition,
        options: CreateOptions,
        attributes: FileAttributes,
        allocation_size,
        ea,
        case_sensitive: attributes.Attributes & OBJ_CASE_INSENSITIVE == 0,
        target_directory: false,
        mode: KERNEL,
    };
    let (status, information) = match open::open(&open, place) {
        Ok((file, access, information)) => {
            let handle = ob::open_handle(file.cast(), access, attributes.Attributes, place);
            ob::dereference(file.cast(), place);
            // SAFETY: the caller gives room for the handle.
            unsafe { FileHandle.write(handle) };
            (STATUS_SUCCESS, information)
        }
        Err(status) => (status, 0),
    };
    report(IoStatusBlock, status, information);
    status
}

fn root_of(attributes: &OBJECT_ATTRIBUTES) -> Result<PFILE_OBJECT, NTSTATUS> {
    if attributes.RootDirectory.is_null() {
        return Ok(ptr::null_mut());
    }
    file_of(attributes.RootDirectory)
}

fn file_of(handle: HANDLE) -> Result<PFILE_OBJECT, NTSTATUS> {
    object_of(handle, Kind::File)
}

/// The object behind a handle, which must be a `kind`, declared as `T`.
fn object_of<T>(handle: HANDLE, kind: Kind) -> Result<*mut T, NTSTATUS> {
    let entry = ob::look_up(handle, KERNEL).ok_or(STATUS_INVALID_HANDLE)?;
    if ob::kind_of(entry.object) != Some(kind) {
        return Err(STATUS_OBJECT_TYPE_MISMATCH);
    }
    Ok(entry.object.cast())
}

fn report(iosb: PIO_STATUS_BLOCK, status: NTSTATUS, information: u64) {
    // SAFETY: the caller of the service gives a status block.
    if let Some(iosb) = unsafe { iosb.as_mut() } {
        iosb.__bindgen_anon_1.Status = status;
        iosb.Information = information;
    }
}

/// The event behind a handle, or NULL.
fn event_of(handle: HANDLE) -> Result<PKEVENT, NTSTATUS> {
    if handle.is_null() {
        return Ok(ptr::null_mut());
    }
    object_of(handle, Kind::Event)
}

/// Runs a request: to its end on a file that does one at a time, else until it is under way.
fn run(
    handle: HANDLE,
    event: HANDLE,
    iosb: PIO_STATUS_BLOCK,
    place: Place,
    issue: impl FnOnce(PFILE_OBJECT, Caller) -> Result<Arc<Request>, NTSTATUS>,
) -> NTSTATUS {
    let _host = mode::host();
    let result = file_of(handle).and_then(|file| {
        let event = event_of(event)?;
        if !event.is_null() {
            // SAFETY: the handle keeps the event.
            unsafe { ke::KeClearEvent(event) };
        }
        let request = issue(
            file,
            Caller {
                mode: KERNEL,
                event,
                iosb,
                place,
            },
        )?;
        let finished = request.poll();
        Ok(match finished {
            Some(done) => done.status,
            None if super::file::is_synchronous(file) => request.wait().status,
            None => STATUS_PENDING,
        })
    });
    result.unwrap_or_else(|status| status)
}

/// How a read or a write is issued.
fn transfer(
    major: u32,
    buffers: Buffers,
    offset: PLARGE_INTEGER,
) -> impl FnOnce(PFILE_OBJECT, Caller) -> Result<Arc<Request>, NTSTATUS> {
    // SAFETY: the caller of the service gives NULL or an offset; the union's members are all integers.
    let offset = unsafe { offset.as_ref().map(|offset| offset.QuadPart) };
    move |file, caller| service::transfer(file, major, buffers, offset, caller)
}

/// Reads from a file.
#[track_caller]
pub unsafe fn ZwReadFile(
    FileHandle: HANDLE,
    Event: HANDLE,
    _ApcRoutine: PIO_APC_ROUTINE,
    _ApcContext: PVOID,
    IoStatusBlock: PIO_STATUS_BLOCK,
    Buffer: PVOID,
    Length: ULONG,
    ByteOffset: PLARGE_INTEGER,
    _Key: PULONG,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwReadFile", place);
    let buffers = Buffers::Output(Buffer.cast(), Length);
    run(
        FileHandle,
        Event,
        IoStatusBlock,
        place,
        transfer(IRP_MJ_READ, buffers, ByteOffset),
    )
}

/// Writes to a file.
#[track_caller]
pub unsafe fn ZwWriteFile(
    FileHandle: HANDLE,
    Event: HANDLE,
    _ApcRoutine: PIO_APC_ROUTINE,
    _ApcContext: PVOID,
    IoStatusBlock: PIO_STATUS_BLOCK,
    Buffer: PVOID,
    Length: ULONG,
    ByteOffset: PLARGE_INTEGER,
    _Key: PULONG,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwWriteFile", place);
    let buffers = Buffers::Input(Buffer.cast_const().cast(), Length);
    run(
        FileHandle,
        Event,
        IoStatusBlock,
        place,
        transfer(IRP_MJ_WRITE, buffers, ByteOffset),
    )
}

/// Sends a device control.
#[track_caller]
pub unsafe fn ZwDeviceIoControlFile(
    FileHandle: HANDLE,
    Event: HANDLE,
    _ApcRoutine: PIO_APC_ROUTINE,
    _ApcContext: PVOID,
    IoStatusBlock: PIO_STATUS_BLOCK,
    IoControlCode: ULONG,
    InputBuffer: PVOID,
    InputBufferLength: ULONG,
    OutputBuffer: PVOID,
    OutputBufferLength: ULONG,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwDeviceIoControlFile", place);
    run(FileHandle, Event, IoStatusBlock, place, |file, caller| {
        let input = (InputBuffer.cast_const().cast(), InputBufferLength);
        let output = (OutputBuffer.cast(), OutputBufferLength);
        service::control(
            file,
            IRP_MJ_DEVICE_CONTROL,
            IoControlCode,
            input,
            output,
            caller,
        )
    })
}
