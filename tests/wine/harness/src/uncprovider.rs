//! The UNC provider that the driver registers with MUP, of which Wine has none: it is remembered, for the agent, which
//! sends what is opened below the provider's name, and gets the device that programs open.

use crate::irql;
use crate::ledger::{HELD, violation};
use crate::log::log;
use crate::mup;
use crate::sync::Mutex;
use alloc::string::String;
use alloc::vec::Vec;
use core::ptr::without_provenance_mut;
use wdk_sys::{
    HANDLE, NTSTATUS, PDEVICE_OBJECT, PHANDLE, PUNICODE_STRING, STATUS_OBJECT_NAME_COLLISION,
    STATUS_SUCCESS, ULONG,
};

/// A registered provider.
#[derive(Clone)]
pub struct Provider {
    /// Its device object.
    pub device: PDEVICE_OBJECT,
    /// Its name: paths below it go to the device.
    pub name: Vec<u16>,
}

// SAFETY: the device is only ever used with the kernel's own functions, which any thread may call.
unsafe impl Send for Provider {}

static REGISTERED: Mutex<Option<Provider>> = Mutex::new(None);

/// The handle that a registration is known by.
fn handle() -> HANDLE {
    without_provenance_mut(0x4d55_5000)
}

/// The provider that is registered now.
pub fn registered() -> Option<Provider> {
    REGISTERED.lock().clone()
}

/// `FsRtlRegisterUncProviderEx`.
pub unsafe extern "C" fn register(
    out: PHANDLE,
    name: PUNICODE_STRING,
    device: PDEVICE_OBJECT,
    _flags: ULONG,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "FsRtlRegisterUncProviderEx");
    // SAFETY: the driver gives its device's name.
    let name = unsafe { &*name };
    // SAFETY: a UNICODE_STRING has that many units.
    let name = unsafe { core::slice::from_raw_parts(name.Buffer, usize::from(name.Length / 2)) };
    let mut registered = REGISTERED.lock();
    if registered.is_some() {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if let Err(status) = mup::make_device(name) {
        return status;
    }
    log!("UNC provider {}", String::from_utf16_lossy(name));
    *registered = Some(Provider {
        device,
        name: name.to_vec(),
    });
    HELD.unc_providers.add();
    // SAFETY: the driver gives room for the handle.
    unsafe { out.write(handle()) };
    STATUS_SUCCESS
}

/// `FsRtlDeregisterUncProvider`.
pub unsafe extern "C" fn deregister(registration: HANDLE) {
    irql::at_most(irql::PASSIVE, "FsRtlDeregisterUncProvider");
    if registration != handle() || REGISTERED.lock().take().is_none() {
        violation!("FsRtlDeregisterUncProvider of what is not registered");
        return;
    }
    mup::delete_device();
    HELD.unc_providers.remove();
}
