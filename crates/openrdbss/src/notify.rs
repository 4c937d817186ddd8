//! IRP_MN_NOTIFY_CHANGE_DIRECTORY (reference 4.11): low I/O that is always asynchronous.

use crate::assertion::{Rule, require};
use crate::buffer;
use crate::calldown::Answer;
use crate::context::{self, Context};
use crate::live::{Live, get, set};
use crate::request;
use crate::{low_io, srv_open};
use core::sync::atomic::Ordering;
use nt::sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, STATUS_SUCCESS};
use rdbss::raw::*;

/// IRP_MN_NOTIFY_CHANGE_DIRECTORY. The FCB is not locked while the server waits for a change.
pub(crate) fn notify(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    if file.fcb.node_type() == RDBSS_NTC_STORAGE_TYPE_FILE {
        return STATUS_INVALID_PARAMETER.into();
    }
    let length = get!(stack => Parameters.NotifyDirectory.Length);
    let address = match length {
        0 => core::ptr::null_mut(),
        _ => match buffer::map(request, buffer::WRITE_ACCESS, length) {
            Ok(start) => start.as_ptr().cast(),
            Err(status) => return status.into(),
        },
    };
    context::flags(context).fetch_or(RX_CONTEXT_FLAG_ASYNC_OPERATION, Ordering::AcqRel);
    let low_io = low_io::begin(context, LOWIO_OP_NOTIFY_CHANGE_DIRECTORY);
    let view = srv_open::view(file.open).map_or(core::ptr::null_mut(), Live::as_ptr);
    set!(context::notify(context) => pVNetRoot, view.cast());
    let watch_tree = u32::from(get!(stack => Flags)) & nt::sys::SL_WATCH_TREE != 0;
    let filter = get!(stack => Parameters.NotifyDirectory.CompletionFilter);
    set!(low_io => ParamsFor.NotifyChangeDirectory.WatchTree, watch_tree.into());
    set!(low_io => ParamsFor.NotifyChangeDirectory.CompletionFilter, filter);
    set!(low_io => ParamsFor.NotifyChangeDirectory.NotificationBufferLength, length);
    set!(low_io => ParamsFor.NotifyChangeDirectory.pNotificationBuffer, address);
    low_io::submit(context, Some(notified))
}

unsafe extern "C" fn notified(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: low I/O passes the live request.
    let Some(context) = (unsafe { Live::from_nullable(context) }) else {
        return STATUS_SUCCESS;
    };
    let room = get!(context::low_io(context) => ParamsFor.NotifyChangeDirectory.NotificationBufferLength)
        as usize;
    let bytes = get!(context => InformationToReturn);
    require(bytes <= room, Rule::TooManyBytes, context.as_ptr());
    set!(context => InformationToReturn, bytes.min(room));
    get!(context => StoredStatus)
}
