//! From the byte stream to answers.

mod data;
mod events;
mod frame;
mod sealed;
mod signature;

use alloc::vec::Vec;
use core::ops::Range;

use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::compound::first_len;
use smb_wire::smb2::{Command, Header, ReadResponse};

use crate::connection::{Claim, Connection};
use crate::error::ClientError;
use crate::exchange::Reply;
use crate::keys::{Protection, Sealing};
use crate::negotiation::Negotiated;
use crate::time::Time;
use data::{carries_data, find_data};
use frame::Opening;
use signature::verify;

pub use events::{Answer, Data, Event, Want};

/// What a first look at a frame takes: frame header, SMB2 header and the fixed part of a READ response. It ends where a
/// READ's data begins, so no data ever lands in the wrong buffer.
const FIRST_LOOK: usize = FrameHeader::LEN + ReadResponse::FIXED_END;
/// Room for headers, fixed parts and padding on top of what was asked for.
const ROOM: u32 = 1024;
/// Any answer may be as long as this: error responses carry paths, and breaks and logons come unasked-for sizes.
const ALWAYS_ACCEPTED: u32 = 64 * 1024;
/// The most that is received at a time of what nobody waits for.
const SKIPPED_AT_ONCE: usize = 64 * 1024;
/// Less than this in a row is no sign of life.
const SIGN_OF_LIFE: usize = 64 * 1024;

/// What the receiver needs of a request's token.
pub trait Token {
    /// How the request is protected, and its answer must be.
    fn protection(&self) -> Protection<'_>;

    /// Shows the first `len` bytes that were received as this READ's data, piece by piece and in order. Only asked for when
    /// they are signed.
    fn data(&self, len: usize, each: &mut dyn FnMut(&[u8]));
}

/// How the receiver reaches the [`Connection`], which others use too.
pub trait SharedTable<T> {
    /// Runs `work` while nobody else touches the connection.
    fn with<R>(&self, work: impl FnOnce(&mut Connection<T>) -> R) -> R;

    /// Runs `work` with the keys by which a session of this connection encrypts; without any if there is no such session or it
    /// has none. Opening a message takes its time: do not hold a lock meanwhile.
    fn with_sealing<R>(&self, session_id: u64, work: impl FnOnce(Option<&Sealing>) -> R) -> R {
        let _ = session_id;
        work(None)
    }
}

/// Turns the bytes of one transport connection into answers.
///
/// The caller's loop: [`Receiver::want`], receive at most that much, [`Receiver::received`], then [`Receiver::next_event`]
/// until it gives none. After that credits may have come, so [`Connection::next_queued`] is worth a look.
///
/// Any error is final: close the transport, take the token from [`Receiver::abort`] and the others from
/// [`Connection::next_failed`].
#[derive(Debug)]
pub struct Receiver<T> {
    /// Frames, or the parts of them that do not go elsewhere. Its length is what may be filled.
    inline: Vec<u8>,
    /// Where the current frame begins in it.
    start: usize,
    filled: usize,
    phase: Phase,
    /// The request whose answer is being received.
    current: Option<T>,
    header: Header,
    /// The longest frame to keep in `inline`.
    max_inline: u32,
    /// The same of encrypted frames, which may have a READ's data.
    max_sealed: u32,
    /// Bytes received since the connection was last told of a sign of life.
    unreported: usize,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// At the beginning of a frame.
    Opening,
    /// Collecting a frame with one message of `len` bytes.
    Message { len: usize },
    /// Collecting a frame with several messages, then handing them out; `next` is where the next one begins, and `sealed` the
    /// session with whose keys they were encrypted.
    Compound {
        len: usize,
        next: usize,
        sealed: Option<u64>,
    },
    /// Collecting an encrypted frame.
    Sealed { len: usize, session_id: u64 },
    /// Collecting what comes before a READ's data.
    DataHead {
        len: usize,
        head: usize,
        data: usize,
    },
    /// Receiving a READ's data; `got` bytes are there.
    Data {
        len: usize,
        head: usize,
        data: usize,
        got: usize,
    },
    /// Collecting what comes behind a READ's data.
    DataTail {
        len: usize,
        head: usize,
        data: usize,
    },
    /// Dropping the rest of a frame that nobody waits for.
    Skip { left: usize },
    /// An error ended everything.
    Failed(ClientError),
}

/// What one step of the machine came to.
enum Step {
    /// More bytes are needed.
    Starved,
    /// Try again.
    Again,
    /// A message in `inline`.
    Answer { from: usize, to: usize, data: Place },
    /// A READ whose data does not fit its signature.
    Forged,
    /// A break notification in `inline`.
    Break { from: usize, to: usize },
}

/// Where a READ's data is.
enum Place {
    /// In the caller's buffer, so many bytes.
    Elsewhere(usize),
    /// In `inline`.
    Inline(Range<usize>),
}

impl<T: Token> Receiver<T> {
    /// A receiver at the beginning of a connection.
    ///
    /// # Errors
    /// [`ClientError::OutOfMemory`].
    pub fn new() -> Result<Self, ClientError> {
        let mut receiver = Self {
            inline: Vec::new(),
            start: 0,
            filled: 0,
            phase: Phase::Opening,
            current: None,
            header: Header::request(Command::NEGOTIATE, 0),
            max_inline: ALWAYS_ACCEPTED,
            max_sealed: 0,
            unreported: 0,
        };
        receiver.grow_to(ROOM as usize)?;
        Ok(receiver)
    }

    /// Allows answers of the sizes that were negotiated.
    pub fn set_limits(&mut self, negotiated: &Negotiated) {
        self.max_inline = negotiated.max_transact.saturating_add(ALWAYS_ACCEPTED);
        self.max_sealed = negotiated
            .max_transact
            .max(negotiated.max_read)
            .saturating_add(ALWAYS_ACCEPTED);
    }

    /// Where the next received bytes should go. Never asks for a byte of the next frame beyond its first look. That the
    /// transport has ended is the caller's to notice.
    pub fn want(&mut self) -> Want<'_, T> {
        if let (Phase::Data { data, got, .. }, Some(token)) = (self.phase, &self.current) {
            return Want::Data {
                token,
                offset: got,
                len: data.saturating_sub(got),
            };
        }
        if self.start > 0 {
            let start = self.start;
            let kept = self.inline.get_mut(..self.filled).unwrap_or_default();
            if start <= kept.len() {
                kept.copy_within(start.., 0);
            }
            self.filled = self.filled.saturating_sub(self.start);
            self.start = 0;
        }
        let end = self.filled.saturating_add(self.wanted());
        Want::Inline(self.inline.get_mut(self.filled..end).unwrap_or_default())
    }

    /// Notes that `count` bytes were put where [`Receiver::want`] said.
    ///
    /// # Errors
    /// [`ClientError::TooManyBytes`].
    pub fn received(&mut self, count: usize) -> Result<(), ClientError> {
        if count > self.wanted() {
            return Err(self.fail(ClientError::TooManyBytes));
        }
        self.unreported = self.unreported.saturating_add(count);
        match &mut self.phase {
            Phase::Data { got, .. } => *got = got.saturating_add(count),
            Phase::Skip { left } => *left = left.saturating_sub(count),
            _ => self.filled = self.filled.saturating_add(count),
        }
        Ok(())
    }

    /// What the bytes received so far bring, one thing at a time; none when more bytes are needed.
    ///
    /// # Errors
    /// The rule that the server broke. The connection has ended.
    // A receive's completion may run on any thread: the frames of its work and of its answers are not to be one.
    #[inline(never)]
    pub fn next_event(
        &mut self,
        table: &impl SharedTable<T>,
        now: Time,
    ) -> Result<Option<Event<'_, T>>, ClientError> {
        if self.unreported >= SIGN_OF_LIFE {
            self.unreported = 0;
            table.with(|connection| connection.heard(now));
        }
        let step = loop {
            match self.step(table, now) {
                Ok(Step::Again) => {}
                Ok(step) => break step,
                Err(error) => return Err(self.fail(error)),
            }
        };
        Ok(match step {
            Step::Answer { from, to, data } => self.current.take().map(|token| {
                Event::Answer(Answer {
                    token,
                    header: self.header,
                    message: self.inline.get(from..to).unwrap_or_default(),
                    data: match data {
                        Place::Elsewhere(len) => {
                            Data::Placed(u32::try_from(len).unwrap_or(u32::MAX))
                        }
                        Place::Inline(range) => {
                            Data::Here(self.inline.get(range).unwrap_or_default())
                        }
                    },
                })
            }),
            Step::Forged => self.current.take().map(Event::Forged),
            Step::Break { from, to } => {
                Some(Event::Break(self.inline.get(from..to).unwrap_or_default()))
            }
            Step::Starved | Step::Again => None,
        })
    }

    /// Ends the receiver and gives back the token of the request whose answer was being received, if there was one.
    pub fn abort(self) -> Option<T> {
        self.current
    }

    fn fail(&mut self, error: ClientError) -> ClientError {
        self.phase = Phase::Failed(error);
        error
    }

    /// How many bytes the current phase can take.
    fn wanted(&self) -> usize {
        let have = self.filled.saturating_sub(self.start);
        let frame_end = |len: usize| len.saturating_add(FrameHeader::LEN);
        match self.phase {
            Phase::Opening => FIRST_LOOK.saturating_sub(have),
            Phase::Message { len } | Phase::Compound { len, .. } | Phase::Sealed { len, .. } => {
                frame_end(len).saturating_sub(have)
            }
            Phase::DataHead { head, .. } => frame_end(head).saturating_sub(have),
            Phase::Data { data, got, .. } => data.saturating_sub(got),
            Phase::DataTail { len, data, .. } => {
                frame_end(len).saturating_sub(data).saturating_sub(have)
            }
            Phase::Skip { left } => left.min(self.inline.len()),
            Phase::Failed(_) => 0,
        }
    }

    fn step(&mut self, table: &impl SharedTable<T>, now: Time) -> Result<Step, ClientError> {
        match self.phase {
            Phase::Failed(error) => Err(error),
            Phase::Opening => self.open_frame(table, now),
            Phase::Skip { left: 0 } => {
                self.phase = Phase::Opening;
                Ok(Step::Again)
            }
            _ if self.wanted() > 0 => Ok(Step::Starved),
            Phase::Skip { .. } => Ok(Step::Starved),
            Phase::Message { len } => self.message(len),
            Phase::Compound { len, next, sealed } => self.compound(len, next, sealed, table, now),
            Phase::Sealed { len, session_id } => self.unseal(len, session_id, table),
            Phase::DataHead { len, head, data } => {
                self.phase = Phase::Data {
                    len,
                    head,
                    data,
                    got: 0,
                };
                Ok(Step::Again)
            }
            Phase::Data {
                len, head, data, ..
            } => {
                self.phase = Phase::DataTail { len, head, data };
                Ok(Step::Again)
            }
            Phase::DataTail { len, head, data } => self.data_complete(len, head, data),
        }
    }

    /// Looks at the beginning of a frame and decides how to receive the rest.
    fn open_frame(&mut self, table: &impl SharedTable<T>, now: Time) -> Result<Step, ClientError> {
        let bytes = self.inline.get(self.start..self.filled).unwrap_or_default();
        let (len, header) = match frame::open(bytes)? {
            Opening::Incomplete => return Ok(Step::Starved),
            Opening::KeepAlive => {
                self.start = self.start.saturating_add(FrameHeader::LEN);
                return Ok(Step::Again);
            }
            Opening::Sealed { len, session_id } => {
                self.open_sealed(len, session_id, table)?;
                return Ok(Step::Again);
            }
            Opening::Message { len, header } => (len, header),
        };
        self.header = header;
        if header.next_command != 0 {
            self.collect(len, awaited(table).min(self.max_inline))?;
            self.phase = Phase::Compound {
                len,
                next: 0,
                sealed: None,
            };
            return Ok(Step::Again);
        }
        if frame::is_unsolicited(&header)? {
            self.collect(len, ALWAYS_ACCEPTED)?;
            self.phase = Phase::Message { len };
            return Ok(Step::Again);
        }
        match table.with(|connection| connection.claim(&header, false, now))? {
            Claim::Interim | Claim::Late => self.skip(len),
            Claim::Answer(token, reply) => {
                let token = self.current.insert(token);
                match reply {
                    Reply::Data { len: asked } if carries_data(header.status) => {
                        // The signature itself can only be checked behind the data.
                        signature::due(token, &header)?;
                        self.open_data(len, asked)?
                    }
                    Reply::Data { .. } => self.open_message(len, 0)?,
                    Reply::Message { max } => self.open_message(len, max)?,
                }
            }
        }
        Ok(Step::Again)
    }

    fn open_message(&mut self, len: usize, max: u32) -> Result<(), ClientError> {
        let limit = max
            .saturating_add(ROOM)
            .max(ALWAYS_ACCEPTED)
            .min(self.max_inline);
        self.collect(len, limit)?;
        self.phase = Phase::Message { len };
        Ok(())
    }

    fn message(&mut self, len: usize) -> Result<Step, ClientError> {
        if let Some(token) = &self.current {
            verify(token, &self.header, self.message_bytes(0, len))?;
        }
        let from = self.end_frame(len);
        let to = from.saturating_add(len);
        Ok(match self.current {
            Some(_) => Step::Answer {
                from,
                to,
                data: Place::Elsewhere(0),
            },
            None => Step::Break { from, to },
        })
    }

    /// Hands out the next message of a compound, each checked by itself (MS-SMB2 3.2.5.1.9). An encrypted frame is one, if only
    /// of one message.
    fn compound(
        &mut self,
        len: usize,
        next: usize,
        sealed: Option<u64>,
        table: &impl SharedTable<T>,
        now: Time,
    ) -> Result<Step, ClientError> {
        if next >= len {
            self.end_frame(len);
            return Ok(Step::Again);
        }
        let message_len = first_len(self.message_bytes(next, len))?;
        let end = next.saturating_add(message_len);
        let header = Header::parse(self.message_bytes(next, end))?;
        self.phase = Phase::Compound {
            len,
            next: end,
            sealed,
        };
        self.header = header;
        let base = self.start.saturating_add(FrameHeader::LEN);
        let (from, to) = (base.saturating_add(next), base.saturating_add(end));
        if frame::is_unsolicited(&header)? {
            return Ok(Step::Break { from, to });
        }
        if sealed.is_some_and(|session_id| session_id != header.session_id) {
            return Err(ClientError::WrongSession(header.session_id));
        }
        match table.with(|connection| connection.claim(&header, sealed.is_some(), now))? {
            Claim::Interim | Claim::Late => Ok(Step::Again),
            Claim::Answer(token, reply) => {
                let token = self.current.insert(token);
                let message = self.inline.get(from..to).unwrap_or_default();
                if sealed.is_none() {
                    verify(token, &header, message)?;
                }
                let data = match reply {
                    Reply::Data { len: asked } if carries_data(header.status) => {
                        Place::Inline(find_data(message, from, asked)?)
                    }
                    Reply::Data { .. } | Reply::Message { .. } => Place::Elsewhere(0),
                };
                Ok(Step::Answer { from, to, data })
            }
        }
    }

    /// Drops a frame that nobody waits for, without keeping it.
    fn skip(&mut self, len: usize) {
        let rest = self
            .filled
            .saturating_sub(self.start)
            .saturating_sub(FrameHeader::LEN);
        let here = rest.min(len);
        let left = len.saturating_sub(here);
        self.end_frame(here);
        // Where there is no memory to do it in large steps, small ones do as well.
        let _ = self.grow_to(left.min(SKIPPED_AT_ONCE));
        self.phase = Phase::Skip { left };
    }

    /// Goes on behind a frame of which `len` bytes are inline. Gives where its message begins; the bytes stay until
    /// [`Receiver::want`] is called.
    fn end_frame(&mut self, len: usize) -> usize {
        let from = self.start.saturating_add(FrameHeader::LEN);
        self.start = from.saturating_add(len);
        self.phase = Phase::Opening;
        from
    }

    /// A part of the current frame's messages, as far as it is there.
    fn message_bytes(&self, from: usize, to: usize) -> &[u8] {
        let base = self.start.saturating_add(FrameHeader::LEN);
        let end = base.saturating_add(to).min(self.filled);
        self.inline
            .get(base.saturating_add(from)..end)
            .unwrap_or_default()
    }

    /// Makes room for a frame of `len` bytes, if that is no longer than `limit`.
    fn collect(&mut self, len: usize, limit: u32) -> Result<(), ClientError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if len > limit {
            return Err(frame::too_long(len, limit));
        }
        self.reserve(len)
    }

    /// Makes room for `len` bytes of message in the current frame.
    fn reserve(&mut self, len: usize) -> Result<(), ClientError> {
        self.grow_to(
            self.start
                .saturating_add(FrameHeader::LEN)
                .saturating_add(len),
        )
    }

    fn grow_to(&mut self, len: usize) -> Result<(), ClientError> {
        match len.checked_sub(self.inline.len()) {
            Some(more) => self.grow_by(more),
            None => Ok(()),
        }
    }

    #[inline(never)]
    fn grow_by(&mut self, more: usize) -> Result<(), ClientError> {
        let out_of_memory = ClientError::OutOfMemory;
        self.inline.try_reserve(more).map_err(|_| out_of_memory)?;
        // Never so by now, but the compiler has to see it, to leave out a growth that could only panic.
        if more > self.inline.capacity().wrapping_sub(self.inline.len()) {
            return Err(out_of_memory);
        }
        self.inline.extend(core::iter::repeat_n(0, more));
        Ok(())
    }
}

/// How long a frame may be that has not said yet, for each of its messages, whom it answers.
fn awaited<T>(table: &impl SharedTable<T>) -> u32 {
    let asked = table.with(|connection| connection.awaited());
    u32::try_from(asked)
        .unwrap_or(u32::MAX)
        .saturating_add(ALWAYS_ACCEPTED)
}

#[cfg(test)]
mod tests;
