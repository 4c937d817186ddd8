//! Start and end of the harness.

use crate::log::log;
use crate::{agent, dpc, fast_mutex, hook, irql, mup, shared_data, stack, timer, wsk};
use wdk_sys::{
    DRIVER_OBJECT, NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING, STATUS_SUCCESS,
};

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
    mup::start(driver);
    match start(registry_path) {
        Ok(()) => {
            log!("the harness is ready");
            STATUS_SUCCESS
        }
        Err(status) => {
            log!("the harness cannot start: {status:#x}");
            stop();
            status
        }
    }
}

unsafe extern "C" fn unload(_driver: PDRIVER_OBJECT) {
    stop();
    log!("the harness has ended");
}

fn start(registry_path: PUNICODE_STRING) -> Result<(), NTSTATUS> {
    irql::start()?;
    stack::start()?;
    fast_mutex::start()?;
    dpc::start()?;
    timer::start()?;
    wsk::start()?;
    shared_data::start()?;
    hook::start()?;
    let status = agent::start(registry_path);
    if NT_SUCCESS(status) {
        Ok(())
    } else {
        Err(status)
    }
}

fn stop() {
    agent::stop();
    hook::stop();
    shared_data::stop();
    wsk::stop();
    timer::stop();
    dpc::stop();
    fast_mutex::stop();
    stack::stop();
    irql::stop();
}
