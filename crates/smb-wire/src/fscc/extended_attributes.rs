//! Extended attributes (MS-FSCC 2.4).

use super::ChainEntry;
use crate::writer::len16;
use crate::{EmitError, ParseError, Reader, Writer};

wire_flags! {
    /// Flags of an extended attribute.
    pub struct EaFlags: u8 {
        /// A program that does not know the attribute must not use the file.
        const NEED_EA = 0x80;
    }
}

/// One extended attribute: an entry of FileFullEaInformation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FullEa<'a> {
    /// Flags.
    pub flags: EaFlags,
    /// The name in bytes of the OEM code page, without its NUL; at most 254.
    pub name: &'a [u8],
    /// The value; empty deletes the attribute.
    pub value: &'a [u8],
}

impl<'a> ChainEntry<'a> for FullEa<'a> {
    const ALIGNMENT: usize = 4;
    const FIXED_LEN: usize = 8;

    fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        r.u32("NextEntryOffset")?;
        let flags = EaFlags::from_bits_retain(r.u8("Flags")?);
        let name_length = r.u8("EaNameLength")?;
        let value_length = r.u16("EaValueLength")?;
        let name = r.take(name_length.into(), "EaNameLength")?;
        if r.u8("EaName")? != 0 {
            return Err(ParseError::value("EaName"));
        }
        Ok(Self {
            flags,
            name,
            value: r.take(value_length.into(), "EaValueLength")?,
        })
    }

    fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(0)?;
        w.u8(self.flags.bits())?;
        w.u8(u8::try_from(self.name.len()).map_err(|_| EmitError::TooLong("EaNameLength"))?)?;
        w.u16(len16(self.value.len(), "EaValueLength")?)?;
        w.bytes(self.name)?;
        w.u8(0)?;
        w.bytes(self.value)
    }
}
