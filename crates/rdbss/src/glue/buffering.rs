//! Oplock and lease breaks.

use core::ptr::NonNull;

use nt::Status;

use super::{to_status, with_request};
use crate::objects::SrvOpen;
use crate::raw::{MRX_SRV_OPEN, NTSTATUS, PVOID, RX_CONTEXT, ULONG};
use crate::{MiniRedirector, Request};

/// # Safety
/// As MRxComputeNewBufferingState's arguments.
pub(crate) unsafe extern "C" fn compute_new_buffering_state<M: MiniRedirector>(
    srv_open: *mut MRX_SRV_OPEN,
    level: PVOID,
    new_state: *mut ULONG,
) -> NTSTATUS {
    let Some(srv_open) = NonNull::new(srv_open) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let srv_open = unsafe { SrvOpen::<M>::from_raw(srv_open) };
    let device = srv_open.v_net_root().net_root().srv_call().device();
    let computed = device.ok_or(Status::INVALID_PARAMETER).and_then(|device| {
        device
            .mini()
            .compute_new_buffering_state(srv_open, level.addr())
    });
    to_status(computed.map(|buffering| {
        srv_open.set_buffering(buffering);
        if let Some(new_state) = NonNull::new(new_state) {
            // SAFETY: by the contract, a place for the answer.
            unsafe { new_state.write(buffering.bits()) };
        }
    }))
}

/// # Safety
/// As MRxCompleteBufferingStateChangeRequest's arguments.
pub(crate) unsafe extern "C" fn complete_buffering_state_change<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    srv_open: *mut MRX_SRV_OPEN,
    level: PVOID,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        let srv_open = NonNull::new(srv_open).ok_or(Status::INVALID_PARAMETER)?;
        // SAFETY: by the contract.
        let srv_open = unsafe { SrvOpen::from_raw(srv_open) };
        mini.complete_buffering_state_change(&request, srv_open, level.addr())
    };
    // SAFETY: by the contract.
    unsafe { with_request(context, serve) }
}
