//! V_NET_ROOT: one user's view of a share (reference 4.3).

mod connect;
mod credentials;
mod obtain;
mod tree_connection;

pub(crate) use obtain::{Identity, Names, for_share};
pub(crate) use tree_connection::{add_connection, any_in_use, drop_connection, drop_connections};

use super::named::{self, Fields, Named, Stay};
use super::{dereference, finalize, reference};
use crate::context::{self, Context};
use crate::extension::Extension;
use crate::kernel::pool;
use crate::live::{Live, addr, follow, get, set};
use crate::{list, unicode};
use credentials::Credentials;
use nt::sys::NTSTATUS;
use rdbss::raw::*;

/// A V_NET_ROOT and what the library keeps with it; extension, name and credentials follow.
#[repr(C)]
pub(crate) struct Block {
    public: V_NET_ROOT,
    credentials: Credentials,
    /// What MRxCreateVNetRoot works with. It stays until the view goes, so that a second callback is noticed.
    create: MRX_CREATENETROOT_CONTEXT,
    /// What the callback brought: the status of the view and that of the share.
    outcome: (NTSTATUS, NTSTATUS),
    stay: Stay,
}

/// The library's part of a V_NET_ROOT.
fn block(view: Live<V_NET_ROOT>) -> Live<Block> {
    // SAFETY: every V_NET_ROOT is made by `create`, as the start of a block.
    unsafe { view.cast() }
}

/// The share that is viewed.
pub(crate) fn net_root(view: Live<V_NET_ROOT>) -> Option<Live<NET_ROOT>> {
    let share = get!(view => mrx.pNetRoot);
    // SAFETY: the view holds its share; a MRX_NET_ROOT begins a NET_ROOT.
    unsafe { Live::from_nullable(share.cast::<NET_ROOT>()) }
}

impl Named for V_NET_ROOT {
    const NODE_TYPE: u16 = RDBSS_NTC_V_NETROOT;

    fn fields(view: Live<Self>) -> Fields {
        Fields {
            references: addr!(view => mrx.NodeReferenceCount),
            entry: addr!(view => PrefixEntry),
            stay: addr!(block(view) => stay),
        }
    }

    fn device(view: Live<Self>) -> Option<Live<RDBSS_DEVICE_OBJECT>> {
        net_root(view).and_then(super::net_root::device)
    }

    fn finalize(view: Live<Self>) {
        finalize::v_net_root(view);
    }
}

/// Makes a view, in transition, with one reference for the caller. Takes a reference to the share.
fn create(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    share: Live<NET_ROOT>,
    name: &[u16],
    identity: Identity,
) -> Option<Live<V_NET_ROOT>> {
    let callbacks = follow!(device => Dispatch)?;
    let params = context::create_params(context);
    let texts = [
        name,
        unicode::units(addr!(params => UserName)),
        unicode::units(addr!(params => Password)),
        unicode::units(addr!(params => UserDomainName)),
    ];
    let size = get!(callbacks => MRxVNetRootSize);
    let extension = Extension::behind::<Block>(callbacks, RDBSS_MANAGE_V_NET_ROOT_EXTENSION, size);
    let mut text_at = extension.end();
    let text_bytes = texts
        .iter()
        .map(|text| text.len().saturating_mul(2))
        .fold(0, usize::saturating_add);
    let bytes = text_at.saturating_add(text_bytes);
    let password_hash = match get!(params => Password.Buffer).is_null() {
        true => None,
        false => Some(credentials::hash_of(unicode::units(
            addr!(params => Password),
        ))?),
    };
    let block = pool::allocate::<Block>(bytes, RX_V_NETROOT_POOLTAG)?;
    let [name, user, password, domain] = texts.map(|text| {
        let to = block.as_ptr().wrapping_byte_add(text_at).cast();
        text_at = text_at.saturating_add(text.len().saturating_mul(2));
        // SAFETY: the block was made with room for all texts, one after the other.
        unsafe { unicode::copy_to(text, to) }
    });
    let view = addr!(block => public);
    credentials::keep(view, params, [user, password, domain], password_hash);
    set!(view => mrx.NodeTypeCode, RDBSS_NTC_V_NETROOT);
    set!(view => mrx.NodeByteSize, size_of::<V_NET_ROOT>() as u16);
    set!(view => mrx.NodeReferenceCount, 1);
    set!(view => mrx.pNetRoot, share.as_ptr().cast());
    set!(view => mrx.Context, extension.of(block));
    set!(view => mrx.LogonId, identity.logon);
    set!(view => mrx.SessionId, identity.session);
    set!(view => Condition, Condition_InTransition);
    set!(view => NamePrefix, name);
    list::init(addr!(view => TransitionWaitList));
    list::init(addr!(view => ScavengerFinalizationList));
    list::init(addr!(view => NetRootListEntry));
    reference(share);
    Some(view)
}

/// Puts the view into its table, which is locked exclusively, and to its share.
fn enter(table: Live<RX_PREFIX_TABLE>, share: Live<NET_ROOT>, view: Live<V_NET_ROOT>) {
    named::enter(table, view, get!(view => NamePrefix));
    list::push_back(
        addr!(share => VirtualNetRoots),
        addr!(view => NetRootListEntry),
    );
    set!(share => NumberOfVirtualNetRoots, get!(share => NumberOfVirtualNetRoots).saturating_add(1));
}

/// Takes the view out of its table, which is locked exclusively.
pub(crate) fn leave(table: Live<RX_PREFIX_TABLE>, view: Live<V_NET_ROOT>) {
    if !named::leave(table, view) {
        return;
    }
    list::remove(addr!(view => NetRootListEntry));
    if let Some(share) = net_root(view) {
        set!(share => NumberOfVirtualNetRoots, get!(share => NumberOfVirtualNetRoots).saturating_sub(1));
    }
}

/// Frees a view that is in no table, wipes its credentials, and lets go of its share.
pub(crate) fn free(view: Live<V_NET_ROOT>) {
    let share = net_root(view);
    credentials::wipe(view);
    pool::free(block(view), RX_V_NETROOT_POOLTAG);
    if let Some(share) = share {
        dereference(share);
    }
}
