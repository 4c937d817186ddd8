//! The TRANSFORM header before an encrypted message (MS-SMB2 2.2.41).

use core::ops::Range;

use zerocopy::little_endian::{U16, U32, U64};

use crate::{EmitError, ParseError, Reader, Writer};

/// The first four bytes of an encrypted message.
pub const PROTOCOL_ID: [u8; 4] = *b"\xFDSMB";

/// Flags in 3.1.1, EncryptionAlgorithm (AES-128-CCM) before: one value is allowed, and it is the same.
const ENCRYPTED: u16 = 0x0001;

/// The header before an encrypted message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransformHeader {
    /// The authentication tag over [`TransformHeader::AUTHENTICATED`] and the message.
    pub signature: [u8; 16],
    /// The nonce: 11 bytes for CCM, 12 for GCM, then zeros.
    pub nonce: [u8; 16],
    /// The size of the message in bytes; encryption does not change it.
    pub original_message_size: u32,
    /// The session whose keys are used.
    pub session_id: u64,
}

wire_struct! {
    struct Raw {
        protocol_id: [u8; 4],
        signature: [u8; 16],
        nonce: [u8; 16],
        original_message_size: U32,
        reserved: U16,
        flags: U16,
        session_id: U64,
    }
}

impl TransformHeader {
    /// The size of the header in bytes.
    pub const LEN: usize = size_of::<Raw>();
    /// Where the signature is.
    pub const SIGNATURE: Range<usize> = 4..20;
    /// What of the header is authenticated along with the message (the AEAD's additional data).
    pub const AUTHENTICATED: Range<usize> = 20..52;

    /// Reads the header at the beginning of `frame`; what follows it must be as long as it says.
    pub fn parse(frame: &[u8]) -> Result<Self, ParseError> {
        Self::parse_front(frame, frame.len())
    }

    /// Reads the header from the beginning of a frame of `frame_len` bytes, of which no more than the header need be there.
    pub fn parse_front(front: &[u8], frame_len: usize) -> Result<Self, ParseError> {
        let mut r = Reader::new(front);
        let raw: &Raw = r.fixed("TRANSFORM header")?;
        if raw.protocol_id != PROTOCOL_ID {
            return Err(ParseError::value("ProtocolId"));
        }
        if raw.flags.get() != ENCRYPTED {
            return Err(ParseError::value("Flags"));
        }
        let message_len = frame_len.checked_sub(Self::LEN);
        if usize::try_from(raw.original_message_size.get()).ok() != message_len {
            return Err(ParseError::out_of_bounds("OriginalMessageSize"));
        }
        Ok(Self {
            signature: raw.signature,
            nonce: raw.nonce,
            original_message_size: raw.original_message_size.get(),
            session_id: raw.session_id.get(),
        })
    }

    /// Appends the header. The encrypted message follows.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.fixed(&Raw {
            protocol_id: PROTOCOL_ID,
            signature: self.signature,
            nonce: self.nonce,
            original_message_size: self.original_message_size.into(),
            reserved: U16::ZERO,
            flags: ENCRYPTED.into(),
            session_id: self.session_id.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;
    use crate::smb2::samples::{Sample, named};

    #[test]
    fn case_03_a_transform_header_must_name_the_size_of_what_follows() {
        let Sample {
            mut bytes, parse, ..
        } = named("TRANSFORM");
        bytes.push(0);
        assert_eq!(
            parse(&bytes),
            Err(ParseError {
                field: "OriginalMessageSize",
                fault: Fault::OutOfBounds
            })
        );
    }

    #[test]
    fn case_03_a_transform_header_without_the_encrypted_flag_is_refused() {
        let Sample {
            mut bytes, parse, ..
        } = named("TRANSFORM");
        bytes[42] = 0;
        assert_eq!(
            parse(&bytes),
            Err(ParseError {
                field: "Flags",
                fault: Fault::Value
            })
        );
    }

    #[test]
    fn the_parts_of_a_transform_header_lie_where_the_specification_has_them() {
        let Sample { bytes, .. } = named("TRANSFORM");
        assert_eq!(bytes[TransformHeader::SIGNATURE], [1; 16]);
        assert_eq!(bytes[TransformHeader::AUTHENTICATED][..16], [2; 16]);
        assert_eq!(
            bytes[TransformHeader::AUTHENTICATED][24..],
            3_u64.to_le_bytes()
        );
    }
}
