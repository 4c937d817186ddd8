//! SRV_OPEN: one open as the server knows it. All of this happens with its FCB locked exclusively.

use crate::extension::Extension;
use crate::fcb::{self, Fcb};
use crate::kernel::pool;
use crate::live::{Live, addr, atomic, follow, get, load, set};
use crate::net::{self, net_root, v_net_root};
use crate::reference::drop_one;
use crate::{buffering, list};
use core::sync::atomic::Ordering;
use nt::sys::BOOLEAN;
use rdbss::raw::*;

/// Makes an open, in transition, with one reference for the caller.
pub(crate) fn create(view: Live<V_NET_ROOT>, file: Fcb) -> Option<Live<SRV_OPEN>> {
    let callbacks = follow!(file.body() => MRxDispatch)?;
    let size = get!(callbacks => MRxSrvOpenSize);
    let extension = Extension::behind::<SRV_OPEN>(callbacks, RDBSS_MANAGE_SRV_OPEN_EXTENSION, size);
    let open = pool::allocate::<SRV_OPEN>(extension.end(), RX_SRVOPEN_POOLTAG)?;
    set!(open => mrx.NodeTypeCode, RDBSS_NTC_SRVOPEN);
    set!(open => mrx.NodeByteSize, size_of::<SRV_OPEN>() as u16);
    set!(open => mrx.NodeReferenceCount, 1);
    set!(open => mrx.pFcb, file.as_ptr());
    set!(open => mrx.pVNetRoot, view.as_ptr().cast());
    set!(open => mrx.Context, extension.of(open));
    set!(open => mrx.pAlreadyPrefixedName, addr!(file.body() => PrivateAlreadyPrefixedName).as_ptr());
    set!(open => Condition, Condition_InTransition);
    for link in [
        addr!(open => ScavengerFinalizationList),
        addr!(open => TransitionWaitList),
        addr!(open => FobxList),
        addr!(open => SrvOpenKeyList),
    ] {
        list::init(link);
    }
    list::push_back(
        addr!(file.body() => mrx.SrvOpenList),
        addr!(open => mrx.SrvOpenQLinks),
    );
    touch_list(file);
    net::reference(view);
    fcb::reference(file);
    // Opens of other files come and go under the locks of those.
    atomic(addr!(view => mrx.NumberOfOpens)).fetch_add(1, Ordering::Relaxed);
    if let Some(share) = v_net_root::net_root(view) {
        atomic(addr!(share => mrx.NumberOfSrvOpens)).fetch_add(1, Ordering::Relaxed);
    }
    Some(open)
}

fn touch_list(file: Fcb) {
    let body = file.body();
    set!(body => mrx.SrvOpenListVersion, get!(body => mrx.SrvOpenListVersion).wrapping_add(1));
}

/// The open's file.
pub(crate) fn file(open: Live<SRV_OPEN>) -> Option<Fcb> {
    Fcb::from_ptr(get!(open => mrx.pFcb))
}

/// The view that the file was opened in.
pub(crate) fn view(open: Live<SRV_OPEN>) -> Option<Live<V_NET_ROOT>> {
    let view = get!(open => mrx.pVNetRoot);
    // SAFETY: the open holds its view; a MRX_V_NET_ROOT begins a V_NET_ROOT.
    unsafe { Live::from_nullable(view.cast::<V_NET_ROOT>()) }
}

/// The server that the file is on.
pub(crate) fn server(open: Live<SRV_OPEN>) -> Option<Live<SRV_CALL>> {
    view(open)
        .and_then(v_net_root::net_root)
        .and_then(net_root::server)
}

/// True if any of `flags` (`SRVOPEN_FLAG_*`) is set.
pub(crate) fn has(open: Live<SRV_OPEN>, flags: u32) -> bool {
    load(addr!(open => mrx.Flags)) & flags != 0
}

/// Sets and clears `SRVOPEN_FLAG_*`.
pub(crate) fn change_flags(open: Live<SRV_OPEN>, set: u32, clear: u32) {
    let flags = atomic(addr!(open => mrx.Flags));
    flags.fetch_or(set, Ordering::AcqRel);
    flags.fetch_and(!clear, Ordering::AcqRel);
}

/// Adds a reference.
pub(crate) fn reference(open: Live<SRV_OPEN>) {
    atomic(addr!(open => mrx.NodeReferenceCount)).fetch_add(1, Ordering::Relaxed);
}

/// Drops a reference; the last one ends the open.
#[track_caller]
pub(crate) fn dereference(open: Live<SRV_OPEN>) {
    if drop_one(addr!(open => mrx.NodeReferenceCount), open.as_ptr()) == 1 {
        finalize(open);
    }
}

fn finalize(open: Live<SRV_OPEN>) {
    let Some(file) = file(open) else { return };
    // An owner of the lock gets it again; a mini-redirector that drops the last reference may not have it.
    fcb::reference(file);
    fcb::acquire_exclusive_wait(file);
    let bad_or_closed = get!(open => Condition) != Condition_Good || has(open, SRVOPEN_FLAG_CLOSED);
    if bad_or_closed && !file.has(FCB_STATE_ORPHANED) {
        let callbacks = follow!(file.body() => MRxDispatch);
        if let Some(force_closed) =
            callbacks.and_then(|callbacks| get!(callbacks => MRxForceClosed))
        {
            // SAFETY: the open lives, and this is its last user. The result is ignored (reference 2.3).
            unsafe { force_closed(open.as_ptr().cast()) };
        }
    }
    buffering::forget_key(open);
    list::remove(addr!(open => mrx.SrvOpenQLinks));
    touch_list(file);
    let view = view(open);
    if let Some(view) = view {
        atomic(addr!(view => mrx.NumberOfOpens)).fetch_sub(1, Ordering::Relaxed);
        if let Some(share) = v_net_root::net_root(view) {
            atomic(addr!(share => mrx.NumberOfSrvOpens)).fetch_sub(1, Ordering::Relaxed);
        }
    }
    pool::free(open, RX_SRVOPEN_POOLTAG);
    fcb::release(file);
    // The open's own reference and the one taken above.
    fcb::dereference(file);
    fcb::dereference(file);
    if let Some(view) = view {
        net::dereference(view);
    }
}

/// Ends a SRV_OPEN that nobody holds; TRUE if it was ended.
///
/// # Safety
/// The caller has the FCB locked exclusively.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFinalizeSrvOpen(
    ThisSrvOpen: *mut SRV_OPEN,
    _RecursiveFinalize: BOOLEAN,
    _ForceFinalize: BOOLEAN,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    let Some(open) = (unsafe { Live::from_nullable(ThisSrvOpen) }) else {
        return 0;
    };
    let unheld = load(addr!(open => mrx.NodeReferenceCount)) == 0;
    if unheld {
        finalize(open);
    }
    unheld.into()
}
