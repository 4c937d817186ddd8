//! The routines that RDBSS calls: each turns its arguments into safe types and calls the mini-redirector.
//!
//! Every pointer comes from RDBSS and is what the slot's declaration says; a NULL where an object is due is answered with an error.

mod buffering;
mod connections;
mod files;
mod information;
mod low_io;

pub(crate) use buffering::*;
pub(crate) use connections::*;
pub(crate) use files::*;
pub(crate) use information::*;
pub(crate) use low_io::*;

use core::ptr::NonNull;

use nt::{Result, Status};

use crate::raw::{NTSTATUS, RDBSS_DEVICE_OBJECT, RX_CONTEXT};
use crate::{Controlled, Device, DeviceControl, MiniRedirector, Request, logon};

/// What RDBSS gets for the outcome of a callback that may not pend. STATUS_PENDING would make RDBSS wait for ever.
fn to_status(outcome: Result<()>) -> NTSTATUS {
    match outcome {
        Ok(()) => Status::SUCCESS.0,
        Err(Status::PENDING) => Status::INTERNAL_ERROR.0,
        Err(status) => status.0,
    }
}

/// Calls `serve` with the request of a context.
///
/// # Safety
/// `context` must be NULL or a context of a device of `M`, alive during the call.
unsafe fn with_request<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    serve: impl FnOnce(&M, Request<'_, M>) -> Result<()>,
) -> NTSTATUS {
    let Some(context) = NonNull::new(context) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let owner = unsafe { Request::<M>::from_raw(context) };
    // SAFETY: by the contract.
    let request = unsafe { Request::from_raw(context) };
    to_status(serve(owner.mini(), request))
}

/// # Safety
/// As MRxStart's arguments.
pub(crate) unsafe extern "C" fn start<M: MiniRedirector>(
    _: *mut RX_CONTEXT,
    device: *mut RDBSS_DEVICE_OBJECT,
) -> NTSTATUS {
    let start = |device: Device<'_, M>| {
        device.mini().start(device)?;
        logon::listen(device).inspect_err(|_| {
            let _ = device.mini().stop(device);
        })
    };
    // SAFETY: by the contract.
    unsafe { with_device(device, start) }
}

/// # Safety
/// As MRxStop's arguments.
pub(crate) unsafe extern "C" fn stop<M: MiniRedirector>(
    _: *mut RX_CONTEXT,
    device: *mut RDBSS_DEVICE_OBJECT,
) -> NTSTATUS {
    logon::stop_listening();
    // SAFETY: by the contract.
    unsafe { with_device(device, |device: Device<'_, M>| device.mini().stop(device)) }
}

/// # Safety
/// `device` must be NULL or a device of `M`.
unsafe fn with_device<M: MiniRedirector>(
    device: *mut RDBSS_DEVICE_OBJECT,
    serve: impl FnOnce(Device<'_, M>) -> Result<()>,
) -> NTSTATUS {
    match NonNull::new(device) {
        // SAFETY: by the contract.
        Some(device) => to_status(serve(unsafe { Device::from_raw(device) })),
        None => Status::INVALID_PARAMETER.0,
    }
}

/// # Safety
/// As MRxDevFcbXXXControlFile's argument.
pub(crate) unsafe extern "C" fn device_control<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let mut posted = false;
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for controls of the device.
        let mut control = unsafe { DeviceControl::new(request) };
        let outcome = mini.device_control(&mut control)?;
        match outcome {
            Controlled::Done => control.set_information(control.information()),
            Controlled::Post => {
                posted = true;
                control.ask_for_post();
            }
        }
        Ok(())
    };
    // SAFETY: by the contract.
    let status = unsafe { with_request(context, serve) };
    if posted { Status::PENDING.0 } else { status }
}
