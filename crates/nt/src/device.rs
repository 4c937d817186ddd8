//! Device objects and their names.

use crate::string::{Unicode, UnicodeString};
use crate::{Result, check, sys};
use core::ptr::NonNull;

/// A counted reference to a device object, which keeps its memory (not the device in service).
#[derive(Debug)]
pub struct DeviceObject(NonNull<sys::DEVICE_OBJECT>);

// SAFETY: object references are counted atomically and belong to no thread.
unsafe impl Send for DeviceObject {}
// SAFETY: as above; nothing is read through the pointer here.
unsafe impl Sync for DeviceObject {}

impl DeviceObject {
    /// Takes a further reference to a device. IRQL: any.
    ///
    /// # Safety
    ///
    /// The pointer is to a device object that exists during the call.
    #[track_caller]
    pub unsafe fn reference(device: NonNull<sys::DEVICE_OBJECT>) -> Self {
        // SAFETY: the caller vouches for the object; `drop` gives the reference back.
        unsafe { sys::ObfReferenceObject(device.as_ptr().cast()) };
        Self(device)
    }

    /// The object, for routines that take one.
    pub const fn as_ptr(&self) -> *mut sys::DEVICE_OBJECT {
        self.0.as_ptr()
    }
}

impl Clone for DeviceObject {
    #[track_caller]
    fn clone(&self) -> Self {
        // SAFETY: this reference keeps the object.
        unsafe { Self::reference(self.0) }
    }
}

impl Drop for DeviceObject {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and not used any more.
        unsafe { sys::ObfDereferenceObject(self.0.as_ptr().cast()) };
    }
}

/// A symbolic link in the object name space, deleted when dropped. IRQL of dropping: PASSIVE.
#[derive(Debug)]
pub struct SymbolicLink(UnicodeString);

impl SymbolicLink {
    /// Makes `link` (such as `\??\OxSmb`) lead to `target` (such as `\Device\OxSmb`). IRQL: PASSIVE.
    #[track_caller]
    pub fn create(link: &[u16], target: &[u16]) -> Result<Self> {
        let owned = UnicodeString::from_units(link)?;
        let (link, target) = (Unicode::new(&owned)?, Unicode::new(target)?);
        // SAFETY: both names outlive the call, which only reads them.
        check(unsafe { sys::IoCreateSymbolicLink(link.as_ptr(), target.as_ptr()) })?;
        Ok(Self(owned))
    }
}

impl Drop for SymbolicLink {
    #[track_caller]
    fn drop(&mut self) {
        if let Ok(link) = Unicode::new(&self.0) {
            // SAFETY: the name outlives the call. A failure has no remedy.
            let _ = unsafe { sys::IoDeleteSymbolicLink(link.as_ptr()) };
        }
    }
}
