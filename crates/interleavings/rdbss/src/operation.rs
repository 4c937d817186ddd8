//! A low I/O operation during its callback.

use std::sync::Arc;

use nt::pool::PoolArc;
use nt::{Result, Status};

use crate::{Completion, Context, MiniRedirector};

/// How a low I/O callback ends.
#[derive(Debug)]
pub enum LowIo {
    /// It is over.
    Done {
        /// How it went.
        status: Status,
        /// Bytes transferred.
        information: usize,
    },
    /// The completion gives the answer.
    Pending(Pended),
}

impl LowIo {
    /// An operation that has failed.
    pub const fn failed(status: Status) -> Self {
        Self::Done {
            status,
            information: 0,
        }
    }
}

/// Token of an operation that is answered by its completion.
#[derive(Debug)]
pub struct Pended(());

/// A read or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadWrite {
    /// First byte in the file.
    pub offset: i64,
    /// How many bytes.
    pub length: u32,
}

/// An operation whose answer RDBSS waits for.
pub struct Operation<'a, M: MiniRedirector, P> {
    context: &'a Arc<Context<M>>,
    parameters: P,
}

impl<'a, M: MiniRedirector> Operation<'a, M, ReadWrite> {
    pub(crate) fn new(context: &'a Arc<Context<M>>) -> Self {
        Self {
            context,
            parameters: context.parameters(),
        }
    }
}

impl<M: MiniRedirector, P: Copy> Operation<'_, M, P> {
    /// What is to be done.
    pub fn parameters(&self) -> P {
        self.parameters
    }

    /// The open.
    ///
    /// # Errors
    /// None, in the model.
    pub fn srv_open(&self) -> Result<SrvOpen<'_, M>> {
        Ok(SrvOpen(self.context))
    }

    /// The file.
    ///
    /// # Errors
    /// Always: the model's files have no size.
    pub fn fcb(&self) -> Result<Fcb> {
        Err(Status::NOT_SUPPORTED)
    }

    /// From now on the answer is given by the completion.
    pub fn pend(self) -> (Pended, Completion<M>) {
        (Pended(()), Completion::new(Arc::clone(self.context)))
    }
}

/// An open.
pub struct SrvOpen<'a, M: MiniRedirector>(&'a Arc<Context<M>>);

impl<M: MiniRedirector> SrvOpen<'_, M> {
    /// The driver's state of it.
    pub fn share_context(&self) -> Option<PoolArc<M::SrvOpen>> {
        Some(PoolArc::clone(self.0.open()))
    }
}

/// A file, of which the model knows nothing.
pub enum Fcb {}

impl Fcb {
    /// The end of the file.
    pub fn file_size(&self) -> i64 {
        match *self {}
    }
}
