//! A completion that answers when nobody uses it any more.

use std::ops::Deref;

use nt::Status;
use nt::mdl::{LockedCell, LockedMemory, MdlCell, MdlRef};

use crate::{Completion, MiniRedirector, ReadCompletion, WriteCompletion};

/// A right to answer an operation.
pub trait Answer {
    /// Gives the answer.
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
    /// The answer.
    fn outcome(&mut self) -> (Status, usize);
}

/// A completion with the state of the operation, which answers when it is dropped.
pub struct Answering<C: Answer, T: Outcome> {
    /// Taken out when this is dropped, and not before.
    completion: Option<C>,
    state: T,
}

impl<C: Answer, T: Outcome> Answering<C, T> {
    /// Ties the answer to the life of the result.
    pub const fn new(completion: C, state: T) -> Self {
        Self {
            completion: Some(completion),
            state,
        }
    }

    /// The completion.
    ///
    /// # Panics
    /// Never: it is there until this is dropped.
    pub fn completion(&self) -> &C {
        self.completion.as_ref().expect("not dropped yet")
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
        if let Some(completion) = self.completion.take() {
            completion.answer(status, information);
        }
    }
}

impl<C: Answer + LockedMemory, T: Outcome> LockedMemory for Answering<C, T> {
    fn mdl(&self) -> MdlRef<'_> {
        self.completion().mdl()
    }
}

impl<C: Answer + LockedCell, T: Outcome> LockedCell for Answering<C, T> {
    fn cell(&self) -> MdlCell<'_> {
        self.completion().cell()
    }
}
