//! Cancellation of requests that wait for the server.
//!
//! A mini-redirector names what it waits for by a number, the cookie. Cancelling only asks: the request still ends in its own
//! way, once.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};

use nt::{Result, Status};

use crate::raw::{self, NTSTATUS, RX_CONTEXT};
use crate::{MiniRedirector, Request};

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
    cookie_of(request).store(cookie, Ordering::Release);
    // SAFETY: a live context, and a routine for it.
    nt::check(unsafe { raw::RxSetMinirdrCancelRoutine(request.as_raw(), Some(cancelled::<M>)) })
}

/// Clears the cancel routine.
pub(crate) fn disarm<M: MiniRedirector>(request: &Request<'_, M>) {
    // SAFETY: a live context. A request that is being cancelled keeps its routine, which then finds nothing to cancel.
    let _: NTSTATUS = unsafe { raw::RxSetMinirdrCancelRoutine(request.as_raw(), None) };
}

/// The cookie, in the first of the context's pointers that belong to the mini-redirector. A cancellation that is on its way
/// may read it while the next wait of the same request sets it.
fn cookie_of<'r, M: MiniRedirector>(request: &'r Request<'_, M>) -> &'r AtomicU64 {
    // SAFETY: a live context.
    let place = unsafe { &raw mut (*request.as_raw()).MRxContext };
    // SAFETY: eight aligned bytes of a live context, which RDBSS only touches between callbacks.
    unsafe { AtomicU64::from_ptr(place.cast()) }
}

/// RDBSS calls this at APC_LEVEL or below, with a reference to the context; the request itself may be over.
unsafe extern "C" fn cancelled<M: MiniRedirector>(context: *mut RX_CONTEXT) -> NTSTATUS {
    let Some(context) = NonNull::new(context) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: RDBSS keeps the context during the call.
    let request = unsafe { Request::<M>::from_raw(context) };
    request
        .mini()
        .cancel(cookie_of(&request).load(Ordering::Acquire));
    Status::SUCCESS.0
}
