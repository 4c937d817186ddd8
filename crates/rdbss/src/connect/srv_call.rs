//! Connecting to a server.

use core::marker::PhantomData;
use core::ptr::NonNull;

use nt::pool::PoolArc;
use nt::{Result, Status};

use super::{ConnectRequest, SrvCallLink};
use crate::MiniRedirector;
use crate::objects::SrvCall;
use crate::raw::MRX_SRVCALL_CALLBACK_CONTEXT;

/// A connect to a server that RDBSS waits for. Dropping it unfinished fails the connect.
pub struct SrvCallCompletion<M: MiniRedirector> {
    callback: NonNull<MRX_SRVCALL_CALLBACK_CONTEXT>,
    mini: PhantomData<fn() -> M>,
}

// SAFETY: RDBSS keeps everything behind the pointer until the callback, which any thread may call.
unsafe impl<M: MiniRedirector> Send for SrvCallCompletion<M> {}

impl<M: MiniRedirector> SrvCallCompletion<M> {
    /// # Safety
    /// `callback` must be what RDBSS gave to `MRxCreateSrvCall`, which must return STATUS_PENDING.
    pub(crate) unsafe fn new(callback: NonNull<MRX_SRVCALL_CALLBACK_CONTEXT>) -> Self {
        Self {
            callback,
            mini: PhantomData,
        }
    }

    /// The server: its name says where to connect.
    pub fn srv_call(&self) -> SrvCall<'_, M> {
        // SAFETY: RDBSS keeps the structure until the callback.
        let down = unsafe { (*self.callback.as_ptr()).SrvCalldownStructure };
        // SAFETY: as above.
        let srv_call = unsafe { (*down).SrvCall };
        // SAFETY: RDBSS connects no server without a SRV_CALL.
        let srv_call = unsafe { NonNull::new_unchecked(srv_call) };
        // SAFETY: RDBSS keeps it until the callback.
        unsafe { SrvCall::from_raw(srv_call) }
    }

    /// What the create said; None if the connect is not for a create.
    pub fn connect_request(&self) -> Option<ConnectRequest<'_>> {
        // SAFETY: RDBSS keeps the structure until the callback.
        let down = unsafe { (*self.callback.as_ptr()).SrvCalldownStructure };
        // SAFETY: as above.
        let context = unsafe { (*down).RxContext };
        // SAFETY: a connect's context is a create's, and waits for the callback.
        (!context.is_null()).then(|| unsafe { ConnectRequest::from_raw(context) })
    }

    /// A way to report breaks later, from anywhere.
    pub fn link(&self) -> Option<PoolArc<SrvCallLink>> {
        self.srv_call().second_slot().share()
    }

    /// Ends the connect. [`MiniRedirector::srv_call_ready`] follows a success. IRQL: below DISPATCH_LEVEL.
    pub fn complete(self, outcome: Result<PoolArc<M::SrvCall>>) {
        let this = core::mem::ManuallyDrop::new(self);
        this.call_back(outcome);
    }

    fn call_back(&self, outcome: Result<PoolArc<M::SrvCall>>) {
        let (status, context) = match outcome {
            Ok(context) => (Status::SUCCESS, PoolArc::into_raw(context).as_ptr()),
            Err(status) => (status, core::ptr::null_mut()),
        };
        let callback = self.callback.as_ptr();
        // SAFETY: RDBSS keeps the structure until the callback.
        unsafe { (*callback).Status = status.0 };
        // SAFETY: as above.
        unsafe { (*callback).RecommunicateContext = context.cast() };
        // SAFETY: as above.
        let down = unsafe { (*callback).SrvCalldownStructure };
        // SAFETY: as above.
        if let Some(finish) = unsafe { (*down).CallBack } {
            // SAFETY: once, with what RDBSS gave; nothing is touched afterwards.
            unsafe { finish(callback) };
        }
    }
}

impl<M: MiniRedirector> Drop for SrvCallCompletion<M> {
    fn drop(&mut self) {
        // Mostly it goes down with work that could not be posted.
        self.call_back(Err(Status::INSUFFICIENT_RESOURCES));
    }
}
