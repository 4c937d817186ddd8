//! The UNC provider that the driver registers with MUP.

use crate::sync::Mutex;
use alloc::vec::Vec;
use wdk_sys::PDEVICE_OBJECT;

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

/// The provider that is registered now.
pub fn registered() -> Option<Provider> {
    REGISTERED.lock().clone()
}
