//! Session framing on TCP: direct TCP on port 445 (MS-SMB2 2.1) and the NetBIOS session service on port 139 (RFC 1002 4.3).
//! Both put four bytes before each message; direct TCP has 24 bits of length and type 0, NetBIOS has 17 and more types.

use crate::{EmitError, ParseError, Reader, Writer};

open_enum! {
    /// The first byte of a session packet (RFC 1002 4.3.1). Direct TCP knows only [`PacketType::MESSAGE`].
    pub struct PacketType(u8) {
        /// An SMB message follows.
        MESSAGE = 0x00,
        /// Asks for a session between two NetBIOS names.
        REQUEST = 0x81,
        /// The session is there.
        POSITIVE_RESPONSE = 0x82,
        /// The session is refused; one byte of reason follows.
        NEGATIVE_RESPONSE = 0x83,
        /// Try another address; six bytes follow.
        RETARGET_RESPONSE = 0x84,
        /// Ignore; keeps the connection alive.
        KEEP_ALIVE = 0x85,
    }
}

/// The four bytes before each message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameHeader {
    /// What follows.
    pub packet_type: PacketType,
    /// How many bytes follow.
    pub length: u32,
}

impl FrameHeader {
    /// The size of the frame header in bytes.
    pub const LEN: usize = 4;
    /// The longest message that direct TCP can frame.
    pub const MAX_DIRECT_TCP: u32 = 0x00FF_FFFF;
    /// The longest message that NetBIOS can frame.
    pub const MAX_NETBIOS: u32 = 0x0001_FFFF;

    /// The header of a frame with one SMB message of `length` bytes.
    pub fn message(length: usize) -> Result<Self, EmitError> {
        let length = u32::try_from(length)
            .ok()
            .filter(|length| *length <= Self::MAX_DIRECT_TCP);
        Ok(Self {
            packet_type: PacketType::MESSAGE,
            length: length.ok_or(EmitError::TooLong("StreamProtocolLength"))?,
        })
    }

    /// Reads the header from its four bytes, as direct TCP has it (24 bits of length; MS-SMB2 2.1).
    pub const fn parse(bytes: [u8; Self::LEN]) -> Self {
        let [packet_type, high, middle, low] = bytes;
        Self {
            packet_type: PacketType(packet_type),
            length: u32::from_be_bytes([0, high, middle, low]),
        }
    }

    /// Reads the header as NetBIOS has it: seven of the bits are flags that must be zero (RFC 1002 4.3.1).
    pub const fn parse_netbios(bytes: [u8; Self::LEN]) -> Result<Self, ParseError> {
        let header = Self::parse(bytes);
        if header.length > Self::MAX_NETBIOS {
            Err(ParseError::value("FLAGS"))
        } else {
            Ok(header)
        }
    }

    /// The header's bytes. A length over 24 bits is cut, which [`FrameHeader::message`] does not let happen.
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        let [_, high, middle, low] = self.length.to_be_bytes();
        [self.packet_type.0, high, middle, low]
    }
}

/// A NetBIOS name: fifteen characters padded with spaces, and a suffix that says which service is meant (RFC 1001 14).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NetbiosName(pub [u8; 16]);

impl NetbiosName {
    /// The name that every NetBIOS-over-TCP server answers to.
    pub const SMBSERVER: Self = Self(*b"*SMBSERVER      ");
    /// The encoded size: a length, two letters for each byte, and an empty scope.
    pub const ENCODED_LEN: usize = 34;

    /// A name with the suffix that clients use (0x00), upper-cased and cut to fifteen characters.
    pub fn client(name: &[u8]) -> Self {
        let mut bytes = [b' '; 16];
        for (place, byte) in bytes.iter_mut().take(15).zip(name) {
            *place = byte.to_ascii_uppercase();
        }
        let [.., suffix] = &mut bytes;
        *suffix = 0;
        Self(bytes)
    }

    fn emit(self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u8(32)?;
        for byte in self.0 {
            w.bytes(&[
                b'A'.saturating_add(byte >> 4),
                b'A'.saturating_add(byte & 15),
            ])?;
        }
        w.u8(0)
    }

    fn parse(r: &mut Reader<'_>, field: &'static str) -> Result<Self, ParseError> {
        let error = ParseError::value(field);
        if r.u8(field)? != 32 {
            return Err(error);
        }
        let encoded: [u8; 32] = r.array(field)?;
        let nibble = |letter: u8| {
            letter
                .checked_sub(b'A')
                .filter(|nibble| *nibble < 16)
                .ok_or(error)
        };
        let mut name = [0; 16];
        for (byte, [high, low]) in name.iter_mut().zip(encoded.as_chunks::<2>().0) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        // A scope would follow the name; nobody uses one.
        if r.u8(field)? == 0 {
            Ok(Self(name))
        } else {
            Err(error)
        }
    }
}

/// SESSION REQUEST (RFC 1002 4.3.2), the first packet on port 139. The frame header is included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionRequest {
    /// Who is called.
    pub called: NetbiosName,
    /// Who calls.
    pub calling: NetbiosName,
}

impl SessionRequest {
    /// Appends the packet, its frame header first.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        const LENGTH: u32 = 2 * NetbiosName::ENCODED_LEN as u32;
        w.bytes(
            &FrameHeader {
                packet_type: PacketType::REQUEST,
                length: LENGTH,
            }
            .to_bytes(),
        )?;
        self.called.emit(w)?;
        self.calling.emit(w)
    }

    /// Reads what follows the frame header of a [`PacketType::REQUEST`].
    pub fn parse(payload: &[u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(payload);
        let called = NetbiosName::parse(&mut r, "CALLED NAME")?;
        Ok(Self {
            called,
            calling: NetbiosName::parse(&mut r, "CALLING NAME")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Fault;
    use crate::writer::emitted;

    proptest! {
        #[test]
        fn a_header_written_and_read_is_the_same(packet_type: u8, length in 0..=FrameHeader::MAX_DIRECT_TCP) {
            let header = FrameHeader { packet_type: PacketType(packet_type), length };
            prop_assert_eq!(FrameHeader::parse(header.to_bytes()), header);
        }

        #[test]
        fn a_session_request_written_and_read_is_the_same(called: [u8; 16], calling: [u8; 16]) {
            let request = SessionRequest { called: NetbiosName(called), calling: NetbiosName(calling) };
            let packet = emitted(|w| request.emit(w));
            let (header, payload) = packet.split_at(FrameHeader::LEN);
            let header = FrameHeader::parse(header.try_into().unwrap());
            prop_assert_eq!(header, FrameHeader { packet_type: PacketType::REQUEST, length: payload.len() as u32 });
            prop_assert_eq!(SessionRequest::parse(payload), Ok(request));
            for len in 0..payload.len() {
                prop_assert!(SessionRequest::parse(&payload[..len]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_a_session_request_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = SessionRequest::parse(&bytes);
        }
    }

    #[test]
    fn a_length_is_big_endian() {
        let header = FrameHeader::message(0x01_0203).unwrap();
        assert_eq!(header.to_bytes(), [0, 1, 2, 3]);
    }

    #[test]
    fn case_05_a_message_longer_than_24_bits_is_refused() {
        assert!(FrameHeader::message(0x00FF_FFFF).is_ok());
        let expected = EmitError::TooLong("StreamProtocolLength");
        assert_eq!(FrameHeader::message(0x0100_0000), Err(expected));
    }

    #[test]
    fn netbios_has_seventeen_bits_of_length() {
        assert!(FrameHeader::parse_netbios([0, 1, 0xFF, 0xFF]).is_ok());
        let expected = ParseError {
            field: "FLAGS",
            fault: Fault::Value,
        };
        assert_eq!(FrameHeader::parse_netbios([0, 2, 0, 0]), Err(expected));
    }

    #[test]
    fn a_name_is_padded_upper_case_and_two_letters_a_byte() {
        assert_eq!(
            NetbiosName::client(b"a name of more than fifteen").0,
            *b"A NAME OF MORE \0"
        );
        let encoded = emitted(|w| NetbiosName::SMBSERVER.emit(w));
        // RFC 1001 14.1: the high nibble plus 'A', then the low one.
        assert_eq!(encoded, *b"\x20CKFDENECFDEFFCFGEFFCCACACACACACA\0");
    }
}
