//! Calls into the mini-redirector, with the rules that hold around them (reference 2.2).

use crate::assertion::{Rule, require, violated};
use crate::context::{self, Context};
use crate::kernel::event;
use crate::live::{Live, addr, get, set};
use core::sync::atomic::Ordering;
use nt::sys::{
    NTSTATUS, PETHREAD, STATUS_CANCELLED, STATUS_INVALID_DEVICE_STATE, STATUS_NOT_IMPLEMENTED,
    STATUS_PENDING,
};
use rdbss::raw::{
    MINIRDR_DISPATCH, PMRX_CALLDOWN, RX_CONTEXT_FLAG_CANCELLED, RX_CONTEXT_FLAG_MINIRDR_INVOKED,
};

/// How a step of a request came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The request is finished with this status.
    Done(NTSTATUS),
    /// The request must go on in a worker thread, which may wait.
    Post,
    /// Somebody else will finish the request; it may be gone already.
    Pending,
}

impl From<NTSTATUS> for Answer {
    fn from(status: NTSTATUS) -> Self {
        Answer::Done(status)
    }
}

/// This thread, as requests name it.
pub(crate) fn current_thread() -> PETHREAD {
    // An owner of resources is the address of its thread object.
    core::ptr::with_exposed_provenance_mut(nt::thread::current() as usize)
}

/// Calls a slot of the table (MINIRDR_CALL): zeroes the mini-redirector's words, refuses cancelled requests, and has an
/// answer for a slot that is NULL.
pub(crate) fn call(
    context: Context,
    slot: impl FnOnce(Live<MINIRDR_DISPATCH>) -> PMRX_CALLDOWN,
) -> NTSTATUS {
    set!(context => MRxContext, [core::ptr::null_mut(); 4]);
    if context::has(context, RX_CONTEXT_FLAG_CANCELLED) {
        return STATUS_CANCELLED;
    }
    call_even_if_cancelled(context, slot)
}

/// Calls a slot for a request that must go through: cleanup and close.
pub(crate) fn call_even_if_cancelled(
    context: Context,
    slot: impl FnOnce(Live<MINIRDR_DISPATCH>) -> PMRX_CALLDOWN,
) -> NTSTATUS {
    set!(context => MRxContext, [core::ptr::null_mut(); 4]);
    let Some(callback) = context::callbacks(context).and_then(slot) else {
        return STATUS_NOT_IMPLEMENTED;
    };
    context::execute_on(context, current_thread());
    context::flags(context).fetch_or(RX_CONTEXT_FLAG_MINIRDR_INVOKED, Ordering::Relaxed);
    // SAFETY: the context is live and the callback is the mini-redirector's for it.
    unsafe { callback(context.as_ptr()) }
}

/// Calls a slot that must finish at once.
pub(crate) fn call_final(
    context: Context,
    slot: impl FnOnce(Live<MINIRDR_DISPATCH>) -> PMRX_CALLDOWN,
) -> NTSTATUS {
    let status = call(context, slot);
    final_status(context, status)
}

/// Checks what a callback that must finish at once returned.
pub(crate) fn final_status(context: Context, status: NTSTATUS) -> NTSTATUS {
    if status == STATUS_PENDING {
        violated(Rule::PendingNotAllowed, context.as_ptr());
        return STATUS_INVALID_DEVICE_STATE;
    }
    check_sync_event(context);
    status
}

/// Calls a slot that may ask to be called again from a worker thread (`PostRequest`).
pub(crate) fn call_or_post(
    context: Context,
    slot: impl FnOnce(Live<MINIRDR_DISPATCH>) -> PMRX_CALLDOWN,
) -> Answer {
    set!(context => PostRequest, 0);
    let status = call(context, slot);
    if status == STATUS_PENDING && get!(context => PostRequest) != 0 {
        return Answer::Post;
    }
    Answer::Done(final_status(context, status))
}

/// A callback that waited on SyncEvent must leave it as it found it.
pub(crate) fn check_sync_event(context: Context) {
    let event = addr!(context => SyncEvent);
    let clear = !event::is_set(event);
    require(clear, Rule::SyncEventLeftSignalled, context.as_ptr());
    if !clear {
        event::clear(event);
    }
}
