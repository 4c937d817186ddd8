//! A completion that answers when nobody uses it any more.

use core::mem::ManuallyDrop;
use core::ops::Deref;

use nt::Status;
use nt::mdl::{LockedCell, LockedMemory, MdlCell, MdlRef};

use super::{Completion, ReadCompletion, WriteCompletion};
use crate::MiniRedirector;

/// A right to answer an operation.
pub trait Answer {
    /// Gives the answer; `status` is not [`Status::PENDING`]. IRQL: any.
    fn answer(self, status: Status, information: usize);
}

impl<M: MiniRedirector> Answer for Completion<M> {
    fn answer(self, status: Status, information: usize) {
        self.complete(status, information);
    }
}

impl<M: MiniRedirector> Answer for ReadCompletion<M> {
    fn answer(self, status: Status, information: usize) {
        self.into_completion().complete(status, information);
    }
}

impl<M: MiniRedirector> Answer for WriteCompletion<M> {
    fn answer(self, status: Status, information: usize) {
        self.into_completion().complete(status, information);
    }
}

/// State of an operation that knows how it went.
pub trait Outcome {
    /// The answer: a status, not [`Status::PENDING`], and bytes transferred. Asked once, by whoever lets go last. IRQL: any.
    fn outcome(&mut self) -> (Status, usize);
}

/// A completion with the mini-redirector's state of the operation, which answers when it is dropped.
///
/// Shared in a [`PoolArc`](nt::pool::PoolArc) by everyone who uses the operation's buffer, it answers when the last one lets go: the
/// buffer is never given back while it is in use.
pub struct Answering<C: Answer, T: Outcome> {
    /// Taken out when this is dropped, and not before.
    completion: ManuallyDrop<C>,
    state: T,
}

impl<C: Answer, T: Outcome> Answering<C, T> {
    /// Ties the answer to the life of the result.
    pub const fn new(completion: C, state: T) -> Self {
        Self {
            completion: ManuallyDrop::new(completion),
            state,
        }
    }

    /// The completion.
    pub fn completion(&self) -> &C {
        &self.completion
    }
}

impl<C: Answer, T: Outcome> Deref for Answering<C, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state
    }
}

impl<C: Answer, T: Outcome> Drop for Answering<C, T> {
    fn drop(&mut self) {
        let (status, information) = self.state.outcome();
        // SAFETY: taken here only, and never used again.
        let completion = unsafe { ManuallyDrop::take(&mut self.completion) };
        completion.answer(status, information);
    }
}

// SAFETY: the memory is the completion's, which stays unanswered, and where it is, as long as this lives.
unsafe impl<C: Answer + LockedMemory, T: Outcome + Send + 'static> LockedMemory
    for Answering<C, T>
{
    fn mdl(&self) -> MdlRef<'_> {
        self.completion.mdl()
    }
}

// SAFETY: as above; the completion vouches that it may be written.
unsafe impl<C: Answer + LockedCell, T: Outcome + Send + 'static> LockedCell for Answering<C, T> {
    fn cell(&self) -> MdlCell<'_> {
        self.completion.cell()
    }
}
