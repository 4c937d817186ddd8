//! The reference that a tree connection keeps on its view.

use crate::kernel::resource;
use crate::live::{Live, addr, follow, load};
use crate::net::{dereference, named, net_root, reference, v_net_root};
use core::sync::atomic::{AtomicI32, Ordering};
use rdbss::raw::*;

/// A tree connection keeps the view: takes one reference, however many such opens there are. None if the connection has been
/// deleted meanwhile: the view is in no table any more, so nobody would find it to drop the reference.
pub(crate) fn add_connection(view: Live<V_NET_ROOT>) {
    let device = v_net_root::net_root(view).and_then(net_root::device);
    let Some(table) = device.and_then(|device| follow!(device => pRxNetNameTable)) else {
        return;
    };
    let lock = addr!(table => TableLock);
    resource::acquire_shared(lock, true);
    if named::is_in_table(view) && connection_taken(view).swap(1, Ordering::AcqRel) == 0 {
        reference(view);
    }
    resource::release(lock);
}

/// Drops the reference of [`add_connection`], if it is there.
pub(crate) fn drop_connection(view: Live<V_NET_ROOT>) {
    let taken = connection_taken(view).swap(0, Ordering::AcqRel);
    if taken != 0 {
        dereference(view);
    }
}

/// True if a view of the device is held by more than its own connection.
pub(crate) fn any_in_use(device: Live<RDBSS_DEVICE_OBJECT>) -> bool {
    let Some(table) = follow!(device => pRxNetNameTable) else {
        return false;
    };
    let lock = addr!(table => TableLock);
    resource::acquire_shared(lock, true);
    let in_use = named::all::<V_NET_ROOT>(table).any(|view| {
        let own = u32::from(connection_taken(view).load(Ordering::Acquire) != 0);
        load(addr!(view => mrx.NodeReferenceCount)) > own
    });
    resource::release(lock);
    in_use
}

/// Drops the references of the device's connections themselves.
pub(crate) fn drop_connections(device: Live<RDBSS_DEVICE_OBJECT>) {
    let Some(table) = follow!(device => pRxNetNameTable) else {
        return;
    };
    let lock = addr!(table => TableLock);
    loop {
        resource::acquire_shared(lock, true);
        let connected = named::all::<V_NET_ROOT>(table)
            .find(|view| connection_taken(*view).load(Ordering::Acquire) != 0);
        if let Some(view) = connected {
            reference(view);
        }
        resource::release(lock);
        let Some(view) = connected else { return };
        drop_connection(view);
        dereference(view);
    }
}

fn connection_taken<'a>(view: Live<V_NET_ROOT>) -> &'a AtomicI32 {
    // SAFETY: aligned, inside a live view, and changed by atomic operations only.
    unsafe { AtomicI32::from_ptr(addr!(view => AdditionalReferenceForDeleteFsctlTaken).as_ptr()) }
}
