//! IRP_MJ_CLOSE, and closes that were put off (reference 4.6).

use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::fcb::{self, Fcb};
use crate::live::{Live, get, set};
use crate::net;
use crate::request;
use crate::{buffering, fobx, scavenger, srv_open};
use nt::sys::STATUS_SUCCESS;
use rdbss::raw::*;

/// IRP_MJ_CLOSE.
pub(crate) fn close(context: Context) -> Answer {
    if let Some(view) = request::tree_connection(context) {
        net::dereference(view);
        return STATUS_SUCCESS.into();
    }
    let Ok(file) = request::file(context) else {
        return STATUS_SUCCESS.into();
    };
    fcb::reference(file.fcb);
    fcb::acquire_exclusive_wait(file.fcb);
    leave_file(file.fcb, file.handle);
    if !may_delay(file.fcb, file.handle, file.open)
        || !scavenger::delay_close(file.handle, file.open)
    {
        close_handle(context, file.handle, file.fcb);
    }
    fcb::release(file.fcb);
    fcb::dereference(file.fcb);
    STATUS_SUCCESS.into()
}

/// The handle no longer counts in its file.
fn leave_file(file: Fcb, handle: Live<FOBX>) {
    if get!(handle => fOpenCountDecremented) == 0 {
        set!(handle => fOpenCountDecremented, 1);
        let body = file.body();
        set!(body => mrx.OpenCount, get!(body => mrx.OpenCount).saturating_sub(1));
    }
}

/// True for the last handle of an open that the server lets us keep, of a file that stays.
fn may_delay(file: Fcb, handle: Live<FOBX>, open: Live<SRV_OPEN>) -> bool {
    let gone = SRVOPEN_FLAG_CLOSED
        | SRVOPEN_FLAG_ORPHANED
        | SRVOPEN_FLAG_FILE_DELETED
        | SRVOPEN_FLAG_FILE_RENAMED
        | SRVOPEN_FLAG_COLLAPSING_DISABLED
        | SRVOPEN_FLAG_CLOSE_DELAYED;
    get!(open => mrx.OpenCount) == 1
        && get!(open => Condition) == Condition_Good
        && get!(open => mrx.BufferingFlags) & FCB_STATE_COLLAPSING_ENABLED != 0
        && file.has(FCB_STATE_COLLAPSING_ENABLED)
        && !srv_open::has(open, gone)
        && !fobx::has(handle, FOBX_FLAG_DELETE_ON_CLOSE | FOBX_FLAG_BACKUP_INTENT)
        && !file.has(FCB_STATE_DELETE_ON_CLOSE)
        && !file.has(FCB_STATE_ORPHANED)
        && !file.has(FCB_STATE_NAME_ALREADY_REMOVED)
}

/// Closes a handle, and with the last one of its open the open. The FCB is locked exclusively.
pub(crate) fn close_handle(context: Context, handle: Live<FOBX>, file: Fcb) {
    let Some(open) = fobx::open(handle) else {
        return;
    };
    set!(context => pFcb, file.as_ptr());
    set!(context => NonPagedFcb, get!(file.body() => NonPaged));
    set!(context => pFobx, handle.as_ptr().cast());
    set!(context => pRelevantSrvOpen, open.as_ptr().cast());
    let left = get!(open => mrx.OpenCount).saturating_sub(1);
    set!(open => mrx.OpenCount, left);
    if left == 0 && !srv_open::has(open, SRVOPEN_FLAG_CLOSED) {
        // The open lives on until the handle lets go of it below.
        srv_open::reference(open);
        buffering::forget_key(open);
        let status =
            calldown::call_even_if_cancelled(context, |table| get!(table => MRxCloseSrvOpen));
        calldown::final_status(context, status);
        srv_open::change_flags(open, SRVOPEN_FLAG_CLOSED, SRVOPEN_FLAG_CLOSE_DELAYED);
        fobx::change_flags(handle, FOBX_FLAG_SRVOPEN_CLOSED, 0);
        buffering::recompute(file);
        srv_open::dereference(open);
    }
    set!(context => pFobx, core::ptr::null_mut());
    set!(context => pRelevantSrvOpen, core::ptr::null_mut());
    fobx::dereference(handle);
}

/// Closes a handle that no file object got. The FCB is locked exclusively.
pub(crate) fn close_unused(handle: Live<FOBX>, file: Fcb) {
    if let Some(open) = fobx::open(handle) {
        set!(open => mrx.UncleanFobxCount, get!(open => mrx.UncleanFobxCount).saturating_sub(1));
    }
    close_without_request(handle, file);
}

/// Closes a handle in a context without an IRP. The FCB is locked exclusively.
pub(crate) fn close_without_request(handle: Live<FOBX>, file: Fcb) {
    let request = file
        .device()
        .and_then(|device| context::create_must_succeed(None, device, 0));
    if let Some(request) = request {
        context::set_major(request, nt::sys::IRP_MJ_CLOSE);
        close_handle(request, handle, file);
        context::dereference(request);
    }
}
