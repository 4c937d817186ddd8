//! Servers and shares.

use core::ptr::NonNull;

use nt::pool::PoolArc;
use nt::string::Unicode;
use nt::{Result, Status};

use super::{to_status, with_request};
use crate::connect::{SrvCallCompletion, SrvCallLink, VNetRootCompletion, VNetRootLink};
use crate::device::TAG;
use crate::objects::{NetRoot, SrvCall, VNetRoot};
use crate::raw::{
    BOOLEAN, LUID, MRX_CREATENETROOT_CONTEXT, MRX_NET_ROOT, MRX_SRV_CALL,
    MRX_SRVCALL_CALLBACK_CONTEXT, MRX_V_NET_ROOT, NTSTATUS, PVOID, RX_CONNECTION_ID, RX_CONTEXT,
    UNICODE_STRING,
};
use crate::unicode::characters;
use crate::{Device, MiniRedirector, Request};

/// The device of a server's SRV_CALL.
fn device_of<'a, M: MiniRedirector>(srv_call: SrvCall<'a, M>) -> Result<Device<'a, M>> {
    srv_call.device().ok_or(Status::INVALID_PARAMETER)
}

/// # Safety
/// As MRxCreateSrvCall's arguments.
pub(crate) unsafe extern "C" fn create_srv_call<M: MiniRedirector>(
    srv_call: *mut MRX_SRV_CALL,
    callback: *mut MRX_SRVCALL_CALLBACK_CONTEXT,
) -> NTSTATUS {
    let (Some(srv_call), Some(callback)) = (NonNull::new(srv_call), NonNull::new(callback)) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract; this returns STATUS_PENDING.
    let completion = unsafe { SrvCallCompletion::<M>::new(callback) };
    // SAFETY: the callback context names the device that the connect is for.
    let device = unsafe { (*callback.as_ptr()).RxDeviceObject };
    // SAFETY: the device of `M`.
    let device = NonNull::new(device).map(|device| unsafe { Device::<M>::from_raw(device) });
    let link = PoolArc::new(TAG, SrvCallLink::new(srv_call));
    match (device, link) {
        (Some(device), Ok(link)) => {
            // A former connect of the same SRV_CALL may have left its link, which is as good.
            drop(completion.srv_call().second_slot().fill(link));
            device.mini().create_srv_call(device, completion);
        }
        (_, Err(status)) => completion.complete(Err(status)),
        (None, Ok(_)) => completion.complete(Err(Status::INVALID_PARAMETER)),
    }
    Status::PENDING.0
}

/// # Safety
/// As MRxSrvCallWinnerNotify's arguments.
pub(crate) unsafe extern "C" fn srv_call_winner_notify<M: MiniRedirector>(
    srv_call: *mut MRX_SRV_CALL,
    winner: BOOLEAN,
    recommunicated: PVOID,
) -> NTSTATUS {
    let (Some(srv_call), Some(context)) = (NonNull::new(srv_call), NonNull::new(recommunicated))
    else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: the completion of the connect gave it up, and RDBSS hands it on once.
    let context: PoolArc<M::SrvCall> = unsafe { PoolArc::from_raw(context.cast()) };
    if winner == 0 {
        return Status::SUCCESS.0;
    }
    // SAFETY: by the contract.
    let srv_call = unsafe { SrvCall::<M>::from_raw(srv_call) };
    if srv_call.slot().fill(context).is_err() {
        return Status::INVALID_DEVICE_STATE.0;
    }
    to_status(device_of(srv_call).and_then(|device| device.mini().srv_call_ready(srv_call)))
}

/// # Safety
/// As MRxFinalizeSrvCall's arguments.
pub(crate) unsafe extern "C" fn finalize_srv_call<M: MiniRedirector>(
    srv_call: *mut MRX_SRV_CALL,
    force: BOOLEAN,
) -> NTSTATUS {
    let Some(srv_call) = NonNull::new(srv_call) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let srv_call = unsafe { SrvCall::<M>::from_raw(srv_call) };
    // From here on no break reaches the SRV_CALL.
    // SAFETY: the last reference is gone, so nobody else looks at it.
    if let Some(link) = unsafe { srv_call.second_slot().empty() } {
        link.sever();
    }
    if let Ok(device) = device_of(srv_call) {
        device.mini().finalize_srv_call(srv_call, force != 0);
    }
    // SAFETY: as above.
    drop(unsafe { srv_call.slot().empty() });
    Status::SUCCESS.0
}

/// # Safety
/// As MRxExtractNetRootName's arguments.
pub(crate) unsafe extern "C" fn extract_net_root_name<M: MiniRedirector>(
    path: *mut UNICODE_STRING,
    srv_call: *mut MRX_SRV_CALL,
    net_root_name: *mut UNICODE_STRING,
    rest_of_name: *mut UNICODE_STRING,
) {
    let Some(srv_call) = NonNull::new(srv_call) else {
        return;
    };
    // SAFETY: by the contract.
    let srv_call = unsafe { SrvCall::<M>::from_raw(srv_call) };
    // SAFETY: by the contract.
    let path = unsafe { characters(path) };
    let parts = match device_of(srv_call) {
        Ok(device) => device.mini().split_path(path, srv_call.name()),
        Err(_) => crate::connect::split_path(path, srv_call.name()),
    };
    for (target, part) in [(net_root_name, parts.share), (rest_of_name, parts.rest)] {
        // Parts of a UNICODE_STRING are short enough for one.
        if let (false, Ok(part)) = (target.is_null(), Unicode::new(part)) {
            // SAFETY: by the contract, a place for a UNICODE_STRING; the part lies in RDBSS's own path.
            unsafe { target.copy_from(part.as_ptr(), 1) };
        }
    }
}

/// # Safety
/// As MRxCreateVNetRoot's argument.
pub(crate) unsafe extern "C" fn create_v_net_root<M: MiniRedirector>(
    create: *mut MRX_CREATENETROOT_CONTEXT,
) -> NTSTATUS {
    let Some(create) = NonNull::new(create) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract; this returns STATUS_PENDING.
    let completion = unsafe { VNetRootCompletion::<M>::new(create) };
    let device = completion.v_net_root().net_root().srv_call().as_raw();
    // SAFETY: a live SRV_CALL.
    let device = unsafe { (*device).RxDeviceObject };
    // SAFETY: an object in the making is not at NULL.
    let v_net_root = unsafe { NonNull::new_unchecked(completion.v_net_root().as_raw()) };
    let link = PoolArc::new(TAG, VNetRootLink::new(v_net_root));
    match (NonNull::new(device), link) {
        (Some(device), Ok(link)) => {
            // A view is connected once, so there is none yet.
            drop(completion.v_net_root().second_slot().fill(link));
            // SAFETY: the device of `M`, which outlives its servers.
            let device = unsafe { Device::<M>::from_raw(device) };
            device.mini().create_v_net_root(device, completion);
        }
        (_, Err(status)) => completion.fail(status),
        (None, Ok(_)) => completion.fail(Status::INVALID_PARAMETER),
    }
    Status::PENDING.0
}

/// # Safety
/// As MRxFinalizeVNetRoot's arguments.
pub(crate) unsafe extern "C" fn finalize_v_net_root<M: MiniRedirector>(
    v_net_root: *mut MRX_V_NET_ROOT,
    force: *mut BOOLEAN,
) -> NTSTATUS {
    let Some(v_net_root) = NonNull::new(v_net_root) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let v_net_root = unsafe { VNetRoot::<M>::from_raw(v_net_root) };
    // From here on nobody takes a reference any more.
    // SAFETY: the object goes, so nobody else looks at it.
    if let Some(link) = unsafe { v_net_root.second_slot().empty() } {
        link.sever();
    }
    if let Ok(device) = device_of(v_net_root.net_root().srv_call()) {
        // SAFETY: by the contract.
        device
            .mini()
            .finalize_v_net_root(v_net_root, unsafe { is_set(force) });
    }
    // SAFETY: the object goes, so nobody else looks at it.
    drop(unsafe { v_net_root.slot().empty() });
    Status::SUCCESS.0
}

/// # Safety
/// As MRxFinalizeNetRoot's arguments.
pub(crate) unsafe extern "C" fn finalize_net_root<M: MiniRedirector>(
    net_root: *mut MRX_NET_ROOT,
    force: *mut BOOLEAN,
) -> NTSTATUS {
    let Some(net_root) = NonNull::new(net_root) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let net_root = unsafe { NetRoot::<M>::from_raw(net_root) };
    if let Ok(device) = device_of(net_root.srv_call()) {
        // SAFETY: by the contract.
        device
            .mini()
            .finalize_net_root(net_root, unsafe { is_set(force) });
    }
    // SAFETY: the object goes, so nobody else looks at it.
    drop(unsafe { net_root.slot().empty() });
    Status::SUCCESS.0
}

/// # Safety
/// `flag` must be NULL or a BOOLEAN.
unsafe fn is_set(flag: *const BOOLEAN) -> bool {
    // SAFETY: by the contract.
    unsafe { flag.as_ref() }.is_some_and(|flag| *flag != 0)
}

/// # Safety
/// As MRxUpdateNetRootState's argument.
pub(crate) unsafe extern "C" fn update_net_root_state<M: MiniRedirector>(
    net_root: *mut MRX_NET_ROOT,
) -> NTSTATUS {
    let Some(net_root) = NonNull::new(net_root) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let net_root = unsafe { NetRoot::<M>::from_raw(net_root) };
    let state = device_of(net_root.srv_call())
        .and_then(|device| device.mini().update_net_root_state(net_root));
    to_status(state.map(|state| {
        // SAFETY: a live object, whose state this callback is to write.
        unsafe { (*net_root.as_raw()).MRxNetRootState = state as u8 };
    }))
}

/// # Safety
/// As MRxPreparseName's arguments.
pub(crate) unsafe extern "C" fn preparse_name<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    name: *mut UNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: by the contract.
    unsafe {
        with_name(context, name, |mini: &M, request, name| {
            mini.preparse_name(&request, name)
        })
    }
}

/// # Safety
/// As MRxIsValidDirectory's arguments.
pub(crate) unsafe extern "C" fn is_valid_directory<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    name: *mut UNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: by the contract.
    unsafe {
        with_name(context, name, |mini: &M, request, name| {
            mini.is_valid_directory(&request, name)
        })
    }
}

/// Calls `serve` with the request of a context and a name that it is about.
///
/// # Safety
/// As for [`with_request`]; `name` must be NULL or a string, alive during the call.
unsafe fn with_name<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    name: *const UNICODE_STRING,
    serve: impl FnOnce(&M, Request<'_, M>, &[u16]) -> Result<()>,
) -> NTSTATUS {
    // SAFETY: by the contract.
    let name = unsafe { characters(name) };
    // SAFETY: by the contract.
    unsafe { with_request(context, |mini, request| serve(mini, request, name)) }
}

/// # Safety
/// As MRxGetConnectionId's arguments.
pub(crate) unsafe extern "C" fn connection_id<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    unique: *mut RX_CONNECTION_ID,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        let id = mini.connection_id(&request)?;
        let luid = LUID {
            LowPart: id.low,
            HighPart: id.high,
        };
        // SAFETY: by the contract, a place for the answer.
        unsafe { unique.write(RX_CONNECTION_ID { Luid: luid }) };
        Ok(())
    };
    // SAFETY: by the contract.
    unsafe { with_request(context, serve) }
}
