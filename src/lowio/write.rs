//! WRITE (MS-SMB2 3.2.4.7, 3.2.5.12). The data is sent from the user's buffer, behind the message's head.
//!
//! A protected WRITE is sent from a copy: the user may change the buffer between signing and sending, and the server would end
//! the connection over the broken signature; and encrypting needs another place than the user's.

use core::sync::atomic::{AtomicU32, Ordering};

use nt::mdl::LockedMemory;
use nt::pool::PoolArc;
use nt::{Result, Status};
use rdbss::{Answering, LowIo, ReadWrite, WriteCompletion};
use smb_client::{Chunk, Direction, Outcome, Protection, Reply, Ticket, Transfer, encode};
use smb_wire::smb2::{Command, Header, WriteFlags, WriteHead};

use super::{Progress, Serial, counted};
use crate::connection::Connection;
use crate::dispatch::Redirector;
use crate::exchange::{Outgoing, Requester, SMALL_COPY, Stock, WRITE_HEAD_ROOM, room_of};
use crate::open::Open;
use crate::session::Guard;
use crate::status;

/// A write under way.
pub type Write = Answering<WriteCompletion<Redirector>, WriteState>;

/// What a write knows besides its buffer.
pub struct WriteState {
    open: PoolArc<Open>,
    length: u32,
    progress: Progress,
    /// Parts whose data the transport still has.
    sending: AtomicU32,
}

impl WriteState {
    /// The transport has let go of a part's data.
    pub fn sent(&self) {
        self.sending.fetch_sub(1, Ordering::AcqRel);
    }
}

impl rdbss::Outcome for WriteState {
    fn outcome(&mut self) -> (Status, usize) {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        match self.progress.result() {
            Ok(count) if count == length => (Status::SUCCESS, count),
            // RDBSS takes a write that is not whole for a failure; this one the server cut down without a word.
            Ok(_) => (Status::DISK_FULL, 0),
            Err(status) => (status, 0),
        }
    }
}

/// Writes. IRQL: PASSIVE.
pub fn write(operation: rdbss::Operation<'_, Redirector, ReadWrite>) -> LowIo {
    let ReadWrite { offset, length, .. } = operation.parameters();
    let open = match operation.srv_open().map(|open| open.share_context()) {
        Ok(Some(open)) => open,
        Ok(None) => return LowIo::failed(Status::FILE_CLOSED),
        Err(status) => return LowIo::failed(status),
    };
    // -1 appends: to the end that is known here.
    let offset = match offset {
        -1 => operation.fcb().map(|fcb| fcb.file_size()),
        offset => Ok(offset),
    };
    let Some(offset) = offset.ok().and_then(|offset| u64::try_from(offset).ok()) else {
        return LowIo::failed(Status::INVALID_PARAMETER);
    };
    if length == 0 {
        return LowIo::Done {
            status: Status::SUCCESS,
            information: 0,
        };
    }
    let (pended, completion) = operation.pend();
    if let Err(status) = super::map_buffer(&open, &completion) {
        completion.complete(status, 0);
        return LowIo::Pending(pended);
    }
    match completion.into_write() {
        Ok(completion) => start(completion, open, offset, length),
        Err(completion) => completion.complete(Status::INVALID_PARAMETER, 0),
    }
    LowIo::Pending(pended)
}

fn start(completion: WriteCompletion<Redirector>, open: PoolArc<Open>, offset: u64, length: u32) {
    let connection = PoolArc::clone(open.connection());
    let transfer = Transfer::new(
        Direction::Write,
        offset,
        length.into(),
        connection.write_chunk(),
    );
    let state = WriteState {
        open,
        length,
        progress: Progress::new(transfer, connection.io_depth()),
        sending: AtomicU32::new(0),
    };
    // Without memory the write is dropped, which answers it.
    if let Ok(write) = connection
        .stocks()
        .write_operations
        .arc(Answering::new(completion, state))
    {
        write.progress.begin(&connection, write.completion(), || {
            ask_more(&connection, &write);
        });
    }
}

/// Asks for as many parts as may be in flight.
fn ask_more(connection: &PoolArc<Connection>, write: &PoolArc<Write>) {
    super::ask_more(
        connection,
        &write.open,
        &write.progress,
        Command::WRITE,
        |_| Reply::Message { max: 0 },
        |chunk| {
            Requester::Write(WritePart {
                write: PoolArc::clone(write),
                chunk,
            })
        },
    );
}

/// One WRITE of a write.
#[derive(Clone)]
pub struct WritePart {
    write: PoolArc<Write>,
    chunk: Chunk,
}

impl WritePart {
    /// The operation that it is part of.
    pub fn serial(&self) -> Serial {
        self.write.progress.serial
    }

    /// Has the operation ask for nothing more.
    pub fn give_up(&self) {
        self.write.progress.give_up();
    }

    /// How it is protected.
    pub fn guard(&self) -> &Guard {
        self.write.open.tree().guard()
    }

    /// Whether the transport still has data of this write.
    pub fn is_sending(&self) -> bool {
        self.write.sending.load(Ordering::Acquire) > 0
    }

    /// Encodes and sends it. IRQL: any.
    pub fn send(&self, connection: &PoolArc<Connection>, ticket: &Ticket) {
        let sent = match self.guard().protection() {
            Protection::None => self.send_in_place(connection, ticket),
            protection => self.send_copy(connection, ticket, protection),
        };
        // The request has a message id, which the server waits for.
        if let Err(failure) = sent {
            connection.fail(failure);
        }
    }

    /// The answer is there. IRQL: any.
    pub fn answered(self, header: &Header, message: &[u8]) {
        let outcome = counted(header, || self.chunk.written(message));
        self.finish(outcome);
    }

    /// There will be no answer. IRQL: any.
    pub fn failed(self, status: Status) {
        self.finish(Outcome::Failed(status));
    }

    fn finish(self, outcome: Outcome<Status>) {
        let Self { write, chunk } = self;
        write.progress.done(chunk, outcome);
        let connection = PoolArc::clone(write.open.connection());
        write.progress.go_on(&connection, write.completion(), || {
            ask_more(&connection, &write);
        });
    }

    fn send_in_place(&self, connection: &PoolArc<Connection>, ticket: &Ticket) -> Result<()> {
        let mut outgoing = Outgoing::take(connection, Stock::Writes, WRITE_HEAD_ROOM)?;
        let length = encode::write_head(outgoing.buffer(), ticket, &self.head())
            .map_err(status::from_client)?;
        let (position, count) = self.range()?;
        self.write.sending.fetch_add(1, Ordering::AcqRel);
        if let Err(failure) = outgoing.aim(PoolArc::clone(&self.write), position, count) {
            self.write.sent();
            return Err(failure);
        }
        Outgoing::send(outgoing, connection, length);
        Ok(())
    }

    fn send_copy(
        &self,
        connection: &PoolArc<Connection>,
        ticket: &Ticket,
        protection: Protection<'_>,
    ) -> Result<()> {
        let (position, count) = self.range()?;
        let (stock, most) = if count <= SMALL_COPY {
            (Stock::SmallCopies, SMALL_COPY)
        } else {
            (Stock::Copies, room_of(connection.max_write()).max(count))
        };
        let mut outgoing = Outgoing::take(connection, stock, WRITE_HEAD_ROOM.saturating_add(most))?;
        let buffer = outgoing.buffer();
        let start = encode::write_data_offset(protection);
        let data = buffer
            .get_mut(start..start.saturating_add(count))
            .ok_or(Status::INTERNAL_ERROR)?;
        self.write.completion().mdl().copy_to(position, data)?;
        let length =
            encode::write(buffer, ticket, protection, &self.head()).map_err(status::from_client)?;
        Outgoing::send(outgoing, connection, length);
        Ok(())
    }

    fn head(&self) -> WriteHead {
        WriteHead {
            length: self.chunk.len,
            offset: self.chunk.offset,
            file_id: self.write.open.file_id(),
            remaining_bytes: 0,
            flags: WriteFlags::empty(),
        }
    }

    /// Where its data is in the user's buffer, and how long it is.
    fn range(&self) -> Result<(usize, usize)> {
        let position = usize::try_from(self.chunk.position).map_err(|_| Status::INTERNAL_ERROR)?;
        let count = usize::try_from(self.chunk.len).map_err(|_| Status::INTERNAL_ERROR)?;
        Ok((position, count))
    }
}
