//! New names and the end of a file: rename, link, disposition.

use super::names::take_name;
use crate::writer::len32;
use crate::{EmitError, ParseError, Reader, Utf16, Writer};

wire_flags! {
    /// How to rename or link. The classes without "Ex" have the first bit only, as a BOOLEAN (MS-FSCC 2.4).
    pub struct RenameFlags: u32 {
        const REPLACE_IF_EXISTS = 0x0000_0001;
        const POSIX_SEMANTICS = 0x0000_0002;
        const SUPPRESS_PIN_STATE_INHERITANCE = 0x0000_0004;
        const IGNORE_READONLY_ATTRIBUTE = 0x0000_0040;
    }
}

wire_flags! {
    /// How a file goes away (MS-FSCC 2.4).
    pub struct DispositionFlags: u32 {
        const DELETE = 0x0000_0001;
        const POSIX_SEMANTICS = 0x0000_0002;
        const FORCE_IMAGE_SECTION_CHECK = 0x0000_0004;
        const ON_CLOSE = 0x0000_0008;
        const IGNORE_READONLY_ATTRIBUTE = 0x0000_0010;
    }
}

/// Which layout a rename or link has; it depends on the size of the root directory's handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RenameForm {
    /// Eight bytes: in SMB2 (MS-FSCC 2.4), and at the interface of 64-bit NT.
    Wide,
    /// Four bytes: in SMB1 (MS-FSCC 2.4), and at the interface of 32-bit NT.
    Narrow,
}

impl RenameForm {
    const fn root_len(self) -> usize {
        match self {
            Self::Wide => size_of::<u64>(),
            Self::Narrow => size_of::<u32>(),
        }
    }

    /// NT measures its structure, which ends aligned to the handle, so a shorter buffer is refused even with a short name.
    const fn min_len(self) -> usize {
        match self {
            Self::Wide => 24,
            Self::Narrow => 16,
        }
    }
}

/// A new name for a file: FileRenameInformation and FileRenameInformationEx (MS-FSCC 2.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RenameInformation<'a> {
    /// How to rename. The class without "Ex" has a BOOLEAN here; its true is the first bit, its padding is ignored.
    pub flags: RenameFlags,
    /// NT: a handle to the directory that the name starts from. SMB: 0.
    pub root_directory: u64,
    /// The name. In SMB2 from the share's root, without a backslash in front.
    pub name: Utf16<'a>,
}

/// Another name for a file: FileLinkInformation (MS-FSCC 2.4). The layout is the rename's.
pub type LinkInformation<'a> = RenameInformation<'a>;

impl<'a> RenameInformation<'a> {
    /// Reads the class without "Ex" at the beginning of `bytes`.
    pub fn parse(form: RenameForm, bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut information = Self::parse_ex(form, bytes)?;
        let replace = Reader::new(bytes).u8("ReplaceIfExists")? != 0;
        information.flags = if replace {
            RenameFlags::REPLACE_IF_EXISTS
        } else {
            RenameFlags::empty()
        };
        Ok(information)
    }

    /// Reads the class with "Ex" at the beginning of `bytes`.
    pub fn parse_ex(form: RenameForm, bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        let flags = RenameFlags::from_bits_retain(r.u32("Flags")?);
        let root_directory = match form {
            RenameForm::Wide => {
                r.u32("Reserved")?;
                r.u64("RootDirectory")?
            }
            RenameForm::Narrow => r.u32("RootDirectory")?.into(),
        };
        let length = r.u32("FileNameLength")?;
        Ok(Self {
            flags,
            root_directory,
            name: take_name(&mut r, length, "FileNameLength")?,
        })
    }

    /// Appends the structure. For the class without "Ex" there may be no flag but the first.
    pub fn emit(&self, form: RenameForm, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let start = w.position();
        w.u32(self.flags.bits())?;
        match form {
            RenameForm::Wide => {
                w.u32(0)?;
                w.u64(self.root_directory)?;
            }
            RenameForm::Narrow => {
                w.u32(
                    u32::try_from(self.root_directory)
                        .map_err(|_| EmitError::TooLong("RootDirectory"))?,
                )?;
            }
        }
        w.u32(len32(self.name.byte_len(), "FileNameLength")?)?;
        self.name.emit(w)?;
        let len = w.position().saturating_sub(start);
        w.zeros(form.min_len().saturating_sub(len))
    }

    /// The size in bytes of the structure that [`RenameInformation::emit`] makes.
    pub fn len(&self, form: RenameForm) -> usize {
        let fixed = form
            .root_len()
            .saturating_mul(2)
            .saturating_add(size_of::<u32>());
        fixed
            .saturating_add(self.name.byte_len())
            .max(form.min_len())
    }
}
