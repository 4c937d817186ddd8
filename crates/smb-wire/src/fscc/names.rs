//! Information that ends with the file's name.

use super::{
    FileAccessInformation, FileAlignmentInformation, FileBasicInformation, FileEaInformation,
    FileInternalInformation, FileModeInformation, FilePositionInformation, FileStandardInformation,
};
use crate::writer::len32;
use crate::{EmitError, ParseError, Reader, Utf16, Writer};

/// A name with its length before it: FileNameInformation, FileAlternateNameInformation, FileNormalizedNameInformation
/// (MS-FSCC 2.1.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileNameInformation<'a> {
    /// The name.
    pub name: Utf16<'a>,
}

impl<'a> FileNameInformation<'a> {
    /// Reads the structure at the beginning of `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::read(&mut Reader::new(bytes))
    }

    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let length = r.u32("FileNameLength")?;
        Ok(Self {
            name: take_name(r, length, "FileNameLength")?,
        })
    }

    /// Appends the structure.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(len32(self.name.byte_len(), "FileNameLength")?)?;
        self.name.emit(w)
    }
}

/// Everything that `NtQueryInformationFile` knows in one structure (MS-FSCC 2.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileAllInformation<'a> {
    /// Times and attributes.
    pub basic: FileBasicInformation,
    /// Sizes and links.
    pub standard: FileStandardInformation,
    /// The file's id.
    pub internal: FileInternalInformation,
    /// The size of the extended attributes.
    pub ea: FileEaInformation,
    /// What the open may do.
    pub access: FileAccessInformation,
    /// The position.
    pub position: FilePositionInformation,
    /// How the file was opened.
    pub mode: FileModeInformation,
    /// How buffers must be aligned.
    pub alignment: FileAlignmentInformation,
    /// The name from the share's root.
    pub name: Utf16<'a>,
}

impl<'a> FileAllInformation<'a> {
    /// The size in bytes without the name.
    pub const FIXED_LEN: usize = 100;

    /// Reads the structure at the beginning of `bytes`. A name that does not fit there, as with STATUS_BUFFER_OVERFLOW,
    /// is an error.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        Ok(Self {
            basic: FileBasicInformation::read(&mut r)?,
            standard: FileStandardInformation::read(&mut r)?,
            internal: FileInternalInformation::read(&mut r)?,
            ea: FileEaInformation::read(&mut r)?,
            access: FileAccessInformation::read(&mut r)?,
            position: FilePositionInformation::read(&mut r)?,
            mode: FileModeInformation::read(&mut r)?,
            alignment: FileAlignmentInformation::read(&mut r)?,
            name: FileNameInformation::read(&mut r)?.name,
        })
    }

    /// Appends the structure.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        self.basic.emit(w)?;
        self.standard.emit(w)?;
        self.internal.emit(w)?;
        self.ea.emit(w)?;
        self.access.emit(w)?;
        self.position.emit(w)?;
        self.mode.emit(w)?;
        self.alignment.emit(w)?;
        FileNameInformation { name: self.name }.emit(w)
    }
}

/// The next `length` bytes as a name.
pub(super) fn take_name<'a>(
    r: &mut Reader<'a>,
    length: u32,
    field: &'static str,
) -> Result<Utf16<'a>, ParseError> {
    let length = usize::try_from(length).map_err(|_| ParseError::truncated(field))?;
    Utf16::from_bytes(r.take(length, field)?, field)
}
