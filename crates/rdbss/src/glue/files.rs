//! Files: open, close, and what belongs to it.

use core::ptr::NonNull;

use nt::{Result, Status};

use super::with_request;
use crate::create::{Collapse, Create, fobx_of};
use crate::low_io::LockRange;
use crate::objects::{Fcb, Fobx, SrvOpen};
use crate::raw::{
    FCB, LARGE_INTEGER, MRX_FCB, MRX_FOBX, MRX_SRV_OPEN, NTSTATUS, RX_CONTEXT, ULONG,
};
use crate::{Close, Device, Implements, MiniRedirector, Request, raw};

/// The device of an FCB, by its share's server.
fn device_of<'a, M: MiniRedirector>(fcb: Fcb<'a, M>) -> Result<Device<'a, M>> {
    let net_root = fcb.net_root().ok_or(Status::INVALID_PARAMETER)?;
    net_root
        .srv_call()
        .device()
        .ok_or(Status::INVALID_PARAMETER)
}

/// # Safety
/// As MRxCreate's argument.
pub(crate) unsafe extern "C" fn create<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    let mut outcome = Status::SUCCESS;
    let serve = |mini: &M, request: Request<'_, M>| {
        outcome = mini.create(Create::new(request))?.status();
        Ok(())
    };
    // SAFETY: by the contract.
    let status = unsafe { with_request(context, serve) };
    if status == Status::SUCCESS.0 {
        outcome.0
    } else {
        status
    }
}

/// # Safety
/// As MRxShouldTryToCollapseThisOpen's argument.
pub(crate) unsafe extern "C" fn should_try_to_collapse<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: a live context.
        let candidate = NonNull::new(unsafe { (*request.as_raw()).pRelevantSrvOpen });
        // SAFETY: a context keeps its SRV_OPEN.
        let candidate = candidate.map(|candidate| unsafe { SrvOpen::from_raw(candidate) });
        let collapses = M::IMPLEMENTS.contains(Implements::COLLAPSE_OPEN);
        if collapses && mini.should_try_to_collapse(&request, candidate) {
            Ok(())
        } else {
            Err(Status::MORE_PROCESSING_REQUIRED)
        }
    };
    // SAFETY: by the contract.
    unsafe { with_request(context, serve) }
}

/// # Safety
/// As MRxCollapseOpen's argument.
pub(crate) unsafe extern "C" fn collapse_open<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        let collapse = Collapse::new(request);
        let state = mini.collapse_open(&collapse)?;
        let fobx = fobx_of(&collapse, collapse.candidate()?)?;
        fobx.slot()
            .fill(state)
            .map_err(|_| Status::INVALID_DEVICE_STATE)?;
        fobx.set_next_ea(1);
        Ok(())
    };
    // SAFETY: by the contract.
    unsafe { with_request(context, serve) }
}

/// # Safety
/// As MRxFlush's argument.
pub(crate) unsafe extern "C" fn flush<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: by the contract.
    unsafe { with_request(context, |mini: &M, request| mini.flush(&request)) }
}

/// # Safety
/// As MRxZeroExtend's argument.
pub(crate) unsafe extern "C" fn zero_extend<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    // SAFETY: by the contract.
    unsafe { with_request(context, |mini: &M, request| mini.zero_extend(&request)) }
}

/// # Safety
/// As MRxTruncate's argument.
pub(crate) unsafe extern "C" fn truncate<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: by the contract.
    unsafe { with_request(context, |mini: &M, request| mini.truncate(&request)) }
}

/// # Safety
/// As MRxCleanupFobx's argument.
pub(crate) unsafe extern "C" fn cleanup_fobx<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    // SAFETY: by the contract.
    unsafe { with_request(context, |mini: &M, request| mini.cleanup_fobx(&request)) }
}

/// # Safety
/// As MRxCloseSrvOpen's argument.
pub(crate) unsafe extern "C" fn close_srv_open<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        let close = Close::new(request);
        let srv_open = close.srv_open()?;
        // Without a state the open never succeeded, or was closed before.
        if srv_open.context().is_none() {
            return Ok(());
        }
        let outcome = mini.close_srv_open(&close);
        // SAFETY: the last handle is gone and the FCB is held exclusively, so nobody else looks at the open.
        drop(unsafe { srv_open.slot().empty() });
        outcome
    };
    // SAFETY: by the contract.
    unsafe { with_request(context, serve) }
}

/// # Safety
/// As MRxForceClosed's argument.
pub(crate) unsafe extern "C" fn force_closed<M: MiniRedirector>(
    srv_open: *mut MRX_SRV_OPEN,
) -> NTSTATUS {
    let Some(srv_open) = NonNull::new(srv_open) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let srv_open = unsafe { SrvOpen::<M>::from_raw(srv_open) };
    if srv_open.context().is_some() {
        if let Ok(device) = srv_open.fcb().and_then(device_of) {
            device.mini().force_closed(srv_open);
        }
        // SAFETY: RDBSS is finalizing the open, so nobody else looks at it.
        drop(unsafe { srv_open.slot().empty() });
    }
    Status::SUCCESS.0
}

/// # Safety
/// As MRxDeallocateForFobx's argument.
pub(crate) unsafe extern "C" fn deallocate_for_fobx<M: MiniRedirector>(
    fobx: *mut MRX_FOBX,
) -> NTSTATUS {
    let Some(fobx) = NonNull::new(fobx) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let fobx = unsafe { Fobx::<M>::from_raw(fobx) };
    let fcb = fobx
        .srv_open()
        .ok_or(Status::INVALID_PARAMETER)
        .and_then(|srv_open| srv_open.fcb());
    if let Ok(device) = fcb.and_then(device_of) {
        device.mini().deallocate_fobx(fobx);
    }
    // SAFETY: the object goes, so nobody else looks at it.
    drop(unsafe { fobx.slot().empty() });
    Status::SUCCESS.0
}

/// # Safety
/// As MRxDeallocateForFcb's argument.
pub(crate) unsafe extern "C" fn deallocate_for_fcb<M: MiniRedirector>(
    fcb: *mut MRX_FCB,
) -> NTSTATUS {
    // SAFETY: by the contract.
    let Ok(fcb) = (unsafe { Fcb::<M>::from_raw(fcb) }) else {
        return Status::INVALID_PARAMETER.0;
    };
    if let Ok(device) = device_of(fcb) {
        device.mini().deallocate_fcb(fcb);
    }
    // SAFETY: the object goes, so nobody else looks at it.
    drop(unsafe { fcb.slot().empty() });
    Status::SUCCESS.0
}

/// # Safety
/// As MRxAreFilesAliased's arguments.
pub(crate) unsafe extern "C" fn are_files_aliased<M: MiniRedirector>(
    one: *mut FCB,
    other: *mut FCB,
) -> NTSTATUS {
    // SAFETY: by the contract.
    let one = unsafe { Fcb::<M>::from_raw(one) };
    // SAFETY: by the contract.
    let other = unsafe { Fcb::<M>::from_raw(other) };
    let (Ok(one), Ok(other)) = (one, other) else {
        return Status::INVALID_PARAMETER.0;
    };
    match device_of(one) {
        Ok(device) if device.mini().are_files_aliased(one, other) => {
            Status::MORE_PROCESSING_REQUIRED.0
        }
        _ => Status::SUCCESS.0,
    }
}

/// # Safety
/// As MRxIsLockRealizable's arguments.
pub(crate) unsafe extern "C" fn is_lock_realizable<M: MiniRedirector>(
    fcb: *mut MRX_FCB,
    offset: *mut LARGE_INTEGER,
    length: *mut LARGE_INTEGER,
    flags: ULONG,
) -> NTSTATUS {
    // SAFETY: by the contract.
    let fcb = unsafe { Fcb::<M>::from_raw(fcb) };
    if offset.is_null() || length.is_null() {
        return Status::INVALID_PARAMETER.0;
    }
    let range = LockRange {
        // SAFETY: by the contract; any bits are a number.
        offset: unsafe { *offset.cast() },
        // SAFETY: by the contract; any bits are a number.
        length: unsafe { *length.cast() },
        key: 0,
        exclusive: flags & raw::LOWIO_LOCKSFLAG_EXCLUSIVELOCK != 0,
        fail_immediately: flags & raw::LOWIO_LOCKSFLAG_FAIL_IMMEDIATELY != 0,
    };
    let outcome = fcb.and_then(|fcb| device_of(fcb)?.mini().is_lock_realizable(fcb, range));
    super::to_status(outcome)
}

/// # Safety
/// As MRxExtendForCache's arguments.
pub(crate) unsafe extern "C" fn extend_for_cache<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    new_size: *mut LARGE_INTEGER,
    new_allocation: *mut LARGE_INTEGER,
) -> ULONG {
    // SAFETY: by the contract.
    unsafe { extend(context, new_size, new_allocation, M::extend_for_cache) }
}

/// # Safety
/// As MRxExtendForNonCache's arguments.
pub(crate) unsafe extern "C" fn extend_for_non_cache<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    new_size: *mut LARGE_INTEGER,
    new_allocation: *mut LARGE_INTEGER,
) -> ULONG {
    // SAFETY: by the contract.
    unsafe { extend(context, new_size, new_allocation, M::extend_for_non_cache) }
}

/// # Safety
/// As the two callbacks' arguments.
unsafe fn extend<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    new_size: *mut LARGE_INTEGER,
    new_allocation: *mut LARGE_INTEGER,
    ask: impl FnOnce(&M, &Request<'_, M>, i64) -> Result<i64>,
) -> ULONG {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: by the contract; any bits are a number.
        let size = unsafe { *new_size.cast() };
        let allocation = ask(mini, &request, size)?;
        // RDBSS believes what it is told, so never less than the file's size.
        let allocation = LARGE_INTEGER {
            QuadPart: allocation.max(size),
        };
        // SAFETY: by the contract.
        unsafe { new_allocation.write(allocation) };
        Ok(())
    };
    // SAFETY: by the contract.
    unsafe { with_request(context, serve) }.cast_unsigned()
}
