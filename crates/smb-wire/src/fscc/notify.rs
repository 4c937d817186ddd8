//! Change records (MS-FSCC 2.7.1).

use super::ChainEntry;
use super::names::take_name;
use crate::writer::len32;
use crate::{EmitError, ParseError, Reader, Utf16, Writer};

open_enum! {
    /// What happened to a file.
    pub struct NotifyAction(u32) {
        ADDED = 0x0000_0001,
        REMOVED = 0x0000_0002,
        MODIFIED = 0x0000_0003,
        /// The record has the name of before.
        RENAMED_OLD_NAME = 0x0000_0004,
        /// The record has the name of after; it follows the one with the name of before.
        RENAMED_NEW_NAME = 0x0000_0005,
        ADDED_STREAM = 0x0000_0006,
        REMOVED_STREAM = 0x0000_0007,
        MODIFIED_STREAM = 0x0000_0008,
    }
}

/// One change: an entry of FILE_NOTIFY_INFORMATION.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotifyRecord<'a> {
    /// What happened.
    pub action: NotifyAction,
    /// The path from the directory that is watched.
    pub name: Utf16<'a>,
}

impl<'a> ChainEntry<'a> for NotifyRecord<'a> {
    const ALIGNMENT: usize = 4;
    const FIXED_LEN: usize = 12;

    fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        r.u32("NextEntryOffset")?;
        let action = NotifyAction(r.u32("Action")?);
        let name_length = r.u32("FileNameLength")?;
        Ok(Self {
            action,
            name: take_name(&mut r, name_length, "FileNameLength")?,
        })
    }

    fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(0)?;
        w.u32(self.action.0)?;
        w.u32(len32(self.name.byte_len(), "FileNameLength")?)?;
        self.name.emit(w)
    }
}
