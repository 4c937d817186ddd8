//! One read or write of any size as many requests.

use smb_wire::smb2::WriteResponse;

use crate::error::ClientError;

/// Which way the data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the server.
    Read,
    /// To the server.
    Write,
}

/// One request of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where in the caller's buffer its data is, from the transfer's beginning.
    pub position: u64,
    /// Where in the file.
    pub offset: u64,
    /// How many bytes.
    pub len: u32,
}

impl Chunk {
    /// How many bytes the successful answer to a WRITE of this chunk says were written.
    ///
    /// # Errors
    /// [`ClientError::BadWriteCount`] if that is more than was sent, or nothing: asking again would never end.
    pub fn written(&self, message: &[u8]) -> Result<u32, ClientError> {
        let answered = WriteResponse::parse(message)?.count;
        if answered > self.len || (answered == 0 && self.len > 0) {
            return Err(ClientError::BadWriteCount {
                sent: self.len,
                answered,
            });
        }
        Ok(answered)
    }
}

/// How a chunk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<E> {
    /// The server answered with success and this count of bytes.
    Done(u32),
    /// The server answered that the file ends before the chunk (STATUS_END_OF_FILE).
    EndOfFile,
    /// It failed.
    Failed(E),
}

/// How often a transfer takes up again what a server left out in the middle, before it counts as ended there.
const MAX_RESUMPTIONS: u8 = 64;

/// Splits a read or write into chunks of the negotiated size, as many in flight as the caller likes, and puts the results
/// together whatever order they arrive in.
///
/// The result is a prefix: so many bytes from the beginning, and the first error by place in the file, not by time. A server
/// that reads or writes less than it was asked for, but more behind it, is asked again for what it left out.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<E> {
    direction: Direction,
    file_offset: u64,
    len: u64,
    chunk: u32,
    /// The beginning of what was not asked for yet.
    next: u64,
    in_flight: u32,
    /// The end of the furthest data that arrived.
    reach: u64,
    /// The lowest place where data is known to stop, and why.
    stop: Option<(u64, Stop<E>)>,
    resumptions: u8,
}

#[derive(Clone, Copy, Debug)]
enum Stop<E> {
    EndOfFile,
    /// Less than asked.
    Short,
    Failed(E),
}

impl<E: Copy> Transfer<E> {
    /// A transfer of `len` bytes from or to `offset` in the file, `chunk` bytes at a time: the negotiated MaxReadSize or
    /// MaxWriteSize, or what credits allow if that is less.
    #[must_use]
    pub const fn new(direction: Direction, offset: u64, len: u64, chunk: u32) -> Self {
        Self {
            direction,
            file_offset: offset,
            len,
            chunk: if chunk == 0 { 1 } else { chunk },
            next: 0,
            in_flight: 0,
            reach: 0,
            stop: None,
            resumptions: 0,
        }
    }

    /// The next chunk to ask for; none while there is nothing to ask for. It counts as in flight until
    /// [`Transfer::done`] is told of it.
    pub fn next_chunk(&mut self) -> Option<Chunk> {
        if self.stop.is_some() || self.next >= self.len {
            return None;
        }
        let left = self.len.saturating_sub(self.next);
        let len = u32::try_from(left).unwrap_or(u32::MAX).min(self.chunk);
        let chunk = Chunk {
            position: self.next,
            offset: self.file_offset.saturating_add(self.next),
            len,
        };
        self.next = self.next.saturating_add(u64::from(len));
        self.in_flight = self.in_flight.saturating_add(1);
        Some(chunk)
    }

    /// Notes how a chunk ended. The caller has checked that the count is not more than was asked for; what is more is not
    /// counted here.
    pub fn done(&mut self, chunk: Chunk, outcome: Outcome<E>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match outcome {
            Outcome::Done(count) => {
                let count = count.min(chunk.len);
                let end = chunk.position.saturating_add(u64::from(count));
                if count > 0 {
                    self.reach = self.reach.max(end);
                }
                if count < chunk.len {
                    self.stop_at(
                        end,
                        if count == 0 {
                            Stop::EndOfFile
                        } else {
                            Stop::Short
                        },
                    );
                }
            }
            Outcome::EndOfFile => self.stop_at(chunk.position, Stop::EndOfFile),
            Outcome::Failed(error) => self.stop_at(chunk.position, Stop::Failed(error)),
        }
        if self.in_flight == 0 {
            self.resume();
        }
    }

    /// The number of chunks asked for and not done.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Whether nothing is in flight and nothing is left to ask for.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.in_flight == 0 && (self.stop.is_some() || self.next >= self.len)
    }

    /// How many bytes from the beginning were transferred without a gap. Meaningful once finished. A write that ends short
    /// of its length without an error is one that the server kept cutting down.
    #[must_use]
    pub fn transferred(&self) -> u64 {
        self.stop.map_or(self.next, |(place, _)| place)
    }

    /// The error at which the transfer stopped. The end of a file is none.
    #[must_use]
    pub fn error(&self) -> Option<E> {
        match self.stop {
            Some((_, Stop::Failed(error))) => Some(error),
            _ => None,
        }
    }

    fn stop_at(&mut self, place: u64, stop: Stop<E>) {
        if self.stop.is_none_or(|(known, _)| place < known) {
            self.stop = Some((place, stop));
        }
    }

    /// Takes up again behind a short answer, unless that was the end of the file.
    fn resume(&mut self) {
        let Some((place, Stop::Short)) = self.stop else {
            return;
        };
        let was_end = self.direction == Direction::Read && self.reach <= place;
        if was_end || self.resumptions >= MAX_RESUMPTIONS {
            return;
        }
        self.resumptions = self.resumptions.saturating_add(1);
        self.stop = None;
        self.next = place;
        self.reach = place;
    }
}

#[cfg(test)]
mod tests;
