//! Questions about IRPs and their requestors.

use super::file;
use crate::ps;
use crate::sys::*;
use core::cell::Cell;

/// Flags of an IRP and its present file.
fn look<'a>(irp: PIRP) -> (super::Packet, Option<&'a FILE_OBJECT>) {
    // SAFETY: the caller of the service owns the IRP.
    let packet = unsafe { super::Packet::new(irp) };
    // SAFETY: the IRP's file object, if any, lives as long as the IRP.
    (packet, unsafe { packet.here().FileObject.as_ref() })
}

/// Whether the requestor of an IRP waits for its end.
pub unsafe fn IoIsOperationSynchronous(Irp: PIRP) -> BOOLEAN {
    let (packet, file) = look(Irp);
    let synchronous_file =
        file.is_some_and(|file| file::is_synchronous((&raw const *file).cast_mut()));
    let paging = packet.flags() & (IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO) == IRP_PAGING_IO;
    BOOLEAN::from((synchronous_file || packet.flags() & IRP_SYNCHRONOUS_API != 0) && !paging)
}

/// The process that requested an IRP.
pub unsafe fn IoGetRequestorProcess(Irp: PIRP) -> PEPROCESS {
    look(Irp).0.requestor_process()
}

/// The id of the process that requested an IRP.
pub unsafe fn IoGetRequestorProcessId(Irp: PIRP) -> ULONG {
    ps::process_of(look(Irp).0.requestor_process()).map_or(0, |process| process.id as ULONG)
}

/// The terminal session that requested an IRP.
pub unsafe fn IoGetRequestorSessionId(Irp: PIRP, pSessionId: PULONG) -> NTSTATUS {
    let Some(process) = ps::process_of(look(Irp).0.requestor_process()) else {
        return STATUS_UNSUCCESSFUL;
    };
    // SAFETY: the caller gives room for the id.
    unsafe { pSessionId.write(process.token.session) };
    STATUS_SUCCESS
}

thread_local! {
    static TOP_LEVEL: Cell<PIRP> = const { Cell::new(core::ptr::null_mut()) };
}

/// What [`IoSetTopLevelIrp`] set on this thread.
pub unsafe fn IoGetTopLevelIrp() -> PIRP {
    TOP_LEVEL.get()
}

/// Sets the thread's top-level IRP, a word for file systems to use.
pub unsafe fn IoSetTopLevelIrp(Irp: PIRP) {
    TOP_LEVEL.set(Irp);
}

/// Whether a status says that a device is broken for good; none here is.
pub unsafe fn FsRtlIsTotalDeviceFailure(_Status: NTSTATUS) -> BOOLEAN {
    0
}
