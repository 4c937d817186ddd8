//! An open file of a transport: an address or a connection endpoint.

use crate::file::{Create, Handle};
use crate::sync::SpinLock;
use crate::{Result, Status, check, irp, sys};
use core::ptr::{NonNull, null_mut};

/// A file of a transport's, with the object that requests are sent to.
pub(super) struct TransportFile {
    object: NonNull<sys::FILE_OBJECT>,
    device: NonNull<sys::DEVICE_OBJECT>,
    /// None once closed.
    handle: SpinLock<Option<Handle>>,
}

// SAFETY: objects are counted atomically and belong to no thread.
unsafe impl Send for TransportFile {}
// SAFETY: as above; nothing is changed through the pointers here.
unsafe impl Sync for TransportFile {}

impl TransportFile {
    /// Opens a file of the device by an extended attribute. IRQL: PASSIVE.
    #[track_caller]
    pub(super) fn open(device: &[u16], attribute: &[u8]) -> Result<Self> {
        let create = Create {
            path: device,
            access: sys::GENERIC_READ | sys::GENERIC_WRITE | sys::SYNCHRONIZE,
            attributes: sys::FILE_ATTRIBUTE_NORMAL,
            share: sys::FILE_SHARE_READ | sys::FILE_SHARE_WRITE,
            disposition: sys::FILE_OPEN,
            options: 0,
            extended_attributes: attribute,
        };
        let (handle, _) = create.call()?;
        let mut object = null_mut();
        // SAFETY: the export is the kernel's own and never changes.
        let file_type = unsafe { sys::IoFileObjectType };
        // SAFETY: the export points to the type.
        let file_type = unsafe { *file_type };
        // SAFETY: the handle is ours and open; a local takes the reference.
        let status = unsafe {
            sys::ObReferenceObjectByHandle(
                handle.as_raw(),
                0,
                file_type,
                crate::time::KERNEL_MODE,
                &mut object,
                null_mut(),
            )
        };
        check(status)?;
        let object = NonNull::new(object.cast()).ok_or(Status::INVALID_HANDLE)?;
        // SAFETY: the reference keeps the file object.
        let device = unsafe { sys::IoGetRelatedDeviceObject(object.as_ptr()) };
        // The file keeps its device, so the two come and go together.
        match NonNull::new(device) {
            Some(device) => Ok(Self {
                object,
                device,
                handle: SpinLock::new(Some(handle)),
            }),
            None => {
                // SAFETY: the reference is ours.
                unsafe { sys::ObfDereferenceObject(object.as_ptr().cast()) };
                Err(Status::NO_SUCH_DEVICE)
            }
        }
    }

    /// How many stack locations an IRP to the file needs.
    pub(super) fn stack_size(&self) -> i8 {
        // SAFETY: the file keeps the device.
        unsafe { (*self.device.as_ptr()).StackSize }
    }

    /// Makes the next stack location of an IRP a request to the file, and returns it for its parameters.
    ///
    /// # Safety
    ///
    /// The caller owns the IRP, which has [`Self::stack_size`] locations left and its completion routine set.
    pub(super) unsafe fn address(
        &self,
        packet: *mut sys::IRP,
        major: u32,
        minor: u8,
    ) -> NonNull<sys::IO_STACK_LOCATION> {
        // SAFETY: the caller vouches for the IRP.
        let next = unsafe { irp::next_stack_location(packet) };
        // SAFETY: the location is part of the IRP, and the caller's.
        let location = unsafe { &mut *next };
        location.MajorFunction = major as u8;
        location.MinorFunction = minor;
        location.FileObject = self.object.as_ptr();
        NonNull::from(location)
    }

    /// Sends an IRP that [`Self::address`] has prepared.
    ///
    /// # Safety
    ///
    /// As for [`irp::call_driver`].
    #[track_caller]
    pub(super) unsafe fn call(&self, packet: *mut sys::IRP) -> Status {
        // SAFETY: the file keeps its device; the caller vouches for the IRP.
        unsafe { irp::call_driver(self.device.as_ptr(), packet) }
    }

    /// The handle as a number, for a request that names it; NULL once closed.
    pub(super) fn raw_handle(&self) -> sys::HANDLE {
        let handle = self.handle.lock();
        handle.as_ref().map_or(null_mut(), Handle::as_raw)
    }

    /// Closes the handle: the transport ends what goes on at the file. The object stays. IRQL: PASSIVE.
    #[track_caller]
    pub(super) fn close(&self) {
        let handle = self.handle.lock().take();
        drop(handle);
    }
}

impl Drop for TransportFile {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the reference is ours and not used any more. Without a handle, the last reference closes the file.
        unsafe { sys::ObfDereferenceObject(self.object.as_ptr().cast()) };
    }
}
