//! NET_ROOT: a share (reference 4.3).

use super::finalize;
use super::named::{self, Fields, Named, Stay};
use crate::extension::Extension;
use crate::kernel::{pool, resource};
use crate::live::{Live, addr, follow, get, set};
use crate::{fcb, list, unicode};
use nt::sys::UNICODE_STRING;
use rdbss::raw::*;

/// A NET_ROOT and what the library keeps with it; the mini-redirector's extension and the name follow.
#[repr(C)]
pub(crate) struct Block {
    pub public: NET_ROOT,
    pub name: UNICODE_STRING,
    stay: Stay,
}

/// The library's part of a NET_ROOT.
pub(crate) fn block(net_root: Live<NET_ROOT>) -> Live<Block> {
    // SAFETY: every NET_ROOT is made by `create`, as the start of a block.
    unsafe { net_root.cast() }
}

impl Named for NET_ROOT {
    const NODE_TYPE: u16 = RDBSS_NTC_NETROOT;

    fn fields(share: Live<Self>) -> Fields {
        Fields {
            references: addr!(share => mrx.NodeReferenceCount),
            entry: addr!(share => PrefixEntry),
            stay: addr!(block(share) => stay),
        }
    }

    fn device(share: Live<Self>) -> Option<Live<RDBSS_DEVICE_OBJECT>> {
        device(share)
    }

    fn finalize(share: Live<Self>) {
        finalize::net_root(share);
    }
}

/// Makes a share, in transition, with one reference for the caller. Takes a reference to the server.
pub(crate) fn create(
    device: Live<RDBSS_DEVICE_OBJECT>,
    server: Live<SRV_CALL>,
    name: &[u16],
    type_hint: u8,
) -> Option<Live<NET_ROOT>> {
    let callbacks = follow!(device => Dispatch)?;
    let size = get!(callbacks => MRxNetRootSize);
    let extension = Extension::behind::<Block>(callbacks, RDBSS_MANAGE_NET_ROOT_EXTENSION, size);
    let name_at = extension.end();
    let bytes = name_at.saturating_add(name.len().saturating_mul(2));
    let block = pool::allocate::<Block>(bytes, RX_NETROOT_POOLTAG)?;
    let text = block.as_ptr().wrapping_byte_add(name_at).cast();
    // SAFETY: the block has room for the name at its end.
    set!(block => name, unsafe { unicode::copy_to(name, text) });
    let net_root = addr!(block => public);
    set!(net_root => mrx.NodeTypeCode, RDBSS_NTC_NETROOT);
    set!(net_root => mrx.NodeByteSize, size_of::<NET_ROOT>() as u16);
    set!(net_root => mrx.NodeReferenceCount, 1);
    set!(net_root => mrx.pSrvCall, server.as_ptr().cast());
    set!(net_root => mrx.Context, extension.of(block));
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
    super::reference(server);
    Some(net_root)
}

/// `DeviceType` of a share until the mini-redirector says otherwise.
const FILE_DEVICE_DISK: u32 = nt::sys::FILE_DEVICE_DISK;

/// Puts the share into its table, which is locked exclusively.
pub(crate) fn enter(table: Live<RX_PREFIX_TABLE>, net_root: Live<NET_ROOT>) {
    named::enter(table, net_root, get!(block(net_root) => name));
}

/// Takes the share out of its table, which is locked exclusively.
pub(crate) fn leave(table: Live<RX_PREFIX_TABLE>, net_root: Live<NET_ROOT>) {
    if named::leave(table, net_root) {
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

/// Frees a share that is in no table, and lets go of its server.
pub(crate) fn free(net_root: Live<NET_ROOT>) {
    let server = server(net_root);
    resource::delete(addr!(net_root => FcbTable.TableLock));
    pool::free(block(net_root), RX_NETROOT_POOLTAG);
    if let Some(server) = server {
        super::dereference(server);
    }
}
