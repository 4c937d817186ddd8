//! RX_CONTEXT: one request on its way through the library.
//!
//! A context has a count; the last [`dereference`] gives it back. Contexts come from a list of spare ones, so that a
//! steady stream of reads and writes allocates nothing. Cleanup and close must not fail for want of memory: they fall
//! back on a context that is kept for them (as RDBSS's "must succeed" contexts). There are two of those. A user's close has its
//! context before it waits for its FCB, the library's own closes get one while they hold theirs: with one for both, each
//! could wait for what the other has. The holder of the second waits for no other FCB.

use crate::assertion::{Rule, violated};
use crate::fcb::Fcb;
use crate::kernel::irp::{self, Irp, Stack};
use crate::kernel::{event, pool, spin};
use crate::live::{Live, addr, atomic, byte, follow, get, linked, load, set, shared};
use crate::reference::drop_one;
use crate::{calldown, cancel, data, list};
use core::sync::atomic::{AtomicU32, Ordering};
use nt::sys::{IRP, KEVENT, KSPIN_LOCK, LIST_ENTRY, NTSTATUS, STATUS_PENDING};
use rdbss::raw::*;

/// A request.
pub(crate) type Context = Live<RX_CONTEXT>;

/// How many spare contexts are kept.
const MAX_SPARE: usize = 64;

/// `NodeTypeCode` of a context that is not in use.
const NOT_LIVE: u16 = 0xdead;

/// Requests under way and spare contexts; both lists by `ContextListEntry`, under `lock`.
#[repr(C)]
pub(crate) struct Contexts {
    lock: KSPIN_LOCK,
    active: LIST_ENTRY,
    spare: LIST_ENTRY,
    spare_count: usize,
    serial: u32,
    /// For requests that have an IRP.
    reserve_for_users: Reserve,
    /// For requests of the library's own.
    reserve_for_library: Reserve,
}

/// A context that is kept for requests that must not fail.
#[repr(C)]
struct Reserve {
    /// Set while `context` is free.
    free: KEVENT,
    context: RX_CONTEXT,
}

/// Makes the lists.
pub(crate) fn init(contexts: Live<Contexts>) {
    list::init(addr!(contexts => active));
    list::init(addr!(contexts => spare));
    for reserve in reserves(contexts) {
        event::init_synchronization(addr!(reserve => free));
        event::set(addr!(reserve => free));
    }
}

fn reserves(contexts: Live<Contexts>) -> [Live<Reserve>; 2] {
    [
        addr!(contexts => reserve_for_users),
        addr!(contexts => reserve_for_library),
    ]
}

/// Frees the spare contexts.
pub(crate) fn drain(contexts: Live<Contexts>) {
    while let Some(member) = list::pop_front(addr!(contexts => spare)) {
        pool::free(
            list::container!(member, RX_CONTEXT, ContextListEntry),
            RX_IRPC_POOLTAG,
        );
    }
}

fn contexts() -> Option<Live<Contexts>> {
    data::get().map(|data| addr!(data => contexts))
}

/// A context for `irp` (or for none) on `device`; `None` without memory.
pub(crate) fn create(
    irp: Option<Irp>,
    device: Live<RDBSS_DEVICE_OBJECT>,
    flags: u32,
) -> Option<Context> {
    let contexts = contexts()?;
    let spare = {
        let _held = spin::acquire(addr!(contexts => lock));
        let spare = list::pop_front(addr!(contexts => spare));
        if spare.is_some() {
            set!(contexts => spare_count, get!(contexts => spare_count).saturating_sub(1));
        }
        spare
    };
    let context = match spare {
        Some(member) => list::container!(member, RX_CONTEXT, ContextListEntry),
        None => pool::allocate::<RX_CONTEXT>(0, RX_IRPC_POOLTAG)?,
    };
    initialise(context, irp, device, flags | RX_CONTEXT_FLAG_FROM_POOL);
    Some(context)
}

/// A context for a request that must not fail; may wait for another one of its kind, at PASSIVE_LEVEL.
#[track_caller]
pub(crate) fn create_must_succeed(
    irp: Option<Irp>,
    device: Live<RDBSS_DEVICE_OBJECT>,
    flags: u32,
) -> Option<Context> {
    if let Some(context) = create(irp, device, flags) {
        return Some(context);
    }
    let contexts = contexts()?;
    let [for_users, for_library] = reserves(contexts);
    let reserve = if irp.is_some() {
        for_users
    } else {
        for_library
    };
    event::wait(addr!(reserve => free));
    let context = addr!(reserve => context);
    initialise(
        context,
        irp,
        device,
        flags | RX_CONTEXT_FLAG_MUST_SUCCEED_ALLOCATED,
    );
    Some(context)
}

/// Fills in a context from an IRP.
fn initialise(
    context: Context,
    request: Option<Irp>,
    device: Live<RDBSS_DEVICE_OBJECT>,
    flags: u32,
) {
    // SAFETY: nobody else knows the context yet, and all zero is a value of it.
    unsafe { context.as_ptr().write_bytes(0, 1) };
    set!(context => NodeTypeCode, RDBSS_NTC_RX_CONTEXT);
    set!(context => NodeByteSize, size_of::<RX_CONTEXT>() as u16);
    set!(context => ReferenceCount, 1);
    set!(context => RxDeviceObject, device.as_ptr());
    set!(context => RealDevice, device.as_ptr().cast());
    let thread = calldown::current_thread();
    set!(context => OriginalThread, thread);
    set!(context => LastExecutionThread, thread);
    event::init_synchronization(addr!(context => SyncEvent));
    for link in [
        addr!(context => ContextListEntry),
        addr!(context => OverflowListEntry),
        addr!(context => BlockedOperations),
        addr!(context => RxContextSerializationQLinks),
        addr!(context => WorkQueueItem.List),
    ] {
        list::init(link);
    }
    let waits = match request {
        Some(request) => adopt(context, request),
        None => RX_CONTEXT_FLAG_WAIT,
    };
    set!(context => Flags, flags | waits);
    publish(context, device);
}

/// Takes over what the IRP says; gives the flags that follow from it.
fn adopt(context: Context, request: Irp) -> u32 {
    set!(context => CurrentIrp, request.as_ptr());
    let Some(stack) = irp::stack(request) else {
        return RX_CONTEXT_FLAG_WAIT;
    };
    set!(context => CurrentIrpSp, stack.as_ptr());
    set!(context => MajorFunction, get!(stack => MajorFunction));
    set!(context => MinorFunction, get!(stack => MinorFunction));
    let major = u32::from(get!(stack => MajorFunction));
    let mut write_through = 0;
    if let Some(file) = irp::file_object(stack) {
        if major != nt::sys::IRP_MJ_CREATE {
            bind(
                context,
                get!(file => FsContext).cast(),
                get!(file => FsContext2).cast(),
            );
        }
        if load(addr!(file => Flags)) & nt::sys::FO_WRITE_THROUGH != 0 {
            write_through = RX_CONTEXT_FLAG_WRITE_THROUGH;
        }
    }
    let always_waits = matches!(
        major,
        nt::sys::IRP_MJ_CREATE | nt::sys::IRP_MJ_CLEANUP | nt::sys::IRP_MJ_CLOSE
    );
    let waits = always_waits || irp::is_synchronous(request);
    write_through
        | if waits {
            RX_CONTEXT_FLAG_WAIT
        } else {
            RX_CONTEXT_FLAG_ASYNC_OPERATION
        }
}

/// Points the context at a file object's FCB and FOBX.
fn bind(context: Context, fcb: *mut MRX_FCB, fobx: *mut MRX_FOBX) {
    set!(context => pFcb, fcb);
    if let Some(fcb) = Fcb::from_ptr(fcb) {
        set!(context => NonPagedFcb, get!(fcb.body() => NonPaged));
    }
    // SAFETY: what a file object of ours points to begins with a node header and lives as long as the file object.
    let Some(node) = (unsafe { Live::from_nullable(fobx) }) else {
        return;
    };
    // A tree connection's file object has a V_NET_ROOT there.
    if get!(node => NodeTypeCode) == RDBSS_NTC_FOBX {
        set!(context => pFobx, fobx);
        set!(context => pRelevantSrvOpen, get!(node => pSrvOpen));
    }
}

fn publish(context: Context, device: Live<RDBSS_DEVICE_OBJECT>) {
    let Some(contexts) = contexts() else { return };
    let _held = spin::acquire(addr!(contexts => lock));
    let serial = get!(contexts => serial).wrapping_add(1);
    set!(contexts => serial, serial);
    set!(context => SerialNumber, serial);
    list::push_back(
        addr!(contexts => active),
        addr!(context => ContextListEntry),
    );
    set!(device => NumberOfActiveContexts, get!(device => NumberOfActiveContexts).saturating_add(1));
}

/// Checks that the pointer that a mini-redirector handed in is a request under way, as the exported routines demand. A request that is
/// over is noticed as long as it is a spare one; with more than [`MAX_SPARE`] of those its memory may be gone.
#[track_caller]
pub(crate) fn check_live(context: *mut RX_CONTEXT) -> Option<Context> {
    // SAFETY: every caller is a routine whose own caller promises a live request, or NULL.
    let context = unsafe { Live::from_nullable(context) }?;
    if get!(context => NodeTypeCode) == RDBSS_NTC_RX_CONTEXT {
        return Some(context);
    }
    violated(Rule::ContextNotLive, context.as_ptr());
    None
}

/// Adds a reference.
pub(crate) fn reference(context: Context) {
    atomic(addr!(context => ReferenceCount)).fetch_add(1, Ordering::Relaxed);
}

/// Adds a reference unless the last one is gone: whoever dropped that one ends the context as soon as he has the lock of the list,
/// under which this is called.
pub(crate) fn reference_if_held(context: Context) -> bool {
    let references = atomic(addr!(context => ReferenceCount));
    references
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            (count != 0).then(|| count.wrapping_add(1))
        })
        .is_ok()
}

/// Drops a reference; the last one ends the context.
#[track_caller]
pub(crate) fn dereference(context: Context) {
    if drop_one(addr!(context => ReferenceCount), context.as_ptr()) != 1 {
        return;
    }
    let Some(contexts) = contexts() else { return };
    free_name(context);
    let flags = flags(context).load(Ordering::Relaxed);
    let keep = {
        let _held = spin::acquire(addr!(contexts => lock));
        list::remove(addr!(context => ContextListEntry));
        if let Some(device) = follow!(context => RxDeviceObject) {
            leave(device);
        }
        set!(context => NodeTypeCode, NOT_LIVE);
        let spare = get!(contexts => spare_count);
        let keep = flags & RX_CONTEXT_FLAG_FROM_POOL != 0 && spare < MAX_SPARE;
        if keep {
            set!(contexts => spare_count, spare.saturating_add(1));
            list::push_back(addr!(contexts => spare), addr!(context => ContextListEntry));
        }
        keep
    };
    if flags & RX_CONTEXT_FLAG_MUST_SUCCEED_ALLOCATED != 0 {
        let reserve = reserves(contexts)
            .into_iter()
            .find(|reserve| addr!(*reserve => context) == context);
        if let Some(reserve) = reserve {
            event::set(addr!(reserve => free));
        }
    } else if !keep && flags & RX_CONTEXT_FLAG_FROM_POOL != 0 {
        pool::free(context, RX_IRPC_POOLTAG);
    }
}

/// One request of the device less. The list of requests is locked.
fn leave(device: Live<RDBSS_DEVICE_OBJECT>) {
    let left = get!(device => NumberOfActiveContexts).saturating_sub(1);
    set!(device => NumberOfActiveContexts, left);
    if left == 0
        && let Some(waiter) = follow!(device => pAsynchronousRequestsCompletionEvent)
    {
        set!(device => pAsynchronousRequestsCompletionEvent, core::ptr::null_mut());
        event::set(waiter);
    }
}

/// How long [`wait_for_none`] should wait, in 100-ns units: long enough for a thread that has completed its request to let go of it.
pub(crate) const PATIENCE: i64 = 50_000_000;

/// Waits until no request of the device is left, so that the device can go: threads may still hold requests that they have
/// completed. A mini-redirector that keeps a context of its own over this is not waited for without end; what is left then
/// loses its device. `patience` is in 100-ns units.
pub(crate) fn wait_for_none(device: Live<RDBSS_DEVICE_OBJECT>, patience: i64) {
    let mut none = KEVENT::default();
    // SAFETY: a local that outlives the wait below, after which nobody knows it.
    let (Some(contexts), Some(none)) = (contexts(), unsafe { Live::from_nullable(&raw mut none) })
    else {
        return;
    };
    event::init_notification(none, false);
    {
        let _held = spin::acquire(addr!(contexts => lock));
        if get!(device => NumberOfActiveContexts) == 0 {
            return;
        }
        set!(device => pAsynchronousRequestsCompletionEvent, none.as_ptr());
    }
    event::wait_for(none, patience);
    let _held = spin::acquire(addr!(contexts => lock));
    set!(device => pAsynchronousRequestsCompletionEvent, core::ptr::null_mut());
    for member in list::iter(addr!(contexts => active)) {
        let context = list::container!(member, RX_CONTEXT, ContextListEntry);
        if get!(context => RxDeviceObject) == device.as_ptr() {
            set!(context => RxDeviceObject, core::ptr::null_mut());
        }
    }
}

/// Frees the buffer of a create's canonical name and credentials, which it wipes.
pub(crate) fn free_name(context: Context) {
    let Some(buffer) = follow!(context => AlsoCanonicalNameBuffer) else {
        return;
    };
    set!(context => AlsoCanonicalNameBuffer, core::ptr::null_mut());
    crate::create::free_name_block(buffer);
}

/// The request's flags; the cancel routine of its IRP changes them at any time.
pub(crate) fn flags<'a>(context: Context) -> &'a AtomicU32 {
    atomic(addr!(context => Flags))
}

/// True if the flag is set.
pub(crate) fn has(context: Context, flag: u32) -> bool {
    flags(context).load(Ordering::Acquire) & flag != 0
}

/// True if this thread may wait for locks and for the network.
pub(crate) fn can_wait(context: Context) -> bool {
    has(context, RX_CONTEXT_FLAG_WAIT)
}

/// True if the request's caller does not wait.
pub(crate) fn is_async(context: Context) -> bool {
    has(context, RX_CONTEXT_FLAG_ASYNC_OPERATION)
}

/// The request's IRP; none in a delayed close.
pub(crate) fn irp(context: Context) -> Option<Irp> {
    linked(shared(addr!(context => CurrentIrp)).load(Ordering::Relaxed))
}

/// Our part of the IRP.
pub(crate) fn stack(context: Context) -> Option<Stack> {
    follow!(context => CurrentIrpSp)
}

/// The major function, which walks over all requests look at.
pub(crate) fn major(context: Context) -> u32 {
    u32::from(byte(addr!(context => MajorFunction)).load(Ordering::Relaxed))
}

/// Makes the request another one.
pub(crate) fn set_major(context: Context, major: u32) {
    byte(addr!(context => MajorFunction)).store(major as u8, Ordering::Relaxed);
}

/// Notes the thread that works on the request now; walks over all requests look at it.
pub(crate) fn execute_on(context: Context, thread: nt::sys::PETHREAD) {
    shared(addr!(context => LastExecutionThread)).store(thread, Ordering::Relaxed);
}

/// Whether that is this thread.
pub(crate) fn executes_on(context: Context, thread: nt::sys::PETHREAD) -> bool {
    shared(addr!(context => LastExecutionThread)).load(Ordering::Relaxed) == thread
}

/// The device that the request came to.
pub(crate) fn device(context: Context) -> Option<Live<RDBSS_DEVICE_OBJECT>> {
    follow!(context => RxDeviceObject)
}

/// The callbacks of the mini-redirector that the request is for.
pub(crate) fn callbacks(context: Context) -> Option<Live<MINIRDR_DISPATCH>> {
    device(context).and_then(|device| follow!(device => Dispatch))
}

/// What is queried or set.
pub(crate) fn info(context: Context) -> Live<RX_INFO> {
    addr!(context => Common.Info)
}

/// Parameters of a create.
pub(crate) fn create_params(context: Context) -> Live<RX_CREATE> {
    addr!(context => Params.Create)
}

/// The low I/O operation.
pub(crate) fn low_io(context: Context) -> Live<LOWIO_CONTEXT> {
    addr!(context => Params.LowIo.LowIoContext)
}

/// The change notification.
pub(crate) fn notify(context: Context) -> Live<RX_NOTIFY_CHANGE_DIRECTORY> {
    addr!(context => Params.NotifyChangeDirectory)
}

/// Calls `visit` for each request under way, under the lock of the list; IRQL DISPATCH_LEVEL inside.
pub(crate) fn for_each_active(mut visit: impl FnMut(Context)) {
    let Some(contexts) = contexts() else { return };
    let _held = spin::acquire(addr!(contexts => lock));
    for member in list::iter(addr!(contexts => active)) {
        visit(list::container!(member, RX_CONTEXT, ContextListEntry));
    }
}

/// Notes that the dispatch routine returns STATUS_PENDING.
pub(crate) fn mark_pending(context: Context) {
    if let Some(irp) = irp(context) {
        set!(context => PendingReturned, 1);
        irp::mark_pending(irp);
    }
}

/// Completes the request's IRP, if it has one, and drops the request's own reference. Gives what the dispatch routine
/// is to return.
#[track_caller]
pub(crate) fn complete(context: Context, status: NTSTATUS) -> NTSTATUS {
    let returned = if get!(context => PendingReturned) != 0 {
        STATUS_PENDING
    } else {
        status
    };
    if let Some(irp) = irp(context) {
        cancel::disarm(context, irp);
        // Errors carry no information; warnings such as STATUS_BUFFER_OVERFLOW do.
        let is_error = status.cast_unsigned() >> 30 == 3;
        let information = if is_error {
            0
        } else {
            get!(context => InformationToReturn)
        };
        irp::complete(irp, status, information);
    }
    dereference(context);
    returned
}

/// A context of one's own: for `Irp`, or for work without one. NULL without memory. IRQL <= DISPATCH_LEVEL.
///
/// # Safety
/// The device is registered; the IRP, if any, is the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxCreateRxContext(
    Irp: *mut IRP,
    RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    InitialContextFlags: u32,
) -> *mut RX_CONTEXT {
    // SAFETY: the caller's promise.
    let Some(device) = (unsafe { Live::from_nullable(RxDeviceObject) }) else {
        return core::ptr::null_mut();
    };
    // SAFETY: the caller's promise.
    let irp = unsafe { Live::from_nullable(Irp) };
    create(irp, device, InitialContextFlags).map_or(core::ptr::null_mut(), Live::as_ptr)
}

/// Fills in a context in the caller's memory.
///
/// # Safety
/// As RxCreateRxContext; `RxContext` is writable and stays until its last reference is dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxInitializeContext(
    Irp: *mut IRP,
    RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    InitialContextFlags: u32,
    RxContext: *mut RX_CONTEXT,
) {
    // SAFETY: the caller's promise.
    let (Some(device), irp) = (unsafe { Live::from_nullable(RxDeviceObject) }, Irp) else {
        return;
    };
    // SAFETY: the caller's promise.
    let irp = unsafe { Live::from_nullable(irp) };
    // SAFETY: the caller's promise.
    if let Some(context) = unsafe { Live::from_nullable(RxContext) } {
        initialise(context, irp, device, InitialContextFlags);
    }
}

/// Drops a reference to a context.
///
/// # Safety
/// The caller owns a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxDereferenceAndDeleteRxContext_Real(RxContext: *mut RX_CONTEXT) {
    if let Some(context) = check_live(RxContext) {
        dereference(context);
    }
}

/// Completes the context's IRP and drops the caller's reference.
///
/// # Safety
/// The caller owns the request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxCompleteRequest(
    pContext: *mut RX_CONTEXT,
    Status: NTSTATUS,
) -> NTSTATUS {
    if let Some(context) = check_live(pContext) {
        complete(context, Status);
    }
    Status
}

/// Completes `Irp`, which is the context's, and leaves the context to the caller.
///
/// # Safety
/// The caller owns the request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxCompleteRequest_Real(
    RxContext: *mut RX_CONTEXT,
    _Irp: *mut IRP,
    Status: NTSTATUS,
) {
    if let Some(context) = check_live(RxContext) {
        reference(context);
        complete(context, Status);
    }
}

#[cfg(test)]
mod tests;
