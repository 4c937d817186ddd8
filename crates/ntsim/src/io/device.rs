//! Device objects and symbolic links.

use super::door;
use crate::irql;
use crate::mode;
use crate::ob::{self, Kind};
use crate::rtl;
use crate::sys::*;
use crate::verifier::broken;
use core::panic::Location;
use core::ptr;

/// Makes a device object with its extension behind it.
#[track_caller]
pub unsafe fn IoCreateDevice(
    DriverObject: PDRIVER_OBJECT,
    DeviceExtensionSize: ULONG,
    DeviceName: PUNICODE_STRING,
    DeviceType: DEVICE_TYPE,
    DeviceCharacteristics: ULONG,
    Exclusive: BOOLEAN,
    DeviceObject: *mut PDEVICE_OBJECT,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::APC, "IoCreateDevice", place);
    let _host = mode::host();
    let size = size_of::<DEVICE_OBJECT>() + DeviceExtensionSize as usize;
    let device: PDEVICE_OBJECT = ob::create(Kind::Device, size, place).cast();
    if device.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: the driver's own driver object.
    let driver = unsafe { &mut *DriverObject };
    let named = if DeviceName.is_null() {
        0
    } else {
        DO_DEVICE_HAS_NAME
    };
    let exclusive = if Exclusive == 0 { 0 } else { DO_EXCLUSIVE };
    let extension = device.wrapping_add(1).cast();
    let content = DEVICE_OBJECT {
        Type: IO_TYPE_DEVICE,
        Reserved: if driver.Flags & door::INITIALIZED == 0 {
            door::STARTING
        } else {
            ptr::null_mut()
        },
        Size: size.min(usize::from(u16::MAX)) as USHORT,
        DriverObject,
        NextDevice: driver.DeviceObject,
        Flags: DO_DEVICE_INITIALIZING | named | exclusive,
        Characteristics: DeviceCharacteristics,
        DeviceExtension: if DeviceExtensionSize == 0 {
            ptr::null_mut()
        } else {
            extension
        },
        DeviceType,
        StackSize: 1,
        ..DEVICE_OBJECT::default()
    };
    // SAFETY: a new object of at least this size.
    unsafe { device.write(content) };
    // From here on others find it.
    if !DeviceName.is_null() {
        // SAFETY: the caller gives a string.
        let status = ob::add_device(unsafe { rtl::units(DeviceName) }, device);
        if !NT_SUCCESS(status) {
            ob::dereference(device.cast(), place);
            return status;
        }
    }
    driver.DeviceObject = device;
    // SAFETY: the caller gives room for the pointer.
    unsafe { DeviceObject.write(device) };
    STATUS_SUCCESS
}

/// Takes a device away. Its memory goes when the last open file does.
#[track_caller]
pub unsafe fn IoDeleteDevice(DeviceObject: PDEVICE_OBJECT) {
    let place = Location::caller();
    irql::at_most(irql::APC, "IoDeleteDevice", place);
    let _host = mode::host();
    if ob::kind_of(DeviceObject.cast()) != Some(Kind::Device) {
        broken!(
            DeviceState,
            place,
            None,
            "deleted {DeviceObject:p}, which is no device (any more)"
        );
        return;
    }
    if !door::mark_deleted(DeviceObject) {
        broken!(DeviceState, place, None, "a device was deleted twice");
        return;
    }
    ob::remove_device(DeviceObject);
    // SAFETY: a live device object.
    let device = unsafe { &mut *DeviceObject };
    // SAFETY: a device's driver object lives as long as the device.
    let mut link = unsafe { &raw mut (*device.DriverObject).DeviceObject };
    // SAFETY: the links of a driver's devices are valid.
    while let Some(next) = unsafe { link.as_mut() }.filter(|next| !next.is_null()) {
        if *next == DeviceObject {
            *next = device.NextDevice;
            break;
        }
        // SAFETY: as above; no access yet.
        link = unsafe { &raw mut (**next).NextDevice };
    }
    ob::dereference(DeviceObject.cast(), place);
}

/// Makes a name for another name.
#[track_caller]
pub unsafe fn IoCreateSymbolicLink(
    SymbolicLinkName: PUNICODE_STRING,
    DeviceName: PUNICODE_STRING,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "IoCreateSymbolicLink", Location::caller());
    let _host = mode::host();
    // SAFETY: the caller gives strings.
    let (name, target) = (unsafe { rtl::units(SymbolicLinkName) }, unsafe {
        rtl::units(DeviceName)
    });
    ob::add_link(name, target)
}

/// Removes a name made by [`IoCreateSymbolicLink`].
#[track_caller]
pub unsafe fn IoDeleteSymbolicLink(SymbolicLinkName: PUNICODE_STRING) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "IoDeleteSymbolicLink", Location::caller());
    let _host = mode::host();
    // SAFETY: the caller gives a string.
    ob::remove_link(unsafe { rtl::units(SymbolicLinkName) })
}

/// The device that serves a file.
pub unsafe fn IoGetRelatedDeviceObject(FileObject: PFILE_OBJECT) -> PDEVICE_OBJECT {
    // SAFETY: the caller gives a file object.
    unsafe { (*FileObject).DeviceObject }
}
