//! The request that a callback serves.

use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use nt::{Result, Status};

use crate::cancel::{self, CancelScope};
use crate::objects::{Fcb, Fobx, SrvOpen};
use crate::raw::{self, RX_CONTEXT};
use crate::{Device, MiniRedirector};

/// Lets a view of a request, which has it in a field `request`, be used as the request.
macro_rules! deref_to_request {
    ($view:ident) => {
        impl<'a, M: MiniRedirector> core::ops::Deref for $view<'a, M> {
            type Target = Request<'a, M>;

            fn deref(&self) -> &Self::Target {
                &self.request
            }
        }
    };
}

/// What every request has (`RX_CONTEXT`). The objects that it names live as long as this reference.
pub struct Request<'a, M> {
    raw: NonNull<RX_CONTEXT>,
    lives: PhantomData<&'a M>,
}

impl<'a, M: MiniRedirector> Request<'a, M> {
    /// # Safety
    /// `raw` must be a context of a device of `M`, alive during `'a`.
    pub(crate) unsafe fn from_raw(raw: NonNull<RX_CONTEXT>) -> Self {
        Self {
            raw,
            lives: PhantomData,
        }
    }

    /// The context as RDBSS's routines take it.
    pub fn as_raw(&self) -> *mut RX_CONTEXT {
        self.raw.as_ptr()
    }

    /// The device.
    pub fn device(&self) -> Device<'_, M> {
        // SAFETY: a live context.
        let device = unsafe { (*self.as_raw()).RxDeviceObject };
        // SAFETY: RDBSS makes no context without a device.
        let device = unsafe { NonNull::new_unchecked(device) };
        // SAFETY: the device outlives its contexts.
        unsafe { Device::from_raw(device) }
    }

    /// The mini-redirector.
    pub fn mini(&self) -> &M {
        self.device().mini()
    }

    /// The file.
    pub fn fcb(&self) -> Result<Fcb<'_, M>> {
        // SAFETY: a live context.
        let fcb = unsafe { (*self.as_raw()).pFcb };
        // SAFETY: a context keeps its FCB.
        unsafe { Fcb::from_raw(fcb) }
    }

    /// The handle.
    pub fn fobx(&self) -> Result<Fobx<'_, M>> {
        // SAFETY: a live context.
        let fobx = unsafe { (*self.as_raw()).pFobx };
        let fobx = NonNull::new(fobx).ok_or(Status::INVALID_HANDLE)?;
        // SAFETY: a context keeps its FOBX.
        Ok(unsafe { Fobx::from_raw(fobx) })
    }

    /// The open: the one that the request names, else the handle's.
    pub fn srv_open(&self) -> Result<SrvOpen<'_, M>> {
        // SAFETY: a live context.
        let srv_open = unsafe { (*self.as_raw()).pRelevantSrvOpen };
        match NonNull::new(srv_open) {
            // SAFETY: a context keeps its SRV_OPEN.
            Some(srv_open) => Ok(unsafe { SrvOpen::from_raw(srv_open) }),
            None => self.fobx()?.srv_open().ok_or(Status::INVALID_HANDLE),
        }
    }

    /// The state of the open; an error if it never was open or is already closed.
    pub fn srv_open_context(&self) -> Result<&M::SrvOpen> {
        self.srv_open()?.context().ok_or(Status::FILE_CLOSED)
    }

    /// The state of the handle; an error if it never was open or is already closed.
    pub fn fobx_context(&self) -> Result<&M::Fobx> {
        self.fobx()?.context().ok_or(Status::FILE_CLOSED)
    }

    /// Whether the I/O manager does not wait for the answer.
    pub fn is_asynchronous(&self) -> bool {
        self.flags() & raw::RX_CONTEXT_FLAG_ASYNC_OPERATION != 0
    }

    /// Whether the request has been cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.flags() & raw::RX_CONTEXT_FLAG_CANCELLED != 0
    }

    /// Whether RDBSS made the request itself, as for a delayed close.
    pub fn is_internal(&self) -> bool {
        // SAFETY: a live context.
        unsafe { (*self.as_raw()).CurrentIrp }.is_null()
    }

    /// From here until the result is dropped, a cancellation of this request calls [`MiniRedirector::cancel`] with `cookie`. An
    /// error if it has already been cancelled. For requests that are answered before their callback returns.
    pub fn cancellable(&self, cookie: u64) -> Result<CancelScope<'_, M>> {
        cancel::arm::<M>(self, cookie)?;
        Ok(CancelScope::new(self))
    }

    pub(crate) fn flags(&self) -> u32 {
        self.atomic_flags().load(Ordering::Acquire)
    }

    pub(crate) fn atomic_flags(&self) -> &AtomicU32 {
        // SAFETY: a live context.
        let flags = unsafe { &raw mut (*self.as_raw()).Flags };
        // SAFETY: an aligned field of a live context, which others change with interlocked operations.
        unsafe { AtomicU32::from_ptr(flags) }
    }

    pub(crate) fn set_information(&self, information: usize) {
        // SAFETY: a live context, whose answer is the callback's to write.
        unsafe { (*self.as_raw()).InformationToReturn = information as _ };
    }

    /// Asks RDBSS to call again on a worker thread; the callback then returns STATUS_PENDING.
    pub(crate) fn ask_for_post(&self) {
        // SAFETY: a live context.
        unsafe { (*self.as_raw()).PostRequest = 1 };
    }
}
