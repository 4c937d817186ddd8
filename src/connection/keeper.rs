//! The keeper: the thread that ends what takes too long, asks silent servers for a sign of life, and closes the socket.

use core::time::Duration;

use nt::net::{Request, Stream};
use nt::pool::PoolArc;
use nt::thread::{self, JoinHandle};
use nt::{Result, Status};
use smb_client::{Expired, Interval, KeepAlive, SharedTable};
use smb_wire::smb2::Command;

use super::receive::ReceivePath;
use super::{Connection, now};
use crate::exchange;

/// The keeper looks at least this often.
const LONGEST_SLEEP: Interval = Interval::from_secs(60);

/// Nothing getting out is suffered for so many times the time limit of a request: as long as a WRITE may take at most.
const SEND_PATIENCE: u64 = 4;

/// How long a server has to hear that a connection ends.
const GOODBYE: Duration = Duration::from_secs(2);

/// The right to end a connection. Dropping it ends the connection and waits until nothing of it runs any more. IRQL: PASSIVE.
pub struct Keeper {
    connection: PoolArc<Connection>,
    /// Their drop waits for the threads.
    _keeper: JoinHandle,
    _receiver: JoinHandle,
}

impl Keeper {
    /// Starts the keeper's thread, and another one that begins to receive and serves the relay.
    pub(super) fn start(
        connection: &PoolArc<Connection>,
        path: Request<ReceivePath>,
    ) -> Result<Self> {
        let (kept, received) = (PoolArc::clone(connection), PoolArc::clone(connection));
        let keeper = thread::spawn(move || keep(&kept))?;
        match thread::spawn(move || received.relay.serve(path, &received)) {
            Ok(receiver) => Ok(Self {
                connection: PoolArc::clone(connection),
                _keeper: keeper,
                _receiver: receiver,
            }),
            Err(status) => {
                connection.fail(status);
                Err(status)
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.connection.leave();
    }
}

fn keep(connection: &PoolArc<Connection>) {
    while connection.check().is_ok() {
        let wakes = connection.table.keeper_sleeps(now().after(LONGEST_SLEEP));
        let ticks = wakes.since(now()).0;
        // Woken early or late, the deadlines are looked at anew.
        let _ = connection
            .wake_keeper
            .wait_for(Duration::from_micros(ticks.div_ceil(10)));
        expire(connection);
        ask_for_life(connection);
        watch_sends(connection);
    }
    hang_up(connection);
}

/// Closes the socket: in good order, so that the server gets all that was sent to it, or at once, if something went wrong.
fn hang_up(connection: &Connection) {
    let socket = &connection.socket;
    let ended = if connection.ended_in_order() {
        socket.disconnect(GOODBYE)
    } else {
        socket.abort(GOODBYE)
    };
    if let Err(status) = ended {
        // As with a server that is gone already.
        nt::log!(
            Debug,
            "the connection was closed without a goodbye: {status:?}"
        );
    }
    // Waits for everything in flight, and for its completions.
    socket.close();
}

/// Ends the requests whose time is over.
fn expire(connection: &PoolArc<Connection>) {
    while let Some(Expired {
        token,
        command,
        sent,
    }) = connection.with(|table| table.expire(now()))
    {
        nt::log!(Warn, "{command:?} was not answered in time");
        // Its data may still be on its way out: only the end of the connection gets the buffer back. And what a late success
        // would open, nobody would close.
        let stuck = token.is_sending()
            || matches!(
                command,
                Command::CREATE | Command::TREE_CONNECT | Command::SESSION_SETUP
            );
        token.failed(Status::IO_TIMEOUT);
        if sent && stuck {
            connection.fail(Status::IO_TIMEOUT);
        }
    }
    // What waited behind them for credits may go now.
    exchange::send_queued(connection);
}

fn ask_for_life(connection: &PoolArc<Connection>) {
    match connection.with(|table| table.keep_alive(now())) {
        KeepAlive::Fine => {}
        KeepAlive::EchoDue => {
            // A table that is full of what a silent server does not answer has no room for a sign of life either.
            if exchange::send_echo(connection).is_err() {
                connection.fail(Status::IO_TIMEOUT);
            }
        }
        KeepAlive::Dead => connection.fail(Status::IO_TIMEOUT),
    }
}

/// Ends the connection if its transport is stuck: only then do the buffers of what it was to send come back.
fn watch_sends(connection: &Connection) {
    let limit = connection.config().request_timeout.0;
    let patience = Interval(limit.saturating_mul(SEND_PATIENCE));
    if connection.sends.are_stuck(patience, now()) {
        nt::log!(Warn, "the server takes nothing any more");
        connection.fail(Status::IO_TIMEOUT);
    }
}
