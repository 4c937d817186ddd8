//! A connection to a server (MS-SMB2 3.2.1.2): one socket, the table of requests in flight on it, and those who serve it.
//!
//! Who does what:
//! * any thread that has a request encodes and sends it itself ([`crate::exchange`]);
//! * one path, driven by the transport's completions, receives ([`receive`]), and goes on in a thread where a completion may
//!   not take the time ([`relay`]);
//! * one system thread, the [`Keeper`], watches the time and closes the socket in the end.
//!
//! The table is behind one spin lock, held for table work only.

mod keeper;
mod open;
mod receive;
mod relay;
mod sends;
mod sessions;
mod stocks;
mod table;

pub use keeper::Keeper;
pub use open::open;
pub use sends::Sends;
pub use sessions::Sessions;
pub use stocks::Stocks;
pub use table::{LockedTable, Table};

use nt::net::Socket;
use nt::pool::{PoolBox, Tag};
use nt::sync::{Event, SpinLock};
use nt::{Result, Status};
use smb_client::{Config, Negotiated, Refusal, Request, Sealing, SharedTable, Submitted, Time};

use crate::exchange::Requester;
use relay::Relay;

const TAG: Tag = Tag::new(b"OxCn");

/// What one credit pays for (MS-SMB2 3.1.5.2).
const BYTES_PER_CREDIT: u32 = 65536;

/// A negotiated connection.
pub struct Connection {
    socket: Socket,
    table: PoolBox<LockedTable>,
    /// What ended the connection, once something has.
    ended: SpinLock<Option<End>>,
    /// Wakes the keeper: a deadline is earlier than it thinks, or the connection has ended.
    wake_keeper: Event,
    config: Config,
    negotiated: Negotiated,
    /// The largest single READ or WRITE, and how many of them one transfer has in flight.
    max_io: u32,
    io_depth: u32,
    stocks: PoolBox<Stocks>,
    sends: Sends,
    sessions: Sessions,
    relay: Relay,
}

/// How a connection ended.
#[derive(Clone, Copy)]
struct End {
    /// What every request from then on fails with.
    status: Status,
    /// Nobody needs it any more, and nothing is wrong with it.
    in_order: bool,
}

impl Connection {
    /// The settings that the connection was opened with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What client and server agreed on.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The largest single WRITE that there may ever be, in bytes.
    pub fn max_write(&self) -> u32 {
        self.negotiated.max_write.min(self.max_io)
    }

    /// How much to READ at a time, in bytes: what both sides allow and credits can pay for.
    pub fn read_chunk(&self) -> u32 {
        self.negotiated
            .max_read
            .min(self.max_io)
            .min(self.affordable())
    }

    /// How much to WRITE at a time, in bytes.
    pub fn write_chunk(&self) -> u32 {
        self.max_write().min(self.affordable())
    }

    /// The largest payload that the credits of this connection can pay for, in bytes.
    pub fn affordable(&self) -> u32 {
        u32::from(self.with(|table| table.affordable_charge())).saturating_mul(BYTES_PER_CREDIT)
    }

    /// How many READs or WRITEs one transfer has in flight.
    pub fn io_depth(&self) -> u32 {
        self.io_depth
    }

    /// What a request is charged: one credit where the dialect knows no more.
    pub fn charge(&self, credits: u16) -> u16 {
        if self.negotiated.multi_credit {
            credits
        } else {
            1
        }
    }

    /// The socket.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// What is kept for reuse.
    pub fn stocks(&self) -> &Stocks {
        &self.stocks
    }

    /// What is being sent.
    pub fn sends(&self) -> &Sends {
        &self.sends
    }

    /// The sessions on it.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Fails with what ended the connection, once something has. IRQL: any.
    pub fn check(&self) -> Result<()> {
        match *self.ended.lock() {
            Some(End { status, .. }) => Err(status),
            None => Ok(()),
        }
    }

    /// Puts a request into the table. IRQL: any.
    ///
    /// # Errors
    /// What ended the connection, or STATUS_INSUFFICIENT_RESOURCES when too much is in flight.
    pub fn submit(&self, request: Request<Requester>) -> Result<Submitted> {
        let (submitted, keeper_oversleeps) = self.table.submit(request, now());
        if keeper_oversleeps {
            self.wake_keeper.set();
        }
        submitted.map_err(|why| match why {
            Refusal::TableFull => Status::INSUFFICIENT_RESOURCES,
            Refusal::Closed => self
                .check()
                .err()
                .unwrap_or(Status::CONNECTION_DISCONNECTED),
            Refusal::MessageIdsExhausted => {
                self.fail(Status::CONNECTION_DISCONNECTED);
                Status::CONNECTION_DISCONNECTED
            }
            Refusal::BadCharge => Status::INVALID_PARAMETER,
        })
    }

    /// Has the keeper look at the deadlines anew. IRQL: any.
    pub fn wake_keeper(&self) {
        self.wake_keeper.set();
    }

    /// Ends the connection: whatever is in flight fails with `status`, and nothing is taken any more. The keeper closes the
    /// socket. The first reason counts. IRQL: any.
    pub fn fail(&self, status: Status) {
        self.end(End {
            status,
            in_order: false,
        });
    }

    /// Ends the connection because nobody needs it any more. IRQL: any.
    fn leave(&self) {
        self.end(End {
            status: Status::CONNECTION_DISCONNECTED,
            in_order: true,
        });
    }

    /// Whether the connection ended because nobody needed it any more. IRQL: any.
    fn ended_in_order(&self) -> bool {
        self.ended.lock().is_some_and(|end| end.in_order)
    }

    fn end(&self, end: End) {
        {
            let mut ended = self.ended.lock();
            if ended.is_some() {
                return;
            }
            *ended = Some(end);
        }
        let status = end.status;
        self.with(Table::close);
        while let Some(requester) = self.with(Table::next_failed) {
            requester.failed(status);
        }
        self.wake_keeper.set();
    }
}

impl SharedTable<Requester> for Connection {
    fn with<R>(&self, work: impl FnOnce(&mut Table) -> R) -> R {
        self.table.with(work)
    }

    fn with_sealing<R>(&self, session_id: u64, work: impl FnOnce(Option<&Sealing>) -> R) -> R {
        let session = self.sessions.find(session_id);
        work(session.as_ref().and_then(|session| session.sealing().ok()))
    }
}

/// The time as the protocol engine takes it.
pub fn now() -> Time {
    Time(nt::time::interrupt_time())
}
