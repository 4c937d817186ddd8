//! FOBX: one handle. All of this happens with its FCB locked exclusively.

use crate::assertion::{Rule, require};
use crate::context;
use crate::extension::Extension;
use crate::fcb::{self, Fcb};
use crate::kernel::irp;
use crate::kernel::pool;
use crate::live::{Live, addr, atomic, follow, get, load, set};
use crate::reference::drop_one;
use crate::{list, srv_open, unicode};
use core::sync::atomic::Ordering;
use nt::sys::{BOOLEAN, UNICODE_STRING};
use rdbss::raw::*;

/// Makes a handle of an open, with one reference: the file object's.
pub(crate) fn create(open: Live<SRV_OPEN>, file: Fcb) -> Option<Live<FOBX>> {
    let callbacks = follow!(file.body() => MRxDispatch)?;
    let size = get!(callbacks => MRxFobxSize);
    let extension = Extension::behind::<FOBX>(callbacks, RDBSS_MANAGE_FOBX_EXTENSION, size);
    let fobx = pool::allocate::<FOBX>(extension.end(), RX_FOBX_POOLTAG)?;
    set!(fobx => mrx.NodeTypeCode, RDBSS_NTC_FOBX);
    set!(fobx => mrx.NodeByteSize, size_of::<FOBX>() as u16);
    set!(fobx => mrx.NodeReferenceCount, 1);
    set!(fobx => mrx.pSrvOpen, open.as_ptr().cast());
    set!(fobx => mrx.Context, extension.of(fobx));
    set!(fobx => RxDeviceObject, file.device().map_or(core::ptr::null_mut(), Live::as_ptr));
    list::init(addr!(fobx => ScavengerFinalizationList));
    list::init(addr!(fobx => ClosePendingList));
    list::push_back(addr!(open => FobxList), addr!(fobx => FobxQLinks));
    srv_open::reference(open);
    set!(open => mrx.OpenCount, get!(open => mrx.OpenCount).saturating_add(1));
    set!(open => mrx.UncleanFobxCount, get!(open => mrx.UncleanFobxCount).saturating_add(1));
    if let Some(view) = srv_open::view(open) {
        atomic(addr!(view => mrx.NumberOfFobxs)).fetch_add(1, Ordering::Relaxed);
    }
    Some(fobx)
}

/// The open that the handle is of.
pub(crate) fn open(fobx: Live<FOBX>) -> Option<Live<SRV_OPEN>> {
    let open = get!(fobx => mrx.pSrvOpen);
    // SAFETY: the handle holds its open; a MRX_SRV_OPEN begins a SRV_OPEN.
    unsafe { Live::from_nullable(open.cast::<SRV_OPEN>()) }
}

/// The whole of a handle that a request points to.
pub(crate) fn whole(fobx: *mut MRX_FOBX) -> Option<Live<FOBX>> {
    // SAFETY: a request's handle is held by its file object; a MRX_FOBX begins a FOBX.
    unsafe { Live::from_nullable(fobx.cast::<FOBX>()) }
}

/// True if any of `flags` (`FOBX_FLAG_*`) is set.
pub(crate) fn has(fobx: Live<FOBX>, flags: u32) -> bool {
    load(addr!(fobx => mrx.Flags)) & flags != 0
}

/// Sets and clears `FOBX_FLAG_*`.
pub(crate) fn change_flags(fobx: Live<FOBX>, set: u32, clear: u32) {
    let flags = atomic(addr!(fobx => mrx.Flags));
    flags.fetch_or(set, Ordering::AcqRel);
    flags.fetch_and(!clear, Ordering::AcqRel);
}

/// Replaces the directory pattern; the text is the handle's from now on.
pub(crate) fn set_template(fobx: Live<FOBX>, template: UNICODE_STRING) {
    drop_template(fobx);
    set!(fobx => mrx.Query.UnicodeQueryTemplate, template);
    change_flags(fobx, FOBX_FLAG_FREE_UNICODE, 0);
}

/// Frees the directory pattern.
pub(crate) fn drop_template(fobx: Live<FOBX>) {
    if has(fobx, FOBX_FLAG_FREE_UNICODE) {
        change_flags(fobx, 0, FOBX_FLAG_FREE_UNICODE);
        unicode::free(
            get!(fobx => mrx.Query.UnicodeQueryTemplate),
            RX_DIRCTL_POOLTAG,
        );
        set!(fobx => mrx.Query.UnicodeQueryTemplate, UNICODE_STRING::default());
    }
}

/// Adds a reference.
pub(crate) fn reference(fobx: Live<FOBX>) {
    atomic(addr!(fobx => mrx.NodeReferenceCount)).fetch_add(1, Ordering::Relaxed);
}

/// Drops a reference; the last one ends the handle.
#[track_caller]
pub(crate) fn dereference(fobx: Live<FOBX>) {
    if drop_one(addr!(fobx => mrx.NodeReferenceCount), fobx.as_ptr()) == 1 {
        finalize(fobx);
    }
}

fn finalize(fobx: Live<FOBX>) {
    let Some(open) = open(fobx) else { return };
    let Some(file) = srv_open::file(open) else {
        return;
    };
    fcb::reference(file);
    fcb::acquire_exclusive_wait(file);
    let callbacks = follow!(file.body() => MRxDispatch);
    if let Some(deallocate) =
        callbacks.and_then(|callbacks| get!(callbacks => MRxDeallocateForFobx))
    {
        // SAFETY: the handle lives, and this is its last user. The result means nothing.
        unsafe { deallocate(fobx.as_ptr().cast()) };
    }
    drop_template(fobx);
    list::remove(addr!(fobx => FobxQLinks));
    if let Some(view) = srv_open::view(open) {
        atomic(addr!(view => mrx.NumberOfFobxs)).fetch_sub(1, Ordering::Relaxed);
    }
    pool::free(fobx, RX_FOBX_POOLTAG);
    srv_open::dereference(open);
    fcb::release(file);
    fcb::dereference(file);
}

/// Makes the handle of the create that `RxContext` is, of the open `MrxSrvOpen`. NULL without memory.
///
/// # Safety
/// `RxContext` is a create under way, with its FCB locked exclusively; the open is of that FCB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxCreateNetFobx(
    RxContext: *mut RX_CONTEXT,
    MrxSrvOpen: *mut MRX_SRV_OPEN,
) -> *mut MRX_FOBX {
    let Some(context) = context::check_live(RxContext) else {
        return core::ptr::null_mut();
    };
    // SAFETY: the caller's promise; a MRX_SRV_OPEN begins a SRV_OPEN.
    let Some(open) = (unsafe { Live::from_nullable(MrxSrvOpen.cast::<SRV_OPEN>()) }) else {
        return core::ptr::null_mut();
    };
    let Some(file) = srv_open::file(open) else {
        return core::ptr::null_mut();
    };
    require(fcb::is_exclusive(file), Rule::FobxWithoutFcb, MrxSrvOpen);
    let Some(fobx) = create(open, file) else {
        return core::ptr::null_mut();
    };
    set!(fobx => FobxSerialNumber, get!(context => SerialNumber));
    if let Some(stack) = context::stack(context) {
        set!(fobx => mrx.AssociatedFileObject, irp::file_object(stack).map_or(core::ptr::null_mut(), Live::as_ptr));
    }
    let create = context::create_params(context);
    let mut flags = 0;
    if get!(create => Flags) & RX_CONTEXT_CREATE_FLAG_UNC_NAME != 0 {
        flags |= FOBX_FLAG_UNC_NAME;
    }
    if get!(create => NtCreateParameters.CreateOptions) & nt::sys::FILE_OPEN_FOR_BACKUP_INTENT != 0
    {
        flags |= FOBX_FLAG_BACKUP_INTENT;
    }
    change_flags(fobx, flags, 0);
    fobx.as_ptr().cast()
}

/// Ends a FOBX that nobody holds; TRUE if it was ended.
///
/// # Safety
/// The caller has the FCB locked exclusively.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFinalizeNetFobx(
    ThisFobx: *mut FOBX,
    _RecursiveFinalize: BOOLEAN,
    _ForceFinalize: BOOLEAN,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    let Some(fobx) = (unsafe { Live::from_nullable(ThisFobx) }) else {
        return 0;
    };
    let unheld = load(addr!(fobx => mrx.NodeReferenceCount)) == 0;
    if unheld {
        finalize(fobx);
    }
    unheld.into()
}
