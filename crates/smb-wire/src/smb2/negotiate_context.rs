//! Negotiate contexts: what 3.1.1 adds to NEGOTIATE (MS-SMB2 2.2.3.1 and 2.2.4.1).

use zerocopy::little_endian::{U16, U32};

use crate::list::packed_u16;
use crate::writer::{len16, padding};
use crate::{Element, EmitError, List, ParseError, Reader, Utf16, Writer};

open_enum! {
    /// What a context is about.
    pub struct ContextType(u16) {
        PREAUTH_INTEGRITY = 0x0001,
        ENCRYPTION = 0x0002,
        COMPRESSION = 0x0003,
        NETNAME = 0x0005,
        TRANSPORT = 0x0006,
        RDMA_TRANSFORM = 0x0007,
        SIGNING = 0x0008,
    }
}

open_enum! {
    /// Hashes for pre-authentication integrity (MS-SMB2 2.2.3.1.1).
    pub struct HashAlgorithm(u16) {
        SHA_512 = 0x0001,
    }
}

open_enum! {
    /// Ciphers (MS-SMB2 2.2.3.1.2). In a response, 0 means that there is none in common.
    pub struct Cipher(u16) {
        NONE = 0x0000,
        AES_128_CCM = 0x0001,
        AES_128_GCM = 0x0002,
        AES_256_CCM = 0x0003,
        AES_256_GCM = 0x0004,
    }
}

open_enum! {
    /// Compression algorithms (MS-SMB2 2.2.3.1.3).
    pub struct CompressionAlgorithm(u16) {
        NONE = 0x0000,
        LZNT1 = 0x0001,
        LZ77 = 0x0002,
        LZ77_HUFFMAN = 0x0003,
        PATTERN_V1 = 0x0004,
        LZ4 = 0x0005,
    }
}

open_enum! {
    /// Signing algorithms (MS-SMB2 2.2.3.1.7).
    pub struct SigningAlgorithm(u16) {
        HMAC_SHA256 = 0x0000,
        AES_CMAC = 0x0001,
        AES_GMAC = 0x0002,
    }
}

packed_u16! {
    HashAlgorithm: "HashAlgorithms",
    Cipher: "Ciphers",
    CompressionAlgorithm: "CompressionAlgorithms",
    SigningAlgorithm: "SigningAlgorithms",
}

wire_flags! {
    /// Flags of a compression context.
    pub struct CompressionFlags: u32 {
        /// A message may be compressed piece by piece.
        const CHAINED = 0x0000_0001;
    }
}

/// One negotiate context. In a request the lists are in order of preference; in a response they should have one element,
/// which the caller checks, as it checks for duplicates.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum NegotiateContext<'a> {
    /// The hash that ties authentication to negotiation.
    PreauthIntegrity {
        /// Hashes.
        algorithms: List<'a, HashAlgorithm>,
        /// Random bytes that make the hash unforeseeable.
        salt: &'a [u8],
    },
    /// Ciphers.
    Encryption(List<'a, Cipher>),
    /// Compression.
    Compression {
        /// Algorithms.
        algorithms: List<'a, CompressionAlgorithm>,
        /// Flags.
        flags: CompressionFlags,
    },
    /// The name by which the client calls the server.
    Netname(Utf16<'a>),
    /// Signing algorithms.
    Signing(List<'a, SigningAlgorithm>),
    /// Any other context, with its data as it is.
    Other {
        /// What it is about.
        context_type: ContextType,
        /// Its data.
        data: &'a [u8],
    },
}

wire_struct! {
    struct ContextHeader {
        context_type: U16,
        data_length: U16,
        reserved: U32,
    }
}

impl<'a> NegotiateContext<'a> {
    /// What the context is about.
    pub const fn context_type(&self) -> ContextType {
        match self {
            Self::PreauthIntegrity { .. } => ContextType::PREAUTH_INTEGRITY,
            Self::Encryption(_) => ContextType::ENCRYPTION,
            Self::Compression { .. } => ContextType::COMPRESSION,
            Self::Netname(_) => ContextType::NETNAME,
            Self::Signing(_) => ContextType::SIGNING,
            Self::Other { context_type, .. } => *context_type,
        }
    }

    fn parse_data(context_type: ContextType, data: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(data);
        Ok(match context_type {
            ContextType::PREAUTH_INTEGRITY => {
                let count = r.u16("HashAlgorithmCount")?;
                let salt_length = r.u16("SaltLength")?;
                Self::PreauthIntegrity {
                    algorithms: List::parse_counted(&mut r, count)?,
                    salt: r.take(salt_length.into(), "SaltLength")?,
                }
            }
            ContextType::ENCRYPTION => {
                let count = r.u16("CipherCount")?;
                Self::Encryption(List::parse_counted(&mut r, count)?)
            }
            ContextType::COMPRESSION => {
                let count = r.u16("CompressionAlgorithmCount")?;
                r.u16("Padding")?;
                let flags = CompressionFlags::from_bits_retain(r.u32("Flags")?);
                Self::Compression {
                    algorithms: List::parse_counted(&mut r, count)?,
                    flags,
                }
            }
            ContextType::NETNAME => Self::Netname(Utf16::from_bytes(data, "NetName")?),
            ContextType::SIGNING => {
                let count = r.u16("SigningAlgorithmCount")?;
                Self::Signing(List::parse_counted(&mut r, count)?)
            }
            _ => Self::Other { context_type, data },
        })
    }

    fn emit_data(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match self {
            Self::PreauthIntegrity { algorithms, salt } => {
                w.u16(len16(algorithms.len(), "HashAlgorithmCount")?)?;
                w.u16(len16(salt.len(), "SaltLength")?)?;
                algorithms.emit(w)?;
                w.bytes(salt)
            }
            Self::Encryption(ciphers) => {
                w.u16(len16(ciphers.len(), "CipherCount")?)?;
                ciphers.emit(w)
            }
            Self::Compression { algorithms, flags } => {
                w.u16(len16(algorithms.len(), "CompressionAlgorithmCount")?)?;
                w.u16(0)?;
                w.u32(flags.bits())?;
                algorithms.emit(w)
            }
            Self::Netname(name) => name.emit(w),
            Self::Signing(algorithms) => {
                w.u16(len16(algorithms.len(), "SigningAlgorithmCount")?)?;
                algorithms.emit(w)
            }
            Self::Other { data, .. } => w.bytes(data),
        }
    }
}

impl<'a> Element<'a> for NegotiateContext<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let header: &ContextHeader = r.fixed("NegotiateContextList")?;
        let data = r.take(header.data_length.get().into(), "DataLength")?;
        // Contexts are aligned to eight, and their headers have eight bytes.
        r.skip_padding(padding(data.len(), 8));
        Self::parse_data(ContextType(header.context_type.get()), data)
    }

    fn write(&self, w: &mut Writer<'_>, last: bool) -> Result<(), EmitError> {
        let header_position = w.position();
        w.zeros(size_of::<ContextHeader>())?;
        let data_position = w.position();
        self.emit_data(w)?;
        let data_length = w.position().saturating_sub(data_position);
        w.patch(header_position, &self.context_type().0.to_le_bytes())?;
        w.patch(
            header_position.saturating_add(2),
            &len16(data_length, "DataLength")?.to_le_bytes(),
        )?;
        if last {
            Ok(())
        } else {
            w.zeros(padding(data_length, 8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smb2::samples::{Sample, named};
    use crate::smb2::{Dialect, NegotiateResponse};

    #[test]
    fn case_16_negotiate_contexts_that_pass_their_list_are_refused() {
        let Sample { bytes, parse, .. } = named("NEGOTIATE response");
        let contexts = 64 + 64 + 24;
        let with = |position: usize, value: u16| {
            let mut bytes = bytes.clone();
            bytes[position..position + 2].copy_from_slice(&value.to_le_bytes());
            parse(&bytes)
        };
        assert_eq!(
            with(70, 3),
            Err(ParseError::truncated("NegotiateContextList")),
            "more contexts than there are"
        );
        assert_eq!(
            with(124, 100),
            Err(ParseError::out_of_bounds("NegotiateContextOffset")),
            "inside the fixed part"
        );
        assert_eq!(
            with(124, 0xFFFF),
            Err(ParseError::out_of_bounds("NegotiateContextOffset")),
            "behind the message"
        );
        assert_eq!(
            with(contexts + 2, 0xFFFF),
            Err(ParseError::truncated("DataLength")),
            "longer than the message"
        );
        assert_eq!(
            with(contexts + 8, 0xFFFF),
            Err(ParseError::truncated("HashAlgorithms")),
            "more hashes than there are"
        );
        assert_eq!(
            with(contexts + 10, 0xFFFF),
            Err(ParseError::truncated("SaltLength")),
            "more salt than there is"
        );
    }

    #[test]
    fn case_16_a_netname_of_odd_length_is_refused() {
        let Sample {
            mut bytes, parse, ..
        } = named("NEGOTIATE request");
        let netname = [5, 0, 12, 0, 0, 0, 0, 0];
        let position = bytes
            .windows(8)
            .position(|window| window == netname)
            .unwrap();
        bytes[position + 2] = 11;
        assert_eq!(parse(&bytes), Err(ParseError::misaligned("NetName")));
    }

    #[test]
    fn negotiate_contexts_of_an_older_dialect_are_not_looked_at() {
        let Sample { mut bytes, .. } = named("NEGOTIATE response");
        bytes[68..70].copy_from_slice(&Dialect::SMB3_0_2.0.to_le_bytes());
        bytes[124..128].copy_from_slice(&[0xFF; 4]);
        assert!(
            NegotiateResponse::parse(&bytes)
                .unwrap()
                .contexts
                .is_empty()
        );
    }
}
