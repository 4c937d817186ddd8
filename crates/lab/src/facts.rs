//! What is known of a file without opening its data.

use std::fmt;

use jiff::Timestamp;
use smb_wire::fscc::{
    DirectoryEntry, FileAttributes, FileBasicInformation, FileInternalInformation,
    FileStandardInformation,
};

/// A point in time as NT counts it: 100-ns units since 1601 (MS-DTYP 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime(pub i64);

/// Seconds from 1601 to 1970.
const UNIX_EPOCH: i64 = 11_644_473_600;
const UNITS_PER_SECOND: i64 = 10_000_000;

impl FileTime {
    /// The time this many whole seconds after 1970.
    pub fn from_unix(seconds: i64) -> Self {
        Self((seconds + UNIX_EPOCH) * UNITS_PER_SECOND)
    }
}

/// Local time to the second; a dash for a time that is not known.
impl fmt::Display for FileTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(UNITS_PER_SECOND) - UNIX_EPOCH;
        match Timestamp::from_second(seconds) {
            Ok(time) if self.0 > 0 => {
                let local = time.to_zoned(jiff::tz::TimeZone::system());
                out.pad(&local.strftime("%Y-%m-%d %H:%M:%S").to_string())
            }
            _ => out.pad("-"),
        }
    }
}

/// Sizes, times and attributes of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Bytes in it.
    pub size: u64,
    /// Bytes that it takes on the server's disk.
    pub allocated: u64,
    /// What it is.
    pub attributes: FileAttributes,
    /// When it was made.
    pub created: FileTime,
    /// When it was last read.
    pub accessed: FileTime,
    /// When its data was last written.
    pub written: FileTime,
    /// When anything of it last changed.
    pub changed: FileTime,
    /// Its number on the volume; 0 where there is none.
    pub id: u64,
}

impl Facts {
    /// What a query of three information classes told.
    pub fn new(
        basic: &FileBasicInformation,
        standard: &FileStandardInformation,
        internal: &FileInternalInformation,
    ) -> Self {
        Self {
            size: size(standard.end_of_file),
            allocated: size(standard.allocation_size),
            attributes: basic.file_attributes,
            created: FileTime(basic.creation_time),
            accessed: FileTime(basic.last_access_time),
            written: FileTime(basic.last_write_time),
            changed: FileTime(basic.change_time),
            id: internal.index_number,
        }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.attributes.contains(FileAttributes::DIRECTORY)
    }

    /// Whether it leads elsewhere: a symbolic link, a junction.
    pub fn is_link(&self) -> bool {
        self.attributes.contains(FileAttributes::REPARSE_POINT)
    }

    /// Its attributes as letters, dashes where one is not set: `D` directory, `R` read-only, `H` hidden, `S` system,
    /// `A` archive.
    pub fn letters(&self) -> String {
        [
            (FileAttributes::DIRECTORY, 'd'),
            (FileAttributes::READONLY, 'r'),
            (FileAttributes::HIDDEN, 'h'),
            (FileAttributes::SYSTEM, 's'),
            (FileAttributes::ARCHIVE, 'a'),
        ]
        .into_iter()
        .map(|(attribute, letter)| {
            if self.attributes.contains(attribute) {
                letter
            } else {
                '-'
            }
        })
        .collect()
    }
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name; never a path, never `.` or `..`.
    pub name: String,
    /// What is known of it.
    pub facts: Facts,
}

impl Entry {
    /// What a directory's listing told; `None` for the directory itself and its parent.
    ///
    /// # Errors
    /// A name that would lead out of the directory, or is no text.
    pub fn new(entry: &DirectoryEntry<'_>) -> Result<Option<Self>, String> {
        let name: String = entry.name.chars().collect();
        if name == "." || name == ".." {
            return Ok(None);
        }
        // The name is joined to local paths, so a server must not be able to lead out of them with it.
        if !entry.name.is_file_name() {
            return Err(format!("the server lists {name:?}, which is no file name"));
        }
        Ok(Some(Self {
            name,
            facts: Facts {
                size: size(entry.end_of_file),
                allocated: size(entry.allocation_size),
                attributes: entry.file_attributes,
                created: FileTime(entry.creation_time),
                accessed: FileTime(entry.last_access_time),
                written: FileTime(entry.last_write_time),
                changed: FileTime(entry.change_time),
                id: entry.file_id,
            },
        }))
    }
}

/// A size from the server; one below zero is none.
fn size(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smb_wire::Utf16;

    fn named(name: &str) -> Result<Option<Entry>, String> {
        let units: Vec<u16> = name.encode_utf16().collect();
        Entry::new(&DirectoryEntry {
            name: Utf16::from_units(&units),
            ..DirectoryEntry::default()
        })
    }

    #[test]
    fn a_name_that_leads_out_of_its_directory_is_refused() {
        for name in ["../x", "a/b", "a\\b", "", "a\0b"] {
            assert!(named(name).is_err(), "{name:?}");
        }
        assert_eq!(named(".."), Ok(None));
        assert_eq!(named("日本 🦀.txt").unwrap().unwrap().name, "日本 🦀.txt");
    }

    #[test]
    fn a_file_time_is_shown_to_the_second_and_none_as_a_dash() {
        assert_eq!(FileTime(0).to_string(), "-");
        assert!(
            FileTime::from_unix(1_000_000_000)
                .to_string()
                .starts_with("2001-09-0")
        );
        assert_eq!(FileTime::from_unix(0).0, 116_444_736_000_000_000);
    }
}
