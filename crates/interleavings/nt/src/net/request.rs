//! Asynchronous operations, with `nt`'s rule of who calls a completion: the first on the stack that starts or ends an operation
//! is the request's runner; others only mark it as over.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};

use interleavings_core::step;

use super::Socket;
use super::wire::Operation;
use crate::Result;
use crate::pool::{Block, Tag};

const TAG: Tag = Tag::new(b"NtWr");

/// What happens when an operation is over.
pub trait Completion: Send + Sized + 'static {
    /// Called once for every operation started.
    fn completed(request: Request<Self>, result: Result<usize>);
}

/// A reusable operation. As a reference it is the context.
pub struct Request<C: Completion> {
    context: Box<C>,
    run: Arc<Mutex<Run<C>>>,
    _block: Block,
}

struct Run<C: Completion> {
    has_runner: bool,
    turn: u32,
    /// An operation that is over, whose completion was not called yet.
    over: Option<(Request<C>, Result<usize>, Option<Operation>)>,
}

impl<C: Completion> Request<C> {
    /// A new request around a context, to send.
    ///
    /// # Errors
    /// None, in the model.
    pub fn to_send(_: &Socket, context: C) -> Result<Self> {
        Ok(Self {
            context: Box::new(context),
            run: Arc::new(Mutex::new(Run {
                has_runner: false,
                turn: 0,
                over: None,
            })),
            _block: Block::new(TAG),
        })
    }

    /// A new request around a context, to receive and send.
    ///
    /// # Errors
    /// None, in the model.
    pub fn to_receive(socket: &Socket, context: C) -> Result<Self> {
        Self::to_send(socket, context)
    }

    /// How many completions have come one after the other without a break.
    pub fn turn(&self) -> u32 {
        lock(&self.run).turn
    }

    /// Gives the request away: `launch` says what bytes are meant, and `fly` moves them.
    pub(super) fn start<B>(
        self,
        launch: impl FnOnce(&mut Self) -> Result<(B, Operation)>,
        fly: impl FnOnce(B, Flight<C>),
    ) {
        let mut request = self;
        let run = Arc::clone(&request.run);
        let is_runner = !std::mem::replace(&mut lock(&run).has_runner, true);
        match launch(&mut request) {
            Ok((bytes, operation)) => fly(bytes, Flight { request, operation }),
            Err(failure) => end(request, Err(failure), None),
        }
        step();
        if is_runner {
            call_completions(&run);
        }
    }
}

/// A request that was given away.
pub(super) struct Flight<C: Completion> {
    request: Request<C>,
    operation: Operation,
}

impl<C: Completion> Flight<C> {
    pub(super) fn end(self, result: Result<usize>) {
        end(self.request, result, Some(self.operation));
    }
}

fn end<C: Completion>(request: Request<C>, result: Result<usize>, operation: Option<Operation>) {
    let run = Arc::clone(&request.run);
    let is_runner = {
        let mut run = lock(&run);
        run.over = Some((request, result, operation));
        !std::mem::replace(&mut run.has_runner, true)
    };
    if is_runner {
        call_completions(&run);
    }
}

fn call_completions<C: Completion>(run: &Arc<Mutex<Run<C>>>) {
    let mut last = None;
    loop {
        let over = {
            let mut run = lock(run);
            run.turn += 1;
            run.over.take()
        };
        let Some((request, result, operation)) = over else {
            break;
        };
        C::completed(request, result);
        // Only then is the operation over for the stream.
        last = operation.or(last);
        step();
    }
    // Nothing has come in between: threads are not switched here.
    let mut run = lock(run);
    run.has_runner = false;
    run.turn = 0;
    drop(run);
    drop(last);
}

fn lock<T>(run: &Mutex<T>) -> MutexGuard<'_, T> {
    run.lock().expect("one thread runs at a time")
}

impl<C: Completion> Deref for Request<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.context
    }
}

impl<C: Completion> DerefMut for Request<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.context
    }
}
