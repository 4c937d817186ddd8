//! Low I/O: the operations that a mini-redirector may finish later (reference 4.5).
//!
//! An asynchronous operation has two references to its context while the mini-redirector is called: the submitter's and the
//! completer's. So the completion may come at any time, even before the callback has returned STATUS_PENDING, and each side
//! lets go of the request once. The FCB is held in the request's name, not in a thread's.

use crate::assertion::{Rule, require, violated};
use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::fcb::{self, Fcb};
use crate::kernel::{event, resource};
use crate::live::{Live, addr, follow, get, set};
use crate::worker;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU16, Ordering};
use nt::irql::Irql;
use nt::sys::{IRP, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED, STATUS_PENDING, STATUS_RETRY};
use rdbss::raw::*;

/// `LOWIO_CONTEXT.Flags`: the mini-redirector has the request.
const SUBMITTED: u16 = 0x4000;
/// `LOWIO_CONTEXT.Flags`: the mini-redirector has given it back.
const COMPLETED: u16 = 0x8000;

/// How often a callback's STATUS_RETRY is followed.
const MAX_RETRIES: u32 = 16;

/// Begins an operation: everything zero but its number.
pub(crate) fn begin(context: Context, operation: u16) -> Live<LOWIO_CONTEXT> {
    set!(context => Params.LowIo.FlagsForLowIo, 0);
    let low_io = context::low_io(context);
    // SAFETY: the low I/O part is the request's, and all zero is a value of it.
    unsafe { low_io.as_ptr().write_bytes(0, 1) };
    set!(low_io => Operation, operation);
    low_io
}

fn state<'a>(context: Context) -> &'a AtomicU16 {
    // SAFETY: aligned, inside the live context, and changed by atomic operations only while an operation is under way.
    unsafe { AtomicU16::from_ptr(addr!(context::low_io(context) => Flags).as_ptr()) }
}

/// Lets the operation have the FCB, which this thread has locked, until it is finished.
pub(crate) fn hold(context: Context, file: Fcb) {
    let low_io = context::low_io(context);
    let lock = fcb::lock_of(file);
    let owner = if context::is_async(context) {
        // The two low bits tell an owner that is no thread (the DDI page of ExSetResourceOwnerPointer).
        let owner = context.as_ptr() as usize | 3;
        resource::give_to(lock, owner as u64);
        owner
    } else {
        resource::current_thread() as usize
    };
    set!(low_io => Resource, lock.as_ptr());
    set!(low_io => ResourceThreadId, owner);
}

/// Gives back what [`hold`] took.
fn release(context: Context) {
    let low_io = context::low_io(context);
    if let Some(lock) = follow!(low_io => Resource) {
        set!(low_io => Resource, core::ptr::null_mut());
        resource::release_for(lock, get!(low_io => ResourceThreadId) as u64);
    }
}

/// Calls the mini-redirector. The completion routine (at any IRQL up to DISPATCH_LEVEL) turns its answer, in `StoredStatus`, into the
/// request's.
pub(crate) fn submit(context: Context, completion: PLOWIO_COMPLETION_ROUTINE) -> Answer {
    let low_io = context::low_io(context);
    set!(low_io => CompletionRoutine, completion);
    let is_async = context::is_async(context);
    if is_async {
        context::reference(context);
        context::mark_pending(context);
    }
    let operation = usize::from(get!(low_io => Operation));
    let slot = |table: Live<MINIRDR_DISPATCH>| {
        let slots = get!(table => MRxLowIOSubmit);
        slots.get(operation).copied().flatten()
    };
    let mut retries = 0;
    loop {
        set!(context => InformationToReturn, 0);
        state(context).fetch_and(!COMPLETED, Ordering::AcqRel);
        state(context).fetch_or(SUBMITTED, Ordering::AcqRel);
        let status = calldown::call(context, slot);
        if status == STATUS_PENDING {
            if is_async {
                context::dereference(context);
                return Answer::Pending;
            }
            wait(context);
            break;
        }
        // From here on nobody else may give the request back.
        let before = state(context).fetch_or(COMPLETED, Ordering::AcqRel);
        if before & COMPLETED != 0 {
            violated(Rule::CompletedTwice, context.as_ptr());
            if is_async {
                context::dereference(context);
                return Answer::Pending;
            }
        }
        retries = u32::saturating_add(retries, 1);
        if status != STATUS_RETRY || retries > MAX_RETRIES {
            set!(context => StoredStatus, status);
            break;
        }
    }
    if is_async {
        context::dereference(context);
    }
    calldown::check_sync_event(context);
    Answer::Done(finish(context))
}

/// Waits for RxLowIoCompletion of a request whose caller waits.
fn wait(context: Context) {
    context::flags(context).fetch_or(RX_CONTEXT_FLAG_SYNC_EVENT_WAITERS, Ordering::AcqRel);
    event::wait(addr!(context => SyncEvent));
    context::flags(context).fetch_and(!RX_CONTEXT_FLAG_SYNC_EVENT_WAITERS, Ordering::AcqRel);
}

/// The mini-redirector's answer becomes the request's.
fn finish(context: Context) -> NTSTATUS {
    let low_io = context::low_io(context);
    state(context).fetch_and(!SUBMITTED, Ordering::AcqRel);
    let stored = get!(context => StoredStatus);
    let status = match get!(low_io => CompletionRoutine) {
        // SAFETY: a routine of this crate, for this request.
        Some(routine) => unsafe { routine(context.as_ptr()) },
        None => stored,
    };
    release(context);
    status
}

fn complete_async(context: Context) -> NTSTATUS {
    let status = finish(context);
    context::complete(context, status);
    status
}

unsafe extern "C" fn complete_posted(context: *mut c_void) {
    // SAFETY: RxLowIoCompletion passes the request, of which this is the completer.
    if let Some(context) = unsafe { Live::from_nullable(context.cast::<RX_CONTEXT>()) } {
        complete_async(context);
    }
}

/// Finishes an operation whose callback returned STATUS_PENDING, once; status and bytes are in `StoredStatus` and
/// `InformationToReturn`. IRQL <= DISPATCH_LEVEL. Nothing of the request may be touched afterwards. STATUS_MORE_PROCESSING_REQUIRED when
/// another thread finishes the request; else its status. Callers ignore it.
///
/// # Safety
/// `RxContext` is such a request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxLowIoCompletion(RxContext: *mut RX_CONTEXT) -> NTSTATUS {
    let Some(context) = context::check_live(RxContext) else {
        return STATUS_MORE_PROCESSING_REQUIRED;
    };
    let irql = nt::irql::current();
    if irql > Irql::DISPATCH {
        // No lock can be taken here, so the request stays with the mini-redirector.
        violated(Rule::IrqlTooHigh, RxContext);
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    let before = state(context).fetch_or(COMPLETED, Ordering::AcqRel);
    if before & (SUBMITTED | COMPLETED) != SUBMITTED {
        violated(Rule::CompletedTwice, RxContext);
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    if !context::is_async(context) {
        event::set(addr!(context => SyncEvent));
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    if irql == Irql::DISPATCH && before & LOWIO_CONTEXT_FLAG_CAN_COMPLETE_AT_DPC_LEVEL == 0 {
        worker::queue(
            addr!(context => WorkQueueItem),
            None,
            Some(complete_posted),
            RxContext.cast(),
        );
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    complete_async(context)
}

/// Submits the operation that is in the context's low I/O part.
///
/// # Safety
/// The request is the caller's, with its operation filled in; `Irp` and `Fcb` are the request's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxLowIoSubmit(
    RxContext: *mut RX_CONTEXT,
    _Irp: *mut IRP,
    _Fcb: *mut FCB,
    CompletionRoutine: PLOWIO_COMPLETION_ROUTINE,
) -> NTSTATUS {
    let Some(context) = context::check_live(RxContext) else {
        return nt::sys::STATUS_INVALID_PARAMETER;
    };
    match submit(context, CompletionRoutine) {
        Answer::Done(status) => status,
        Answer::Pending | Answer::Post => STATUS_PENDING,
    }
}

/// Waits of the network: the driver calls this just before one, so that a lock held over it is noticed in a create
/// (reference 4.4 step 4).
pub fn network_wait() {
    let this_thread = calldown::current_thread();
    let mut create = None;
    context::for_each_active(|context| {
        let is_create = context::major(context) == nt::sys::IRP_MJ_CREATE;
        if is_create && context::executes_on(context, this_thread) {
            create = Some(context);
        }
    });
    let file = create.and_then(|context| Fcb::from_ptr(get!(context => pFcb)));
    if let Some(file) = file {
        require(
            !fcb::is_exclusive(file),
            Rule::FcbHeldOverNetworkWait,
            file.as_ptr(),
        );
    }
}
