//! Requests that run one after the other: `__RxSynchronizeBlockingOperations`, RxResumeBlockedOperations_Serially.
//!
//! The head of the queue is the request that runs; the others wait in it. The queue lives in the mini-redirector's or the handle's
//! memory and is guarded by the library's general lock.

use crate::context::{self, Context};
use crate::fcb;
use crate::kernel::event;
use crate::live::{Live, addr};
use crate::{data, dispatch, list};
use core::sync::atomic::Ordering;
use nt::sys::{BOOLEAN, LIST_ENTRY, NTSTATUS, STATUS_PENDING, STATUS_SUCCESS};
use rdbss::raw::*;

/// Waits for the request's turn in the queue. A synchronous request waits here (without the FCB, if `DropFcbLock`); an asynchronous
/// one gets STATUS_PENDING and is run again when its turn comes.
///
/// # Safety
/// The request is the caller's; the queue is initialised and outlives the request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __RxSynchronizeBlockingOperations(
    RxContext: *mut RX_CONTEXT,
    Fcb: *mut FCB,
    BlockingIoQ: *mut LIST_ENTRY,
    DropFcbLock: BOOLEAN,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let queue = unsafe { Live::from_nullable(BlockingIoQ) };
    let (Some(context), Some(queue)) = (context::check_live(RxContext), queue) else {
        return STATUS_SUCCESS;
    };
    let waits = {
        let _held = data::lock();
        let flag = RX_CONTEXT_FLAG_BLOCKED_PIPE_RESUME;
        if context::flags(context).fetch_and(!flag, Ordering::AcqRel) & flag != 0 {
            // It is its turn: it is at the head already.
            return STATUS_SUCCESS;
        }
        let waits = !list::is_empty(queue);
        if waits && context::is_async(context) {
            context::mark_pending(context);
        }
        list::push_back(queue, addr!(context => RxContextSerializationQLinks));
        waits
    };
    if !waits {
        return STATUS_SUCCESS;
    }
    let file = crate::fcb::Fcb::from_ptr(Fcb).filter(|_| DropFcbLock != 0);
    if let Some(file) = file {
        fcb::release(file);
    }
    if context::is_async(context) {
        return STATUS_PENDING;
    }
    event::wait(addr!(context => SyncEvent));
    STATUS_SUCCESS
}

/// The request at the head of the queue is done: the next one's turn.
///
/// # Safety
/// The request is at the head of the queue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxResumeBlockedOperations_Serially(
    RxContext: *mut RX_CONTEXT,
    BlockingIoQ: *mut LIST_ENTRY,
) {
    // SAFETY: the caller's promise.
    let queue = unsafe { Live::from_nullable(BlockingIoQ) };
    let (Some(context), Some(queue)) = (context::check_live(RxContext), queue) else {
        return;
    };
    let next: Option<Context> = {
        let _held = data::lock();
        list::remove(addr!(context => RxContextSerializationQLinks));
        list::first(queue)
            .map(|member| list::container!(member, RX_CONTEXT, RxContextSerializationQLinks))
    };
    let Some(next) = next else { return };
    if context::is_async(next) {
        context::flags(next).fetch_or(RX_CONTEXT_FLAG_BLOCKED_PIPE_RESUME, Ordering::AcqRel);
        dispatch::queue(next);
    } else {
        event::set(addr!(next => SyncEvent));
    }
}
