//! Compressed messages (MS-SMB2 2.2.42): their headers, not the algorithms.

use zerocopy::little_endian::{U16, U32};

use super::negotiate_context::CompressionAlgorithm;
use crate::writer::len32;
use crate::{Element, EmitError, List, ParseError, Reader, Writer};

/// The first four bytes of a compressed message.
pub const PROTOCOL_ID: [u8; 4] = *b"\xFCSMB";

const FLAG_CHAINED: u16 = 0x0001;

/// A compressed message. How large it may become, the caller checks against what it negotiated (MS-SMB2 3.2.5.1.10),
/// before it sets memory aside.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CompressedMessage<'a> {
    /// In one piece (MS-SMB2 2.2.42.1).
    Unchained {
        /// The size of the compressed part once it is decompressed.
        original_segment_size: u32,
        /// The algorithm.
        algorithm: CompressionAlgorithm,
        /// What is not compressed and comes first.
        plain: &'a [u8],
        /// What is compressed.
        compressed: &'a [u8],
    },
    /// In pieces (MS-SMB2 2.2.42.2).
    Chained {
        /// The size of the whole message once it is decompressed.
        original_size: u32,
        /// The pieces, in order; at least one.
        payloads: List<'a, CompressedPayload<'a>>,
    },
}

/// One piece of a chained compressed message (MS-SMB2 2.2.42.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CompressedPayload<'a> {
    /// The algorithm; [`CompressionAlgorithm::NONE`] and [`CompressionAlgorithm::PATTERN_V1`] need none to undo.
    pub algorithm: CompressionAlgorithm,
    /// The size of the piece once it is decompressed; only the LZ algorithms have it.
    pub original_size: Option<u32>,
    /// The piece.
    pub data: &'a [u8],
}

wire_struct! {
    struct Raw {
        protocol_id: [u8; 4],
        original_size: U32,
        algorithm: U16,
        flags: U16,
        // Offset when unchained, the first payload's Length when chained.
        offset: U32,
    }
}

impl<'a> CompressedMessage<'a> {
    /// What a chained message has before its pieces: ProtocolId and OriginalCompressedSegmentSize.
    const CHAINED_HEADER_LEN: usize = 8;

    /// Reads a frame that begins with [`PROTOCOL_ID`].
    pub fn parse(frame: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(frame);
        let raw: &Raw = r.fixed("COMPRESSION header")?;
        if raw.protocol_id != PROTOCOL_ID {
            return Err(ParseError::value("ProtocolId"));
        }
        let original_size = raw.original_size.get();
        match raw.flags.get() {
            0 => {
                // The sum is the decompressed message's size; it overflowed where SMBGhost was possible (CVE-2020-0796).
                if original_size.checked_add(raw.offset.get()).is_none() {
                    return Err(ParseError::value("OriginalCompressedSegmentSize"));
                }
                let error = ParseError::out_of_bounds("Offset");
                let offset = usize::try_from(raw.offset.get()).map_err(|_| error)?;
                let (plain, compressed) = r.rest().split_at_checked(offset).ok_or(error)?;
                let algorithm = CompressionAlgorithm(raw.algorithm.get());
                Ok(Self::Unchained {
                    original_segment_size: original_size,
                    algorithm,
                    plain,
                    compressed,
                })
            }
            FLAG_CHAINED => {
                let mut r = Reader::new(frame);
                r.take(Self::CHAINED_HEADER_LEN, "COMPRESSION header")?;
                Ok(Self::Chained {
                    original_size,
                    payloads: List::parse(r.rest())?,
                })
            }
            _ => Err(ParseError::value("Flags")),
        }
    }

    /// Appends the message.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match self {
            Self::Unchained {
                original_segment_size,
                algorithm,
                plain,
                compressed,
            } => {
                w.fixed(&Raw {
                    protocol_id: PROTOCOL_ID,
                    original_size: (*original_segment_size).into(),
                    algorithm: algorithm.0.into(),
                    flags: U16::ZERO,
                    offset: len32(plain.len(), "Offset")?.into(),
                })?;
                w.bytes(plain)?;
                w.bytes(compressed)
            }
            Self::Chained {
                original_size,
                payloads,
            } => {
                if payloads.is_empty() {
                    return Err(EmitError::Contradiction("CompressionPayload"));
                }
                w.bytes(&PROTOCOL_ID)?;
                w.u32(*original_size)?;
                let first = w.position();
                payloads.emit(w)?;
                // Only the first piece says that it is one of a chain.
                w.patch(first.saturating_add(2), &FLAG_CHAINED.to_le_bytes())
            }
        }
    }

    /// The size of the decompressed message in bytes.
    pub fn total_size(&self) -> u64 {
        match self {
            Self::Unchained {
                original_segment_size,
                plain,
                ..
            } => u64::from(*original_segment_size).saturating_add(plain.len() as u64),
            Self::Chained { original_size, .. } => (*original_size).into(),
        }
    }
}

impl CompressedPayload<'_> {
    const fn has_original_size(algorithm: CompressionAlgorithm) -> bool {
        matches!(
            algorithm,
            CompressionAlgorithm::LZNT1
                | CompressionAlgorithm::LZ77
                | CompressionAlgorithm::LZ77_HUFFMAN
                | CompressionAlgorithm::LZ4
        )
    }
}

impl<'a> Element<'a> for CompressedPayload<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let algorithm = CompressionAlgorithm(r.u16("CompressionAlgorithm")?);
        r.u16("Flags")?;
        let length =
            usize::try_from(r.u32("Length")?).map_err(|_| ParseError::truncated("Length"))?;
        let mut payload = r.sub(length, "Length")?;
        let original_size = if Self::has_original_size(algorithm) {
            Some(payload.u32("OriginalPayloadSize")?)
        } else {
            None
        };
        Ok(Self {
            algorithm,
            original_size,
            data: payload.rest(),
        })
    }

    fn write(&self, w: &mut Writer<'_>, _last: bool) -> Result<(), EmitError> {
        if self.original_size.is_some() != Self::has_original_size(self.algorithm) {
            return Err(EmitError::Contradiction("OriginalPayloadSize"));
        }
        let extra = if self.original_size.is_some() {
            size_of::<u32>()
        } else {
            0
        };
        w.u16(self.algorithm.0)?;
        w.u16(0)?;
        w.u32(len32(self.data.len().saturating_add(extra), "Length")?)?;
        if let Some(size) = self.original_size {
            w.u32(size)?;
        }
        w.bytes(self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smb2::samples::{Sample, named};

    #[test]
    fn case_07_a_compressed_message_whose_sizes_overflow_is_refused() {
        let Sample {
            mut bytes, parse, ..
        } = named("COMPRESSION unchained");
        bytes[4..8].copy_from_slice(&[0xFF; 4]);
        assert_eq!(
            parse(&bytes),
            Err(ParseError::value("OriginalCompressedSegmentSize"))
        );
    }

    #[test]
    fn case_07_a_compressed_message_with_an_offset_behind_its_end_is_refused() {
        let Sample {
            mut bytes, parse, ..
        } = named("COMPRESSION unchained");
        bytes[12] = 16;
        assert_eq!(parse(&bytes), Err(ParseError::out_of_bounds("Offset")));
    }

    #[test]
    fn case_06_the_size_of_a_decompressed_message_counts_what_was_not_compressed() {
        let Sample { bytes, .. } = named("COMPRESSION unchained");
        assert_eq!(CompressedMessage::parse(&bytes).unwrap().total_size(), 105);
    }
}
