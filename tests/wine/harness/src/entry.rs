//! Start and end of the harness.

use crate::agent;
use crate::log::log;
use wdk_sys::{DRIVER_OBJECT, NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};

/// The driver's entry point.
///
/// # Safety
///
/// Only the kernel calls it, with its own driver object and the path of our service key.
#[unsafe(export_name = "DriverEntry")]
unsafe extern "C" fn driver_entry(
    driver: PDRIVER_OBJECT,
    registry_path: PUNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: the kernel gives its driver object, which is ours to fill in.
    let object: &mut DRIVER_OBJECT = unsafe { &mut *driver };
    object.DriverUnload = Some(unload);
    let status = agent::start(registry_path);
    log!("harness starts: {status:#x}");
    if !NT_SUCCESS(status) {
        agent::stop();
    }
    status
}

unsafe extern "C" fn unload(_driver: PDRIVER_OBJECT) {
    agent::stop();
    log!("harness ends");
}
