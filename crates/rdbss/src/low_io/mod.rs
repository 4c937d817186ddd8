//! Low I/O: the requests that may be answered later.
//!
//! A callback gets an [`Operation`]. Either it has the answer and returns [`LowIo::Done`]; or it calls [`Operation::pend`], returns
//! [`LowIo::Pending`], and the [`Completion`] gives the answer: once, from any thread, also before the callback has returned.

mod answering;
mod buffers;
mod completion;
mod controls;
mod locks;
mod operation;
mod parameters;

pub use answering::{Answer, Answering, Outcome};
pub use buffers::{ReadCompletion, WriteCompletion};
pub use completion::Completion;
pub use controls::{Control, ControlMethod, RawControl};
pub(crate) use controls::{control_input, control_output, raw_control, wipe_control_input};
pub use locks::{LockRange, UnlockMultiple, UnlockRange, UnlockRanges};
pub use operation::Operation;
pub use parameters::{Notify, ReadWrite};

use nt::Status;

/// How a low I/O callback ends.
#[must_use = "RDBSS waits for the outcome"]
#[derive(Debug)]
pub enum LowIo {
    /// It is over.
    Done {
        /// How it went; never [`Status::PENDING`].
        status: Status,
        /// Bytes transferred, or what else goes to `IoStatus.Information`.
        information: usize,
    },
    /// The completion that came with this token gives the answer.
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

/// Token of an operation that is answered by its [`Completion`].
#[must_use = "return it from the callback"]
#[derive(Debug)]
pub struct Pended(());
