//! The driver object and its two devices.

use super::dispatch;
use crate::ob::{self, Kind};
use crate::sys::*;
use core::panic::Location;
use parking_lot::Mutex;
use socket2::Domain;

/// As if filter drivers were attached above TCP: an IRP needs a location for each.
pub(super) const STACK_SIZE: CCHAR = 3;

const NAMES: [(&str, Domain); 2] = [
    (r"\Device\Tcp", Domain::IPV4),
    (r"\Device\Tcp6", Domain::IPV6),
];

/// The driver object and the devices, while there are any.
static OBJECTS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Makes the devices, for a new kernel.
pub(crate) fn start() {
    let place = Location::caller();
    let driver: PDRIVER_OBJECT =
        ob::create_host(Kind::Driver, size_of::<DRIVER_OBJECT>(), place).cast();
    let content = DRIVER_OBJECT {
        Type: IO_TYPE_DRIVER,
        Size: size_of::<DRIVER_OBJECT>() as CSHORT,
        MajorFunction: dispatch::table(),
        ..DRIVER_OBJECT::default()
    };
    // SAFETY: a new object of this size.
    unsafe { driver.write(content) };
    let mut objects = vec![driver as usize];
    for (name, _) in NAMES {
        let device: PDEVICE_OBJECT =
            ob::create_host(Kind::Device, size_of::<DEVICE_OBJECT>(), place).cast();
        let content = DEVICE_OBJECT {
            Type: IO_TYPE_DEVICE,
            Size: size_of::<DEVICE_OBJECT>() as USHORT,
            DriverObject: driver,
            DeviceType: FILE_DEVICE_NETWORK,
            StackSize: STACK_SIZE,
            ..DEVICE_OBJECT::default()
        };
        // SAFETY: a new object of this size.
        unsafe { device.write(content) };
        let name: Vec<u16> = name.encode_utf16().collect();
        ob::add_device(&name, device);
        objects.push(device as usize);
    }
    *OBJECTS.lock() = objects;
}

/// Takes the devices away.
pub(crate) fn stop() {
    let place = Location::caller();
    let objects = core::mem::take(&mut *OBJECTS.lock());
    for &object in objects.iter().rev() {
        ob::remove_device(object as PDEVICE_OBJECT);
        ob::dereference(object as PVOID, place);
    }
}

/// The address family that a device is for.
pub(super) fn domain_of(device: PDEVICE_OBJECT) -> Domain {
    let index = OBJECTS
        .lock()
        .iter()
        .position(|&object| object == device as usize);
    index
        .and_then(|index| NAMES.get(index.wrapping_sub(1)))
        .map_or(Domain::IPV4, |&(_, domain)| domain)
}
