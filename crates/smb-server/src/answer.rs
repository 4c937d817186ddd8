//! Replies, from a body to the bytes of a frame.

use std::time::Duration;

use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::{ErrorResponse, Header, HeaderFlags};
use smb_wire::{EmitError, NtStatus, Writer};

use crate::faults::{Ending, Forgery, HeaderChange, Plan, Rewrite};
use crate::fs::Extents;
use crate::observer::Served;
use crate::protection::Guard;

/// Room left before a message for its frame header, so that a single reply is not moved.
const PREFIX: usize = FrameHeader::LEN;

/// One reply: a header still to be settled, a body, and for READ the file's bytes behind it.
pub(crate) struct Answer {
    pub(crate) header: Header,
    /// `PREFIX` bytes, the header's place, and the body.
    bytes: Vec<u8>,
    payload: Extents,
}

impl Answer {
    /// A reply whose body takes at most `capacity` bytes.
    pub(crate) fn compose(
        header: Header,
        capacity: usize,
        emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<Self, NtStatus> {
        let mut bytes = vec![0; PREFIX + Header::LEN + capacity];
        let mut writer = Writer::new(&mut bytes[PREFIX..]);
        header
            .emit(&mut writer)
            .and_then(|()| emit(&mut writer))
            .map_err(|_| NtStatus::INTERNAL_ERROR)?;
        let len = PREFIX + writer.position();
        bytes.truncate(len);
        Ok(Self {
            header,
            bytes,
            payload: Extents::default(),
        })
    }

    /// A reply that says nothing but its status (MS-SMB2 2.2.2).
    pub(crate) fn bare(header: Header) -> Self {
        const BODY: usize = 9;
        Self::compose(header, BODY, |w| ErrorResponse::EMPTY.emit(w))
            .expect("an empty error body has nine bytes")
    }

    pub(crate) fn with_payload(mut self, payload: Extents) -> Self {
        self.payload = payload;
        self
    }

    fn message(&mut self) -> &mut [u8] {
        &mut self.bytes[PREFIX..]
    }

    fn message_len(&self) -> usize {
        self.bytes.len() - PREFIX + self.payload.len()
    }

    fn flatten(&mut self) {
        let payload = std::mem::take(&mut self.payload);
        payload
            .slices()
            .for_each(|slice| self.bytes.extend_from_slice(slice));
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut message = self.bytes.split_off(PREFIX);
        change(&mut message);
        self.bytes.extend_from_slice(&message);
    }
}

/// A reply with all that decides over its final bytes.
pub(crate) struct Part {
    pub(crate) answer: Answer,
    /// How it is protected.
    pub(crate) guard: Guard,
    pub(crate) plan: Plan,
    pub(crate) served: Served,
}

impl Part {
    /// Settles the header, and signs unless the frame is `sealed`. `compounded` if it shares its frame, `chained` if another
    /// message follows.
    fn settle(&mut self, compounded: bool, chained: bool, sealed: bool) {
        let answer = &mut self.answer;
        if compounded || self.plan.needs_flat_bytes() {
            answer.flatten();
        }
        if compounded {
            // The last one is padded too, as Windows does it.
            let padded = answer.message_len().next_multiple_of(8);
            answer.bytes.resize(PREFIX + padded, 0);
            answer.header.next_command = if chained { padded as u32 } else { 0 };
        }
        let key = self.guard.signing_key().filter(|_| !sealed);
        answer.header.flags.set(HeaderFlags::SIGNED, key.is_some());
        let header = answer.header;
        // The header fits: its place was made with it.
        let emitted = header.emit(&mut Writer::new(answer.message()));
        debug_assert!(emitted.is_ok());
        for rewrite in &self.plan.rewrites {
            answer.change(|message| rewrite(message));
        }
        if let Some(key) = key {
            let payload: Vec<&[u8]> = answer.payload.slices().collect();
            if let Ok(signature) = key.sign(&answer.bytes[PREFIX..], &payload) {
                answer.message()[Header::SIGNATURE].copy_from_slice(&signature);
            }
        }
        for tamper in &self.plan.tampers {
            answer.change(|message| tamper(message));
        }
        self.served.bytes_out = answer.message_len();
        self.served.status = answer.header.status;
    }
}

/// What goes to the socket in one piece: a frame header, one or more replies, and the payload of the last.
pub(crate) struct Frame {
    pub(crate) bytes: Vec<u8>,
    pub(crate) payload: Extents,
    pub(crate) delay: Duration,
    pub(crate) hold: u32,
    pub(crate) copies: u32,
    pub(crate) ending: Ending,
    pub(crate) served: Vec<Served>,
    /// What happens to the frame once it is sent.
    on_the_way: Vec<Rewrite>,
}

impl Frame {
    /// The frame of one compound's replies; swallowed ones are left out.
    pub(crate) fn assemble(mut parts: Vec<Part>) -> Self {
        let mut frame = Self::planned(&parts);
        for part in &mut parts {
            part.guard.change(part.plan.protection);
        }
        parts.retain(|part| !part.plan.swallow);
        let single = parts.len() == 1;
        // A frame has one seal; it is around all messages if it is around one.
        let mut guards = parts.iter().map(|part| &part.guard);
        let sealer = guards.find(|guard| guard.seals().is_some()).cloned();
        let header_changes: Vec<HeaderChange> = parts
            .iter()
            .flat_map(|part| part.plan.header_changes.iter().cloned())
            .collect();
        let raw = parts.iter().find_map(|part| part.plan.raw.clone());
        let mut rest = parts.into_iter().peekable();
        while let Some(mut part) = rest.next() {
            part.settle(!single, rest.peek().is_some(), sealer.is_some());
            // The observer hears of a request once, when it is answered for good.
            if part.served.status != NtStatus::PENDING {
                frame.served.push(part.served);
            }
            if frame.bytes.is_empty() {
                frame.bytes = part.answer.bytes;
            } else {
                frame.bytes.extend_from_slice(part.answer.message());
            }
            frame.payload = part.answer.payload;
        }
        if let Some(guard) = sealer {
            frame.seal(&guard, header_changes);
        }
        if let Some(build) = raw.filter(|_| single) {
            frame.bytes = build(frame.messages());
        } else {
            frame.set_length();
        }
        frame
    }

    /// An empty frame with the faults that are the whole frame's.
    fn planned(parts: &[Part]) -> Self {
        let plans = || parts.iter().map(|part| &part.plan);
        Self {
            bytes: Vec::new(),
            payload: Extents::default(),
            delay: plans().map(|plan| plan.delay).max().unwrap_or_default(),
            hold: plans().map(|plan| plan.hold).max().unwrap_or_default(),
            copies: 1 + plans().map(|plan| plan.copies).max().unwrap_or_default(),
            ending: plans().map(|plan| plan.ending).max().unwrap_or_default(),
            served: parts
                .iter()
                .filter(|part| part.plan.swallow)
                .map(|part| part.served.clone())
                .collect(),
            on_the_way: plans()
                .flat_map(|plan| plan.on_the_way.iter().cloned())
                .collect(),
        }
    }

    /// Seals the messages. A key that is used up ends the connection.
    fn seal(&mut self, guard: &Guard, header_changes: Vec<HeaderChange>) {
        let Some((session_id, seals)) = guard.seals() else {
            return;
        };
        let forgery = Forgery {
            protection: guard.protection(),
            changes: header_changes,
        };
        let payload = std::mem::take(&mut self.payload);
        let sealed = if forgery.is_honest() {
            seals.seal(session_id, PREFIX, self.messages(), payload.slices())
        } else {
            payload
                .slices()
                .for_each(|slice| self.bytes.extend_from_slice(slice));
            forgery.seal(seals, session_id, PREFIX, self.messages())
        };
        match sealed {
            Ok(bytes) => self.bytes = bytes,
            Err(_) => self.ending = Ending::Before,
        }
    }

    /// Does to the frame what happens to it on the way to the client.
    pub(crate) fn travel(&mut self) {
        if self.on_the_way.is_empty() {
            return;
        }
        let payload = std::mem::take(&mut self.payload);
        payload
            .slices()
            .for_each(|slice| self.bytes.extend_from_slice(slice));
        let mut messages = self.messages().to_vec();
        for change in &self.on_the_way {
            change(&mut messages);
        }
        self.bytes.truncate(PREFIX);
        self.bytes.extend_from_slice(&messages);
        self.set_length();
    }

    /// Writes the frame header.
    fn set_length(&mut self) {
        if let Some(len) = self.len().checked_sub(PREFIX)
            && let Ok(head) = FrameHeader::message(len)
        {
            self.bytes[..PREFIX].copy_from_slice(&head.to_bytes());
        }
    }

    /// The messages of the frame, without its frame header, if they have no payload of their own.
    pub(crate) fn messages(&self) -> &[u8] {
        self.bytes.get(PREFIX..).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() + self.payload.len()
    }
}
