//! What comes for a file whose last handle is closed: the memory manager's business, and what is too late.

use crate::toy::Bench;
use core::ptr::null_mut;
use nt::sys::*;
use ntsim::user::File;

const TAG: u32 = u32::from_le_bytes(*b"Test");

/// A file whose handle is closed, and that a reference keeps as the memory manager does.
struct Kept(PFILE_OBJECT);

impl Kept {
    fn close(file: File) -> Self {
        let object = file.object();
        // SAFETY: the open file keeps its object.
        unsafe { ObfReferenceObject(object.cast()) };
        drop(file);
        Self(object)
    }

    /// Reads the beginning of the file into pool, as `flags` say: paging I/O or not.
    fn read(&self, bench: &Bench, flags: u32) -> (NTSTATUS, Vec<u8>) {
        bench.kernel.run_as_driver(|| {
            // SAFETY: freed below.
            let buffer = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, 5, TAG) };
            // SAFETY: the kept file's device lives.
            let device = unsafe { IoGetRelatedDeviceObject(self.0) };
            // SAFETY: as above.
            let irp = unsafe { IoAllocateIrp((*device).StackSize, 0) };
            // SAFETY: the MDL goes into a new request.
            unsafe { MmBuildMdlForNonPagedPool(IoAllocateMdl(buffer, 5, 0, 0, irp)) };
            // SAFETY: a new request.
            let location = unsafe { &mut *nt::irp::next_stack_location(irp) };
            location.MajorFunction = IRP_MJ_READ as u8;
            location.FileObject = self.0;
            location.Parameters.Read.Length = 5;
            // SAFETY: a new request.
            unsafe { (*irp).Flags = flags };
            // SAFETY: a new request; the routine takes it back.
            unsafe { nt::irp::set_completion_routine(irp, Some(take_back), null_mut()) };
            // SAFETY: a request for that device. The toy answers before it returns.
            unsafe { IofCallDriver(device, irp) };
            // SAFETY: completed, and taken back.
            let (status, _) = unsafe { nt::irp::outcome(irp) };
            // SAFETY: five bytes of ours.
            let bytes = unsafe { core::slice::from_raw_parts(buffer.cast::<u8>(), 5) }.to_vec();
            // SAFETY: the request's, which is over.
            unsafe { IoFreeMdl((*irp).MdlAddress) };
            // SAFETY: as above.
            unsafe { IoFreeIrp(irp) };
            // SAFETY: allocated above.
            unsafe { ExFreePoolWithTag(buffer, TAG) };
            (status.0, bytes)
        })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: referenced in `close`.
        unsafe { ObfDereferenceObject(self.0.cast()) };
    }
}

unsafe extern "C" fn take_back(_: PDEVICE_OBJECT, _: PIRP, _: PVOID) -> NTSTATUS {
    STATUS_MORE_PROCESSING_REQUIRED
}

#[test]
fn a_read_by_handle_is_too_late_after_cleanup_and_paging_io_goes_on() {
    let bench = Bench::new();
    let file = bench.file("f");
    assert_eq!(file.nt_write_file(b"bytes", Some(0)).ok(), Ok(5));
    let kept = Kept::close(file);
    assert_eq!(kept.read(&bench, 0).0, STATUS_FILE_CLOSED);
    for paging in [IRP_PAGING_IO, IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO] {
        let (status, bytes) = kept.read(&bench, paging | IRP_NOCACHE);
        assert_eq!((status, bytes.as_slice()), (STATUS_SUCCESS, &b"bytes"[..]));
    }
    drop(kept);
    bench.finish();
}
