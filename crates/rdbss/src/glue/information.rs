//! Queries and changes of information.

use nt::{Result, Status};

use super::with_request;
use crate::info::{
    DirectoryQuery, EaQuery, FileInfoQuery, QuotaQuery, SecurityQuery, SetEa, SetFileInfo,
    SetQuota, SetSecurity, SetVolumeInfo, VolumeInfoQuery,
};
use crate::raw::{
    NTSTATUS, RX_CONTEXT, RX_CONTEXT_FLAG_ASYNC_OPERATION, RX_CONTEXT_FLAG_IN_FSP,
    RX_CONTEXT_FLAG_WAIT,
};
use crate::{MiniRedirector, Request};
use core::sync::atomic::Ordering;

/// Calls `serve` where it may block. These callbacks cannot be answered later: what RDBSS calls for an asynchronous request runs to
/// its end if the caller may be blocked, and else again on a worker thread.
///
/// # Safety
/// As for [`with_request`].
unsafe fn blocking<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
    serve: impl FnOnce(&M, Request<'_, M>) -> Result<()>,
) -> NTSTATUS {
    let mut posted = false;
    let serve = |mini: &M, request: Request<'_, M>| {
        if request.is_asynchronous() {
            if request.flags() & (RX_CONTEXT_FLAG_WAIT | RX_CONTEXT_FLAG_IN_FSP) == 0 {
                posted = true;
                request.ask_for_post();
                return Ok(());
            }
            request
                .atomic_flags()
                .fetch_and(!RX_CONTEXT_FLAG_ASYNC_OPERATION, Ordering::AcqRel);
        }
        serve(mini, request)
    };
    // SAFETY: by the contract.
    let status = unsafe { with_request(context, serve) };
    if posted { Status::PENDING.0 } else { status }
}

/// # Safety
/// As MRxQueryDirectory's argument.
pub(crate) unsafe extern "C" fn query_directory<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such queries.
        mini.query_directory(&mut unsafe { DirectoryQuery::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxQueryFileInfo's argument.
pub(crate) unsafe extern "C" fn query_file_info<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such queries.
        mini.query_file_info(&mut unsafe { FileInfoQuery::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxSetFileInfo's argument.
pub(crate) unsafe extern "C" fn set_file_info<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such changes.
        mini.set_file_info(&unsafe { SetFileInfo::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxSetFileInfoAtCleanup's argument.
pub(crate) unsafe extern "C" fn set_file_info_at_cleanup<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such changes.
        mini.set_file_info_at_cleanup(&unsafe { SetFileInfo::new(request) })
    };
    // SAFETY: by the contract. A cleanup is never posted from here.
    unsafe { with_request(context, serve) }
}

/// # Safety
/// As MRxQueryEaInfo's argument.
pub(crate) unsafe extern "C" fn query_ea<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such queries.
        mini.query_ea(&mut unsafe { EaQuery::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxSetEaInfo's argument.
pub(crate) unsafe extern "C" fn set_ea<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such changes.
        mini.set_ea(&unsafe { SetEa::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxQuerySdInfo's argument.
pub(crate) unsafe extern "C" fn query_security<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such queries.
        let mut query = unsafe { SecurityQuery::new(request) };
        let outcome = mini.query_security(&mut query);
        query.set_information(query.information());
        outcome
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxSetSdInfo's argument.
pub(crate) unsafe extern "C" fn set_security<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such changes.
        mini.set_security(&unsafe { SetSecurity::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxQueryQuotaInfo's argument.
pub(crate) unsafe extern "C" fn query_quota<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such queries.
        let mut query = unsafe { QuotaQuery::new(request) };
        let outcome = mini.query_quota(&mut query);
        query.set_information(query.information());
        outcome
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxSetQuotaInfo's argument.
pub(crate) unsafe extern "C" fn set_quota<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such changes.
        mini.set_quota(&unsafe { SetQuota::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxQueryVolumeInfo's argument.
pub(crate) unsafe extern "C" fn query_volume_info<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such queries.
        mini.query_volume_info(&mut unsafe { VolumeInfoQuery::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}

/// # Safety
/// As MRxSetVolumeInfo's argument.
pub(crate) unsafe extern "C" fn set_volume_info<M: MiniRedirector>(
    context: *mut RX_CONTEXT,
) -> NTSTATUS {
    let serve = |mini: &M, request: Request<'_, M>| {
        // SAFETY: this slot is called for such changes.
        mini.set_volume_info(&unsafe { SetVolumeInfo::new(request) })
    };
    // SAFETY: by the contract.
    unsafe { blocking(context, serve) }
}
