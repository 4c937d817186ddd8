//! The right, and the duty, to answer a pending operation.

use std::ops::Deref;
use std::sync::Arc;

use interleavings_core::sync::atomic::{AtomicBool, Ordering};
use nt::mdl::{LockedCell, LockedMemory, MdlCell, MdlRef};
use nt::{Result, Status};

use crate::{Context, MiniRedirector};

/// Answers a pending operation. Dropping it unfinished fails the operation.
pub struct Completion<M: MiniRedirector> {
    /// None once it is answered.
    context: Option<Arc<Context<M>>>,
    armed: AtomicBool,
}

impl<M: MiniRedirector> Completion<M> {
    pub(crate) fn new(context: Arc<Context<M>>) -> Self {
        Self {
            context: Some(context),
            armed: AtomicBool::new(false),
        }
    }

    fn context(&self) -> &Arc<Context<M>> {
        self.context.as_ref().expect("not answered yet")
    }

    /// The request.
    pub fn request(&self) -> Request<'_, M> {
        Request(self.context())
    }

    /// The locked buffer.
    pub fn buffer(&self) -> Option<MdlRef<'_>> {
        Some(MdlRef::new(self.context().buffer()))
    }

    /// From now on a cancellation calls [`MiniRedirector::cancel`].
    ///
    /// # Errors
    /// STATUS_CANCELLED if it is cancelled already.
    pub fn set_cancel_cookie(&self, cookie: u64) -> Result<()> {
        if self.armed.swap(true, Ordering::AcqRel) {
            return Err(Status::INVALID_DEVICE_STATE);
        }
        self.context().arm(cookie)
    }

    /// Gives the answer.
    pub fn complete(mut self, status: Status, information: usize) {
        self.answer(status, information);
    }

    fn answer(&mut self, status: Status, information: usize) {
        let Some(context) = self.context.take() else {
            return;
        };
        if *self.armed.get_mut() {
            context.disarm();
        }
        context.complete(status, information);
    }

    /// This completion as one that lends its buffer to be filled.
    ///
    /// # Errors
    /// The completion, if it is not one of a read; never, in the model.
    pub fn into_read(self) -> std::result::Result<ReadCompletion<M>, Self> {
        Ok(ReadCompletion(self))
    }

    /// This completion as one that lends its buffer to be sent.
    ///
    /// # Errors
    /// The completion, if it is not one of a write; never, in the model.
    pub fn into_write(self) -> std::result::Result<WriteCompletion<M>, Self> {
        Ok(WriteCompletion(self))
    }
}

impl<M: MiniRedirector> Drop for Completion<M> {
    fn drop(&mut self) {
        self.answer(Status::REQUEST_ABORTED, 0);
    }
}

/// The request that is answered.
pub struct Request<'a, M: MiniRedirector>(&'a Arc<Context<M>>);

impl<M: MiniRedirector> Request<'_, M> {
    /// Whether the request has been cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

macro_rules! transfer_completion {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<M: MiniRedirector>(Completion<M>);

        impl<M: MiniRedirector> $name<M> {
            /// Gives the completion back.
            pub fn into_completion(self) -> Completion<M> {
                self.0
            }
        }

        impl<M: MiniRedirector> Deref for $name<M> {
            type Target = Completion<M>;

            fn deref(&self) -> &Completion<M> {
                &self.0
            }
        }

        impl<M: MiniRedirector> LockedMemory for $name<M> {
            fn mdl(&self) -> MdlRef<'_> {
                MdlRef::new(self.0.context().buffer())
            }
        }
    };
}

transfer_completion! {
    /// The completion of a read: its buffer is filled.
    ReadCompletion
}

transfer_completion! {
    /// The completion of a write: its buffer is sent.
    WriteCompletion
}

impl<M: MiniRedirector> LockedCell for ReadCompletion<M> {
    fn cell(&self) -> MdlCell<'_> {
        MdlCell::new(self.0.context().buffer())
    }
}
