//! A low I/O operation during its callback.

use core::cell::Cell;
use core::ops::Deref;

use nt::mdl::MdlRef;

use super::{Completion, Pended};
use crate::context_parts;
use crate::raw::LOWIO_CONTEXT;
use crate::{MiniRedirector, Request};

/// An operation whose answer RDBSS waits for, with its parameters.
pub struct Operation<'a, M: MiniRedirector, P> {
    request: Request<'a, M>,
    parameters: P,
    /// Told to the glue, which must then return STATUS_PENDING whatever the callback returns.
    pended: &'a Cell<bool>,
}

impl<'a, M: MiniRedirector, P: Copy> Operation<'a, M, P> {
    /// # Safety
    /// `request` must be one of low I/O of the kind that `parameters` were taken from, and RDBSS must be told STATUS_PENDING if
    /// `pended` gets set.
    pub(crate) unsafe fn new(
        request: Request<'a, M>,
        parameters: P,
        pended: &'a Cell<bool>,
    ) -> Self {
        Self {
            request,
            parameters,
            pended,
        }
    }

    /// What is to be done.
    pub fn parameters(&self) -> P {
        self.parameters
    }

    /// The locked buffer of a read or a write; None for a transfer of nothing, and for other operations.
    pub fn buffer(&self) -> Option<MdlRef<'_>> {
        // SAFETY: a live context of low I/O.
        unsafe { super::buffers::buffer(self.low_io()) }
    }

    /// From now on the answer is given by the completion. The first part of the result is to be returned from the callback.
    pub fn pend(self) -> (Pended, Completion<M>) {
        self.pended.set(true);
        // SAFETY: by the contract of `new`, RDBSS is told that the operation is pending.
        let completion = unsafe { Completion::new(self.request.as_raw()) };
        (Pended(()), completion)
    }

    pub(super) fn low_io(&self) -> *mut LOWIO_CONTEXT {
        context_parts::low_io(self.request.as_raw())
    }
}

impl<'a, M: MiniRedirector, P> Deref for Operation<'a, M, P> {
    type Target = Request<'a, M>;

    fn deref(&self) -> &Self::Target {
        &self.request
    }
}
