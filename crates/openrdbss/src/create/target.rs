//! SL_OPEN_TARGET_DIRECTORY: the directory that a rename goes to (reference 4.9).
//!
//! The server is not asked. The file object gets an FCB that is in no table, of a node type of its own (0xecff), whose name is
//! the whole target; the mini-redirector takes the target's name from there when the rename comes.

use super::connect::Found;
use super::name;
use crate::context::{self, Context};
use crate::fcb;
use crate::live::{Live, get, set};
use crate::{fobx, srv_open};
use nt::sys::{
    FILE_DOES_NOT_EXIST, FILE_OBJECT, NTSTATUS, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_OBJECT_NAME_INVALID, STATUS_SUCCESS,
};
use rdbss::raw::*;

/// Opens the target's directory.
pub(super) fn open(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    file_object: Live<FILE_OBJECT>,
    found: &Found,
) -> NTSTATUS {
    let (_, last) = name::split_last(found.path);
    if last.is_empty() {
        // The root of a share has no name to give.
        return STATUS_OBJECT_NAME_INVALID;
    }
    let Some(file) = fcb::create(device, found.view, found.path, RDBSS_NTC_OPENTARGETDIR_FCB)
    else {
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    file.state()
        .fetch_or(FCB_STATE_FAKEFCB, core::sync::atomic::Ordering::AcqRel);
    fcb::acquire_exclusive_wait(file);
    let status = match make_handle(context, file, found) {
        Some(handle) => {
            set!(file_object => FsContext, file.as_ptr().cast());
            set!(file_object => FsContext2, handle.as_ptr().cast());
            set!(handle => mrx.AssociatedFileObject, file_object.as_ptr());
            let body = file.body();
            set!(body => mrx.OpenCount, get!(body => mrx.OpenCount).saturating_add(1));
            set!(body => mrx.UncleanCount, get!(body => mrx.UncleanCount).saturating_add(1));
            set!(context => InformationToReturn, FILE_DOES_NOT_EXIST as usize);
            STATUS_SUCCESS
        }
        None => STATUS_INSUFFICIENT_RESOURCES,
    };
    fcb::release(file);
    fcb::dereference(file);
    context::free_name(context);
    status
}

fn make_handle(context: Context, file: fcb::Fcb, found: &Found) -> Option<Live<FOBX>> {
    let open = srv_open::create(found.view, file)?;
    // The server knows nothing of it.
    set!(open => Condition, Condition_Good);
    srv_open::change_flags(open, SRVOPEN_FLAG_CLOSED, 0);
    let handle = fobx::create(open, file);
    if let Some(handle) = handle {
        set!(handle => FobxSerialNumber, get!(context => SerialNumber));
    }
    srv_open::dereference(open);
    handle
}
