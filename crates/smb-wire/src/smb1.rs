//! The part of SMB1 that an SMB2 client may open with: the multi-protocol NEGOTIATE (MS-CIFS 2.2.4.52, MS-SMB2 3.3.5.3).
//! A server that speaks SMB2 answers it with an SMB2 NEGOTIATE response.

use zerocopy::little_endian::{U16, U32};

use crate::writer::len16;
use crate::{Element, EmitError, List, NtStatus, ParseError, Reader, Writer};

/// The first four bytes of an SMB1 message.
pub const PROTOCOL_ID: [u8; 4] = *b"\xFFSMB";

/// SMB_COM_NEGOTIATE.
const COMMAND_NEGOTIATE: u8 = 0x72;
/// The byte before each dialect string (MS-CIFS 2.2.4.52.1).
const DIALECT_BUFFER_FORMAT: u8 = 0x02;

wire_flags! {
    /// Flags of an SMB1 header (MS-CIFS 2.2.3.1).
    pub struct Flags: u8 {
        /// Paths are compared without case.
        const CASE_INSENSITIVE = 0x08;
        /// Paths are in canonical form.
        const CANONICALIZED_PATHS = 0x10;
        /// The message is a response.
        const REPLY = 0x80;
    }
}

wire_flags! {
    /// Flags2 of an SMB1 header (MS-CIFS 2.2.3.1, MS-SMB 2.2.3.1).
    pub struct Flags2: u16 {
        /// Names may be long.
        const LONG_NAMES = 0x0001;
        /// Signing is supported.
        const SECURITY_SIGNATURE = 0x0004;
        /// Security blobs are SPNEGO.
        const EXTENDED_SECURITY = 0x0800;
        /// Errors are NTSTATUS values, not DOS classes.
        const NT_STATUS = 0x4000;
        /// Strings are UTF-16.
        const UNICODE = 0x8000;
    }
}

wire_struct! {
    struct RawHeader {
        protocol: [u8; 4],
        command: u8,
        status: U32,
        flags: u8,
        flags2: U16,
        pid_high: U16,
        signature: [u8; 8],
        reserved: U16,
        tid: U16,
        pid_low: U16,
        uid: U16,
        mid: U16,
    }
}

impl RawHeader {
    fn parse<'a>(r: &mut Reader<'a>) -> Result<&'a Self, ParseError> {
        let header: &Self = r.fixed("SMB_Header")?;
        if header.protocol != PROTOCOL_ID {
            return Err(ParseError::value("Protocol"));
        }
        if header.command != COMMAND_NEGOTIATE {
            return Err(ParseError::value("Command"));
        }
        Ok(header)
    }

    fn negotiate(flags: Flags, flags2: Flags2, status: NtStatus) -> Self {
        // MID and PID are free in the first message; TID and UID say that there is no tree and no user.
        Self {
            protocol: PROTOCOL_ID,
            command: COMMAND_NEGOTIATE,
            status: status.0.into(),
            flags: flags.bits(),
            flags2: flags2.bits().into(),
            pid_high: 0.into(),
            signature: [0; 8],
            reserved: 0.into(),
            tid: 0xFFFF.into(),
            pid_low: 0xFEFF.into(),
            uid: 0.into(),
            mid: 0.into(),
        }
    }
}

/// A dialect string of an SMB1 NEGOTIATE, without its format byte and its NUL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DialectName<'a>(pub &'a [u8]);

impl DialectName<'_> {
    /// SMB1 as Windows NT speaks it.
    pub const NT_LM_0_12: Self = Self(b"NT LM 0.12");
    /// SMB 2.0.2: the server answers with dialect 0x0202.
    pub const SMB_2_002: Self = Self(b"SMB 2.002");
    /// Any later SMB2: the server answers with the wildcard 0x02FF and the client negotiates again in SMB2.
    pub const SMB_2_WILDCARD: Self = Self(b"SMB 2.???");
}

impl<'a> Element<'a> for DialectName<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        if r.u8("Dialects.BufferFormat")? != DIALECT_BUFFER_FORMAT {
            return Err(ParseError::value("Dialects.BufferFormat"));
        }
        let end = r.rest().iter().position(|byte| *byte == 0);
        let name = r.take(
            end.ok_or(ParseError::truncated("Dialects.DialectString"))?,
            "Dialects.DialectString",
        )?;
        r.u8("Dialects.DialectString")?;
        Ok(Self(name))
    }

    fn write(&self, w: &mut Writer<'_>, _last: bool) -> Result<(), EmitError> {
        if self.0.contains(&0) {
            return Err(EmitError::Contradiction("Dialects.DialectString"));
        }
        w.u8(DIALECT_BUFFER_FORMAT)?;
        w.bytes(self.0)?;
        w.u8(0)
    }
}

/// The multi-protocol NEGOTIATE request (MS-CIFS 2.2.4.52.1), header included.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NegotiateRequest<'a> {
    /// The header's second flags.
    pub flags2: Flags2,
    /// What the client speaks.
    pub dialects: List<'a, DialectName<'a>>,
}

impl<'a> NegotiateRequest<'a> {
    /// Reads a message that begins with [`PROTOCOL_ID`].
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(message);
        let header = RawHeader::parse(&mut r)?;
        if r.u8("WordCount")? != 0 {
            return Err(ParseError::value("WordCount"));
        }
        let byte_count = r.u16("ByteCount")?;
        let dialects = r.take(byte_count.into(), "ByteCount")?;
        Ok(Self {
            flags2: Flags2::from_bits_retain(header.flags2.get()),
            dialects: List::parse(dialects)?,
        })
    }

    /// Appends the message.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let flags = Flags::CASE_INSENSITIVE | Flags::CANONICALIZED_PATHS;
        w.fixed(&RawHeader::negotiate(flags, self.flags2, NtStatus::SUCCESS))?;
        w.u8(0)?;
        let count_position = w.position();
        w.u16(0)?;
        let start = w.position();
        self.dialects.emit(w)?;
        let byte_count = len16(w.position().saturating_sub(start), "ByteCount")?;
        w.patch(count_position, &byte_count.to_le_bytes())
    }
}

/// What matters of an SMB1 answer to the opener (MS-CIFS 2.2.4.52.2): which dialect the server took. An SMB2 server does
/// not send it, so a client without SMB1 only needs to learn that it was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NegotiateResponse {
    /// The header's status.
    pub status: NtStatus,
    /// The index in the request's list, or [`NegotiateResponse::NO_DIALECT`].
    pub dialect_index: u16,
}

impl NegotiateResponse {
    /// The server speaks none of the dialects.
    pub const NO_DIALECT: u16 = 0xFFFF;

    /// Reads the header and the first parameter word; the others depend on the dialect.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(message);
        let header = RawHeader::parse(&mut r)?;
        if !Flags::from_bits_retain(header.flags).contains(Flags::REPLY) {
            return Err(ParseError::value("Flags"));
        }
        if r.u8("WordCount")? == 0 {
            return Err(ParseError::value("WordCount"));
        }
        Ok(Self {
            status: NtStatus(header.status.get()),
            dialect_index: r.u16("DialectIndex")?,
        })
    }

    /// Appends the one-word form, which is the whole response when no dialect was taken.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.fixed(&RawHeader::negotiate(
            Flags::REPLY,
            Flags2::NT_STATUS,
            self.status,
        ))?;
        w.u8(1)?;
        w.u16(self.dialect_index)?;
        w.u16(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Fault;
    use crate::writer::emitted;

    const OPENER: [DialectName<'_>; 3] = [
        DialectName::NT_LM_0_12,
        DialectName::SMB_2_002,
        DialectName::SMB_2_WILDCARD,
    ];

    fn opener() -> NegotiateRequest<'static> {
        NegotiateRequest {
            flags2: Flags2::UNICODE | Flags2::NT_STATUS,
            dialects: List::new(&OPENER),
        }
    }

    proptest! {
        #[test]
        fn emitting_then_parsing_a_request_gives_the_same(flags2: u16, names in prop::collection::vec(prop::collection::vec(1_u8.., 0..20), 0..6)) {
            let names: std::vec::Vec<_> = names.iter().map(|name| DialectName(name)).collect();
            let request = NegotiateRequest { flags2: Flags2::from_bits_retain(flags2), dialects: List::new(&names) };
            let bytes = emitted(|w| request.emit(w));
            prop_assert_eq!(NegotiateRequest::parse(&bytes), Ok(request));
        }

        #[test]
        fn emitting_then_parsing_a_response_gives_the_same(status: u32, dialect_index: u16) {
            let response = NegotiateResponse { status: NtStatus(status), dialect_index };
            prop_assert_eq!(NegotiateResponse::parse(&emitted(|w| response.emit(w))), Ok(response));
        }

        #[test]
        fn any_change_of_a_message_parses_or_fails(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut bytes = emitted(|w| opener().emit(w));
            for (index, value) in changes {
                let index = index.index(bytes.len());
                bytes[index] = value;
            }
            let _ = NegotiateRequest::parse(&bytes);
            let _ = NegotiateResponse::parse(&bytes);
        }
    }

    #[test]
    fn the_opener_has_the_layout_of_the_specification() {
        let bytes = emitted(|w| opener().emit(w));
        assert_eq!(bytes[..5], *b"\xFFSMB\x72");
        assert_eq!(bytes[32..35], [0, 34, 0]);
        assert_eq!(
            bytes[35..],
            *b"\x02NT LM 0.12\0\x02SMB 2.002\0\x02SMB 2.???\0"
        );
    }

    #[test]
    fn every_truncation_of_the_opener_is_refused() {
        let bytes = emitted(|w| opener().emit(w));
        for len in 0..bytes.len() {
            assert!(NegotiateRequest::parse(&bytes[..len]).is_err());
        }
    }

    #[test]
    fn a_dialect_without_its_nul_is_refused() {
        let mut bytes = emitted(|w| opener().emit(w));
        *bytes.last_mut().unwrap() = b'!';
        let expected = ParseError {
            field: "Dialects.DialectString",
            fault: Fault::Truncated,
        };
        assert_eq!(NegotiateRequest::parse(&bytes), Err(expected));
    }

    #[test]
    fn a_request_is_no_response() {
        let bytes = emitted(|w| opener().emit(w));
        assert_eq!(
            NegotiateResponse::parse(&bytes),
            Err(ParseError {
                field: "Flags",
                fault: Fault::Value
            })
        );
    }
}
