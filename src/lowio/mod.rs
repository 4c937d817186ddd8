//! Reads and writes: asynchronous from end to end.
//!
//! A transfer is split into parts of the negotiated size, several in flight. Whoever still needs the user's buffer holds a
//! reference to the operation: the table for a part that is not answered, the transport for data on its way out. The last one to
//! let go answers the operation, so its buffer is never touched afterwards, and no thread ever waits.

mod read;
mod write;

pub use read::{ReadPart, read};
pub use write::{Write, WritePart, write};

use nt::pool::Tag;
use nt::sync::SpinLock;
use nt::{Result, Status};
use smb_client::{Chunk, Outcome, Transfer};

use crate::status;

const TAG: Tag = Tag::new(b"OxIo");

/// How far a transfer has come.
struct Progress {
    transfer: SpinLock<Transfer<Status>>,
    /// How many parts may be in flight.
    depth: u32,
}

impl Progress {
    const fn new(transfer: Transfer<Status>, depth: u32) -> Self {
        Self {
            transfer: SpinLock::new(transfer),
            depth,
        }
    }

    /// The next part to ask for, if one more may be in flight.
    fn next(&self) -> Option<Chunk> {
        let mut transfer = self.transfer.lock();
        if transfer.in_flight() < self.depth {
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
        if !transfer.is_finished() {
            // It was never begun: there was no memory for it.
            return Err(Status::INSUFFICIENT_RESOURCES);
        }
        match transfer.error() {
            Some(status) => Err(status),
            None => usize::try_from(transfer.transferred()).map_err(|_| Status::INTERNAL_ERROR),
        }
    }
}

/// The outcome of a part whose answer was counted by `count`.
fn counted(
    header: &smb_wire::smb2::Header,
    count: impl FnOnce() -> core::result::Result<u32, smb_client::ClientError>,
) -> Outcome<Status> {
    use smb_wire::NtStatus;
    match header.status {
        NtStatus::SUCCESS => match count() {
            Ok(count) => Outcome::Done(count),
            Err(error) => Outcome::Failed(status::from_client(error)),
        },
        NtStatus::END_OF_FILE => Outcome::EndOfFile,
        other => Outcome::Failed(status::from_server(other)),
    }
}
