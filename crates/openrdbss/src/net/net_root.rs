//! NET_ROOT: a share (reference 4.3).

use super::{Left, prefix, srv_call};
use crate::fcb::{self, round8};
use crate::kernel::{pool, resource};
use crate::live::{Live, addr, atomic, follow, get, set};
use crate::{list, scavenger, unicode};
use core::sync::atomic::Ordering;
use nt::sys::UNICODE_STRING;
use rdbss::raw::*;

/// A NET_ROOT and what the library keeps with it; the mini-redirector's extension and the name follow.
#[repr(C)]
pub(crate) struct Block {
    pub public: NET_ROOT,
    pub name: UNICODE_STRING,
    /// Set when the last reference went; 100-ns units of interrupt time.
    pub dormant_since: u64,
    pub in_table: bool,
}

/// The library's part of a NET_ROOT.
pub(crate) fn block(net_root: Live<NET_ROOT>) -> Live<Block> {
    // SAFETY: every NET_ROOT is made by `create`, as the start of a block.
    unsafe { net_root.cast() }
}

/// Makes a share, in transition, with one reference for the caller. Takes a reference to the server.
pub(crate) fn create(
    device: Live<RDBSS_DEVICE_OBJECT>,
    server: Live<SRV_CALL>,
    name: &[u16],
    type_hint: u8,
) -> Option<Live<NET_ROOT>> {
    let callbacks = follow!(device => Dispatch)?;
    let managed = get!(callbacks => MRxFlags) & RDBSS_MANAGE_NET_ROOT_EXTENSION != 0;
    let extension_at = round8(size_of::<Block>());
    let extension = if managed {
        round8(get!(callbacks => MRxNetRootSize) as usize)
    } else {
        0
    };
    let name_at = extension_at.saturating_add(extension);
    let bytes = name_at.saturating_add(name.len().saturating_mul(2));
    let block = pool::allocate::<Block>(bytes, RX_NETROOT_POOLTAG)?;
    let at = |offset: usize| block.as_ptr().wrapping_byte_add(offset);
    // SAFETY: the block has room for the name at its end.
    unsafe { core::ptr::copy_nonoverlapping(name.as_ptr(), at(name_at).cast::<u16>(), name.len()) };
    let mut string = unicode::over(name);
    string.Buffer = at(name_at).cast();
    set!(block => name, string);
    let net_root = addr!(block => public);
    set!(net_root => mrx.NodeTypeCode, RDBSS_NTC_NETROOT);
    set!(net_root => mrx.NodeByteSize, size_of::<NET_ROOT>() as u16);
    set!(net_root => mrx.NodeReferenceCount, 1);
    set!(net_root => mrx.pSrvCall, server.as_ptr().cast());
    if managed {
        set!(net_root => mrx.Context, at(extension_at).cast());
    }
    set!(net_root => mrx.pNetRootName, addr!(block => name).as_ptr());
    set!(net_root => mrx.Type, type_hint);
    set!(net_root => mrx.DeviceType, FILE_DEVICE_DISK);
    set!(net_root => mrx.Parameters.DiskParameters.ClusterSize, 1);
    set!(net_root => mrx.Parameters.DiskParameters.ReadAheadGranularity, DEFAULT_READ_AHEAD_GRANULARITY);
    set!(net_root => Condition, Condition_InTransition);
    for link in [
        addr!(net_root => TransitionWaitList),
        addr!(net_root => ScavengerFinalizationList),
        addr!(net_root => PurgeSyncronizationContext.ContextsAwaitingPurgeCompletion),
        addr!(net_root => VirtualNetRoots),
    ] {
        list::init(link);
    }
    let ignore_case = get!(server => mrx.Flags) & SRVCALL_FLAG_CASE_INSENSITIVE_FILENAMES != 0;
    fcb::init_table(addr!(net_root => FcbTable), ignore_case);
    srv_call::reference(server);
    Some(net_root)
}

/// `DeviceType` of a share until the mini-redirector says otherwise.
const FILE_DEVICE_DISK: u32 = nt::sys::FILE_DEVICE_DISK;

/// The share of that name, with a reference for the caller. The table is locked.
pub(crate) fn find(table: Live<RX_PREFIX_TABLE>, name: &[u16]) -> Option<Live<NET_ROOT>> {
    let object = prefix::find(table, name, RDBSS_NTC_NETROOT)?;
    // SAFETY: the table's objects of this type are NET_ROOTs, alive while they are in the table.
    let net_root = unsafe { Live::from_nullable(object.cast::<NET_ROOT>()) }?;
    reference(net_root);
    Some(net_root)
}

/// Puts the share into its table, which is locked exclusively.
pub(crate) fn enter(table: Live<RX_PREFIX_TABLE>, net_root: Live<NET_ROOT>) {
    let references = addr!(net_root => mrx.NodeReferenceCount);
    let name = get!(block(net_root) => name);
    prefix::insert(
        table,
        addr!(net_root => PrefixEntry),
        name,
        net_root.as_ptr().cast(),
        references,
    );
    set!(block(net_root) => in_table, true);
}

/// Takes the share out of its table, which is locked exclusively.
pub(crate) fn leave(table: Live<RX_PREFIX_TABLE>, net_root: Live<NET_ROOT>) {
    if get!(block(net_root) => in_table) {
        set!(block(net_root) => in_table, false);
        prefix::remove(table, addr!(net_root => PrefixEntry));
        set!(net_root => mrx.Flags, get!(net_root => mrx.Flags) | NETROOT_FLAG_NAME_ALREADY_REMOVED);
    }
}

/// The share's server.
pub(crate) fn server(net_root: Live<NET_ROOT>) -> Option<Live<SRV_CALL>> {
    let server = get!(net_root => mrx.pSrvCall);
    // SAFETY: the share holds its server; a MRX_SRV_CALL begins a SRV_CALL.
    unsafe { Live::from_nullable(server.cast::<SRV_CALL>()) }
}

/// The mini-redirector's device.
pub(crate) fn device(net_root: Live<NET_ROOT>) -> Option<Live<RDBSS_DEVICE_OBJECT>> {
    server(net_root).and_then(|server| follow!(server => mrx.RxDeviceObject))
}

/// The users' views of the share; the table is locked.
pub(crate) fn views(net_root: Live<NET_ROOT>) -> impl Iterator<Item = Live<V_NET_ROOT>> {
    list::iter(addr!(net_root => VirtualNetRoots))
        .map(|member| list::container!(member, V_NET_ROOT, NetRootListEntry))
}

/// Adds a reference.
pub(crate) fn reference(net_root: Live<NET_ROOT>) {
    atomic(addr!(net_root => mrx.NodeReferenceCount)).fetch_add(1, Ordering::Relaxed);
}

/// Drops a reference; the last one leaves the share dormant.
#[track_caller]
pub(crate) fn dereference(net_root: Live<NET_ROOT>) {
    let device = device(net_root);
    let cell = block(net_root);
    let references = addr!(net_root => mrx.NodeReferenceCount);
    match super::drop_reference(
        device,
        references,
        addr!(cell => in_table),
        addr!(cell => dormant_since),
    ) {
        Left::Others => {}
        Left::Entry => drop(device.map(scavenger::arm)),
        Left::Nothing => super::finalize::net_root(net_root),
    }
}

/// Frees a share that is in no table, and lets go of its server.
pub(crate) fn free(net_root: Live<NET_ROOT>) {
    let server = server(net_root);
    resource::delete(addr!(net_root => FcbTable.TableLock));
    pool::free(block(net_root), RX_NETROOT_POOLTAG);
    if let Some(server) = server {
        srv_call::dereference(server);
    }
}
