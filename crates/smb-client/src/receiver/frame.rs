//! The first look at a frame.

use smb_wire::netbios::{FrameHeader, PacketType};
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{Command, Header, ReadResponse, compression, header, transform};
use smb_wire::{Fault, ParseError, smb1};

use crate::error::ClientError;

/// What the beginning of a frame tells.
pub(super) enum Opening {
    /// Not enough of it is there.
    Incomplete,
    /// NetBIOS's sign of life.
    KeepAlive,
    /// A frame of `len` bytes whose first message has this header. All of the first look is there.
    Message { len: usize, header: Header },
    /// A frame of `len` bytes that is encrypted with the keys of this session.
    Sealed { len: usize, session_id: u64 },
}

/// The shortest encrypted frame: a message has at least a header.
const SEALED_MIN: usize = TransformHeader::LEN + Header::LEN;

/// Reads the beginning of a frame.
pub(super) fn open(bytes: &[u8]) -> Result<Opening, ClientError> {
    let Some((frame, message)) = bytes.split_first_chunk() else {
        return Ok(Opening::Incomplete);
    };
    let frame = FrameHeader::parse(*frame);
    match frame.packet_type {
        PacketType::MESSAGE => {}
        PacketType::KEEP_ALIVE if frame.length == 0 => return Ok(Opening::KeepAlive),
        other => return Err(ClientError::FrameType(other.0)),
    }
    let len = usize::try_from(frame.length).unwrap_or(usize::MAX);
    let Some(protocol) = message.first_chunk() else {
        return match len {
            0..4 => Err(ClientError::FrameTooShort(frame.length)),
            _ => Ok(Opening::Incomplete),
        };
    };
    match *protocol {
        _ if len < protocol.len() => return Err(ClientError::FrameTooShort(frame.length)),
        header::PROTOCOL_ID if len < Header::LEN => {
            return Err(ClientError::FrameTooShort(frame.length));
        }
        header::PROTOCOL_ID => {}
        smb1::PROTOCOL_ID => return Err(ClientError::Smb1Only),
        transform::PROTOCOL_ID if len < SEALED_MIN => {
            return Err(ClientError::FrameTooShort(frame.length));
        }
        transform::PROTOCOL_ID if message.len() < TransformHeader::LEN => {
            return Ok(Opening::Incomplete);
        }
        transform::PROTOCOL_ID => {
            let session_id = TransformHeader::parse_front(message, len)?.session_id;
            return Ok(Opening::Sealed { len, session_id });
        }
        compression::PROTOCOL_ID => return Err(ClientError::UnexpectedCompression),
        _ => {
            return Err(ClientError::Parse(ParseError {
                field: "ProtocolId",
                fault: Fault::Value,
            }));
        }
    }
    if message.len() < len.min(ReadResponse::FIXED_END) {
        return Ok(Opening::Incomplete);
    }
    let header = Header::parse(message)?;
    Ok(Opening::Message { len, header })
}

/// Whether a message answers no request. Only breaks may.
pub(super) fn is_unsolicited(header: &Header) -> Result<bool, ClientError> {
    if !header.is_response() {
        return Err(ClientError::NotAResponse);
    }
    match (header.message_id, header.command) {
        (Header::UNSOLICITED, Command::OPLOCK_BREAK) => Ok(true),
        (Header::UNSOLICITED, other) => Err(ClientError::Unsolicited(other)),
        _ => Ok(false),
    }
}

pub(super) fn too_long(len: usize, limit: usize) -> ClientError {
    ClientError::FrameTooLong {
        length: u32::try_from(len).unwrap_or(u32::MAX),
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
    }
}
