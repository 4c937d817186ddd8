//! Whether a device can be opened: neither before its driver has started, nor once that begins to unload; and what is being
//! opened keeps its driver from unloading.

use crate::ob;
use crate::sys::*;
use crate::verifier::Place;
use core::panic::Location;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicI32, Ordering};
use parking_lot::Mutex;

/// `DOE_DELETE_PENDING`: IoDeleteDevice was called. Kept in `Reserved`, which drivers do not touch.
const DELETED: PVOID = ptr::without_provenance_mut(1);
/// `DOE_UNLOAD_PENDING`: the driver is being unloaded.
const UNLOADING: PVOID = ptr::without_provenance_mut(2);
/// The driver's entry has not returned yet.
pub(super) const STARTING: PVOID = ptr::without_provenance_mut(3);
/// `DRVO_INITIALIZED`: the driver's entry has returned.
pub(super) const INITIALIZED: ULONG = 0x10;

/// Guards `Reserved` of all devices, and the decision between opening and unloading.
static DOORS: Mutex<()> = Mutex::new(());

/// A device on the way to being opened: it stays, and its driver is not unloaded meanwhile.
#[derive(Debug)]
pub(crate) struct Entered(usize);

impl Entered {
    /// Goes through the door of a device that the caller keeps until this returns.
    pub(crate) fn new(device: PDEVICE_OBJECT) -> Result<Self, NTSTATUS> {
        let _doors = DOORS.lock();
        // SAFETY: by the caller a live device.
        if unsafe { !(*device).Reserved.is_null() } {
            return Err(STATUS_NO_SUCH_DEVICE);
        }
        hold(device);
        Ok(Self(device as usize))
    }

    /// The device.
    pub(crate) fn device(&self) -> PDEVICE_OBJECT {
        self.0 as PDEVICE_OBJECT
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        release(self.device(), Location::caller());
    }
}

/// Keeps a device that something else keeps already, and counts it as open.
pub(super) fn hold(device: PDEVICE_OBJECT) {
    ob::reference(device.cast());
    opens(device).fetch_add(1, Ordering::SeqCst);
}

/// Undoes [`hold`].
pub(super) fn release(device: PDEVICE_OBJECT, place: Place) {
    opens(device).fetch_sub(1, Ordering::SeqCst);
    ob::dereference(device.cast(), place);
}

fn opens<'a>(device: PDEVICE_OBJECT) -> &'a AtomicI32 {
    // SAFETY: the device is referenced by the caller; no access yet.
    let count = unsafe { &raw mut (*device).ReferenceCount };
    // SAFETY: the field is only used atomically.
    unsafe { AtomicI32::from_ptr(count) }
}

/// Opens the doors of a driver whose entry has returned.
pub(crate) fn open_up(driver: PDRIVER_OBJECT) {
    let _doors = DOORS.lock();
    // SAFETY: the caller's driver object, which the driver itself is done with.
    unsafe { (*driver).Flags |= INITIALIZED };
    for device in devices(driver) {
        // SAFETY: a driver's devices are live.
        let device = unsafe { &mut *device };
        device.Flags &= !DO_DEVICE_INITIALIZING;
        device.Reserved = ptr::null_mut();
    }
}

/// Closes the doors of a driver for good, unless one of its devices is open. Returns whether it did.
pub(crate) fn shut(driver: PDRIVER_OBJECT) -> bool {
    let _doors = DOORS.lock();
    if devices(driver).any(|device| opens(device).load(Ordering::SeqCst) != 0) {
        return false;
    }
    for device in devices(driver) {
        // SAFETY: a driver's devices are live.
        unsafe { (*device).Reserved = UNLOADING };
    }
    true
}

/// Marks a device as deleted. False if it was before.
pub(super) fn mark_deleted(device: PDEVICE_OBJECT) -> bool {
    let _doors = DOORS.lock();
    // SAFETY: by the caller a live device; no access yet.
    let reserved = unsafe { &raw mut (*device).Reserved };
    // SAFETY: as above, and the doors' lock is held.
    unsafe { reserved.replace(DELETED) != DELETED }
}

fn devices(driver: PDRIVER_OBJECT) -> impl Iterator<Item = PDEVICE_OBJECT> {
    // SAFETY: the caller's driver object.
    let first = unsafe { (*driver).DeviceObject };
    core::iter::successors(NonNull::new(first), |device| {
        // SAFETY: the links of a driver's devices are valid.
        NonNull::new(unsafe { (*device.as_ptr()).NextDevice })
    })
    .map(NonNull::as_ptr)
}
