//! Contexts that a mini-redirector makes itself.

use core::ptr::NonNull;

use nt::{Result, Status};

use crate::raw::{self, BOOLEAN, RX_CONTEXT};
use crate::{Device, MiniRedirector};

/// A context without IRP, for work on the device.
pub(crate) struct OwnContext(NonNull<RX_CONTEXT>);

impl OwnContext {
    /// Makes a context that counts as run by a worker thread. For threads of the system process. IRQL: PASSIVE_LEVEL.
    pub(crate) fn new<M: MiniRedirector>(device: Device<'_, M>) -> Result<Self> {
        let no_irp = core::ptr::null_mut();
        // SAFETY: a live device.
        let context =
            unsafe { raw::RxCreateRxContext(no_irp, device.as_raw(), raw::RX_CONTEXT_FLAG_IN_FSP) };
        NonNull::new(context)
            .map(Self)
            .ok_or(Status::INSUFFICIENT_RESOURCES)
    }

    pub(crate) fn as_raw(&self) -> *mut RX_CONTEXT {
        self.0.as_ptr()
    }

    /// Where RDBSS says that the work has to be done on another thread.
    pub(crate) fn post_flag(&self) -> *mut BOOLEAN {
        // SAFETY: a live context.
        unsafe { &raw mut (*self.as_raw()).PostRequest }
    }
}

impl Drop for OwnContext {
    fn drop(&mut self) {
        // SAFETY: made here, and its only reference.
        unsafe { raw::RxDereferenceAndDeleteRxContext_Real(self.as_raw()) };
    }
}
