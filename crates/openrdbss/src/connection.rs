//! The end of a connection on purpose: RxFinalizeConnection (reference 5.1 point 6).

use crate::context;
use crate::fcb::{self, Fcb};
use crate::kernel::{region, resource};
use crate::live::{Live, addr, byte, follow, get, load, set};
use crate::net::{self, finalize, net_root, v_net_root};
use crate::{calldown, cancel, fobx, list, scavenger, srv_open};
use core::sync::atomic::{AtomicU32, Ordering};
use nt::sys::{NTSTATUS, STATUS_FILES_OPEN, STATUS_SUCCESS};
use rdbss::raw::*;

/// `ForceFilesClosed`: only the reference of the connection itself is dropped.
const DROP_REFERENCE_ONLY: u32 = 0xff;

/// Deletes a connection. `ForceFilesClosed` TRUE closes its files; FALSE fails with STATUS_FILES_OPEN if there are any; 0xff only
/// drops the reference that the tree connection took.
///
/// # Safety
/// The caller holds share and view, and has no FCB locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFinalizeConnection(
    NetRoot: *mut NET_ROOT,
    VNetRoot: *mut V_NET_ROOT,
    ForceFilesClosed: u32,
) -> NTSTATUS {
    let _region = region::enter();
    // SAFETY: the caller's promise.
    let share = unsafe { Live::from_nullable(NetRoot) };
    // SAFETY: the caller's promise.
    let view = unsafe { Live::from_nullable(VNetRoot) };
    let Some(view) = view else {
        return STATUS_SUCCESS;
    };
    let Some(share) = share.or_else(|| v_net_root::net_root(view)) else {
        return STATUS_SUCCESS;
    };
    if ForceFilesClosed == DROP_REFERENCE_ONLY {
        v_net_root::drop_connection(view);
        return STATUS_SUCCESS;
    }
    scavenger::close_pending_of(share, None);
    if ForceFilesClosed == 0 && any_file_open(share, view) {
        return STATUS_FILES_OPEN;
    }
    net::reference(view);
    // SAFETY: the view is referenced.
    unsafe { cancel::RxCancelNotifyChangeDirectoryRequestsForVNetRoot(VNetRoot, 1) };
    close_files(share, view);
    // The next connection of the name is a new one; who has found this one already, keeps it no longer than he uses it.
    if let Some(table) =
        net_root::device(share).and_then(|device| follow!(device => pRxNetNameTable))
    {
        let lock = addr!(table => TableLock);
        resource::acquire_exclusive(lock, true);
        v_net_root::leave(table, view);
        resource::release(lock);
    }
    v_net_root::drop_connection(view);
    byte(addr!(view => ConnectionFinalizationDone)).store(1, Ordering::Relaxed);
    let device = net_root::device(share);
    net::dereference(view);
    if let Some(device) = device {
        // Shares and servers that nothing holds any more.
        finalize::dormant(device, 0);
    }
    STATUS_SUCCESS
}

/// Deletes all connections to a share.
///
/// # Safety
/// The caller holds the share, and has no FCB locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxForceFinalizeAllVNetRoots(NetRoot: *mut NET_ROOT) {
    let _region = region::enter();
    // SAFETY: the caller's promise.
    let Some(share) = (unsafe { Live::from_nullable(NetRoot) }) else {
        return;
    };
    let Some(table) = net_root::device(share).and_then(|device| follow!(device => pRxNetNameTable))
    else {
        return;
    };
    let lock = addr!(table => TableLock);
    loop {
        resource::acquire_exclusive(lock, true);
        let view = net_root::views(share).next();
        if let Some(view) = view {
            net::reference(view);
        }
        resource::release(lock);
        let Some(view) = view else { return };
        // SAFETY: both are held; the view leaves the share's list.
        unsafe { RxFinalizeConnection(NetRoot, view.as_ptr(), 1) };
        net::dereference(view);
    }
}

/// Numbers the walks over FCBs, so that each visits an FCB once.
static WALKS: AtomicU32 = AtomicU32::new(0);

/// Whether a handle of the view is open. An open that is closed but still looked at, by the end of a request whose user has gone on
/// already, does not count.
fn any_file_open(share: Live<NET_ROOT>, view: Live<V_NET_ROOT>) -> bool {
    if load(addr!(view => mrx.NumberOfOpens)) == 0 {
        return false;
    }
    let walk = WALKS.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    while let Some(file) = next_file(share, walk) {
        fcb::acquire_exclusive_wait(file);
        let is_open = file
            .srv_opens()
            .any(|open| srv_open::view(open) == Some(view) && get!(open => mrx.OpenCount) != 0);
        fcb::release(file);
        fcb::dereference(file);
        if is_open {
            return true;
        }
    }
    false
}

/// Closes the view's opens on the server and leaves their handles without one.
fn close_files(share: Live<NET_ROOT>, view: Live<V_NET_ROOT>) {
    let walk = WALKS.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    while let Some(file) = next_file(share, walk) {
        fcb::acquire_exclusive_wait(file);
        for open in file.srv_opens() {
            if srv_open::view(open) == Some(view) && !srv_open::has(open, SRVOPEN_FLAG_CLOSED) {
                close_open(file, open);
            }
        }
        fcb::release(file);
        fcb::dereference(file);
    }
}

/// An FCB of the share that the walk has not seen, with a reference.
fn next_file(share: Live<NET_ROOT>, walk: u32) -> Option<Fcb> {
    let table = addr!(share => FcbTable);
    let lock = addr!(table => TableLock);
    resource::acquire_exclusive(lock, true);
    let found = fcb::in_table(table).find(|file| get!(file.extra() => walk) != walk);
    if let Some(file) = found {
        set!(file.extra() => walk, walk);
        fcb::reference(file);
    }
    resource::release(lock);
    found
}

/// Closes an open under its handles. The FCB is locked exclusively.
fn close_open(file: Fcb, open: Live<SRV_OPEN>) {
    for member in list::iter(addr!(open => FobxList)) {
        let handle = list::container!(member, FOBX, FobxQLinks);
        fobx::change_flags(handle, FOBX_FLAG_BAD_HANDLE | FOBX_FLAG_SRVOPEN_CLOSED, 0);
    }
    let first = list::first(addr!(open => FobxList))
        .map(|member| list::container!(member, FOBX, FobxQLinks));
    let request = file
        .device()
        .and_then(|device| context::create_must_succeed(None, device, 0));
    if let Some(request) = request {
        context::set_major(request, nt::sys::IRP_MJ_CLOSE);
        set!(request => pFcb, file.as_ptr());
        set!(request => pFobx, first.map_or(core::ptr::null_mut(), |handle| handle.as_ptr().cast()));
        set!(request => pRelevantSrvOpen, open.as_ptr().cast());
        calldown::call_even_if_cancelled(request, |table| get!(table => MRxCloseSrvOpen));
        context::dereference(request);
    }
    srv_open::change_flags(open, SRVOPEN_FLAG_CLOSED | SRVOPEN_FLAG_ORPHANED, 0);
    crate::buffering::forget_key(open);
    crate::buffering::recompute(file);
}
