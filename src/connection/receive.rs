//! The path of what a server sends: from the socket to whoever asked.
//!
//! One receive is in flight at any time. Its completion hands the bytes to the protocol engine's receiver, delivers what they
//! bring, and starts the next; what may take long there is left to the connection's thread ([`super::relay`]). A READ's data is
//! received straight into its user's buffer; everything else, and what is encrypted, passes through a buffer of the path's own.

use nt::irql::{self, Irql};
use nt::mdl::Mdl;
use nt::net::{Completion, Request, Room, Stream};
use nt::pool::{PoolArc, PoolBox};
use nt::{Result, Status};
use smb_client::{ClientError, Event, Receiver, Want};

use super::open::copy_front;
use super::{Connection, TAG, now};
use crate::exchange::{self, Requester};
use crate::status;

/// The most that is received at a time but for a READ's data.
const ROOM: usize = 64 * 1024;

/// How many completions in a row are served at DISPATCH.
const TURNS: u32 = 16;
/// How much of one message is copied or checked at DISPATCH.
const UNSEEN: usize = 64 * 1024;

/// What a receive in flight owns.
pub(super) struct ReceivePath {
    connection: PoolArc<Connection>,
    /// None once it has failed.
    receiver: Option<PoolBox<Receiver<Requester>>>,
    buffer: Mdl,
    /// Bytes of the present message that the driver itself will have to look at.
    unseen: usize,
}

impl ReceivePath {
    /// A receiver at the beginning of a connection.
    #[inline(never)]
    pub(super) fn boxed_receiver() -> Result<PoolBox<Receiver<Requester>>> {
        PoolBox::new(TAG, Receiver::new().map_err(status::from_client)?)
    }

    /// A path that has not begun.
    pub(super) fn new(
        connection: &PoolArc<Connection>,
        receiver: PoolBox<Receiver<Requester>>,
    ) -> Result<Request<Self>> {
        let path = Self {
            connection: PoolArc::clone(connection),
            receiver: Some(receiver),
            buffer: Mdl::allocate(TAG, ROOM)?,
            unseen: 0,
        };
        Request::to_receive(connection.socket(), path)
    }

    /// Begins to receive. IRQL: any, with no lock held.
    pub(super) fn begin(path: Request<Self>, connection: &PoolArc<Connection>) {
        connection.socket().receive(path, Self::room);
    }

    /// Where the next bytes go.
    fn room(&mut self) -> Result<Room<'_>> {
        match self.receiver.as_mut().ok_or(Status::INTERNAL_ERROR)?.want() {
            Want::Inline(room) => {
                let length = room.len().min(ROOM);
                Room::new(self.buffer.as_cell(), 0, length)
            }
            Want::Data {
                token: Requester::Read(part),
                offset,
                len,
            } => part.room(offset, len),
            Want::Data { .. } => Err(Status::INTERNAL_ERROR),
        }
    }

    /// Takes `count` bytes that were put where [`Self::room`] said, and delivers what they bring.
    // Its own frame, so that the transport's loop below it stays small.
    #[inline(never)]
    fn take(&mut self, count: usize) -> Result<()> {
        if count == 0 {
            return Err(Status::CONNECTION_DISCONNECTED);
        }
        let receiver = self.receiver.as_mut().ok_or(Status::INTERNAL_ERROR)?;
        if let Want::Inline(room) = receiver.want() {
            copy_front(room, &self.buffer, count)?;
            self.unseen = self.unseen.saturating_add(count);
        }
        receiver.received(count).map_err(status::from_client)?;
        while let Some(event) = receiver
            .next_event(&*self.connection, now())
            .map_err(|error| refusal(&self.connection, error))?
        {
            self.unseen = 0;
            Self::deliver(&self.connection, event);
        }
        exchange::send_queued(&self.connection);
        Ok(())
    }

    #[inline(never)]
    fn deliver(connection: &Connection, event: Event<'_, Requester>) {
        match event {
            Event::Answer(answer) => {
                let was_echo = matches!(answer.token, Requester::Echo);
                answer
                    .token
                    .answered(&answer.header, answer.message, answer.data);
                if was_echo {
                    // The keeper fell asleep with the ECHO in flight, until that would be late.
                    connection.wake_keeper();
                }
            }
            Event::Forged(requester) => requester.not_believed(Status::INVALID_SIGNATURE),
            // No oplock or lease is ever asked for, so there is nothing to give back.
            Event::Break(_) => {}
        }
    }

    /// Ends the connection. The receiver passes over the stack on its way out, which is not to count for every receive.
    #[cold]
    #[inline(never)]
    fn give_up(&mut self, failure: Status) {
        self.connection.fail(failure);
        // The answer that was being received is out of the table, so nobody else can end its request.
        if let Some(requester) = self
            .receiver
            .take()
            .and_then(|receiver| PoolBox::into_inner(receiver).abort())
        {
            // What ended the connection may have come before.
            let reason = self.connection.check().err().unwrap_or(failure);
            requester.not_believed(reason);
        }
        self.connection.relay.end();
    }

    /// Whether to serve a completion may take longer than one at DISPATCH ought to. There no thread can take the processor
    /// over, and Windows stops a system where that lasts.
    fn takes_long(&self, turn: u32, result: Result<usize>) -> bool {
        let unseen = self.unseen.saturating_add(result.unwrap_or_default());
        turn > TURNS || unseen > UNSEEN || self.connection.sessions.are_protected()
    }

    /// Serves a completion, and starts the next receive.
    pub(super) fn serve(mut request: Request<Self>, result: Result<usize>) {
        let taken = result
            .map_err(status::from_connected)
            .and_then(|count| request.take(count));
        match taken {
            Ok(()) => {
                let connection = PoolArc::clone(&request.connection);
                connection.socket().receive(request, Self::room);
            }
            Err(failure) => request.give_up(failure),
        }
    }
}

/// The status with which a connection ends whose server broke a rule.
#[cold]
#[inline(never)]
fn refusal(connection: &Connection, error: ClientError) -> Status {
    if connection.check().is_ok() {
        nt::log!(Warn, "connection given up: {error}");
    }
    status::from_client(error)
}

impl Completion for ReceivePath {
    fn completed(request: Request<Self>, result: Result<usize>) {
        if irql::current() >= Irql::DISPATCH && request.takes_long(request.turn(), result) {
            let connection = PoolArc::clone(&request.connection);
            connection.relay.hand_over(request, result);
        } else {
            Self::serve(request, result);
        }
    }
}
