//! UTF-16 strings, wherever their units are kept.

use core::fmt;

use crate::{EmitError, ParseError, Writer};

/// A UTF-16 string, little-endian on the wire. A received one borrows the message; one to be sent may come from units
/// (a `UNICODE_STRING`) or from a `str`, and is converted while it is written. Equality is by units, case-sensitive.
#[derive(Clone, Copy)]
pub struct Utf16<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Wire(&'a [u8]),
    Units(&'a [u16]),
    Str(&'a str),
}

impl<'a> Utf16<'a> {
    /// The empty string.
    pub const EMPTY: Self = Self(Source::Wire(&[]));

    /// The string whose little-endian bytes are `bytes`; an odd number of bytes is refused in the name of `field`.
    pub const fn from_bytes(bytes: &'a [u8], field: &'static str) -> Result<Self, ParseError> {
        if bytes.len().is_multiple_of(2) {
            Ok(Self(Source::Wire(bytes)))
        } else {
            Err(ParseError::misaligned(field))
        }
    }

    /// The string of these units.
    pub const fn from_units(units: &'a [u16]) -> Self {
        Self(Source::Units(units))
    }

    /// The string of this text.
    pub const fn from_str(text: &'a str) -> Self {
        Self(Source::Str(text))
    }

    /// The units, first to last. Surrogates may be unpaired.
    pub fn units(self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        let (wire, units, text): (&[u8], &[u16], &str) = match self.0 {
            Source::Wire(bytes) => (bytes, &[], ""),
            Source::Units(units) => (&[], units, ""),
            Source::Str(text) => (&[], &[], text),
        };
        let (pairs, _) = wire.as_chunks::<2>();
        pairs
            .iter()
            .map(|pair| u16::from_le_bytes(*pair))
            .chain(units.iter().copied())
            .chain(text.encode_utf16())
    }

    /// The characters; an unpaired surrogate becomes U+FFFD.
    pub fn chars(self) -> impl Iterator<Item = char> + Clone + use<'a> {
        char::decode_utf16(self.units()).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// How many bytes the string has on the wire.
    pub fn byte_len(self) -> usize {
        match self.0 {
            Source::Wire(bytes) => bytes.len(),
            Source::Units(units) => units.len().saturating_mul(2),
            Source::Str(text) => text.encode_utf16().count().saturating_mul(2),
        }
    }

    /// Whether the string has no units.
    pub const fn is_empty(self) -> bool {
        match self.0 {
            Source::Wire(bytes) => bytes.is_empty(),
            Source::Units(units) => units.is_empty(),
            Source::Str(text) => text.is_empty(),
        }
    }

    /// Whether this may be the name of one file: 1 to 255 units, no separator, no colon, no NUL, not `.` or `..`.
    /// A name from a server's listing that fails this could lead a program out of the directory it listed.
    pub fn is_file_name(self) -> bool {
        const MAX_UNITS: usize = 255;
        let forbidden = |unit| {
            matches!(
                char::from_u32(u32::from(unit)),
                Some('\\' | '/' | ':' | '\0')
            )
        };
        let units = self.byte_len() / 2;
        let dots = units <= 2 && self.units().all(|unit| unit == u16::from(b'.'));
        (1..=MAX_UNITS).contains(&units) && !dots && !self.units().any(forbidden)
    }

    /// Copies the units into `out`; `None` when they do not fit. Gives the number of units copied.
    pub fn copy_to(self, out: &mut [u16]) -> Option<usize> {
        let units = self.byte_len() / 2;
        for (place, unit) in out.get_mut(..units)?.iter_mut().zip(self.units()) {
            *place = unit;
        }
        Some(units)
    }

    /// Appends the string, little-endian, without a terminator.
    pub fn emit(self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match self.0 {
            Source::Wire(bytes) => w.bytes(bytes),
            Source::Units(_) | Source::Str(_) => self.units().try_for_each(|unit| w.u16(unit)),
        }
    }
}

impl Default for Utf16<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Utf16<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.units().eq(other.units())
    }
}

impl Eq for Utf16<'_> {}

impl PartialEq<str> for Utf16<'_> {
    fn eq(&self, other: &str) -> bool {
        self.units().eq(other.encode_utf16())
    }
}

impl fmt::Display for Utf16<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|c| fmt::Write::write_char(f, c))
    }
}

impl fmt::Debug for Utf16<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        self.chars()
            .flat_map(char::escape_debug)
            .try_for_each(|c| fmt::Write::write_char(f, c))?;
        f.write_str("\"")
    }
}
