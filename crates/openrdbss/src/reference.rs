//! RxReference and RxDereference: counting any of the objects by its node type.

use crate::assertion::{Rule, violated};
use crate::fcb::{self, Fcb};
use crate::kernel::region;
use crate::live::{Live, addr, atomic, node_type};
use crate::net;
use crate::{fobx, srv_open};
use core::sync::atomic::Ordering;
use nt::sys::{BOOLEAN, PVOID};
use rdbss::raw::*;

/// Takes one from the count of `object`, and gives what it was before. A count of 0 is a broken rule, and stays: whoever
/// dropped too much must not make the object immortal.
#[track_caller]
pub(crate) fn drop_one<T>(references: Live<u32>, object: *const T) -> u32 {
    let dropped = atomic(references).fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
        count.checked_sub(1)
    });
    dropped.unwrap_or_else(|none| {
        violated(Rule::ReferenceUnderflow, object);
        none
    })
}

/// An object that is counted.
enum Node {
    Server(Live<SRV_CALL>),
    Share(Live<NET_ROOT>),
    View(Live<V_NET_ROOT>),
    Open(Live<SRV_OPEN>),
    Handle(Live<FOBX>),
    File(Fcb),
}

fn node(instance: PVOID) -> Option<Node> {
    // SAFETY: every object of RDBSS begins with a node header, and the caller holds the object.
    let header = unsafe { Live::from_nullable(instance.cast::<MRX_NORMAL_NODE_HEADER>()) }?;
    let node = match node_type(addr!(header => NodeTypeCode)).load(Ordering::Relaxed) {
        // SAFETY: the node type says what the object is.
        RDBSS_NTC_SRVCALL => Node::Server(unsafe { header.cast() }),
        // SAFETY: as above.
        RDBSS_NTC_NETROOT => Node::Share(unsafe { header.cast() }),
        // SAFETY: as above.
        RDBSS_NTC_V_NETROOT => Node::View(unsafe { header.cast() }),
        // SAFETY: as above.
        RDBSS_NTC_SRVOPEN => Node::Open(unsafe { header.cast() }),
        // SAFETY: as above.
        RDBSS_NTC_FOBX => Node::Handle(unsafe { header.cast() }),
        _ => Node::File(Fcb::from_ptr(instance.cast())?),
    };
    Some(node)
}

/// Adds a reference to an object.
///
/// # Safety
/// The caller holds the object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxReference(Instance: PVOID) {
    match node(Instance) {
        Some(Node::Server(server)) => net::reference(server),
        Some(Node::Share(share)) => net::reference(share),
        Some(Node::View(view)) => net::reference(view),
        Some(Node::Open(open)) => srv_open::reference(open),
        Some(Node::Handle(handle)) => fobx::reference(handle),
        Some(Node::File(file)) => fcb::reference(file),
        None => {}
    }
}

/// Drops a reference to an object; PASSIVE_LEVEL. What the caller has locked is found out, so the second argument is ignored.
///
/// # Safety
/// The caller owns a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxDereference(Instance: PVOID, _LockHoldingState: LOCK_HOLDING_STATE) {
    let _region = region::enter();
    match node(Instance) {
        Some(Node::Server(server)) => net::dereference(server),
        Some(Node::Share(share)) => net::dereference(share),
        Some(Node::View(view)) => net::dereference(view),
        Some(Node::Open(open)) => srv_open::dereference(open),
        Some(Node::Handle(handle)) => fobx::dereference(handle),
        Some(Node::File(file)) => fcb::dereference(file),
        None => {}
    }
}

/// Would log that a reference is added; the macros around RxReference call it.
///
/// # Safety
/// None is needed; the headers declare it so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxpTrackReference(
    _TraceType: u32,
    _FileName: *const u8,
    _Line: u32,
    _Instance: PVOID,
) {
}

/// Would log that a reference is dropped; TRUE lets the macros go on to drop it.
///
/// # Safety
/// None is needed; the headers declare it so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxpTrackDereference(
    _TraceType: u32,
    _FileName: *const u8,
    _Line: u32,
    _Instance: PVOID,
) -> BOOLEAN {
    1
}
