//! IRP_MJ_CLEANUP: the last handle to a file object is closed (reference 4.6).

use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::fcb;
use crate::kernel::irp;
use crate::live::{Live, addr, atomic, get, set};
use crate::request::{self, File};
use crate::{cancel, fobx, lock_control, srv_open};
use core::sync::atomic::Ordering;
use nt::sys::{FILE_OBJECT, STATUS_SUCCESS};
use rdbss::raw::*;

/// IRP_MJ_CLEANUP.
pub(crate) fn cleanup(context: Context) -> Answer {
    let Some(file_object) = context::stack(context).and_then(irp::file_object) else {
        return STATUS_SUCCESS.into();
    };
    if let Ok(file) = request::file(context) {
        clean(context, file, file_object);
    }
    atomic(addr!(file_object => Flags)).fetch_or(nt::sys::FO_CLEANUP_COMPLETE, Ordering::AcqRel);
    STATUS_SUCCESS.into()
}

fn clean(context: Context, file: File, file_object: Live<FILE_OBJECT>) {
    let handle = file.handle.as_ptr();
    // SAFETY: the handle is held by the file object.
    unsafe { cancel::RxCancelNotifyChangeDirectoryRequestsForFobx(handle) };
    lock_control::unlock_all_at_cleanup(context, file, file_object);
    fcb::acquire_exclusive_wait(file.fcb);
    let body = file.fcb.body();
    let fake = file.fcb.node_type() == RDBSS_NTC_OPENTARGETDIR_FCB;
    let last = get!(body => mrx.UncleanCount) == 1;
    if !fake {
        tell_mini(context, file, last);
    }
    // SAFETY: both live, and the FCB is locked exclusively.
    unsafe {
        nt::sys::IoRemoveShareAccess(file_object.as_ptr(), addr!(body => ShareAccess).as_ptr())
    };
    set!(body => mrx.UncleanCount, get!(body => mrx.UncleanCount).saturating_sub(1));
    let open = file.open;
    set!(open => mrx.UncleanFobxCount, get!(open => mrx.UncleanFobxCount).saturating_sub(1));
    if get!(open => mrx.CreateOptions) & nt::sys::FILE_NO_INTERMEDIATE_BUFFERING != 0 {
        set!(body => mrx.UncachedUncleanCount, get!(body => mrx.UncachedUncleanCount).saturating_sub(1));
    }
    set!(file.handle => mrx.AssociatedFileObject, core::ptr::null_mut());
    let deleted = file.fcb.has(FCB_STATE_DELETE_ON_CLOSE) && last;
    fcb::release(file.fcb);
    if deleted {
        // New opens of the name are of another file.
        fcb::remove_name(file.fcb);
    }
}

/// The callbacks of a cleanup; their results mean nothing, for a cleanup cannot fail.
fn tell_mini(context: Context, file: File, last: bool) {
    let changed_by_user = FOBX_FLAG_USER_SET_LAST_WRITE
        | FOBX_FLAG_USER_SET_LAST_ACCESS
        | FOBX_FLAG_USER_SET_CREATION
        | FOBX_FLAG_USER_SET_LAST_CHANGE;
    // MRxSetFileInfoAtCleanup is for times and sizes that a cache kept back; without a cache there are none. What the
    // user set went to the server at once.
    fobx::change_flags(file.handle, 0, changed_by_user);
    if last && file.fcb.has(FCB_STATE_TRUNCATE_ON_CLOSE) {
        calldown::call_even_if_cancelled(context, |table| get!(table => MRxTruncate));
    }
    if !srv_open::has(file.open, SRVOPEN_FLAG_CLOSED | SRVOPEN_FLAG_ORPHANED) {
        let status =
            calldown::call_even_if_cancelled(context, |table| get!(table => MRxCleanupFobx));
        calldown::final_status(context, status);
    }
}
