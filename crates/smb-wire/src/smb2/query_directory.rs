//! QUERY_DIRECTORY (MS-SMB2 2.2.33). The response is an [`super::OutputResponse`] of directory entries.

use zerocopy::little_endian::{U16, U32};

use super::FileId;
use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use crate::fscc::FileInformationClass;
use crate::writer::len16;
use crate::{EmitError, ParseError, Utf16, Writer};

const STRUCTURE_SIZE: u16 = 33;

wire_flags! {
    /// How to go on with the enumeration.
    pub struct QueryDirectoryFlags: u8 {
        /// From the beginning, with the same pattern.
        const RESTART_SCANS = 0x01;
        /// One entry only.
        const RETURN_SINGLE_ENTRY = 0x02;
        /// From the entry with FileIndex.
        const INDEX_SPECIFIED = 0x04;
        /// From the beginning, with the pattern of this request.
        const REOPEN = 0x10;
    }
}

/// Asks for the next entries of a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueryDirectoryRequest<'a> {
    /// The form of the entries.
    pub class: FileInformationClass,
    /// How to go on.
    pub flags: QueryDirectoryFlags,
    /// Where to go on, with [`QueryDirectoryFlags::INDEX_SPECIFIED`].
    pub file_index: u32,
    /// The directory.
    pub file_id: FileId,
    /// Which names to list; may have wildcards.
    pub pattern: Utf16<'a>,
    /// The most bytes of entries that the client takes.
    pub output_buffer_length: u32,
}

wire_struct! {
    struct Fixed {
        file_information_class: u8,
        flags: u8,
        file_index: U32,
        file_id: [u8; 16],
        file_name_offset: U16,
        file_name_length: U16,
        output_buffer_length: U32,
    }
}

impl<'a> QueryDirectoryRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        let pattern = body.part(
            fixed.file_name_offset,
            fixed.file_name_length,
            "FileNameOffset",
        )?;
        Ok(Self {
            class: FileInformationClass(fixed.file_information_class),
            flags: QueryDirectoryFlags::from_bits_retain(fixed.flags),
            file_index: fixed.file_index.get(),
            file_id: FileId(fixed.file_id),
            pattern: Utf16::from_bytes(pattern, "FileNameLength")?,
            output_buffer_length: fixed.output_buffer_length.get(),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = Fixed {
            file_information_class: self.class.0,
            flags: self.flags.bits(),
            file_index: self.file_index.into(),
            file_id: self.file_id.0,
            file_name_offset: len16(buffer_offset::<Fixed>(), "FileNameOffset")?.into(),
            file_name_length: len16(self.pattern.byte_len(), "FileNameLength")?.into(),
            output_buffer_length: self.output_buffer_length.into(),
        };
        emit_fixed(w, STRUCTURE_SIZE, &fixed)?;
        if self.pattern.is_empty() {
            emit_buffer(w, &[])
        } else {
            self.pattern.emit(w)
        }
    }
}
