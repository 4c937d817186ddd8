//! Cancellation of requests that wait for the server.
//!
//! A mini-redirector names what it waits for by a number, the cookie. Cancelling only asks: the request still ends in its own
//! way, once.

use core::ptr::NonNull;

use nt::{Result, Status};

use crate::raw::{self, NTSTATUS, RX_CONTEXT};
use crate::{MiniRedirector, Request};

/// Which of the context's `MRxContext` pointers holds the cookie.
const COOKIE: usize = 0;

/// While it lives, a cancellation of the request calls [`MiniRedirector::cancel`].
pub struct CancelScope<'a, M: MiniRedirector> {
    request: &'a Request<'a, M>,
}

impl<'a, M: MiniRedirector> CancelScope<'a, M> {
    pub(crate) fn new(request: &'a Request<'a, M>) -> Self {
        Self { request }
    }
}

impl<M: MiniRedirector> Drop for CancelScope<'_, M> {
    fn drop(&mut self) {
        disarm(self.request);
    }
}

/// Sets the cancel routine. STATUS_CANCELLED if the request has already been cancelled.
pub(crate) fn arm<M: MiniRedirector>(request: &Request<'_, M>, cookie: u64) -> Result<()> {
    // SAFETY: a live context, and these pointers are the mini-redirector's; no cancel routine is set that would read them.
    unsafe {
        (*request.as_raw()).MRxContext[COOKIE] = core::ptr::without_provenance_mut(cookie as usize)
    };
    // SAFETY: a live context, and a routine for it.
    nt::check(unsafe { raw::RxSetMinirdrCancelRoutine(request.as_raw(), Some(cancelled::<M>)) })
}

/// Clears the cancel routine.
pub(crate) fn disarm<M: MiniRedirector>(request: &Request<'_, M>) {
    // SAFETY: a live context. A request that is being cancelled keeps its routine, which then finds nothing to cancel.
    let _: NTSTATUS = unsafe { raw::RxSetMinirdrCancelRoutine(request.as_raw(), None) };
}

/// RDBSS calls this at APC_LEVEL or below, with a reference to the context; the request itself may be over.
unsafe extern "C" fn cancelled<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    let Some(context) = NonNull::new(context) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: RDBSS keeps the context during the call.
    let request = unsafe { Request::<M>::from_raw(context) };
    // SAFETY: a live context, armed before.
    let cookie = unsafe { (*request.as_raw()).MRxContext[COOKIE] };
    request.mini().cancel(cookie.addr() as u64);
    Status::SUCCESS.0
}
