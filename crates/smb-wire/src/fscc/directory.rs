//! Directory entries in the six classes that servers and programs use (MS-FSCC 2.4).

use super::names::take_name;
use super::{EntryPacker, FileAttributes, FileInformationClass, Links};
use crate::writer::len32;
use crate::{EmitError, ParseError, Reader, Utf16, Writer};

const ALIGNMENT: usize = 8;
const SHORT_NAME_LEN: usize = 24;

/// A form of directory entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DirectoryClass {
    /// FileDirectoryInformation.
    Directory,
    /// FileFullDirectoryInformation: with the size of extended attributes.
    Full,
    /// FileBothDirectoryInformation: that, and the short name.
    Both,
    /// FileNamesInformation: nothing but the name.
    Names,
    /// FileIdBothDirectoryInformation: all there is.
    IdBoth,
    /// FileIdFullDirectoryInformation: no short name, but the id.
    IdFull,
}

impl DirectoryClass {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Directory,
        Self::Full,
        Self::Both,
        Self::Names,
        Self::IdBoth,
        Self::IdFull,
    ];

    /// The form with this number; `None` for a class that is no directory's.
    pub const fn from_class(class: FileInformationClass) -> Option<Self> {
        match class {
            FileInformationClass::DIRECTORY => Some(Self::Directory),
            FileInformationClass::FULL_DIRECTORY => Some(Self::Full),
            FileInformationClass::BOTH_DIRECTORY => Some(Self::Both),
            FileInformationClass::NAMES => Some(Self::Names),
            FileInformationClass::ID_BOTH_DIRECTORY => Some(Self::IdBoth),
            FileInformationClass::ID_FULL_DIRECTORY => Some(Self::IdFull),
            _ => None,
        }
    }

    /// The form's number.
    pub const fn class(self) -> FileInformationClass {
        match self {
            Self::Directory => FileInformationClass::DIRECTORY,
            Self::Full => FileInformationClass::FULL_DIRECTORY,
            Self::Both => FileInformationClass::BOTH_DIRECTORY,
            Self::Names => FileInformationClass::NAMES,
            Self::IdBoth => FileInformationClass::ID_BOTH_DIRECTORY,
            Self::IdFull => FileInformationClass::ID_FULL_DIRECTORY,
        }
    }

    /// Where the name begins in an entry, in bytes.
    pub const fn name_offset(self) -> usize {
        match self {
            Self::Directory => 64,
            Self::Full => 68,
            Self::Both => 94,
            Self::Names => 12,
            Self::IdBoth => 104,
            Self::IdFull => 80,
        }
    }

    const fn has_ea_size(self) -> bool {
        !matches!(self, Self::Names | Self::Directory)
    }

    const fn has_short_name(self) -> bool {
        matches!(self, Self::Both | Self::IdBoth)
    }

    /// How many reserved bytes align the id that follows them; `None` in a form without id.
    const fn id_padding(self) -> Option<usize> {
        match self {
            Self::IdBoth => Some(2),
            Self::IdFull => Some(4),
            _ => None,
        }
    }
}

/// A directory entry. What its form does not have is zero when read and left out when written. Times are FILETIMEs; sizes
/// are in bytes and as sent: the caller checks their signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DirectoryEntry<'a> {
    /// The place in the directory; 0 where that means nothing.
    pub file_index: u32,
    /// When the file was created.
    pub creation_time: i64,
    /// When the file was last accessed.
    pub last_access_time: i64,
    /// When the file's data last changed.
    pub last_write_time: i64,
    /// When anything of the file last changed.
    pub change_time: i64,
    /// The file's size.
    pub end_of_file: i64,
    /// The space set aside for the file.
    pub allocation_size: i64,
    /// The attributes.
    pub file_attributes: FileAttributes,
    /// The size of the extended attributes, or the reparse tag with [`FileAttributes::REPARSE_POINT`].
    pub ea_size: u32,
    /// The 8.3 name; mostly empty.
    pub short_name: Utf16<'a>,
    /// The file's id on its volume.
    pub file_id: u64,
    /// The name. As sent: see [`Utf16::is_file_name`].
    pub name: Utf16<'a>,
}

impl<'a> DirectoryEntry<'a> {
    /// Reads an entry from its own bytes, NextEntryOffset first.
    pub fn parse(class: DirectoryClass, bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        let mut entry = Self::default();
        r.u32("NextEntryOffset")?;
        entry.file_index = r.u32("FileIndex")?;
        if class == DirectoryClass::Names {
            let name_length = r.u32("FileNameLength")?;
            entry.name = take_name(&mut r, name_length, "FileNameLength")?;
            return Ok(entry);
        }
        entry.creation_time = r.u64("CreationTime")?.cast_signed();
        entry.last_access_time = r.u64("LastAccessTime")?.cast_signed();
        entry.last_write_time = r.u64("LastWriteTime")?.cast_signed();
        entry.change_time = r.u64("ChangeTime")?.cast_signed();
        entry.end_of_file = r.u64("EndOfFile")?.cast_signed();
        entry.allocation_size = r.u64("AllocationSize")?.cast_signed();
        entry.file_attributes = FileAttributes::from_bits_retain(r.u32("FileAttributes")?);
        let name_length = r.u32("FileNameLength")?;
        if class.has_ea_size() {
            entry.ea_size = r.u32("EaSize")?;
        }
        if class.has_short_name() {
            let length = r.u8("ShortNameLength")?;
            r.u8("Reserved1")?;
            let mut place = r.sub(SHORT_NAME_LEN, "ShortName")?;
            entry.short_name = take_name(&mut place, length.into(), "ShortNameLength")?;
        }
        if let Some(padding) = class.id_padding() {
            r.take(padding, "Reserved2")?;
            entry.file_id = r.u64("FileId")?;
        }
        entry.name = take_name(&mut r, name_length, "FileNameLength")?;
        Ok(entry)
    }

    /// Appends the entry with a NextEntryOffset of 0.
    pub fn emit(&self, class: DirectoryClass, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let name_length = len32(self.name.byte_len(), "FileNameLength")?;
        w.u32(0)?;
        w.u32(self.file_index)?;
        if class == DirectoryClass::Names {
            w.u32(name_length)?;
            return self.name.emit(w);
        }
        for time in [
            self.creation_time,
            self.last_access_time,
            self.last_write_time,
            self.change_time,
        ] {
            w.u64(time.cast_unsigned())?;
        }
        w.u64(self.end_of_file.cast_unsigned())?;
        w.u64(self.allocation_size.cast_unsigned())?;
        w.u32(self.file_attributes.bits())?;
        w.u32(name_length)?;
        if class.has_ea_size() {
            w.u32(self.ea_size)?;
        }
        if class.has_short_name() {
            let length = self.short_name.byte_len();
            let rest = SHORT_NAME_LEN
                .checked_sub(length)
                .ok_or(EmitError::TooLong("ShortNameLength"))?;
            w.u8(u8::try_from(length).map_err(|_| EmitError::TooLong("ShortNameLength"))?)?;
            w.u8(0)?;
            self.short_name.emit(w)?;
            w.zeros(rest)?;
        }
        if let Some(padding) = class.id_padding() {
            w.zeros(padding)?;
            w.u64(self.file_id)?;
        }
        self.name.emit(w)
    }
}

/// The entries of a directory's listing. After the first that is broken the iteration ends.
#[derive(Clone, Debug)]
pub struct DirectoryEntries<'a> {
    class: DirectoryClass,
    links: Links<'a>,
}

impl<'a> DirectoryEntries<'a> {
    /// The entries in `bytes`.
    pub const fn new(class: DirectoryClass, bytes: &'a [u8]) -> Self {
        Self {
            class,
            links: Links::new(bytes, ALIGNMENT, class.name_offset()),
        }
    }
}

impl<'a> Iterator for DirectoryEntries<'a> {
    type Item = Result<DirectoryEntry<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self
            .links
            .next()?
            .and_then(|bytes| DirectoryEntry::parse(self.class, bytes));
        if entry.is_err() {
            self.links.end();
        }
        Some(entry)
    }
}

/// Packs a directory's entries into a buffer as long as they fit.
#[derive(Debug)]
pub struct DirectoryPacker<'b> {
    class: DirectoryClass,
    packer: EntryPacker<'b>,
}

impl<'b> DirectoryPacker<'b> {
    /// A packer into `buffer`, whose beginning counts as aligned.
    pub const fn new(class: DirectoryClass, buffer: &'b mut [u8]) -> Self {
        Self {
            class,
            packer: EntryPacker::new(buffer),
        }
    }

    /// Appends an entry. `false` when it does not fit: then nothing has changed.
    pub fn push(&mut self, entry: &DirectoryEntry<'_>) -> Result<bool, EmitError> {
        let class = self.class;
        self.packer.push_with(ALIGNMENT, |w| entry.emit(class, w))
    }

    /// Whether there is no entry yet.
    pub const fn is_empty(&self) -> bool {
        self.packer.is_empty()
    }

    /// How many bytes the entries take.
    pub const fn len(&self) -> usize {
        self.packer.len()
    }

    /// The packed entries.
    pub fn into_bytes(self) -> &'b mut [u8] {
        self.packer.into_bytes()
    }
}
