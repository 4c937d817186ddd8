//! Who sent an IRP, whether he waits for it, and where a file's requests go.

use crate::irp;
use wdk_sys::ntddk::PsGetCurrentProcessId;
use wdk_sys::{
    BOOLEAN, FO_SYNCHRONOUS_IO, IRP_SYNCHRONOUS_API, IRP_SYNCHRONOUS_PAGING_IO, PDEVICE_OBJECT,
    PFILE_OBJECT, PIRP, ULONG,
};

/// `IoGetRequestorProcessId`. All requests come from the agent's threads, and so from this process.
pub unsafe extern "C" fn process_id(_irp: PIRP) -> ULONG {
    // SAFETY: has no conditions.
    let id = unsafe { PsGetCurrentProcessId() };
    // Process identifiers are small numbers.
    id.addr() as ULONG
}

/// `IoIsOperationSynchronous`.
pub unsafe extern "C" fn is_synchronous(irp: PIRP) -> BOOLEAN {
    // SAFETY: the driver has the IRP, so it is within its stack.
    let file = unsafe { (*irp::current_location(irp)).FileObject };
    // SAFETY: NULL or the IRP's file object.
    let file_waits =
        unsafe { file.as_ref() }.is_some_and(|file| file.Flags & FO_SYNCHRONOUS_IO != 0);
    // SAFETY: as above.
    let flags = unsafe { (*irp).Flags };
    let waits = file_waits || flags & (IRP_SYNCHRONOUS_API | IRP_SYNCHRONOUS_PAGING_IO) != 0;
    waits.into()
}

/// `IoGetRelatedDeviceObject`, for which Wine answers NULL. Nothing is attached to devices here, and volumes are not
/// mounted.
pub unsafe extern "C" fn related_device(file: PFILE_OBJECT) -> PDEVICE_OBJECT {
    // SAFETY: the driver's file object.
    unsafe { (*file).DeviceObject }
}
