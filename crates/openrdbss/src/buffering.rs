//! Changes of what may be buffered: oplock and lease breaks (reference 4.12).
//!
//! The mini-redirector reports a change at any IRQL; it is queued with the server and handled by a worker thread, since it needs the FCB
//! exclusively. A change for a key that no open has yet waits for the opens under way, for the server may break an
//! oplock before the answer that granted it has been handled. There is no cache here, so flush and purge do nothing.

use crate::context;
use crate::fcb::{self, Fcb};
use crate::kernel::{pool, region, spin};
use crate::live::{Live, addr, follow, get, load, set};
use crate::worker::{self, LibraryWork};
use crate::{list, scavenger, srv_open};
use core::ffi::c_void;
use core::sync::atomic::Ordering;
use nt::sys::{BOOLEAN, NTSTATUS, PVOID, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS};
use rdbss::raw::*;

/// Makes a server's queues.
pub(crate) fn init(server: Live<SRV_CALL>) {
    let manager = addr!(server => BufferingManager);
    list::init(addr!(manager => DispatcherList));
    list::init(addr!(manager => HandlerList));
    list::init(addr!(manager => LastChanceHandlerList));
    list::init(addr!(manager => HandlerWorkItem.List));
    list::init(open_list(manager));
}

/// The opens that have a key.
fn open_list(manager: Live<RX_BUFFERING_MANAGER>) -> list::Link {
    let lists = addr!(manager => SrvOpenLists);
    // SAFETY: the array has one list.
    unsafe { lists.cast() }
}

/// Frees what is queued for a server that goes.
pub(crate) fn drop_requests(server: Live<SRV_CALL>) {
    let manager = addr!(server => BufferingManager);
    while let Some(member) = list::pop_front(addr!(manager => HandlerList)) {
        free(list::container!(
            member,
            CHANGE_BUFFERING_STATE_REQUEST,
            ListEntry
        ));
    }
}

fn free(request: Live<CHANGE_BUFFERING_STATE_REQUEST>) {
    pool::free(request, RX_BUFFERING_MANAGER_POOLTAG);
}

/// An open of this server begins: changes for unknown keys are kept.
pub(crate) fn open_begins(server: Live<SRV_CALL>) {
    let manager = addr!(server => BufferingManager);
    let _held = spin::acquire(addr!(manager => SpinLock));
    set!(manager => NumberOfOutstandingOpens, get!(manager => NumberOfOutstandingOpens).saturating_add(1));
}

/// An open of this server has ended, with `open` if it succeeded: its key is known from now on, and a change that came for it is
/// handled.
pub(crate) fn open_ends(server: Live<SRV_CALL>, open: Option<Live<SRV_OPEN>>) {
    let manager = addr!(server => BufferingManager);
    let waiting = {
        let _held = spin::acquire(addr!(manager => SpinLock));
        set!(manager => NumberOfOutstandingOpens, get!(manager => NumberOfOutstandingOpens).saturating_sub(1));
        if let Some(open) = open {
            list::push_back(open_list(manager), addr!(open => SrvOpenKeyList));
        }
        !list::is_empty(addr!(manager => HandlerList))
    };
    if waiting {
        kick(server);
    }
}

/// The open is going: its key means nothing any more.
pub(crate) fn forget_key(open: Live<SRV_OPEN>) {
    let Some(server) = srv_open::server(open) else {
        return;
    };
    let _held = spin::acquire(addr!(server => BufferingManager.SpinLock));
    list::remove(addr!(open => SrvOpenKeyList));
}

/// Lets a worker thread look at the queue, if none does.
fn kick(server: Live<SRV_CALL>) {
    let manager = addr!(server => BufferingManager);
    {
        let _held = spin::acquire(addr!(manager => SpinLock));
        if get!(manager => DispatcherActive) != 0 {
            return;
        }
        set!(manager => DispatcherActive, 1);
    }
    let Some(device) = follow!(server => mrx.RxDeviceObject) else {
        return;
    };
    crate::net::reference(server);
    LibraryWork::begin(device).hand_over();
    worker::queue(
        addr!(manager => HandlerWorkItem),
        None,
        Some(handle_queue),
        server.as_ptr().cast(),
    );
}

unsafe extern "C" fn handle_queue(context: *mut c_void) {
    // SAFETY: `kick` passes a server with a reference.
    let Some(server) = (unsafe { Live::from_nullable(context.cast::<SRV_CALL>()) }) else {
        return;
    };
    let work = follow!(server => mrx.RxDeviceObject).map(LibraryWork::take_over);
    while let Some((request, open)) = next_request(server) {
        if let Some(open) = open {
            handle(open, get!(request => MRxContext));
            srv_open::dereference(open);
        }
        free(request);
    }
    crate::net::dereference(server);
    drop(work);
}

/// Takes a request whose open is known, with a reference to it, or one that no open can have any more.
fn next_request(
    server: Live<SRV_CALL>,
) -> Option<(Live<CHANGE_BUFFERING_STATE_REQUEST>, Option<Live<SRV_OPEN>>)> {
    let manager = addr!(server => BufferingManager);
    let _held = spin::acquire(addr!(manager => SpinLock));
    let outstanding = get!(manager => NumberOfOutstandingOpens);
    for member in list::iter(addr!(manager => HandlerList)) {
        let request = list::container!(member, CHANGE_BUFFERING_STATE_REQUEST, ListEntry);
        let open = find(manager, request);
        if open.is_some() || outstanding == 0 {
            list::remove(member);
            if let Some(open) = open {
                srv_open::reference(open);
            }
            return Some((request, open));
        }
    }
    set!(manager => DispatcherActive, 0);
    None
}

/// The open that the request is about. The manager is locked.
fn find(
    manager: Live<RX_BUFFERING_MANAGER>,
    request: Live<CHANGE_BUFFERING_STATE_REQUEST>,
) -> Option<Live<SRV_OPEN>> {
    let wanted = get!(request => SrvOpen);
    let key = get!(request => SrvOpenKey);
    list::iter(open_list(manager))
        .map(|member| list::container!(member, SRV_OPEN, SrvOpenKeyList))
        .find(|open| {
            let same = if wanted.is_null() {
                get!(*open => mrx.Key) == key
            } else {
                open.as_ptr() == wanted
            };
            // One that is on its way out is in the list until its last user has the lock.
            same && load(addr!(*open => mrx.NodeReferenceCount)) != 0
        })
}

fn handle(open: Live<SRV_OPEN>, mini_context: PVOID) {
    let Some(file) = srv_open::file(open) else {
        return;
    };
    if srv_open::has(open, SRVOPEN_FLAG_CLOSE_DELAYED) {
        // Nobody uses the open: to close it answers the break.
        if let Some(share) = file.net_root() {
            scavenger::close_pending_of(share, Some(file));
        }
    }
    fcb::acquire_exclusive_wait(file);
    if !srv_open::has(open, SRVOPEN_FLAG_CLOSED | SRVOPEN_FLAG_ORPHANED) {
        change(file, open, mini_context, true);
    }
    fcb::release(file);
}

/// Does a change. The FCB is locked exclusively.
fn change(file: Fcb, open: Live<SRV_OPEN>, mini_context: PVOID, compute: bool) -> NTSTATUS {
    let Some(device) = file.device() else {
        return STATUS_SUCCESS;
    };
    let Some(callbacks) = follow!(device => Dispatch) else {
        return STATUS_SUCCESS;
    };
    file.state()
        .fetch_or(FCB_STATE_BUFFERSTATE_CHANGING, Ordering::AcqRel);
    let mut new = get!(open => mrx.BufferingFlags);
    if compute {
        if let Some(compute) = get!(callbacks => MRxComputeNewBufferingState) {
            // SAFETY: the open lives and the out pointer is a local.
            unsafe { compute(open.as_ptr().cast(), mini_context, &raw mut new) };
        }
        set!(open => mrx.BufferingFlags, new);
    }
    recompute(file);
    let status = match context::create(None, device, 0) {
        Some(request) => {
            let first = list::first(addr!(open => FobxList))
                .map(|member| list::container!(member, FOBX, FobxQLinks));
            set!(request => pFcb, file.as_ptr());
            set!(request => NonPagedFcb, get!(file.body() => NonPaged));
            set!(request => pRelevantSrvOpen, open.as_ptr().cast());
            set!(request => pFobx, first.map_or(core::ptr::null_mut(), |fobx| fobx.as_ptr().cast()));
            let status = match get!(callbacks => MRxCompleteBufferingStateChangeRequest) {
                // SAFETY: request and open live.
                Some(complete) => unsafe {
                    complete(request.as_ptr(), open.as_ptr().cast(), mini_context)
                },
                None => STATUS_SUCCESS,
            };
            context::dereference(request);
            status
        }
        None => STATUS_INSUFFICIENT_RESOURCES,
    };
    file.state()
        .fetch_and(!FCB_STATE_BUFFERSTATE_CHANGING, Ordering::AcqRel);
    status
}

/// What all opens of the file allow together is what the file allows. The FCB is locked exclusively.
pub(crate) fn recompute(file: Fcb) {
    let mut allowed = FCB_STATE_BUFFERING_STATE_MASK;
    let mut any = false;
    for open in file.srv_opens() {
        if get!(open => Condition) != Condition_Good || srv_open::has(open, SRVOPEN_FLAG_CLOSED) {
            continue;
        }
        // An open of attributes alone takes no part in oplocks.
        if srv_open::has(open, SRVOPEN_FLAG_NO_BUFFERING_STATE_CHANGE) {
            continue;
        }
        any = true;
        allowed &= get!(open => mrx.BufferingFlags);
    }
    let allowed = if any { allowed } else { 0 };
    file.state()
        .fetch_and(!FCB_STATE_BUFFERING_STATE_MASK, Ordering::AcqRel);
    file.state().fetch_or(allowed, Ordering::AcqRel);
}

/// Queues a change. Without memory it is lost, and the server breaks the oplock by itself when its patience ends.
fn indicate(server: *mut MRX_SRV_CALL, open: *mut MRX_SRV_OPEN, key: PVOID, mini_context: PVOID) {
    // SAFETY: the mini-redirector holds the server; a MRX_SRV_CALL begins a SRV_CALL.
    let Some(server) = (unsafe { Live::from_nullable(server.cast::<SRV_CALL>()) }) else {
        return;
    };
    let Some(request) =
        pool::allocate::<CHANGE_BUFFERING_STATE_REQUEST>(0, RX_BUFFERING_MANAGER_POOLTAG)
    else {
        return;
    };
    set!(request => SrvOpen, open.cast());
    set!(request => SrvOpenKey, key);
    set!(request => MRxContext, mini_context);
    let manager = addr!(server => BufferingManager);
    {
        let _held = spin::acquire(addr!(manager => SpinLock));
        list::push_back(addr!(manager => HandlerList), addr!(request => ListEntry));
        let total = get!(manager => CumulativeNumberOfBufferingChangeRequests).wrapping_add(1);
        set!(manager => CumulativeNumberOfBufferingChangeRequests, total);
    }
    kick(server);
}

/// Reports that the open with the key `SrvOpenKey` may buffer less or more; IRQL <= DISPATCH_LEVEL. The mini-redirector gets
/// `Context` back in MRxComputeNewBufferingState and MRxCompleteBufferingStateChangeRequest.
///
/// # Safety
/// The caller holds the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxIndicateChangeOfBufferingState(
    SrvCall: *mut MRX_SRV_CALL,
    SrvOpenKey: PVOID,
    Context: PVOID,
) {
    indicate(SrvCall, core::ptr::null_mut(), SrvOpenKey, Context);
}

/// As RxIndicateChangeOfBufferingState, for an open that the caller knows.
///
/// # Safety
/// The caller holds the server; the open is one of it, alive at the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxIndicateChangeOfBufferingStateForSrvOpen(
    SrvCall: *mut MRX_SRV_CALL,
    SrvOpen: *mut MRX_SRV_OPEN,
    SrvOpenKey: PVOID,
    Context: PVOID,
) {
    indicate(SrvCall, SrvOpen, SrvOpenKey, Context);
}

/// Does a change now. With `ComputeNewState` the mini-redirector is asked what the open may do; else its BufferingFlags hold.
///
/// # Safety
/// The caller holds the open and has its FCB locked exclusively.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxChangeBufferingState(
    SrvOpen: *mut SRV_OPEN,
    Context: PVOID,
    ComputeNewState: BOOLEAN,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let Some(open) = (unsafe { Live::from_nullable(SrvOpen) }) else {
        return STATUS_SUCCESS;
    };
    let _region = region::enter();
    srv_open::file(open).map_or(STATUS_SUCCESS, |file| {
        change(file, open, Context, ComputeNewState != 0)
    })
}

/// Would write the file's dirty pages; there is no cache.
///
/// # Safety
/// None is needed; the headers declare it so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFlushFcbInSystemCache(
    _Fcb: *mut FCB,
    _SynchronizeWithLazyWriter: BOOLEAN,
) -> NTSTATUS {
    STATUS_SUCCESS
}

/// Would drop the file's pages; there is no cache.
///
/// # Safety
/// None is needed; the headers declare it so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPurgeFcbInSystemCache(
    _Fcb: *mut FCB,
    _FileOffset: *mut nt::sys::LARGE_INTEGER,
    _Length: u32,
    _UninitializeCacheMaps: BOOLEAN,
    _FlushFile: BOOLEAN,
) -> NTSTATUS {
    STATUS_SUCCESS
}
