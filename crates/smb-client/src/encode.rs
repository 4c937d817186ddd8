//! Requests as bytes: frame, header, body, and signature or seal, in the caller's buffer.
//!
//! Nothing here touches the [`crate::Connection`], so it runs outside of its lock. Each function gives the number of bytes
//! to send.

use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::compound::{Builder, first_len};
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{Cancel, Command, Header, HeaderFlags, Target, WriteHead};
use smb_wire::{EmitError, NtStatus, Writer};

use crate::error::ClientError;
use crate::exchange::{CancelTarget, Ticket};
use crate::keys::{Protection, SessionKeys};

/// What a request needs besides its body: a buffer of a body's size and this is always enough.
pub const OVERHEAD: usize = FrameHeader::LEN + TransformHeader::LEN + Header::LEN;

/// What Windows puts into the reserved field where SMB1 had a process id; some servers log it.
const PROCESS_ID: u32 = 0xFEFF;

/// Writes one request.
///
/// # Errors
/// [`ClientError::Emit`] if it does not fit, [`ClientError::KeyExhausted`] when its session can seal nothing more,
/// [`ClientError::Crypto`].
pub fn request(
    out: &mut [u8],
    ticket: &Ticket,
    protection: Protection<'_>,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Result<usize, ClientError> {
    let mut frame = Frame::new(out, protection)?;
    frame.add(ticket, body)?;
    frame.finish()
}

/// Writes an unprotected WRITE request up to its data, of which the length that `head` says is to be sent right behind it
/// from where it is.
///
/// # Errors
/// As [`request`].
pub fn write_head(out: &mut [u8], ticket: &Ticket, head: &WriteHead) -> Result<usize, ClientError> {
    let mut frame = Frame::new(out, Protection::None)?;
    frame.add(ticket, |w| head.emit(w))?;
    frame.complete(usize::try_from(head.length).unwrap_or(usize::MAX))
}

/// Where in its frame the data of a WRITE lies.
#[must_use]
pub const fn write_data_offset(protection: Protection<'_>) -> usize {
    messages_offset(protection).saturating_add(WriteHead::DATA_OFFSET)
}

/// Writes a WRITE request around its data, which is in `out` already, at [`write_data_offset`] and as long as `head` says.
///
/// # Errors
/// As [`request`].
pub fn write(
    out: &mut [u8],
    ticket: &Ticket,
    protection: Protection<'_>,
    head: &WriteHead,
) -> Result<usize, ClientError> {
    request(out, ticket, protection, |w| {
        head.emit(w)?;
        let length = usize::try_from(head.length).unwrap_or(usize::MAX);
        w.reserve(length).map(|_| ())
    })
}

/// Writes a CANCEL. It takes no message id, costs no credit and is not answered (MS-SMB2 3.2.4.24).
///
/// # Errors
/// As [`request`].
pub fn cancel(
    out: &mut [u8],
    target: &CancelTarget,
    protection: Protection<'_>,
) -> Result<usize, ClientError> {
    let mut frame = Frame::new(out, protection)?;
    let header = Header {
        credits: 0,
        target: match target.async_id {
            Some(async_id) => Target::Async(async_id),
            None => tree(target.tree_id),
        },
        session_id: target.session_id,
        ..Header::request(Command::CANCEL, target.message_id)
    };
    frame.add_with_header(header, |w| Cancel.emit(w))?;
    frame.finish()
}

/// A frame with one request or a compound of them (MS-SMB2 3.2.4.1.4), protected alike.
#[derive(Debug)]
pub struct Frame<'a, 'k> {
    writer: Writer<'a>,
    builder: Builder,
    protection: Protection<'k>,
    session_id: u64,
}

impl<'a, 'k> Frame<'a, 'k> {
    /// A frame without messages.
    ///
    /// # Errors
    /// [`ClientError::Emit`] if the buffer is too small even for that.
    pub fn new(out: &'a mut [u8], protection: Protection<'k>) -> Result<Self, ClientError> {
        let mut writer = Writer::new(out);
        writer.zeros(messages_offset(protection))?;
        let builder = Builder::new(&writer);
        Ok(Self {
            writer,
            builder,
            protection,
            session_id: 0,
        })
    }

    /// Appends a request.
    ///
    /// # Errors
    /// [`ClientError::Emit`] if it does not fit.
    pub fn add(
        &mut self,
        ticket: &Ticket,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), ClientError> {
        self.add_with_header(header(ticket), body)
    }

    /// Appends a request that uses the handle of the one before it: its file id is [`smb_wire::smb2::FileId::RELATED`].
    ///
    /// # Errors
    /// [`ClientError::Emit`] if it does not fit.
    pub fn add_related(
        &mut self,
        ticket: &Ticket,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), ClientError> {
        let header = Header {
            flags: HeaderFlags::RELATED_OPERATIONS,
            ..header(ticket)
        };
        self.add_with_header(header, body)
    }

    fn add_with_header(
        &mut self,
        mut header: Header,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), ClientError> {
        let is_signed = matches!(self.protection, Protection::Signed(_));
        header.flags.set(HeaderFlags::SIGNED, is_signed);
        self.session_id = header.session_id;
        self.builder.add(&mut self.writer, &header, body)?;
        Ok(())
    }

    /// Completes the frame: its protection and its length.
    ///
    /// # Errors
    /// [`ClientError::Emit`] if the frame is too long, [`ClientError::KeyExhausted`], [`ClientError::Crypto`].
    pub fn finish(mut self) -> Result<usize, ClientError> {
        let session_id = self.session_id;
        let written = self.writer.written_mut().get_mut(FrameHeader::LEN..);
        let frame = written.unwrap_or_default();
        match self.protection {
            Protection::None => {}
            Protection::Signed(keys) => sign(keys, frame)?,
            Protection::Sealed(sealing) => sealing.seal(session_id, frame)?,
        }
        self.complete(0)
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

/// Where the first message of a frame begins.
const fn messages_offset(protection: Protection<'_>) -> usize {
    match protection {
        Protection::None | Protection::Signed(_) => FrameHeader::LEN,
        Protection::Sealed(_) => FrameHeader::LEN + TransformHeader::LEN,
    }
}

/// Signs each message of a frame.
fn sign(keys: &SessionKeys, frame: &mut [u8]) -> Result<(), ClientError> {
    let mut rest = frame;
    while !rest.is_empty() {
        let len = first_len(rest)?;
        let (message, after) = rest
            .split_at_mut_checked(len)
            .ok_or(EmitError::BufferFull)?;
        let signature = keys.signing().sign(message, &[])?;
        if let Some(place) = message.get_mut(Header::SIGNATURE) {
            place.copy_from_slice(&signature);
        }
        rest = after;
    }
    Ok(())
}

fn header(ticket: &Ticket) -> Header {
    Header {
        credit_charge: ticket.credit_charge,
        status: NtStatus::SUCCESS,
        credits: ticket.credit_request,
        target: tree(ticket.tree_id),
        session_id: ticket.session_id,
        ..Header::request(ticket.command, ticket.message_id)
    }
}

const fn tree(tree_id: u32) -> Target {
    Target::Tree {
        process_id: PROCESS_ID,
        tree_id,
    }
}

#[cfg(test)]
mod tests;
