//! What a connection has to say to its test.

use super::request::Request;
use super::socket::Socket;
use crate::ledger::violation;
use crate::sync::{Condition, Mutex};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use wdk_sys::NTSTATUS;
use wine_protocol::Reply;

/// After so long without an end, a cancelled request counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

enum Answer {
    Ready {
        tag: u32,
        status: NTSTATUS,
        information: u64,
        data: Vec<u8>,
    },
    Ended {
        tag: u32,
        request: Arc<Request>,
    },
}

struct State {
    answers: VecDeque<Answer>,
    /// Requests whose end is still to be told.
    under_way: usize,
    closed: bool,
}

/// Answers in the order in which they are to be sent. Requests end at DISPATCH_LEVEL, where no socket may be used, so a
/// thread of the connection's sends them.
pub struct Outbox {
    state: Mutex<State>,
    changed: Condition,
}

impl Outbox {
    /// An empty one.
    pub const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                answers: VecDeque::new(),
                under_way: 0,
                closed: false,
            }),
            changed: Condition::new(),
        }
    }

    /// Answers a request.
    pub fn answer(&self, tag: u32, status: NTSTATUS, information: u64, data: Vec<u8>) {
        self.push(Answer::Ready {
            tag,
            status,
            information,
            data,
        });
    }

    /// The end of one more request will be told by [`Self::end`].
    pub fn begin(&self) {
        self.state.lock().under_way += 1;
    }

    /// A request has ended. IRQL: up to DISPATCH_LEVEL.
    pub fn end(&self, tag: u32, request: Arc<Request>) {
        self.push(Answer::Ended { tag, request });
    }

    fn push(&self, answer: Answer) {
        self.state.lock().answers.push_back(answer);
        self.changed.wake_all();
    }

    /// Waits until no request is under way. False if some never end.
    pub fn wait_for_ends(&self) -> bool {
        let mut state = self.state.lock();
        while state.under_way > 0 {
            if !self.changed.wait_for(&mut state, PATIENCE) {
                let left = state.under_way;
                drop(state);
                violation!("{left} cancelled IRPs were never completed");
                return false;
            }
        }
        true
    }

    /// Lets [`Self::send_all`] return when everything is sent.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.changed.wake_all();
    }

    /// Sends answers until the outbox is closed and empty.
    pub fn send_all(&self, socket: &Socket) {
        while let Some(answer) = self.next() {
            match answer {
                Answer::Ready {
                    tag,
                    status,
                    information,
                    data,
                } => send(socket, tag, status, information, &data),
                Answer::Ended { tag, request } => {
                    if let Some(done) = request.take_done() {
                        send(socket, tag, done.status, done.information, &done.data);
                    }
                    drop(request);
                    self.state.lock().under_way -= 1;
                    self.changed.wake_all();
                }
            }
        }
    }

    fn next(&self) -> Option<Answer> {
        let mut state = self.state.lock();
        loop {
            if let Some(answer) = state.answers.pop_front() {
                return Some(answer);
            }
            if state.closed {
                return None;
            }
            self.changed.wait(&mut state);
        }
    }
}

/// Sends one answer. If the test has gone, nobody misses it.
fn send(socket: &Socket, tag: u32, status: NTSTATUS, information: u64, data: &[u8]) {
    let reply = Reply {
        tag,
        status,
        information,
        data,
    };
    // Nobody can ask for more than a reply may carry.
    if let Ok(head) = reply.head()
        && socket.write_all(&head)
    {
        socket.write_all(data);
    }
}
