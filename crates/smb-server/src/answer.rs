//! Replies, from a body to the bytes of a signed message.

use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::{ErrorResponse, Header, HeaderFlags};
use smb_wire::{EmitError, NtStatus, Writer};

use crate::faults::Plan;
use crate::fs::Extents;
use crate::observer::Served;
use crate::protection::Guard;

/// Room left before a message for its frame header, so that a single reply is not moved.
pub(crate) const PREFIX: usize = FrameHeader::LEN;

/// One reply: a header still to be settled, a body, and for READ the file's bytes behind it.
pub(crate) struct Answer {
    pub(crate) header: Header,
    /// `PREFIX` bytes, the header's place, and the body.
    pub(crate) bytes: Vec<u8>,
    pub(crate) payload: Extents,
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

    pub(crate) fn message(&mut self) -> &mut [u8] {
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
    pub(crate) fn settle(&mut self, compounded: bool, chained: bool, sealed: bool) {
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
