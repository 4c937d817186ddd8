//! What all bodies have in common: StructureSize, a fixed part, and parts that it points to.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Header;
use crate::reader::part;
use crate::{EmitError, ParseError, Reader, Writer};

/// A message behind whose fixed part variable parts may lie.
pub(super) struct Body<'a> {
    message: &'a [u8],
    fixed_end: usize,
}

impl<'a> Body<'a> {
    /// Checks StructureSize and gives the fixed part behind it.
    pub(super) fn open<T>(
        message: &'a [u8],
        structure_size: u16,
    ) -> Result<(&'a T, Self), ParseError>
    where
        T: FromBytes + KnownLayout + Immutable + Unaligned,
    {
        let mut r = Reader::new(message);
        r.take(Header::LEN, "SMB2 header")?;
        if r.u16("StructureSize")? != structure_size {
            return Err(ParseError::value("StructureSize"));
        }
        let fixed = r.fixed("fixed part")?;
        Ok((
            fixed,
            Self {
                message,
                fixed_end: message.len().saturating_sub(r.len()),
            },
        ))
    }

    /// The part that an offset/length pair of the fixed part names; offsets count from the header.
    pub(super) fn part(
        &self,
        offset: impl Into<u64>,
        len: impl Into<u64>,
        field: &'static str,
    ) -> Result<&'a [u8], ParseError> {
        part(self.message, self.fixed_end, offset, len, field)
    }

    /// Everything behind the fixed part.
    pub(super) fn rest(&self) -> Reader<'a> {
        Reader::new(self.message.get(self.fixed_end..).unwrap_or_default())
    }

    /// Everything from `offset` on, which may not lie inside the fixed part.
    pub(super) fn from(&self, offset: u32, field: &'static str) -> Result<Reader<'a>, ParseError> {
        let error = ParseError::out_of_bounds(field);
        let offset = usize::try_from(offset).map_err(|_| error)?;
        if offset < self.fixed_end {
            return Err(error);
        }
        self.message.get(offset..).map(Reader::new).ok_or(error)
    }
}

/// The offset from the header's beginning of the first variable part, which lies behind StructureSize and the fixed part.
pub(super) const fn buffer_offset<T>() -> usize {
    const STRUCTURE_SIZE_END: usize = Header::LEN + size_of::<u16>();
    STRUCTURE_SIZE_END.saturating_add(size_of::<T>())
}

/// Appends StructureSize and the fixed part.
pub(super) fn emit_fixed<T>(
    w: &mut Writer<'_>,
    structure_size: u16,
    fixed: &T,
) -> Result<(), EmitError>
where
    T: IntoBytes + Immutable,
{
    w.u16(structure_size)?;
    w.fixed(fixed)
}

/// Appends the variable part, or one zero byte when it is empty: an odd StructureSize counts a byte of buffer
/// (MS-SMB2 3.3.5.2.6 has servers check it).
pub(super) fn emit_buffer(w: &mut Writer<'_>, buffer: &[u8]) -> Result<(), EmitError> {
    if buffer.is_empty() {
        w.u8(0)
    } else {
        w.bytes(buffer)
    }
}
