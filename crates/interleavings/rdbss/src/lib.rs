//! A model of `rdbss`: reads and writes that a user asks for, and may cancel at any moment.
//!
//! The same names as `rdbss`'s, as far as the driver's reads and writes use them. A [`Context`] is a request as RDBSS has it:
//! it fails when it is answered twice, and its buffer is taken back by the answer.
#![forbid(unsafe_code)]

mod answering;
mod completion;
mod context;
mod operation;

pub use answering::{Answer, Answering, Outcome};
pub use completion::{Completion, ReadCompletion, Request, WriteCompletion};
pub use context::{Answered, Context};
pub use operation::{Fcb, LowIo, Operation, Pended, ReadWrite, SrvOpen};

/// The driver, as RDBSS knows it.
pub trait MiniRedirector: Sized + Send + Sync + 'static {
    /// State of an open.
    type SrvOpen: Send + Sync + 'static;

    /// A request that was given this cookie is cancelled.
    fn cancel(&self, cookie: u64);
}
