//! One request and its answer: from the table's permission to send, through the bytes, to whoever asked.

use nt::mdl::{Mdl, PartialMdl};
use nt::net::{Completion, Gather, Request as Operation, Socket, Stream};
use nt::pool::{PoolArc, Tag};
use nt::sync::Freelist;
use nt::{Result, Status};
use smb_client::{
    CancelTarget, ClientError, Data, ExchangeId, Protection, Request, SharedTable, Submitted,
    Ticket, Token, encode,
};
use smb_wire::smb2::{Command, EchoRequest, Header};

use crate::call::Call;
use crate::connection::{Connection, now};
use crate::lowio::{ReadPart, Serial, Write, WritePart};
use crate::open::Closing;
use crate::session::Guard;
use crate::status;

const TAG: Tag = Tag::new(b"OxEx");

/// Room for the requests of ordinary length; the rest get a buffer of their own.
pub const MESSAGE_ROOM: usize = 1024;
/// Room for a WRITE up to its data.
pub const WRITE_HEAD_ROOM: usize = 256;
/// Data of a WRITE that is copied is small up to so many bytes.
pub const SMALL_COPY: usize = 64 * 1024;
/// Bytes of a user's buffer that are looked at at a time to verify a signature.
const PIECE: usize = 512;

/// Who asked: the token in the protocol engine's table.
#[derive(Clone)]
pub enum Requester {
    /// The opening of the connection, by one thread that does nothing else.
    Setup,
    /// The keeper's ECHO.
    Echo,
    /// A CLOSE that nobody waits for.
    Close(Closing),
    /// A thread that waits.
    Call(PoolArc<Call>),
    /// Part of a read.
    Read(ReadPart),
    /// Part of a write.
    Write(WritePart),
}

impl Requester {
    /// The request is answered.
    // Its own frame: what is done with an answer needs none of what was needed to receive it.
    #[inline(never)]
    pub fn answered(self, header: &Header, message: &[u8], data: Data<'_>) {
        match self {
            Self::Setup | Self::Echo | Self::Close(_) => {}
            Self::Call(call) => call.answered(header, message),
            Self::Read(part) => part.answered(header, data),
            Self::Write(part) => part.answered(header, message),
        }
    }

    /// The request will not be answered.
    pub fn failed(self, status: Status) {
        match self {
            Self::Setup | Self::Echo | Self::Close(_) => {}
            Self::Call(call) => call.failed(status),
            Self::Read(part) => part.failed(status),
            Self::Write(part) => part.failed(status),
        }
    }

    /// The request will not be answered, and what was received of an answer is not to be believed.
    pub fn not_believed(self, status: Status) {
        match self {
            Self::Read(part) => part.not_believed(status),
            other => other.failed(status),
        }
    }

    /// Whether the transport still has data of the request.
    pub fn is_sending(&self) -> bool {
        matches!(self, Self::Write(part) if part.is_sending())
    }

    /// The operation that the request is part of, if it may be cancelled.
    pub fn serial(&self) -> Option<Serial> {
        match self {
            Self::Setup | Self::Echo | Self::Close(_) | Self::Call(_) => None,
            Self::Read(part) => Some(part.serial()),
            Self::Write(part) => Some(part.serial()),
        }
    }

    /// Whether it is all the same to the server if the request is carried out late, or not at all.
    pub const fn changes_nothing(&self) -> bool {
        matches!(self, Self::Read(_))
    }

    /// Has the operation that the request is part of ask for nothing more.
    pub fn give_up(&self) {
        match self {
            Self::Setup | Self::Echo | Self::Close(_) | Self::Call(_) => {}
            Self::Read(part) => part.give_up(),
            Self::Write(part) => part.give_up(),
        }
    }

    /// How the request is protected, for a CANCEL to be so too.
    pub fn guard(&self) -> Guard {
        match self {
            Self::Setup | Self::Echo | Self::Close(_) | Self::Call(_) => Guard::None,
            Self::Read(part) => part.guard().clone(),
            Self::Write(part) => part.guard().clone(),
        }
    }

    /// The request may be sent now. IRQL: any.
    pub fn send(&self, connection: &PoolArc<Connection>, ticket: &Ticket) {
        match self {
            // Sent by the thread that opens the connection, which never waits for credits.
            Self::Setup => {}
            Self::Echo => send_message(connection, |buffer| {
                encode::request(buffer, ticket, Protection::None, |writer| {
                    EchoRequest.emit(writer)
                })
            }),
            Self::Close(closing) => closing.send(ticket),
            Self::Call(call) => call.may_send(ticket),
            Self::Read(part) => part.send(connection, ticket),
            Self::Write(part) => part.send(connection, ticket),
        }
    }
}

impl Token for Requester {
    fn protection(&self) -> Protection<'_> {
        match self {
            Self::Setup | Self::Echo => Protection::None,
            Self::Close(closing) => closing.protection(),
            Self::Call(call) => call.protection(),
            Self::Read(part) => part.guard().protection(),
            Self::Write(part) => part.guard().protection(),
        }
    }

    fn data(&self, len: usize, each: &mut dyn FnMut(&[u8])) {
        let Self::Read(part) = self else { return };
        let mut piece = [0; PIECE];
        let mut done = 0usize;
        // A copy, because the user may write to the buffer at any time.
        while let Some(left) = len.checked_sub(done).filter(|&left| left > 0) {
            let piece = piece.get_mut(..left.min(PIECE)).unwrap_or_default();
            if part.copy_received(done, piece).is_err() {
                // Too little data is a wrong signature.
                return;
            }
            each(piece);
            done = done.saturating_add(piece.len());
        }
    }
}

/// What goes out: a message, and after it the data of a WRITE from where its user has it.
pub struct Outgoing {
    message: Mdl,
    payload: Option<PartialMdl<PoolArc<Write>>>,
    /// Where it goes back to, and what breaks if it cannot be sent. None when idle.
    connection: Option<PoolArc<Connection>>,
    stock: Stock,
}

/// Where an idle [`Outgoing`] is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// With room for an ordinary message.
    Messages,
    /// With an MDL for a WRITE's data.
    Writes,
    /// With room for a WRITE and a copy of its data, up to [`SMALL_COPY`].
    SmallCopies,
    /// With room for a WRITE and a copy of its data.
    Copies,
    /// Nowhere: of unusual size.
    None,
}

impl Outgoing {
    /// Takes one from its stock, or makes one. `room` is that of the message.
    pub fn take(connection: &Connection, stock: Stock, room: usize) -> Result<Operation<Self>> {
        match connection.stocks().of(stock).and_then(Freelist::take) {
            Some(idle) => Ok(idle),
            None => Self::make(connection.socket(), stock, room, connection.max_write()),
        }
    }

    /// Makes one. `largest` is the most data that a WRITE may have.
    pub fn make(
        socket: &Socket,
        stock: Stock,
        room: usize,
        largest: u32,
    ) -> Result<Operation<Self>> {
        let payload = match stock {
            Stock::Writes => Some(PartialMdl::new(room_of(largest))?),
            _ => None,
        };
        let outgoing = Self {
            message: Mdl::allocate(TAG, room)?,
            payload,
            connection: None,
            stock,
        };
        Operation::to_send(socket, outgoing)
    }

    /// The message's buffer.
    pub fn buffer(&mut self) -> &mut [u8] {
        &mut self.message
    }

    /// Adds a part of a write's data behind the message.
    pub fn aim(&mut self, write: PoolArc<Write>, offset: usize, length: usize) -> Result<()> {
        let payload = self.payload.as_mut().ok_or(Status::INTERNAL_ERROR)?;
        payload
            .aim(write, offset, length)
            .map_err(|(status, _)| status)
    }

    /// Sends the first `length` bytes of the message, and what was aimed at. A failure breaks the connection. IRQL: any.
    pub fn send(mut request: Operation<Self>, connection: &PoolArc<Connection>, length: usize) {
        request.connection = Some(PoolArc::clone(connection));
        connection.sends().begin(now());
        connection
            .socket()
            .send(request, |outgoing| outgoing.gather(length));
    }

    fn gather(&mut self, length: usize) -> Result<Gather<'_>> {
        self.message.describe(length)?;
        match self.payload.as_ref().and_then(PartialMdl::as_ref) {
            Some(payload) => Gather::message_and_payload(&mut self.message, payload, payload.len()),
            None => Ok(Gather::message(&mut self.message)),
        }
    }
}

impl Completion for Outgoing {
    fn completed(mut request: Operation<Self>, result: Result<usize>) {
        let write = request.payload.as_mut().and_then(PartialMdl::release);
        if let Some(write) = &write {
            write.sent();
        }
        let Some(connection) = request.connection.take() else {
            return;
        };
        connection.sends().end(now());
        if let Err(failure) = result {
            connection.fail(status::from_connected(failure));
        }
        if let Some(stock) = connection.stocks().of(request.stock) {
            // One too many is freed.
            let _ = stock.put(request);
        }
        // The write may end here, if its answer was faster; what its user writes next finds the stock filled.
        drop(write);
    }
}

/// A size in bytes as memory counts it.
pub fn room_of(size: u32) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// Submits a request, and sends it by `send` if it need not wait for credits. IRQL: any.
///
/// # Errors
/// The connection's end, or a full table; the token is dropped.
pub fn submit(
    connection: &PoolArc<Connection>,
    request: Request<Requester>,
    send: impl FnOnce(&Ticket),
) -> Result<ExchangeId> {
    let submitted = connection.submit(request)?;
    match submitted {
        Submitted::Send(ticket) => {
            send(&ticket);
            Ok(ticket.id)
        }
        Submitted::Queued(id) => Ok(id),
    }
}

/// Sends what waited for credits, as far as there are any. IRQL: any.
// Its own frame, apart from receiving.
#[inline(never)]
pub fn send_queued(connection: &PoolArc<Connection>) {
    while let Some((ticket, requester)) = connection.with(|table| {
        let (ticket, requester) = table.next_queued(now())?;
        Some((ticket, requester.clone()))
    }) {
        requester.send(connection, &ticket);
    }
}

/// Encodes and sends a request of ordinary length. A request that has a message id must go out, or the server's window gets
/// stuck behind it: so failing here ends the connection. IRQL: any.
pub fn send_message(
    connection: &PoolArc<Connection>,
    encode: impl FnOnce(&mut [u8]) -> core::result::Result<usize, ClientError>,
) {
    match Outgoing::take(connection, Stock::Messages, MESSAGE_ROOM) {
        Ok(outgoing) => send_in(connection, outgoing, encode),
        Err(failure) => connection.fail(failure),
    }
}

/// As [`send_message`], in a buffer that the caller has chosen.
pub fn send_in(
    connection: &PoolArc<Connection>,
    mut outgoing: Operation<Outgoing>,
    encode: impl FnOnce(&mut [u8]) -> core::result::Result<usize, ClientError>,
) {
    match encode(outgoing.buffer()) {
        Ok(length) => Outgoing::send(outgoing, connection, length),
        Err(error) => connection.fail(status::from_client(error)),
    }
}

/// Asks the server to give a request up. Without memory it is not asked, which costs no message id.
pub fn send_cancel(connection: &PoolArc<Connection>, target: &CancelTarget, guard: &Guard) {
    if let Ok(outgoing) = Outgoing::take(connection, Stock::Messages, MESSAGE_ROOM) {
        send_in(connection, outgoing, |buffer| {
            encode::cancel(buffer, target, guard.protection())
        });
    }
}

/// Asks the server whether it is there.
///
/// # Errors
/// As [`submit`].
pub fn send_echo(connection: &PoolArc<Connection>) -> Result<()> {
    let request = Request {
        command: Command::ECHO,
        token: Requester::Echo,
        charge: 1,
        timeout: connection.config().request_timeout,
        pended_timeout: Some(connection.config().request_timeout),
        session_id: 0,
        tree_id: 0,
        reply: smb_client::Reply::Message { max: 0 },
    };
    submit(connection, request, |ticket| {
        Requester::Echo.send(connection, ticket)
    })
    .map(|_| ())
}
