//! Reads and writes: asynchronous from end to end.
//!
//! A transfer is split into parts of the negotiated size, several in flight. Whoever still needs the user's buffer holds a
//! reference to the operation: the table for a part that is not answered, the transport for data on its way out. The last one to
//! let go answers the operation, so its buffer is never touched afterwards, and no thread ever waits.

mod cancel;
mod read;
mod write;

pub use cancel::{Serial, cancel};
pub use read::{Read, ReadPart, read};
pub use write::{Write, WritePart, write};

use core::sync::atomic::{AtomicBool, Ordering};

use nt::pool::PoolArc;
use nt::sync::SpinLock;
use nt::{Result, Status};
use rdbss::Completion;
use smb_client::{Chunk, ClientError, Outcome, Reply, Request, Transfer, credit_charge};
use smb_wire::NtStatus;
use smb_wire::smb2::{Command, Header};

use crate::connection::Connection;
use crate::dispatch::Redirector;
use crate::exchange::{self, Requester};
use crate::open::Open;
use crate::status;

/// How far a transfer has come.
struct Progress {
    serial: Serial,
    transfer: SpinLock<Transfer<Status>>,
    /// How many parts may be in flight.
    depth: u32,
    /// Nothing more is asked for.
    given_up: AtomicBool,
}

impl Progress {
    fn new(transfer: Transfer<Status>, depth: u32) -> Self {
        Self {
            serial: Serial::new(),
            transfer: SpinLock::new(transfer),
            depth,
            given_up: AtomicBool::new(false),
        }
    }

    /// Begins, by `ask_more`, unless the operation has been cancelled already.
    fn begin(
        &self,
        connection: &PoolArc<Connection>,
        completion: &Completion<Redirector>,
        ask_more: impl FnOnce(),
    ) {
        if completion.set_cancel_cookie(self.serial.cookie()).is_err() {
            self.give_up();
            return;
        }
        self.go_on(connection, completion, ask_more);
    }

    /// Goes on, by `ask_more`, unless the operation has been cancelled: before the first part, or while a part's answer was
    /// being received, there was nothing to cancel.
    fn go_on(
        &self,
        connection: &PoolArc<Connection>,
        completion: &Completion<Redirector>,
        ask_more: impl FnOnce(),
    ) {
        if completion.request().is_cancelled() {
            self.give_up();
            return;
        }
        ask_more();
        if completion.request().is_cancelled() {
            // It may have come while there was nothing to cancel.
            cancel(connection, self.serial);
        }
    }

    fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// The next part to ask for, if one more may be in flight.
    fn next(&self) -> Option<Chunk> {
        let mut transfer = self.transfer.lock();
        if transfer.in_flight() < self.depth && !self.given_up.load(Ordering::Acquire) {
            transfer.next_chunk()
        } else {
            None
        }
    }

    fn done(&self, chunk: Chunk, outcome: Outcome<Status>) {
        self.transfer.lock().done(chunk, outcome);
    }

    /// How many bytes were transferred from the beginning on, once nothing is in flight any more.
    fn result(&mut self) -> Result<usize> {
        let transfer = self.transfer.get_mut();
        let given_up = *self.given_up.get_mut();
        if !transfer.is_finished() {
            return Err(if given_up {
                Status::CANCELLED
            } else {
                // It was never begun: there was no memory for it.
                Status::INSUFFICIENT_RESOURCES
            });
        }
        match transfer.error() {
            Some(_) if given_up => Err(Status::CANCELLED),
            Some(status) => Err(status),
            None => usize::try_from(transfer.transferred()).map_err(|_| Status::INTERNAL_ERROR),
        }
    }
}

/// Maps the user's buffer, if the driver itself will look into it: here, and not when parts are copied, by several threads
/// perhaps. A buffer that cannot be mapped fails its own operation only. IRQL: PASSIVE.
fn map_buffer(open: &Open, completion: &Completion<Redirector>) -> Result<()> {
    match completion.buffer() {
        Some(buffer) if open.tree().guard().is_protected() => buffer.map(),
        _ => Ok(()),
    }
}

/// Asks for as many parts of a transfer as may be in flight.
fn ask_more(
    connection: &PoolArc<Connection>,
    open: &Open,
    progress: &Progress,
    command: Command,
    reply: impl Fn(u32) -> Reply,
    part: impl Fn(Chunk) -> Requester,
) {
    while let Some(chunk) = progress.next() {
        let part = part(chunk);
        let request = Request {
            command,
            token: part.clone(),
            charge: connection.charge(credit_charge(chunk.len)),
            timeout: connection.config().request_timeout,
            pended_timeout: Some(connection.config().pended_timeout),
            session_id: open.tree().session().id(),
            tree_id: open.tree().id(),
            reply: reply(chunk.len),
        };
        let submitted =
            exchange::submit(connection, request, |ticket| part.send(connection, ticket));
        if let Err(status) = submitted {
            progress.done(chunk, Outcome::Failed(status));
        }
    }
}

/// The outcome of a part whose answer was counted by `count`.
fn counted(
    header: &Header,
    count: impl FnOnce() -> core::result::Result<u32, ClientError>,
) -> Outcome<Status> {
    match header.status {
        NtStatus::SUCCESS => match count() {
            Ok(count) => Outcome::Done(count),
            Err(error) => Outcome::Failed(status::from_client(error)),
        },
        NtStatus::END_OF_FILE => Outcome::EndOfFile,
        other => Outcome::Failed(status::from_server(other)),
    }
}
