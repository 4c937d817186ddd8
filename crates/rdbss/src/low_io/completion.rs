//! The right, and the duty, to answer a pending operation.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use nt::mdl::MdlRef;
use nt::{Result, Status};

use crate::context_parts;
use crate::raw::{self, NTSTATUS, RX_CONTEXT};
use crate::{MiniRedirector, Request, cancel};

/// Answers a pending operation. Dropping it unfinished fails the operation, so that nothing waits for ever.
pub struct Completion<M: MiniRedirector> {
    context: NonNull<RX_CONTEXT>,
    armed: AtomicBool,
    mini: PhantomData<fn() -> M>,
}

// SAFETY: RDBSS keeps the context until the answer, which any thread may give.
unsafe impl<M: MiniRedirector> Send for Completion<M> {}
// SAFETY: shared, it only gives out what any thread may look at.
unsafe impl<M: MiniRedirector> Sync for Completion<M> {}

impl<M: MiniRedirector> Completion<M> {
    /// # Safety
    /// `context` must be one of low I/O whose callback returns STATUS_PENDING, and have no other completion.
    pub(super) unsafe fn new(context: *mut RX_CONTEXT) -> Self {
        Self {
            // SAFETY: by the contract it is a context.
            context: unsafe { NonNull::new_unchecked(context) },
            armed: AtomicBool::new(false),
            mini: PhantomData,
        }
    }

    /// The request. What it names lives until the answer.
    pub fn request(&self) -> Request<'_, M> {
        // SAFETY: RDBSS keeps the context until the answer.
        unsafe { Request::from_raw(self.context) }
    }

    /// The locked buffer of a read or a write; None for a transfer of nothing, and for other operations.
    pub fn buffer(&self) -> Option<MdlRef<'_>> {
        // SAFETY: RDBSS keeps the context until the answer.
        unsafe { super::buffers::buffer(context_parts::low_io(self.context.as_ptr())) }
    }

    pub(super) fn context(&self) -> *mut RX_CONTEXT {
        self.context.as_ptr()
    }

    /// From now on a cancellation calls [`MiniRedirector::cancel`] with `cookie`; once for each completion. An error if the operation
    /// has already been cancelled: then answer with [`Status::CANCELLED`]. IRQL: any.
    pub fn set_cancel_cookie(&self, cookie: u64) -> Result<()> {
        if self.armed.swap(true, Ordering::AcqRel) {
            return Err(Status::INVALID_DEVICE_STATE);
        }
        cancel::arm(&self.request(), cookie)
    }

    /// Gives the answer; `status` is not [`Status::PENDING`]. IRQL: any.
    pub fn complete(self, status: Status, information: usize) {
        ManuallyDrop::new(self).answer(status, information);
    }

    fn answer(&mut self, status: Status, information: usize) {
        if *self.armed.get_mut() {
            cancel::disarm(&self.request());
        }
        let context = self.context.as_ptr();
        // SAFETY: RDBSS keeps the context until the answer, and leaves these fields to it.
        unsafe { (*context).StoredStatus = status.0 };
        // SAFETY: as above.
        unsafe { (*context).InformationToReturn = information as _ };
        // SAFETY: a pending operation, answered once; the context is not touched afterwards. What it returns concerns RDBSS only.
        let _: NTSTATUS = unsafe { raw::RxLowIoCompletion(context) };
    }
}

impl<M: MiniRedirector> Drop for Completion<M> {
    fn drop(&mut self) {
        self.answer(Status::REQUEST_ABORTED, 0);
    }
}
