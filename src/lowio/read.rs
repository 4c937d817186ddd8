//! READ (MS-SMB2 3.2.4.6, 3.2.5.11). The data goes from the transport straight into the user's buffer; encrypted data is copied
//! there once it is known to be the server's.

use nt::mdl::{LockedCell, LockedMemory};
use nt::net::Room;
use nt::pool::PoolArc;
use nt::{Result, Status};
use rdbss::{Answering, LowIo, ReadCompletion, ReadWrite};
use smb_client::{Chunk, Data, Direction, Outcome, Reply, Ticket, Transfer, encode};
use smb_wire::smb2::{Command, Header, ReadFlags, ReadRequest};

use super::{Progress, Serial, counted};
use crate::connection::Connection;
use crate::dispatch::Redirector;
use crate::exchange::{self, Requester};
use crate::open::Open;
use crate::session::Guard;

/// A read under way.
pub type Read = Answering<ReadCompletion<Redirector>, ReadState>;

/// What a read knows besides its buffer.
pub struct ReadState {
    open: PoolArc<Open>,
    length: u32,
    progress: Progress,
}

impl rdbss::Outcome for ReadState {
    fn outcome(&mut self) -> (Status, usize) {
        match self.progress.result() {
            Ok(0) => (Status::END_OF_FILE, 0),
            Ok(count) => (Status::SUCCESS, count),
            Err(status) => (status, 0),
        }
    }
}

/// Reads. IRQL: PASSIVE.
pub fn read(operation: rdbss::Operation<'_, Redirector, ReadWrite>) -> LowIo {
    let ReadWrite { offset, length, .. } = operation.parameters();
    let Ok(offset) = u64::try_from(offset) else {
        return LowIo::failed(Status::INVALID_PARAMETER);
    };
    let open = match operation.srv_open().map(|open| open.share_context()) {
        Ok(Some(open)) => open,
        Ok(None) => return LowIo::failed(Status::FILE_CLOSED),
        Err(status) => return LowIo::failed(status),
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
    match completion.into_read() {
        Ok(completion) => start(completion, open, offset, length),
        Err(completion) => completion.complete(Status::INVALID_PARAMETER, 0),
    }
    LowIo::Pending(pended)
}

fn start(completion: ReadCompletion<Redirector>, open: PoolArc<Open>, offset: u64, length: u32) {
    let connection = PoolArc::clone(open.connection());
    let transfer = Transfer::new(
        Direction::Read,
        offset,
        length.into(),
        connection.read_chunk(),
    );
    let state = ReadState {
        open,
        length,
        progress: Progress::new(transfer, connection.io_depth()),
    };
    // Without memory the read is dropped, which answers it.
    if let Ok(read) = connection
        .stocks()
        .reads
        .arc(Answering::new(completion, state))
    {
        read.progress.begin(&connection, read.completion(), || {
            ask_more(&connection, &read);
        });
    }
}

/// Asks for as many parts as may be in flight.
fn ask_more(connection: &PoolArc<Connection>, read: &PoolArc<Read>) {
    super::ask_more(
        connection,
        &read.open,
        &read.progress,
        Command::READ,
        |len| Reply::Data { len },
        |chunk| {
            Requester::Read(ReadPart {
                read: PoolArc::clone(read),
                chunk,
            })
        },
    );
}

/// One READ of a read.
#[derive(Clone)]
pub struct ReadPart {
    read: PoolArc<Read>,
    chunk: Chunk,
}

impl ReadPart {
    /// The operation that it is part of.
    pub fn serial(&self) -> Serial {
        self.read.progress.serial
    }

    /// Has the operation ask for nothing more.
    pub fn give_up(&self) {
        self.read.progress.give_up();
    }

    /// How it is protected.
    pub fn guard(&self) -> &Guard {
        self.read.open.tree().guard()
    }

    /// Where its data goes, from `offset` in the part on.
    pub fn room(&self, offset: usize, length: usize) -> Result<Room<'_>> {
        Room::new(self.read.completion().cell(), self.place(offset)?, length)
    }

    /// Copies what was received, from `offset` in the part on.
    pub fn copy_received(&self, offset: usize, to: &mut [u8]) -> Result<()> {
        self.read
            .completion()
            .mdl()
            .copy_to(self.place(offset)?, to)
    }

    /// Encodes and sends it. IRQL: any.
    pub fn send(&self, connection: &PoolArc<Connection>, ticket: &Ticket) {
        let Chunk {
            position,
            offset,
            len,
        } = self.chunk;
        let end = position.saturating_add(len.into());
        let request = ReadRequest {
            flags: ReadFlags::empty(),
            length: len,
            offset,
            file_id: self.read.open.file_id(),
            minimum_count: 0,
            // What will be asked for behind this part, so that the server can read ahead.
            remaining_bytes: u64::from(self.read.length)
                .checked_sub(end)
                .and_then(|rest| u32::try_from(rest).ok())
                .unwrap_or(0),
        };
        let protection = self.guard().protection();
        exchange::send_message(connection, |buffer| {
            encode::request(buffer, ticket, protection, |writer| request.emit(writer))
        });
    }

    /// The answer is there, and its data in the buffer or to be copied there. IRQL: any.
    pub fn answered(self, header: &Header, data: Data<'_>) {
        let outcome = match self.take(data) {
            Ok(count) => counted(header, || Ok(count)),
            Err(status) => Outcome::Failed(status),
        };
        self.finish(outcome);
    }

    fn take(&self, data: Data<'_>) -> Result<u32> {
        match data {
            Data::Placed(count) => Ok(count),
            Data::Here(data) => {
                let cell = self.read.completion().cell();
                cell.copy_from(self.place(0)?, data)?;
                u32::try_from(data.len()).map_err(|_| Status::INTERNAL_ERROR)
            }
        }
    }

    /// There will be no answer, and what was received of one may be anybody's: where that matters, it does not stay in the
    /// user's buffer. IRQL: any.
    pub fn not_believed(self, status: Status) {
        if self.guard().is_protected() {
            // A buffer that cannot be written to was not received into either.
            let _ = self.wipe();
        }
        self.failed(status);
    }

    fn wipe(&self) -> Result<()> {
        let length = usize::try_from(self.chunk.len).map_err(|_| Status::INTERNAL_ERROR)?;
        let cell = self.read.completion().cell();
        cell.zero(self.place(0)?, length)
    }

    /// There will be no answer. IRQL: any.
    pub fn failed(self, status: Status) {
        self.finish(Outcome::Failed(status));
    }

    fn finish(self, outcome: Outcome<Status>) {
        let Self { read, chunk } = self;
        read.progress.done(chunk, outcome);
        let connection = PoolArc::clone(read.open.connection());
        read.progress.go_on(&connection, read.completion(), || {
            ask_more(&connection, &read);
        });
    }

    fn place(&self, offset: usize) -> Result<usize> {
        usize::try_from(self.chunk.position)
            .ok()
            .and_then(|position| position.checked_add(offset))
            .ok_or(Status::INTERNAL_ERROR)
    }
}
