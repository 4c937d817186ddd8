//! Requests as bytes: frame, header, body and signature, in the caller's buffer.
//!
//! Nothing here touches the [`crate::Connection`], so it runs outside of its lock. Each function gives the number of bytes
//! to send.

use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::compound::{Builder, first_len};
use smb_wire::smb2::{Cancel, Command, Header, HeaderFlags, Target, WriteHead};
use smb_wire::{EmitError, NtStatus, Writer};

use crate::error::ClientError;
use crate::exchange::{CancelTarget, Ticket};
use crate::keys::SessionKeys;

/// What a request needs besides its body: a buffer of a body's size and this is always enough.
pub const OVERHEAD: usize = FrameHeader::LEN + Header::LEN;

/// What Windows puts into the reserved field where SMB1 had a process id; some servers log it.
const PROCESS_ID: u32 = 0xFEFF;

/// Writes one request. With keys, it is signed.
///
/// # Errors
/// [`ClientError::Emit`] if it does not fit, [`ClientError::Crypto`].
pub fn request(
    out: &mut [u8],
    ticket: &Ticket,
    keys: Option<&SessionKeys>,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Result<usize, ClientError> {
    let mut frame = Frame::new(out)?;
    frame.add(ticket, keys, body)?;
    frame.finish(keys)
}

/// Writes an unsigned WRITE request up to its data, of which the length that `head` says is to be sent right behind it from
/// where it is.
///
/// # Errors
/// As [`request`].
pub fn write_head(out: &mut [u8], ticket: &Ticket, head: &WriteHead) -> Result<usize, ClientError> {
    let mut frame = Frame::new(out)?;
    frame.add(ticket, None, |w| head.emit(w))?;
    frame.complete(usize::try_from(head.length).unwrap_or(usize::MAX))
}

/// Writes a WRITE request up to its data, like [`write_head`], and with keys signs it. `data` is read for the signature
/// alone; its pieces together must have the length that `head` says.
///
/// # Errors
/// As [`request`].
pub fn write_request(
    out: &mut [u8],
    ticket: &Ticket,
    keys: Option<&SessionKeys>,
    head: &WriteHead,
    data: &[&[u8]],
) -> Result<usize, ClientError> {
    let length = data
        .iter()
        .fold(0usize, |sum, piece| sum.saturating_add(piece.len()));
    if usize::try_from(head.length) != Ok(length) {
        return Err(EmitError::Contradiction("Length").into());
    }
    let mut frame = Frame::new(out)?;
    frame.add(ticket, keys, |w| head.emit(w))?;
    if let Some(keys) = keys {
        frame.sign(keys, data)?;
    }
    frame.complete(length)
}

/// Writes a CANCEL. It takes no message id, costs no credit and is not answered (MS-SMB2 3.2.4.24).
///
/// # Errors
/// As [`request`].
pub fn cancel(
    out: &mut [u8],
    target: &CancelTarget,
    keys: Option<&SessionKeys>,
) -> Result<usize, ClientError> {
    let mut frame = Frame::new(out)?;
    let header = Header {
        credits: 0,
        flags: signed_flag(keys),
        target: match target.async_id {
            Some(async_id) => Target::Async(async_id),
            None => tree(target.tree_id),
        },
        session_id: target.session_id,
        ..Header::request(Command::CANCEL, target.message_id)
    };
    frame
        .builder
        .add(&mut frame.writer, &header, |w| Cancel.emit(w))?;
    frame.finish(keys)
}

/// A frame with one request or a compound of them (MS-SMB2 3.2.4.1.4).
#[derive(Debug)]
pub struct Frame<'a> {
    writer: Writer<'a>,
    builder: Builder,
}

impl<'a> Frame<'a> {
    /// A frame without messages.
    ///
    /// # Errors
    /// [`ClientError::Emit`] if the buffer is too small even for that.
    pub fn new(out: &'a mut [u8]) -> Result<Self, ClientError> {
        let mut writer = Writer::new(out);
        writer.zeros(FrameHeader::LEN)?;
        let builder = Builder::new(&writer);
        Ok(Self { writer, builder })
    }

    /// Appends a request.
    ///
    /// # Errors
    /// [`ClientError::Emit`] if it does not fit.
    pub fn add(
        &mut self,
        ticket: &Ticket,
        keys: Option<&SessionKeys>,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), ClientError> {
        self.add_with_flags(ticket, signed_flag(keys), body)
    }

    /// Appends a request that uses the handle of the one before it: its file id is [`smb_wire::smb2::FileId::RELATED`].
    ///
    /// # Errors
    /// [`ClientError::Emit`] if it does not fit.
    pub fn add_related(
        &mut self,
        ticket: &Ticket,
        keys: Option<&SessionKeys>,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), ClientError> {
        let flags = signed_flag(keys).union(HeaderFlags::RELATED_OPERATIONS);
        self.add_with_flags(ticket, flags, body)
    }

    fn add_with_flags(
        &mut self,
        ticket: &Ticket,
        flags: HeaderFlags,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), ClientError> {
        let header = Header {
            credit_charge: ticket.credit_charge,
            status: NtStatus::SUCCESS,
            credits: ticket.credit_request,
            flags,
            target: tree(ticket.tree_id),
            session_id: ticket.session_id,
            ..Header::request(ticket.command, ticket.message_id)
        };
        self.builder.add(&mut self.writer, &header, body)?;
        Ok(())
    }

    /// Completes the frame: with keys the signature of each message, and its length.
    ///
    /// # Errors
    /// [`ClientError::Emit`] if the frame is too long, [`ClientError::Crypto`].
    pub fn finish(mut self, keys: Option<&SessionKeys>) -> Result<usize, ClientError> {
        if let Some(keys) = keys {
            self.sign(keys, &[])?;
        }
        self.complete(0)
    }

    /// Signs each message; `data` belongs to the last.
    fn sign(&mut self, keys: &SessionKeys, data: &[&[u8]]) -> Result<(), ClientError> {
        let written = self.writer.written_mut().get_mut(FrameHeader::LEN..);
        let mut rest = written.unwrap_or_default();
        while !rest.is_empty() {
            let len = first_len(rest)?;
            let (message, after) = rest
                .split_at_mut_checked(len)
                .ok_or(EmitError::BufferFull)?;
            let data = if after.is_empty() { data } else { &[] };
            let signature = keys.signing().sign(message, data)?;
            if let Some(place) = message.get_mut(Header::SIGNATURE) {
                place.copy_from_slice(&signature);
            }
            rest = after;
        }
        Ok(())
    }

    /// Says how long the frame is with `data` bytes behind what is written. Gives how long it is without.
    fn complete(mut self, data: usize) -> Result<usize, ClientError> {
        let written = self.writer.position();
        let length = written
            .saturating_sub(FrameHeader::LEN)
            .saturating_add(data);
        self.writer
            .patch(0, &FrameHeader::message(length)?.to_bytes())?;
        Ok(written)
    }
}

const fn tree(tree_id: u32) -> Target {
    Target::Tree {
        process_id: PROCESS_ID,
        tree_id,
    }
}

const fn signed_flag(keys: Option<&SessionKeys>) -> HeaderFlags {
    match keys {
        Some(_) => HeaderFlags::SIGNED,
        None => HeaderFlags::empty(),
    }
}

#[cfg(test)]
mod tests;
