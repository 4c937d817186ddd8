//! Named streams (MS-FSCC 2.4).

use super::ChainEntry;
use super::names::take_name;
use crate::writer::len32;
use crate::{EmitError, ParseError, Reader, Utf16, Writer};

/// One of a file's streams: an entry of FileStreamInformation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamInformation<'a> {
    /// The stream's size in bytes. As sent: the caller checks its sign.
    pub size: i64,
    /// The space set aside for it. As sent: the caller checks its sign.
    pub allocation_size: i64,
    /// The name with its type, as in `::$DATA`.
    pub name: Utf16<'a>,
}

impl<'a> ChainEntry<'a> for StreamInformation<'a> {
    const ALIGNMENT: usize = 8;
    const FIXED_LEN: usize = 24;

    fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        r.u32("NextEntryOffset")?;
        let name_length = r.u32("StreamNameLength")?;
        Ok(Self {
            size: r.u64("StreamSize")?.cast_signed(),
            allocation_size: r.u64("StreamAllocationSize")?.cast_signed(),
            name: take_name(&mut r, name_length, "StreamNameLength")?,
        })
    }

    fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(0)?;
        w.u32(len32(self.name.byte_len(), "StreamNameLength")?)?;
        w.u64(self.size.cast_unsigned())?;
        w.u64(self.allocation_size.cast_unsigned())?;
        self.name.emit(w)
    }
}
