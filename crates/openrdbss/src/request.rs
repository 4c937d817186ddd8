//! What most requests begin with: the file, handle and open that they are about.

use crate::context::{self, Context};
use crate::fcb::Fcb;
use crate::live::{Live, addr, follow, get, node_type};
use crate::{fobx, srv_open};
use core::sync::atomic::Ordering;
use nt::sys::{NTSTATUS, STATUS_FILE_CLOSED, STATUS_INVALID_DEVICE_REQUEST};
use rdbss::raw::*;

/// An open file.
#[derive(Clone, Copy)]
pub(crate) struct File {
    pub fcb: Fcb,
    pub handle: Live<FOBX>,
    pub open: Live<SRV_OPEN>,
}

/// The file that the request's file object is of.
pub(crate) fn file(context: Context) -> Result<File, NTSTATUS> {
    let fcb = Fcb::from_ptr(get!(context => pFcb)).ok_or(STATUS_INVALID_DEVICE_REQUEST)?;
    let handle = fobx::whole(get!(context => pFobx)).ok_or(STATUS_INVALID_DEVICE_REQUEST)?;
    let open = fobx::open(handle).ok_or(STATUS_INVALID_DEVICE_REQUEST)?;
    Ok(File { fcb, handle, open })
}

/// The same, of a handle that the server still has.
pub(crate) fn open_file(context: Context) -> Result<File, NTSTATUS> {
    let file = file(context)?;
    let gone = SRVOPEN_FLAG_CLOSED | SRVOPEN_FLAG_ORPHANED;
    if file.fcb.node_type() == RDBSS_NTC_OPENTARGETDIR_FCB {
        return Err(STATUS_INVALID_DEVICE_REQUEST);
    }
    if srv_open::has(file.open, gone)
        || fobx::has(file.handle, FOBX_FLAG_SRVOPEN_CLOSED | FOBX_FLAG_BAD_HANDLE)
    {
        return Err(STATUS_FILE_CLOSED);
    }
    Ok(file)
}

/// True if the request is about the device itself, not about a file on a share.
pub(crate) fn is_device(context: Context) -> bool {
    // SAFETY: what a file object of ours points to begins with a node header.
    let node = unsafe { Live::from_nullable(get!(context => pFcb)) };
    node.is_some_and(|node| {
        node_type(addr!(node => Header.NodeTypeCode)).load(Ordering::Relaxed)
            == RDBSS_NTC_DEVICE_FCB
    })
}

/// The view that the request's file object is of, if it is a tree connection.
pub(crate) fn tree_connection(context: Context) -> Option<Live<V_NET_ROOT>> {
    let stack = context::stack(context)?;
    let file_object = follow!(stack => FileObject)?;
    let node = get!(file_object => FsContext2).cast::<V_NET_ROOT>();
    // SAFETY: what a file object of ours points to begins with a node header and lives as long as the file object.
    let node = unsafe { Live::from_nullable(node) }?;
    (get!(node => mrx.NodeTypeCode) == RDBSS_NTC_V_NETROOT).then_some(node)
}
