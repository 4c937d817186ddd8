//! Bounded reading: every length yields a slice or a sub-reader, and nothing reads past its own.

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::ParseError;

/// A cursor over received bytes. Each method names the field that it reads, for the error.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes not read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes are not read yet.
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything was read.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], ParseError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(ParseError::truncated(field))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A reader of the next `len` bytes and no more.
    pub fn sub(&mut self, len: usize, field: &'static str) -> Result<Reader<'a>, ParseError> {
        self.take(len, field).map(Reader::new)
    }

    /// Passes over up to `len` bytes: padding, which the last element of a list may lack.
    pub fn skip_padding(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
    }

    /// The next bytes as a fixed structure.
    pub fn fixed<T>(&mut self, field: &'static str) -> Result<&'a T, ParseError>
    where
        T: FromBytes + KnownLayout + Immutable + Unaligned,
    {
        let (fixed, rest) =
            T::ref_from_prefix(self.rest).map_err(|_| ParseError::truncated(field))?;
        self.rest = rest;
        Ok(fixed)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ParseError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(ParseError::truncated(field))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The next byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, ParseError> {
        self.array(field).map(u8::from_le_bytes)
    }

    /// The next little-endian 16-bit integer.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, ParseError> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// The next little-endian 32-bit integer.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, ParseError> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// The next little-endian 64-bit integer.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, ParseError> {
        self.array(field).map(u64::from_le_bytes)
    }
}

/// The part of `bytes` that an offset/length pair names. An empty part has no place, so its offset is not looked at.
/// An offset below `floor` would point into the fixed part of the structure, and is refused.
pub(crate) fn part<'a>(
    bytes: &'a [u8],
    floor: usize,
    offset: impl Into<u64>,
    len: impl Into<u64>,
    field: &'static str,
) -> Result<&'a [u8], ParseError> {
    let error = ParseError::out_of_bounds(field);
    let offset = usize::try_from(offset.into()).map_err(|_| error)?;
    let len = usize::try_from(len.into()).map_err(|_| error)?;
    if len == 0 {
        return Ok(&[]);
    }
    if offset < floor {
        return Err(error);
    }
    let end = offset.checked_add(len).ok_or(error)?;
    bytes.get(offset..end).ok_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;

    #[test]
    fn a_sub_reader_ends_with_its_field() {
        let mut r = Reader::new(&[1, 2, 3, 4]);
        let mut field = r.sub(2, "field").unwrap();
        assert_eq!(field.u16("inner"), Ok(0x0201));
        assert_eq!(
            field.u8("inner"),
            Err(ParseError {
                field: "inner",
                fault: Fault::Truncated
            })
        );
        assert_eq!(r.u16("outer"), Ok(0x0403));
        assert!(r.is_empty());
    }

    #[test]
    fn a_failed_read_consumes_nothing() {
        let mut r = Reader::new(&[1, 2, 3]);
        assert!(r.u32("field").is_err());
        assert!(r.take(usize::MAX, "field").is_err());
        assert_eq!(r.len(), 3);
    }

    #[test]
    fn padding_may_be_missing() {
        let mut r = Reader::new(&[1, 2]);
        r.skip_padding(7);
        assert!(r.is_empty());
    }

    #[test]
    fn a_part_lies_between_floor_and_end() {
        let bytes = [0, 1, 2, 3, 4, 5];
        assert_eq!(part(&bytes, 2, 2_u8, 4_u8, "part"), Ok(&bytes[2..]));
        for (offset, len) in [
            (1, 2),
            (2, 5),
            (6, 1),
            (u64::MAX, 1),
            (1, u64::MAX),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(
                part(&bytes, 2, offset, len, "part"),
                Err(ParseError::out_of_bounds("part"))
            );
        }
        assert_eq!(part(&bytes, 2, u64::MAX, 0_u8, "part"), Ok(&[][..]));
    }
}
