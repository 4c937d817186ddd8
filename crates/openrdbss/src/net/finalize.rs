//! The end of servers, shares and views.

use super::{named, net_root, srv_call, v_net_root};
use crate::data;
use crate::kernel::resource;
use crate::live::{Live, addr, follow, get, set};
use crate::worker::{self, LibraryWork};
use core::ffi::c_void;
use rdbss::raw::*;

/// Finalizes the dormant views that have been so since `before` or longer (100-ns units of interrupt time), and the shares and
/// servers that nothing holds then. True if dormant views are left.
pub(crate) fn dormant(device: Live<RDBSS_DEVICE_OBJECT>, before: u64) -> bool {
    while let Some(object) = next_dormant(device, before) {
        match object {
            Dormant::View(view) => v_net_root(view),
            Dormant::Share(share) => net_root(share),
            Dormant::Server(server) => srv_call(server),
        }
    }
    let Some(table) = follow!(device => pRxNetNameTable) else {
        return false;
    };
    let lock = addr!(table => TableLock);
    resource::acquire_shared(lock, true);
    let left = named::all::<V_NET_ROOT>(table).any(named::is_dormant);
    resource::release(lock);
    left
}

enum Dormant {
    View(Live<V_NET_ROOT>),
    Share(Live<NET_ROOT>),
    Server(Live<SRV_CALL>),
}

/// Takes one object that nobody holds out of the table.
fn next_dormant(device: Live<RDBSS_DEVICE_OBJECT>, before: u64) -> Option<Dormant> {
    let table = follow!(device => pRxNetNameTable)?;
    let lock = addr!(table => TableLock);
    resource::acquire_exclusive(lock, true);
    let found = next_view(table, before).or_else(|| next_holder(table));
    resource::release(lock);
    found
}

fn next_view(table: Live<RX_PREFIX_TABLE>, before: u64) -> Option<Dormant> {
    let view = named::all::<V_NET_ROOT>(table)
        .find(|view| named::is_dormant(*view) && named::dormant_since(*view) <= before)?;
    v_net_root::leave(table, view);
    Some(Dormant::View(view))
}

fn next_holder(table: Live<RX_PREFIX_TABLE>) -> Option<Dormant> {
    if let Some(share) = named::all::<NET_ROOT>(table).find(|share| named::is_dormant(*share)) {
        net_root::leave(table, share);
        return Some(Dormant::Share(share));
    }
    let server = named::all::<SRV_CALL>(table).find(|server| named::is_dormant(*server))?;
    named::leave(table, server);
    Some(Dormant::Server(server))
}

/// Ends a view that is in no table and that nobody holds.
pub(crate) fn v_net_root(view: Live<V_NET_ROOT>) {
    let callbacks = v_net_root::net_root(view)
        .and_then(net_root::device)
        .and_then(|device| follow!(device => Dispatch));
    let finalize = callbacks.and_then(|callbacks| get!(callbacks => MRxFinalizeVNetRoot));
    set!(view => mrx.Flags, get!(view => mrx.Flags) | VNETROOT_FLAG_FINALIZE_INVOKED);
    if let Some(finalize) = finalize {
        let mut force = 1;
        // SAFETY: the view lives, and this is its last user. The result is ignored (reference 2.3).
        unsafe { finalize(view.as_ptr().cast(), &raw mut force) };
    }
    v_net_root::free(view);
}

/// Ends a share that is in no table and that nobody holds.
pub(crate) fn net_root(share: Live<NET_ROOT>) {
    let callbacks = net_root::device(share).and_then(|device| follow!(device => Dispatch));
    let finalize = callbacks.and_then(|callbacks| get!(callbacks => MRxFinalizeNetRoot));
    set!(share => mrx.Flags, get!(share => mrx.Flags) | NETROOT_FLAG_FINALIZE_INVOKED);
    if let Some(finalize) = finalize {
        let mut force = 1;
        // SAFETY: the share lives, and this is its last user. The result is ignored (reference 2.3).
        unsafe { finalize(share.as_ptr().cast(), &raw mut force) };
    }
    net_root::free(share);
}

/// Ends a server that is in no table and that nobody holds, in the system process.
pub(crate) fn srv_call(server: Live<SRV_CALL>) {
    if data::in_system_process() {
        return srv_call_here(server);
    }
    let item = addr!(srv_call::block(server) => finalize_item);
    if let Some(device) = follow!(server => mrx.RxDeviceObject) {
        LibraryWork::begin(device).hand_over();
    }
    worker::queue(item, None, Some(srv_call_posted), server.as_ptr().cast());
}

unsafe extern "C" fn srv_call_posted(context: *mut c_void) {
    // SAFETY: `srv_call` passes a server whose last user this is.
    if let Some(server) = unsafe { Live::from_nullable(context.cast::<SRV_CALL>()) } {
        let work = follow!(server => mrx.RxDeviceObject).map(LibraryWork::take_over);
        srv_call_here(server);
        drop(work);
    }
}

fn srv_call_here(server: Live<SRV_CALL>) {
    let callbacks =
        follow!(server => mrx.RxDeviceObject).and_then(|device| follow!(device => Dispatch));
    if let Some(finalize) = callbacks.and_then(|callbacks| get!(callbacks => MRxFinalizeSrvCall)) {
        // SAFETY: the server lives, and this is its last user. The result is ignored (reference 2.3).
        unsafe { finalize(server.as_ptr().cast(), 1) };
    }
    srv_call::free(server);
}
