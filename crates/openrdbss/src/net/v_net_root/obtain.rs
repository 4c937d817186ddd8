//! Finding the requester's view of a share, or making it.

use super::connect::connect;
use super::{create, credentials, enter};
use crate::context::Context;
use crate::kernel::resource;
use crate::live::{Live, addr, follow, get, load};
use crate::net::{condition, dereference, named, net_root, reference, srv_call};
use crate::unicode;
use nt::sys::{
    LUID, NTSTATUS, STATUS_BAD_NETWORK_NAME, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_NETWORK_CREDENTIAL_CONFLICT,
};
use rdbss::raw::*;

/// Who asks for a view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub logon: LUID,
    pub session: u32,
}

/// Names of a view and of its share, as parts of one canonical name.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// `\\;Z:0\\server\\share`.
    pub view: &'a [u16],
    /// `\\server\\share`.
    pub share: &'a [u16],
    /// `NET_ROOT_*`.
    pub type_hint: u8,
}

/// The view for a server's share by name, in the context of a create or of MUP's question (reference 4.2, 4.3).
pub(crate) fn for_share(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    server: &[u16],
    names: impl FnOnce(Live<SRV_CALL>) -> Result<Names<'static>, NTSTATUS>,
    identity: Identity,
) -> Result<Live<V_NET_ROOT>, NTSTATUS> {
    let server = srv_call::obtain(context, device, server)?;
    let result = names(server).and_then(|names| obtain(context, device, server, names, identity));
    dereference(server);
    result
}

/// The requester's view of the share, connected and with a reference for the caller.
fn obtain(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    server: Live<SRV_CALL>,
    names: Names<'_>,
    identity: Identity,
) -> Result<Live<V_NET_ROOT>, NTSTATUS> {
    let table = follow!(device => pRxNetNameTable).ok_or(STATUS_BAD_NETWORK_NAME)?;
    let lock = addr!(table => TableLock);
    resource::acquire_exclusive(lock, true);
    let entered = find_or_enter(context, device, table, server, names, identity);
    resource::release(lock);
    let Entered {
        view,
        share,
        made_view,
        made_share,
    } = match entered {
        Ok(entered) => entered,
        Err((status, share)) => {
            // Not under the table's lock, since it may end the share.
            if let Some(share) = share {
                dereference(share);
            }
            return Err(status);
        }
    };
    let result = if made_view {
        connect(context, table, view, share, made_share)
    } else {
        let (state, waiters) = condition::of!(view);
        condition::wait(state, waiters, context);
        match condition::is_good(state) {
            true => Ok(view),
            false => Err(get!(view => mrx.ConstructionStatus)),
        }
    };
    dereference(share);
    match result {
        Ok(view) => {
            if !made_view {
                update_state(follow!(device => Dispatch), view);
            }
            Ok(view)
        }
        Err(status) => {
            dereference(view);
            Err(status)
        }
    }
}

/// Lets the mini-redirector look whether the share's connection is still there.
fn update_state(callbacks: Option<Live<MINIRDR_DISPATCH>>, view: Live<V_NET_ROOT>) {
    let update = callbacks.and_then(|callbacks| get!(callbacks => MRxUpdateNetRootState));
    if let Some(update) = update {
        // SAFETY: the view holds its share.
        unsafe { update(get!(view => mrx.pNetRoot)) };
    }
}

/// What a name led to, both with a reference.
struct Entered {
    view: Live<V_NET_ROOT>,
    share: Live<NET_ROOT>,
    made_view: bool,
    made_share: bool,
}

/// Finds share and view, or enters them as being made by this request. The table is locked exclusively.
fn find_or_enter(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    table: Live<RX_PREFIX_TABLE>,
    server: Live<SRV_CALL>,
    names: Names<'_>,
    identity: Identity,
) -> Result<Entered, (NTSTATUS, Option<Live<NET_ROOT>>)> {
    let found = named::find::<NET_ROOT>(table, names.share);
    let made_share = found.is_none();
    let share = match found {
        Some(share) => share,
        None => {
            let share = net_root::create(device, server, names.share, names.type_hint)
                .ok_or((STATUS_INSUFFICIENT_RESOURCES, None))?;
            net_root::enter(table, share);
            share
        }
    };
    match find(context, share, names.view, identity) {
        Ok(Some(view)) => {
            return Ok(Entered {
                view,
                share,
                made_view: false,
                made_share,
            });
        }
        Ok(None) => {}
        Err(status) => return Err((status, Some(share))),
    }
    let Some(view) = create(context, device, share, names.view, identity) else {
        if made_share {
            net_root::leave(table, share);
            let (state, waiters) = condition::of!(share);
            condition::update(state, waiters, Condition_Bad);
        }
        return Err((STATUS_INSUFFICIENT_RESOURCES, Some(share)));
    };
    enter(table, share, view);
    Ok(Entered {
        view,
        share,
        made_view: true,
        made_share,
    })
}

/// The requester's view, with a reference. A view with other credentials is in the way if somebody uses it.
fn find(
    context: Context,
    share: Live<NET_ROOT>,
    name: &[u16],
    identity: Identity,
) -> Result<Option<Live<V_NET_ROOT>>, NTSTATUS> {
    let same_user = |view: &Live<V_NET_ROOT>| {
        let logon = get!(*view => mrx.LogonId);
        unicode::equal(unicode::units(addr!(*view => NamePrefix)), name, true)
            && (logon.LowPart, logon.HighPart) == (identity.logon.LowPart, identity.logon.HighPart)
            && get!(*view => mrx.SessionId) == identity.session
    };
    for view in net_root::views(share).filter(same_user) {
        if credentials::agree(context, view) {
            reference(view);
            return Ok(Some(view));
        }
        if load(addr!(view => mrx.NodeReferenceCount)) != 0 {
            return Err(STATUS_NETWORK_CREDENTIAL_CONFLICT);
        }
    }
    Ok(None)
}
