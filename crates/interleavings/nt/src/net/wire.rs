//! The bytes under way, and the operations that wait for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use interleavings_core::step;

use super::Gather;
use crate::machine::{self, Waiters, choose};
use crate::mdl::Part;
use crate::{Result, Status, irql, time};

/// Ends an operation.
type End = Box<dyn FnOnce(Result<usize>) + Send>;

/// What is answered to what.
type Greeting = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// A connection between the driver and a server.
pub struct Wire {
    state: Mutex<State>,
    waiters: Arc<Waiters>,
    operations: Arc<Mutex<usize>>,
    /// What the server answers while the connection is opened by one thread that waits.
    greeting: Box<Greeting>,
}

#[derive(Default)]
struct State {
    /// Not on the wire yet.
    queued: VecDeque<(Gather<'static>, End)>,
    /// On the wire, and not completed yet.
    sent: Vec<(usize, End)>,
    receiving: Option<(Part, End)>,
    to_driver: VecDeque<u8>,
    to_server: Vec<u8>,
    /// The server sends nothing more.
    hung_up: bool,
    /// The driver sends nothing more.
    disconnected: bool,
    reset: bool,
    closed: bool,
    /// The network moves nothing.
    stalled: bool,
    /// The transport does not give back what it sends.
    keeps_buffers: bool,
    /// Whatever serves the wire is to end.
    over: bool,
}

impl State {
    fn failure(&self) -> Option<Status> {
        if self.closed {
            Some(Status::CONNECTION_ABORTED)
        } else if self.reset {
            Some(Status::CONNECTION_RESET)
        } else {
            None
        }
    }

    fn put_on_wire(&mut self) {
        if self.failure().is_none()
            && let Some((gather, end)) = self.queued.pop_front()
        {
            let bytes = gather.read();
            self.to_server.extend_from_slice(&bytes);
            self.sent.push((bytes.len(), end));
        }
    }

    /// What a receive would bring now.
    fn fill(&mut self, part: &Part) -> Option<Result<usize>> {
        if let Some(failure) = self.failure() {
            return Some(Err(failure));
        }
        let most = part.len().min(self.to_driver.len());
        if most == 0 {
            return self.hung_up.then_some(Ok(0));
        }
        let count = match choose(3) {
            0 => choose(most) + 1,
            _ => most,
        };
        let bytes: Vec<u8> = self.to_driver.drain(..count).collect();
        part.write(&bytes);
        Some(Ok(count))
    }
}

/// An operation that the stream waits for when it is closed.
pub(super) struct Operation {
    count: Arc<Mutex<usize>>,
    waiters: Arc<Waiters>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        *self.count.lock().expect("one thread runs at a time") -= 1;
        self.waiters.wake();
    }
}

/// What the transport's thread for sending can do next.
enum Work {
    PutOnWire,
    Complete(usize),
    Fail,
    End,
}

/// The driver's side.
impl Wire {
    pub(super) fn enter(&self) -> Result<Operation> {
        step();
        if self.lock().closed {
            return Err(Status::CONNECTION_DISCONNECTED);
        }
        *self.operations.lock().expect("one thread runs at a time") += 1;
        Ok(Operation {
            count: Arc::clone(&self.operations),
            waiters: Arc::clone(&self.waiters),
        })
    }

    pub(super) fn send(
        &self,
        gather: Gather<'static>,
        end: impl FnOnce(Result<usize>) + Send + 'static,
    ) {
        let at_once = {
            let mut state = self.lock();
            let may = state.queued.is_empty()
                && state.failure().is_none()
                && !state.stalled
                && !state.keeps_buffers;
            state.queued.push_back((gather, Box::new(end)));
            if may && choose(4) == 0 {
                state.put_on_wire();
                state.sent.pop()
            } else {
                None
            }
        };
        self.waiters.wake();
        if let Some((count, end)) = at_once {
            end(Ok(count));
        }
    }

    pub(super) fn receive(&self, part: Part, end: impl FnOnce(Result<usize>) + Send + 'static) {
        let mut state = self.lock();
        assert!(state.receiving.is_none(), "two receives at once");
        if choose(3) == 0
            && let Some(result) = state.fill(&part)
        {
            drop(state);
            return end(result);
        }
        state.receiving = Some((part, Box::new(end)));
        drop(state);
        self.waiters.wake();
    }

    pub(super) fn greet(&self, bytes: &[u8]) {
        let answer = (self.greeting)(bytes);
        self.say(&answer);
    }

    pub(super) fn receive_wait(&self, part: &Part, timeout: Duration) -> Result<usize> {
        let latest = machine::now().saturating_add(time::ticks(timeout));
        self.waiters
            .wait_until(latest, || self.lock().fill(part))
            .unwrap_or(Err(Status::IO_TIMEOUT))
    }

    pub(super) fn disconnect(&self, timeout: Duration) -> Result<()> {
        let latest = machine::now().saturating_add(time::ticks(timeout));
        let flushed = self.waiters.wait_until(latest, || {
            let state = self.lock();
            (state.queued.is_empty() || state.failure().is_some()).then_some(())
        });
        self.lock().disconnected = true;
        self.waiters.wake();
        flushed.ok_or(Status::IO_TIMEOUT)
    }

    pub(super) fn close(&self) {
        step();
        self.lock().closed = true;
        self.waiters.wake();
        let idle = || *self.operations.lock().expect("one thread runs at a time") == 0;
        if !idle() {
            self.waiters.wait(|| idle().then_some(()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("one thread runs at a time")
    }
}

/// The server's side, and the network's.
impl Wire {
    /// A wire without bytes. `greeting` answers what is sent before anything is asynchronous.
    pub fn new(greeting: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            waiters: Arc::default(),
            operations: Arc::default(),
            greeting: Box::new(greeting),
        })
    }

    /// The next frame that the driver has sent; None when none can come any more.
    pub fn next_frame(&self) -> Option<Vec<u8>> {
        self.waiters.wait(|| {
            let mut state = self.lock();
            let length = match state.to_server.get(..4) {
                Some(&[_, a, b, c]) => u32::from_be_bytes([0, a, b, c]) as usize + 4,
                _ => usize::MAX,
            };
            if state.to_server.len() >= length {
                return Some(Some(state.to_server.drain(..length).collect()));
            }
            let gone = state.over || state.failure().is_some() || state.disconnected;
            gone.then_some(None)
        })
    }

    /// Whether a frame has come that was not taken.
    pub fn has_frame(&self) -> bool {
        !self.lock().to_server.is_empty()
    }

    /// The server sends.
    pub fn say(&self, bytes: &[u8]) {
        step();
        self.lock().to_driver.extend(bytes);
        self.waiters.wake();
    }

    /// The server closes its side.
    pub fn hang_up(&self) {
        step();
        self.lock().hung_up = true;
        self.waiters.wake();
    }

    /// The connection is cut.
    pub fn reset(&self) {
        step();
        self.lock().reset = true;
        self.waiters.wake();
    }

    /// From now on nothing that is sent gets through, and no buffer comes back, until the connection ends.
    pub fn stall(&self) {
        step();
        self.lock().stalled = true;
    }

    /// From now on the transport keeps what it sends until the connection ends, although it gets through: as if the server had not
    /// taken the last byte of each message.
    pub fn keep_buffers(&self) {
        step();
        self.lock().keeps_buffers = true;
    }

    /// Ends what serves the wire.
    pub fn end(&self) {
        self.lock().over = true;
        self.waiters.wake();
    }

    /// Sends and completes what was sent, until the end.
    pub fn serve_sends(&self) {
        loop {
            let work = self.waiters.wait(|| self.next_send());
            let (end, result) = match work {
                Work::End => return,
                Work::PutOnWire => {
                    self.lock().put_on_wire();
                    self.waiters.wake();
                    continue;
                }
                Work::Complete(index) => {
                    let (count, end) = self.lock().sent.swap_remove(index);
                    (end, Ok(count))
                }
                Work::Fail => {
                    let mut state = self.lock();
                    let failure = state.failure().unwrap_or(Status::CONNECTION_RESET);
                    let queued = state.queued.pop_front().map(|(_, end)| end);
                    let end = queued.or_else(|| state.sent.pop().map(|(_, end)| end));
                    let Some(end) = end else { continue };
                    (end, Err(failure))
                }
            };
            irql::at_dispatch(|| end(result));
        }
    }

    fn next_send(&self) -> Option<Work> {
        let state = self.lock();
        let sent = match state.keeps_buffers && state.failure().is_none() {
            true => 0,
            false => state.sent.len(),
        };
        let pending = (state.queued.len(), sent);
        if state.failure().is_some() && pending != (0, 0) {
            return Some(Work::Fail);
        }
        if state.over {
            return Some(Work::End);
        }
        if state.stalled {
            return None;
        }
        match pending {
            (0, 0) => None,
            (_, 0) => Some(Work::PutOnWire),
            (0, sent) => Some(Work::Complete(choose(sent))),
            (_, sent) => match choose(sent + 1) {
                0 => Some(Work::PutOnWire),
                index => Some(Work::Complete(index - 1)),
            },
        }
    }

    /// Receives, until the end.
    pub fn serve_receives(&self) {
        while let Some((end, result)) = self.waiters.wait(|| {
            let mut state = self.lock();
            if let Some((part, end)) = state.receiving.take() {
                match state.fill(&part) {
                    Some(result) => return Some(Some((end, result))),
                    None => state.receiving = Some((part, end)),
                }
            }
            state.over.then_some(None)
        }) {
            irql::at_dispatch(|| end(result));
        }
    }
}
