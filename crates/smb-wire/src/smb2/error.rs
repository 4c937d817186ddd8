//! The ERROR response (MS-SMB2 2.2.2), which any request may get.

use zerocopy::little_endian::{U16, U32};

use super::body::{Body, emit_buffer, emit_fixed};
use crate::reader::part;
use crate::writer::{len16, len32, padding};
use crate::{Element, EmitError, List, ParseError, Reader, Utf16, Writer};

const STRUCTURE_SIZE: u16 = 9;
/// "SYML", the tag of a symbolic-link error.
const SYMLINK_ERROR_TAG: u32 = 0x4C4D_5953;
/// IO_REPARSE_TAG_SYMLINK.
const REPARSE_TAG_SYMLINK: u32 = 0xA000_000C;

/// A request failed; the header says with which status.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ErrorResponse<'a> {
    /// Data in the form that the status has; mostly empty.
    Data(&'a [u8]),
    /// Error contexts (3.1.1).
    Contexts(List<'a, ErrorContext<'a>>),
}

open_enum! {
    /// What an error context is about (MS-SMB2 2.2.2.1).
    pub struct ErrorId(u32) {
        /// In the form that the status has.
        DEFAULT = 0x0000_0000,
        /// The share moved.
        SHARE_REDIRECT = 0x7264_5253,
    }
}

/// One error context (MS-SMB2 2.2.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorContext<'a> {
    /// What it is about.
    pub id: ErrorId,
    /// Its data.
    pub data: &'a [u8],
}

wire_struct! {
    struct Fixed {
        error_context_count: u8,
        reserved: u8,
        byte_count: U32,
    }
}

impl<'a> ErrorResponse<'a> {
    /// An error without data.
    pub const EMPTY: Self = Self::Data(&[]);

    /// Reads the body of `message`. Without data it may be 8 bytes: many servers leave out the byte that StructureSize
    /// counts.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        let byte_count = usize::try_from(fixed.byte_count.get())
            .map_err(|_| ParseError::truncated("ByteCount"))?;
        let mut data = body.rest().sub(byte_count, "ByteCount")?;
        if fixed.error_context_count == 0 {
            return Ok(Self::Data(data.rest()));
        }
        List::parse_counted(&mut data, fixed.error_context_count.into()).map(Self::Contexts)
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let count = match self {
            Self::Data(_) => 0,
            Self::Contexts(contexts) => {
                u8::try_from(contexts.len()).map_err(|_| EmitError::TooLong("ErrorContextCount"))?
            }
        };
        emit_fixed(
            w,
            STRUCTURE_SIZE,
            &Fixed {
                error_context_count: count,
                reserved: 0,
                byte_count: U32::ZERO,
            },
        )?;
        let start = w.position();
        match self {
            Self::Data(data) => w.bytes(data)?,
            Self::Contexts(contexts) => contexts.emit(w)?,
        }
        let byte_count = len32(w.position().saturating_sub(start), "ByteCount")?;
        w.patch(
            start.saturating_sub(size_of::<U32>()),
            &byte_count.to_le_bytes(),
        )?;
        if byte_count == 0 {
            emit_buffer(w, &[])
        } else {
            Ok(())
        }
    }

    /// The data in the form that the status has, wherever it is.
    pub fn data(&self) -> &'a [u8] {
        match self {
            Self::Data(data) => data,
            Self::Contexts(contexts) => contexts
                .iter()
                .find(|context| context.id == ErrorId::DEFAULT)
                .map(|context| context.data)
                .unwrap_or_default(),
        }
    }
}

impl<'a> Element<'a> for ErrorContext<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let length = r.u32("ErrorDataLength")?;
        let id = ErrorId(r.u32("ErrorId")?);
        let length =
            usize::try_from(length).map_err(|_| ParseError::truncated("ErrorDataLength"))?;
        let data = r.take(length, "ErrorDataLength")?;
        r.skip_padding(padding(length, 8));
        Ok(Self { id, data })
    }

    fn write(&self, w: &mut Writer<'_>, last: bool) -> Result<(), EmitError> {
        w.u32(len32(self.data.len(), "ErrorDataLength")?)?;
        w.u32(self.id.0)?;
        w.bytes(self.data)?;
        if last {
            Ok(())
        } else {
            w.zeros(padding(self.data.len(), 8))
        }
    }
}

wire_flags! {
    /// Flags of a symbolic link.
    pub struct SymlinkFlags: u32 {
        /// The substitute name is relative to the link's directory.
        const RELATIVE = 0x0000_0001;
    }
}

/// What comes with STATUS_STOPPED_ON_SYMLINK (MS-SMB2 2.2.2.2.1): where the link leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SymlinkError<'a> {
    /// How many bytes at the end of the path that was asked for lie behind the link.
    pub unparsed_path_length: u16,
    /// Where the link leads.
    pub substitute_name: Utf16<'a>,
    /// How to show that to the user.
    pub print_name: Utf16<'a>,
    /// Flags.
    pub flags: SymlinkFlags,
}

wire_struct! {
    struct FixedSymlink {
        symlink_error_tag: U32,
        reparse_tag: U32,
        reparse_data_length: U16,
        unparsed_path_length: U16,
        substitute_name_offset: U16,
        substitute_name_length: U16,
        print_name_offset: U16,
        print_name_length: U16,
        flags: U32,
    }
}

impl<'a> SymlinkError<'a> {
    /// The fields of the reparse data that lie before its path buffer.
    const REPARSE_FIXED_LEN: usize = 12;

    /// Reads [`ErrorResponse::data`].
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(data);
        let length = r.u32("SymLinkLength")?;
        let length = usize::try_from(length).map_err(|_| ParseError::truncated("SymLinkLength"))?;
        let mut r = r.sub(length, "SymLinkLength")?;
        let fixed: &FixedSymlink = r.fixed("SymLinkLength")?;
        if fixed.symlink_error_tag.get() != SYMLINK_ERROR_TAG {
            return Err(ParseError::value("SymLinkErrorTag"));
        }
        if fixed.reparse_tag.get() != REPARSE_TAG_SYMLINK {
            return Err(ParseError::value("ReparseTag"));
        }
        let path_length =
            usize::from(fixed.reparse_data_length.get()).checked_sub(Self::REPARSE_FIXED_LEN);
        let paths = r.take(
            path_length.ok_or(ParseError::value("ReparseDataLength"))?,
            "ReparseDataLength",
        )?;
        if !fixed.unparsed_path_length.get().is_multiple_of(2) {
            return Err(ParseError::misaligned("UnparsedPathLength"));
        }
        let substitute = part(
            paths,
            0,
            fixed.substitute_name_offset,
            fixed.substitute_name_length,
            "SubstituteNameOffset",
        )?;
        let print = part(
            paths,
            0,
            fixed.print_name_offset,
            fixed.print_name_length,
            "PrintNameOffset",
        )?;
        Ok(Self {
            unparsed_path_length: fixed.unparsed_path_length.get(),
            substitute_name: Utf16::from_bytes(substitute, "SubstituteNameLength")?,
            print_name: Utf16::from_bytes(print, "PrintNameLength")?,
            flags: SymlinkFlags::from_bits_retain(fixed.flags.get()),
        })
    }

    /// Appends the data of an error.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let substitute_length = self.substitute_name.byte_len();
        let print_length = self.print_name.byte_len();
        let path_length = substitute_length.saturating_add(print_length);
        let length = size_of::<FixedSymlink>().saturating_add(path_length);
        let reparse_length = Self::REPARSE_FIXED_LEN.saturating_add(path_length);
        w.u32(len32(length, "SymLinkLength")?)?;
        w.fixed(&FixedSymlink {
            symlink_error_tag: SYMLINK_ERROR_TAG.into(),
            reparse_tag: REPARSE_TAG_SYMLINK.into(),
            reparse_data_length: len16(reparse_length, "ReparseDataLength")?.into(),
            unparsed_path_length: self.unparsed_path_length.into(),
            substitute_name_offset: U16::ZERO,
            substitute_name_length: len16(substitute_length, "SubstituteNameLength")?.into(),
            print_name_offset: len16(substitute_length, "PrintNameOffset")?.into(),
            print_name_length: len16(print_length, "PrintNameLength")?.into(),
            flags: self.flags.bits().into(),
        })?;
        self.substitute_name.emit(w)?;
        self.print_name.emit(w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smb2::samples::{Sample, named};

    #[test]
    fn case_09_an_error_response_without_its_trailing_byte_parses() {
        let Sample { bytes, parse, .. } = named("ERROR response");
        assert_eq!(bytes.len(), 64 + 9);
        assert_eq!(parse(&bytes[..64 + 8]), Ok(()));
    }

    #[test]
    fn case_14_an_error_response_with_more_bytes_than_there_are_is_refused() {
        let Sample {
            mut bytes, parse, ..
        } = named("ERROR response");
        bytes[68..72].copy_from_slice(&100_u32.to_le_bytes());
        assert_eq!(parse(&bytes), Err(ParseError::truncated("ByteCount")));
    }

    #[test]
    fn case_25_a_symlink_error_with_names_out_of_range_is_refused() {
        // Of the error's data: where the field is, what it becomes, and who complains.
        let rows: [(usize, u16, ParseError); 8] = [
            (0, 0xFFFF, ParseError::truncated("SymLinkLength")),
            (4, 0, ParseError::value("SymLinkErrorTag")),
            (8, 0, ParseError::value("ReparseTag")),
            (12, 11, ParseError::value("ReparseDataLength")),
            (12, 0xFFFF, ParseError::truncated("ReparseDataLength")),
            (14, 7, ParseError::misaligned("UnparsedPathLength")),
            (
                18,
                0x1000,
                ParseError::out_of_bounds("SubstituteNameOffset"),
            ),
            (22, 3, ParseError::misaligned("PrintNameLength")),
        ];
        for (position, value, expected) in rows {
            let Sample {
                mut bytes, parse, ..
            } = named("ERROR response with a symlink");
            bytes[72 + position..][..2].copy_from_slice(&value.to_le_bytes());
            assert_eq!(parse(&bytes), Err(expected));
        }
    }
}
