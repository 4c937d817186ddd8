//! Frames: the replies to one frame of requests, sealed if they must be.

use std::time::Duration;

use smb_wire::NtStatus;
use smb_wire::netbios::FrameHeader;

use crate::answer::{PREFIX, Part};
use crate::faults::{Ending, Forgery, HeaderChange, Rewrite};
use crate::fs::Extents;
use crate::observer::Served;
use crate::protection::Guard;

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
        let sealed = if forgery.is_honest() {
            let payload = std::mem::take(&mut self.payload);
            seals.seal(session_id, PREFIX, self.messages(), payload.slices())
        } else {
            self.flatten();
            forgery.seal(seals, session_id, PREFIX, self.messages())
        };
        match sealed {
            Ok(bytes) => self.bytes = bytes,
            Err(_) => self.ending = Ending::Before,
        }
    }

    /// Does to the frame what happens to it on the way to the client.
    pub(crate) fn travel(&mut self) {
        if self.on_the_way.is_empty() || self.bytes.is_empty() {
            return;
        }
        self.flatten();
        let mut messages = self.messages().to_vec();
        for change in &self.on_the_way {
            change(&mut messages);
        }
        self.bytes.truncate(PREFIX);
        self.bytes.extend_from_slice(&messages);
        self.set_length();
    }

    /// Makes the payload part of the bytes.
    fn flatten(&mut self) {
        let payload = std::mem::take(&mut self.payload);
        payload
            .slices()
            .for_each(|slice| self.bytes.extend_from_slice(slice));
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
