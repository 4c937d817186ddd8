//! Opening a connection: connect, then NEGOTIATE, by one thread that has the socket to itself.

use core::time::Duration;

use nt::mdl::Mdl;
use nt::net::{Gather, Room, Socket, Stream};
use nt::pool::{PoolArc, PoolBox};
use nt::sync::{Event, EventKind, SpinLock};
use nt::{Result, Status};
use smb_client::{
    Config, Event as Received, Negotiated, Negotiation, NegotiationStep, Receiver, Reply, Request,
    SharedTable, Submitted, Time, Want,
};
use smb_wire::smb2::Command;

use super::receive::ReceivePath;
use super::relay::Relay;
use super::table::LockedTable;
use super::{Connection, Keeper, Sends, Sessions, Stocks, TAG, now};
use crate::exchange::Requester;
use crate::names::ServerName;
use crate::settings::Settings;
use crate::status;
use crate::transport::Transport;

/// Room for a NEGOTIATE with all its contexts.
const ROOM: usize = 4096;

/// Connects to a server and negotiates. The keeper ends the connection. IRQL: PASSIVE.
///
/// # Errors
/// The statuses of connecting, or what is wrong with the server's NEGOTIATE.
pub fn open(
    transport: &Transport,
    server: ServerName<'_>,
    config: Config,
    settings: &Settings,
) -> Result<(PoolArc<Connection>, Keeper)> {
    let mut opening = Opening::connect(transport, server, &config, settings)?;
    match opening.negotiate(&config) {
        Ok(negotiated) => Opening::finish(opening, config, negotiated, settings),
        Err(Status::CONNECTION_DISCONNECTED) => {
            drop(opening);
            Err(why_it_hung_up(transport, server, config, settings))
        }
        Err(failure) => Err(failure),
    }
}

/// Why a server hung up on a NEGOTIATE of SMB2. One that speaks SMB1 only says so when it is asked in SMB1; whatever else it
/// says is not taken up.
#[inline(never)]
fn why_it_hung_up(
    transport: &Transport,
    server: ServerName<'_>,
    config: Config,
    settings: &Settings,
) -> Status {
    let config = Config {
        multi_protocol: true,
        ..config
    };
    let outcome = Opening::connect(transport, server, &config, settings)
        .and_then(|mut opening| opening.negotiate(&config));
    match outcome {
        Err(status::SMB1_NOT_AVAILABLE) => status::SMB1_NOT_AVAILABLE,
        _ => Status::CONNECTION_DISCONNECTED,
    }
}

struct Opening {
    socket: Socket,
    table: PoolBox<LockedTable>,
    receiver: PoolBox<Receiver<Requester>>,
    buffer: Mdl,
    /// When patience ends, however busily the server talks.
    ends: Time,
}

impl Opening {
    #[inline(never)]
    fn connect(
        transport: &Transport,
        server: ServerName<'_>,
        config: &Config,
        settings: &Settings,
    ) -> Result<PoolBox<Self>> {
        let socket = transport.connect(server, settings.connect_time())?;
        let opening = Self {
            socket,
            table: LockedTable::boxed(config)?,
            receiver: ReceivePath::boxed_receiver()?,
            buffer: Mdl::allocate(TAG, ROOM)?,
            ends: now().after(config.request_timeout),
        };
        PoolBox::new(TAG, opening)
    }

    /// Hands the socket over to those who serve a connection.
    #[inline(never)]
    fn finish(
        this: PoolBox<Self>,
        config: Config,
        negotiated: Negotiated,
        settings: &Settings,
    ) -> Result<(PoolArc<Connection>, Keeper)> {
        let stocks = Stocks::new(&this.socket)?;
        let sessions = Sessions::new()?;
        let relay = Relay::new()?;
        let wake_keeper = Event::new(EventKind::Synchronization)?;
        let Self {
            socket,
            table,
            mut receiver,
            ..
        } = PoolBox::into_inner(this);
        receiver.set_limits(&negotiated);
        table.with(|table| table.set_multi_credit(negotiated.multi_credit));
        let connection = PoolArc::new(
            TAG,
            Connection {
                socket,
                table,
                ended: SpinLock::new(None),
                wake_keeper,
                config,
                negotiated,
                max_io: settings.max_io,
                io_depth: settings.io_depth,
                stocks,
                sends: Sends::new(),
                sessions,
                relay,
            },
        )?;
        let path = ReceivePath::new(&connection, receiver)?;
        let keeper = Keeper::start(&connection, path)?;
        Ok((connection, keeper))
    }

    #[inline(never)]
    fn negotiate(&mut self, config: &Config) -> Result<Negotiated> {
        let mut salt = [0; 32];
        nt::random::fill(&mut salt)?;
        let mut negotiation = Negotiation::new(salt);
        loop {
            self.send(&mut negotiation, config)?;
            match self.receive(&mut negotiation, config)? {
                NegotiationStep::Again => {}
                NegotiationStep::Done(negotiated) => return Ok(negotiated),
            }
        }
    }

    // Frames of their own for both halves, as in the engine.
    #[inline(never)]
    fn send(&mut self, negotiation: &mut Negotiation, config: &Config) -> Result<()> {
        let request = Request {
            command: Command::NEGOTIATE,
            token: Requester::Setup,
            charge: 1,
            timeout: config.request_timeout,
            pended_timeout: Some(config.request_timeout),
            session_id: 0,
            tree_id: 0,
            reply: Reply::Message { max: 0 },
        };
        let (submitted, _) = self.table.submit(request, now());
        // A server that grants no credit cannot be asked again.
        let Ok(Submitted::Send(ticket)) = submitted else {
            return Err(Status::INVALID_NETWORK_RESPONSE);
        };
        let length = negotiation
            .request(config, &ticket, &mut self.buffer)
            .map_err(status::from_client)?;
        self.buffer.describe(length)?;
        let patience = self.patience()?;
        self.socket
            .send_wait(Gather::message(&mut self.buffer), patience)
            .map_err(status::from_connected)?;
        Ok(())
    }

    #[inline(never)]
    fn receive(
        &mut self,
        negotiation: &mut Negotiation,
        config: &Config,
    ) -> Result<NegotiationStep> {
        loop {
            match self
                .receiver
                .next_event(&*self.table, now())
                .map_err(status::from_client)?
            {
                Some(Received::Answer(answer)) => {
                    return negotiation
                        .reply(config, answer.message)
                        .map_err(status::from_failure);
                }
                Some(Received::Break(_) | Received::Forged(_)) => {
                    return Err(Status::INVALID_NETWORK_RESPONSE);
                }
                None => self.receive_some()?,
            }
        }
    }

    fn receive_some(&mut self) -> Result<()> {
        let patience = self.patience()?;
        let Want::Inline(room) = self.receiver.want() else {
            return Err(Status::INTERNAL_ERROR);
        };
        let capacity = self.buffer.capacity();
        self.buffer.describe(capacity)?;
        let asked = room.len().min(capacity);
        let count = self
            .socket
            .receive_wait(Room::new(self.buffer.as_cell(), 0, asked)?, patience)
            .map_err(status::from_connected)?;
        if count == 0 {
            return Err(Status::CONNECTION_DISCONNECTED);
        }
        copy_front(room, &self.buffer, count)?;
        self.receiver.received(count).map_err(status::from_client)
    }

    fn patience(&self) -> Result<Duration> {
        let left = self.ends.since(now()).0;
        if left == 0 {
            return Err(Status::IO_TIMEOUT);
        }
        Ok(Duration::from_micros(left.div_ceil(10)))
    }
}

/// Copies what was received to where the receiver wants it.
pub(super) fn copy_front(to: &mut [u8], from: &[u8], count: usize) -> Result<()> {
    let to = to.get_mut(..count).ok_or(Status::INTERNAL_ERROR)?;
    to.copy_from_slice(from.get(..count).ok_or(Status::INTERNAL_ERROR)?);
    Ok(())
}
