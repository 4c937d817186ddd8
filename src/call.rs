//! Requests that a thread waits for: everything but reads, writes and what may take for ever.

use core::mem;

use nt::pool::{PoolArc, PoolVec, Tag};
use nt::sync::{Event, EventKind, SpinLock};
use nt::{Result, Status};
use smb_client::{
    ClientError, Protection, Reply as Wanted, Request, Ticket, credit_charge, encode,
};
use smb_wire::smb2::{Command, Header, HeaderFlags};
use smb_wire::{EmitError, NtStatus, Writer};

use crate::connection::Connection;
use crate::exchange::{self, MESSAGE_ROOM, Outgoing, Requester, Stock, room_of};
use crate::session::Guard;
use crate::status;

const TAG: Tag = Tag::new(b"OxCa");

/// What to ask, and what for.
pub struct Ask {
    /// The command.
    pub command: Command,
    /// How it is protected.
    pub guard: Guard,
    /// Its session, or 0.
    pub session_id: u64,
    /// Its tree, or 0.
    pub tree_id: u32,
    /// Bytes that the request's variable part may have.
    pub body: usize,
    /// Bytes that the answer's variable part may have.
    pub answer: u32,
}

/// An answer: the server's own status is in the header.
pub struct Answer {
    /// The message's header.
    pub header: Header,
    /// The message, from the header on.
    pub message: PoolVec<u8>,
    /// Its protection says that it is the server's, where there is one. The engine lets one sort pass without: that a session
    /// is gone, which a server cannot sign any more.
    pub is_genuine: bool,
}

impl Answer {
    /// The message, if the server's status is success.
    pub fn success(&self) -> Result<&[u8]> {
        match self.header.status {
            NtStatus::SUCCESS => Ok(&self.message),
            other => Err(status::from_server(other)),
        }
    }

    /// Reads a successful answer's message.
    pub fn read<'m, T, E: Into<ClientError>>(
        &'m self,
        parse: impl FnOnce(&'m [u8]) -> core::result::Result<T, E>,
    ) -> Result<T> {
        parse(self.success()?).map_err(|error| status::from_client(error.into()))
    }
}

/// A request in flight, and the thread that waits for it.
pub struct Call {
    guard: Guard,
    /// Where the answer goes: made before the question, so that no success is lost for want of memory.
    room: SpinLock<PoolVec<u8>>,
    state: SpinLock<State>,
    /// Something has happened to the state.
    news: Event,
}

enum State {
    Waiting,
    MaySend(Ticket),
    Over(Result<Answer>),
}

impl Call {
    /// How the request and its answer are protected.
    pub fn protection(&self) -> Protection<'_> {
        self.guard.protection()
    }

    /// The request waited for credits, and may be sent now. The thread that waits does it. IRQL: any.
    pub fn may_send(&self, ticket: &Ticket) {
        self.tell(State::MaySend(*ticket));
    }

    /// The answer is there. IRQL: any.
    pub fn answered(&self, header: &Header, message: &[u8]) {
        let mut copy = mem::replace(&mut *self.room.lock(), PoolVec::new(TAG));
        let copied = copy.extend_from_slice(message);
        let is_genuine = match self.protection() {
            Protection::Signed(_) => header.flags.contains(HeaderFlags::SIGNED),
            Protection::None | Protection::Sealed(_) => true,
        };
        self.tell(State::Over(copied.map(|()| Answer {
            header: *header,
            message: copy,
            is_genuine,
        })));
    }

    /// There will be no answer. IRQL: any.
    pub fn failed(&self, status: Status) {
        self.tell(State::Over(Err(status)));
    }

    fn tell(&self, news: State) {
        let old = {
            let mut state = self.state.lock();
            // The end is the last news, even if permission to send was on its way.
            if matches!(*state, State::Over(_)) {
                return;
            }
            mem::replace(&mut *state, news)
        };
        drop(old);
        self.news.set();
    }

    /// Waits for news. The keeper sees to it that there are some.
    fn wait(&self) -> State {
        loop {
            match mem::replace(&mut *self.state.lock(), State::Waiting) {
                State::Waiting => {}
                news => return news,
            }
            nt::sync::network_wait();
            self.news.wait();
        }
    }
}

/// Asks the server and waits for its answer. `encode` writes the whole request. IRQL: PASSIVE.
///
/// # Errors
/// That there was no answer: the connection's end, a time-out, no memory.
pub fn exchange(
    connection: &PoolArc<Connection>,
    ask: Ask,
    encode: impl FnOnce(&Ticket, Protection<'_>, &mut [u8]) -> core::result::Result<usize, ClientError>,
) -> Result<Answer> {
    // Everything that can fail for want of memory comes before the message id is taken.
    let room = ask.body.saturating_add(MESSAGE_OVERHEAD);
    let (stock, room) = if room <= MESSAGE_ROOM {
        (Stock::Messages, MESSAGE_ROOM)
    } else {
        (Stock::None, room)
    };
    let outgoing = Outgoing::take(connection, stock, room)?;
    let call = PoolArc::new(
        TAG,
        Call {
            guard: ask.guard,
            room: SpinLock::new(PoolVec::with_capacity(TAG, answer_room(ask.answer))?),
            state: SpinLock::new(State::Waiting),
            news: Event::new(EventKind::Synchronization)?,
        },
    )?;
    let largest = ask.answer.max(u32::try_from(ask.body).unwrap_or(u32::MAX));
    let request = Request {
        command: ask.command,
        token: Requester::Call(PoolArc::clone(&call)),
        charge: connection.charge(credit_charge(largest)),
        timeout: connection.config().request_timeout,
        pended_timeout: Some(connection.config().pended_timeout),
        session_id: ask.session_id,
        tree_id: ask.tree_id,
        reply: Wanted::Message { max: ask.answer },
    };
    exchange::submit(connection, request, |ticket| call.may_send(ticket))?;
    let ticket = match call.wait() {
        State::MaySend(ticket) => ticket,
        State::Over(outcome) => return outcome,
        State::Waiting => return Err(Status::INTERNAL_ERROR),
    };
    exchange::send_in(connection, outgoing, |buffer| {
        encode(&ticket, call.protection(), buffer)
    });
    match call.wait() {
        State::Over(outcome) => outcome,
        // It may be sent only once.
        State::MaySend(_) | State::Waiting => Err(Status::INTERNAL_ERROR),
    }
}

/// [`exchange`] with a request whose body alone is special.
///
/// # Errors
/// As [`exchange`].
pub fn ask(
    connection: &PoolArc<Connection>,
    ask: Ask,
    body: impl FnOnce(&mut Writer<'_>) -> core::result::Result<(), EmitError>,
) -> Result<Answer> {
    exchange(connection, ask, |ticket, protection, buffer| {
        encode::request(buffer, ticket, protection, body)
    })
}

/// Room for an answer that is not unusually long; a longer one needs memory when it comes.
fn answer_room(variable: u32) -> usize {
    const MOST: usize = 8192;
    const FIXED: usize = 256;
    room_of(variable).saturating_add(FIXED).min(MOST)
}

/// Frame, headers, and the fixed part of the longest request, with its padding.
const MESSAGE_OVERHEAD: usize = encode::OVERHEAD + 128;
