//! Opening a file of a share: its FCB, an open on the server (collapsed or new), a handle.

use super::connect::Found;
use crate::assertion::{Rule, require, violated};
use crate::calldown;
use crate::context::{self, Context};
use crate::fcb::{self, Fcb};
use crate::live::{Live, addr, follow, get, set};
use crate::{buffering, close, fobx, scavenger, srv_open};
use core::sync::atomic::Ordering;
use nt::sys::{
    FILE_DELETE_ON_CLOSE, FILE_NO_INTERMEDIATE_BUFFERING, FILE_OBJECT, FILE_OPEN,
    FILE_OPEN_FOR_BACKUP_INTENT, FILE_OPEN_IF, FILE_OPEN_REPARSE_POINT, FILE_OPENED,
    FILE_OVERWRITE, FILE_OVERWRITE_IF, FILE_SUPERSEDE, NTSTATUS, STATUS_DELETE_PENDING,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE, STATUS_REPARSE,
    STATUS_SHARING_VIOLATION, STATUS_SUCCESS,
};
use rdbss::raw::*;

/// What the create asks for.
struct Wanted {
    access: u32,
    share: u32,
    disposition: u32,
    options: u32,
}

fn wanted(context: Context) -> Wanted {
    let create = context::create_params(context);
    Wanted {
        access: get!(create => NtCreateParameters.DesiredAccess),
        share: get!(create => NtCreateParameters.ShareAccess),
        disposition: get!(create => NtCreateParameters.Disposition),
        options: get!(create => NtCreateParameters.CreateOptions),
    }
}

/// Opens the file once; STATUS_RETRY begins anew.
pub(super) fn open(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    file_object: Live<FILE_OBJECT>,
    found: &Found,
) -> NTSTATUS {
    let Some(file) = fcb::find_or_create(device, found.view, found.path) else {
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    set!(context => pFcb, file.as_ptr());
    set!(context => NonPagedFcb, get!(file.body() => NonPaged));
    let mut status = open_locked(context, file, file_object, found);
    if status == STATUS_SHARING_VIOLATION
        && get!(context::create_params(context) => ScavengingAlreadyTried) == 0
    {
        set!(context::create_params(context) => ScavengingAlreadyTried, 1);
        // Perhaps it is our own handle, of a close that was put off.
        fcb::release(file);
        let closed_some = file
            .net_root()
            .is_some_and(|share| scavenger::close_pending_of(share, None));
        fcb::acquire_exclusive_wait(file);
        if closed_some {
            status = open_locked(context, file, file_object, found);
        }
    }
    fcb::release(file);
    set!(context => pFcb, core::ptr::null_mut());
    set!(context => NonPagedFcb, core::ptr::null_mut());
    set!(context => pRelevantSrvOpen, core::ptr::null_mut());
    set!(context => pFobx, core::ptr::null_mut());
    fcb::dereference(file);
    status
}

fn open_locked(
    context: Context,
    file: Fcb,
    file_object: Live<FILE_OBJECT>,
    found: &Found,
) -> NTSTATUS {
    let wanted = wanted(context);
    if file.has(FCB_STATE_DELETE_ON_CLOSE) && get!(file.body() => mrx.OpenCount) != 0 {
        return STATUS_DELETE_PENDING;
    }
    let status = check_share_access(file, file_object, &wanted, false);
    if status < 0 {
        return status;
    }
    set!(context => pFobx, core::ptr::null_mut());
    let status = match collapse(context, file, found, &wanted) {
        Some(status) => status,
        None => create_on_server(context, file, found, &wanted),
    };
    if status == STATUS_REPARSE {
        return reparse(context);
    }
    if status < 0 {
        return status;
    }
    match fobx::whole(get!(context => pFobx)) {
        Some(handle) => finish(context, file, handle, file_object, &wanted),
        None => STATUS_INVALID_DEVICE_STATE,
    }
}

/// MRxCreate has asked, by RxPrepareToReparseSymbolicLink, for another name.
fn reparse(context: Context) -> NTSTATUS {
    if get!(context::create_params(context) => Flags) & RX_CONTEXT_CREATE_FLAG_REPARSE == 0 {
        return nt::sys::STATUS_OBJECT_PATH_NOT_FOUND;
    }
    set!(context => InformationToReturn, nt::sys::IO_REPARSE as usize);
    STATUS_REPARSE
}

fn check_share_access(
    file: Fcb,
    file_object: Live<FILE_OBJECT>,
    wanted: &Wanted,
    update: bool,
) -> NTSTATUS {
    let shares = addr!(file.body() => ShareAccess);
    // SAFETY: both live, and the FCB is locked exclusively.
    unsafe {
        nt::sys::IoCheckShareAccess(
            wanted.access,
            wanted.share,
            file_object.as_ptr(),
            shares.as_ptr(),
            update.into(),
        )
    }
}

/// Lets the handle share an open that the server already has; `None` if there is none that would do.
fn collapse(context: Context, file: Fcb, found: &Found, wanted: &Wanted) -> Option<NTSTATUS> {
    let own_open = FILE_DELETE_ON_CLOSE | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT;
    let opens_existing = matches!(wanted.disposition, FILE_OPEN | FILE_OPEN_IF);
    if wanted.options & own_open != 0 || !opens_existing || !file.has(FCB_STATE_COLLAPSING_ENABLED)
    {
        return None;
    }
    set!(context => pRelevantSrvOpen, core::ptr::null_mut());
    if !mini_would_collapse(context) {
        return None;
    }
    for open in file.srv_opens() {
        if !fits(open, found, wanted) {
            continue;
        }
        set!(context => pRelevantSrvOpen, open.as_ptr().cast());
        if !mini_would_collapse(context) {
            continue;
        }
        srv_open::reference(open);
        set!(context::create_params(context) => ReturnedCreateInformation, FILE_OPENED);
        let status = calldown::call_final(context, |table| get!(table => MRxCollapseOpen));
        require_locked(file);
        if status < 0 {
            drop_handle(context);
            srv_open::dereference(open);
            continue;
        }
        let has_handle = !get!(context => pFobx).is_null();
        require(has_handle, Rule::FobxMissing, context.as_ptr());
        if has_handle {
            // It is in use again; the handle whose close was put off goes when its time comes.
            srv_open::change_flags(open, 0, SRVOPEN_FLAG_CLOSE_DELAYED);
        }
        srv_open::dereference(open);
        return Some(status);
    }
    set!(context => pRelevantSrvOpen, core::ptr::null_mut());
    None
}

fn mini_would_collapse(context: Context) -> bool {
    let callbacks = context::callbacks(context);
    let missing =
        callbacks.is_some_and(|table| get!(table => MRxShouldTryToCollapseThisOpen).is_none());
    require(!missing, Rule::RequiredCallbackMissing, context.as_ptr());
    !missing
        && calldown::call_final(
            context,
            |table| get!(table => MRxShouldTryToCollapseThisOpen),
        ) == STATUS_SUCCESS
}

/// True if the open grants what is wanted, to the same user, and tells the server the same about sharing.
fn fits(open: Live<SRV_OPEN>, found: &Found, wanted: &Wanted) -> bool {
    let unusable = SRVOPEN_FLAG_CLOSED
        | SRVOPEN_FLAG_COLLAPSING_DISABLED
        | SRVOPEN_FLAG_FILE_RENAMED
        | SRVOPEN_FLAG_FILE_DELETED
        | SRVOPEN_FLAG_ORPHANED
        | SRVOPEN_FLAG_BUFFERING_STATE_CHANGE_PENDING;
    let kind = nt::sys::FILE_DIRECTORY_FILE
        | nt::sys::FILE_NON_DIRECTORY_FILE
        | nt::sys::FILE_WRITE_THROUGH;
    get!(open => Condition) == Condition_Good
        && !srv_open::has(open, unusable)
        && srv_open::view(open) == Some(found.view)
        && wanted.access & !get!(open => mrx.DesiredAccess) == 0
        && wanted.share == get!(open => mrx.ShareAccess)
        && (wanted.options ^ get!(open => mrx.CreateOptions)) & kind == 0
        && get!(open => mrx.BufferingFlags) & FCB_STATE_COLLAPSING_ENABLED != 0
}

/// MRxCreate and MRxCollapseOpen return with the FCB locked exclusively, whatever their status.
fn require_locked(file: Fcb) {
    if !fcb::is_exclusive(file) {
        violated(Rule::FcbNotExclusive, file.as_ptr());
        fcb::acquire_exclusive_wait(file);
    }
}

/// A handle that a failed callback made goes again.
fn drop_handle(context: Context) {
    if let Some(handle) = fobx::whole(get!(context => pFobx)) {
        set!(context => pFobx, core::ptr::null_mut());
        if let Some(open) = fobx::open(handle) {
            leave_open(open);
        }
        fobx::dereference(handle);
    }
}

/// A handle no longer counts in its open.
fn leave_open(open: Live<SRV_OPEN>) {
    set!(open => mrx.OpenCount, get!(open => mrx.OpenCount).saturating_sub(1));
    set!(open => mrx.UncleanFobxCount, get!(open => mrx.UncleanFobxCount).saturating_sub(1));
}

/// Opens the file on the server.
fn create_on_server(context: Context, file: Fcb, found: &Found, wanted: &Wanted) -> NTSTATUS {
    let Some(open) = srv_open::create(found.view, file) else {
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    set!(open => mrx.DesiredAccess, wanted.access);
    set!(open => mrx.ShareAccess, wanted.share);
    set!(open => mrx.CreateOptions, wanted.options);
    set!(context => pRelevantSrvOpen, open.as_ptr().cast());
    let server = srv_open::server(open);
    if let Some(server) = server {
        buffering::open_begins(server);
    }
    let status = calldown::call_final(context, |table| get!(table => MRxCreate));
    require_locked(file);
    let has_handle = !get!(context => pFobx).is_null();
    let succeeded = status >= 0 && status != STATUS_REPARSE;
    require(
        !succeeded || has_handle,
        Rule::FobxMissing,
        context.as_ptr(),
    );
    set!(open => OpenStatus, status);
    let good = succeeded && has_handle;
    set!(open => Condition, if good { Condition_Good } else { Condition_Bad });
    if let Some(server) = server {
        buffering::open_ends(server, good.then_some(open));
    }
    if !good {
        drop_handle(context);
        set!(context => pRelevantSrvOpen, core::ptr::null_mut());
    }
    // The handle holds the open from here on.
    srv_open::dereference(open);
    status
}

/// The file is open: counts, sizes, the file object.
fn finish(
    context: Context,
    file: Fcb,
    handle: Live<FOBX>,
    file_object: Live<FILE_OBJECT>,
    wanted: &Wanted,
) -> NTSTATUS {
    let Some(open) = fobx::open(handle) else {
        return STATUS_INVALID_DEVICE_STATE;
    };
    // The FCB was not locked all the time; and a directory lists how it is shared too.
    let status = check_share_access(file, file_object, wanted, true);
    if status < 0 {
        close::close_unused(handle, file);
        set!(context => pFobx, core::ptr::null_mut());
        return status;
    }
    let body = file.body();
    set!(body => mrx.OpenCount, get!(body => mrx.OpenCount).saturating_add(1));
    set!(body => mrx.UncleanCount, get!(body => mrx.UncleanCount).saturating_add(1));
    let information = get!(context::create_params(context) => ReturnedCreateInformation);
    let replaced = matches!(
        wanted.disposition,
        FILE_OVERWRITE | FILE_OVERWRITE_IF | FILE_SUPERSEDE
    );
    if replaced && information != nt::sys::FILE_CREATED {
        fcb::set_sizes(
            file,
            fcb::Sizes {
                allocation: 0,
                file: 0,
            },
        );
    }
    if wanted.options & FILE_DELETE_ON_CLOSE != 0 {
        file.state()
            .fetch_or(FCB_STATE_DELETE_ON_CLOSE, Ordering::AcqRel);
        fobx::change_flags(handle, FOBX_FLAG_DELETE_ON_CLOSE, 0);
    }
    if wanted.options & FILE_NO_INTERMEDIATE_BUFFERING != 0 {
        let neither = SRVOPEN_FLAG_DONTUSE_READ_CACHING | SRVOPEN_FLAG_DONTUSE_WRITE_CACHING;
        srv_open::change_flags(open, neither, 0);
        set!(body => mrx.UncachedUncleanCount, get!(body => mrx.UncachedUncleanCount).saturating_add(1));
    }
    buffering::recompute(file);
    set!(file_object => FsContext, file.as_ptr().cast());
    set!(file_object => FsContext2, handle.as_ptr().cast());
    let sections =
        follow!(body => NonPaged).map(|part| addr!(part => SectionObjectPointers).as_ptr());
    set!(file_object => SectionObjectPointer, sections.unwrap_or(core::ptr::null_mut()).cast());
    set!(handle => mrx.AssociatedFileObject, file_object.as_ptr());
    // The file object holds the file, by its handle's open; see `close`.
    set!(context => InformationToReturn, information as usize);
    STATUS_SUCCESS
}
