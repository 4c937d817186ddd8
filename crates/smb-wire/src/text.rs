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

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::*;
    use crate::Fault;
    use crate::writer::emitted;

    #[test]
    fn the_same_text_is_equal_wherever_it_is_kept() {
        let wire = Utf16::from_bytes(b"a\0\xE4\0", "name").unwrap();
        let units = Utf16::from_units(&[0x61, 0xE4]);
        let text = Utf16::from_str("aä");
        assert_eq!(wire, units);
        assert_eq!(units, text);
        assert_eq!(&text, "aä");
        assert_ne!(text, Utf16::from_str("aÄ"));
        for text in [wire, units, text] {
            assert_eq!(emitted(|w| text.emit(w)), b"a\0\xE4\0");
            assert_eq!(text.byte_len(), 4);
        }
    }

    #[test]
    fn half_a_unit_is_refused() {
        let expected = ParseError {
            field: "name",
            fault: Fault::Misaligned,
        };
        assert_eq!(Utf16::from_bytes(b"a\0b", "name"), Err(expected));
    }

    #[test]
    fn an_unpaired_surrogate_is_kept_and_shown_as_a_replacement() {
        let text = Utf16::from_units(&[0x61, 0xD800, 0x62]);
        assert_eq!(text.to_string(), "a\u{FFFD}b");
        assert_eq!(emitted(|w| text.emit(w)), [0x61, 0, 0, 0xD8, 0x62, 0]);
    }

    #[test]
    fn case_30_a_name_that_leads_elsewhere_is_no_file_name() {
        let long = [u16::from(b'a'); 256];
        for name in ["", ".", "..", "a\\b", "a/b", "..\\x", "a:b", "a\0"] {
            assert!(!Utf16::from_str(name).is_file_name(), "{name:?}");
        }
        assert!(!Utf16::from_units(&long).is_file_name());
        assert!(Utf16::from_units(&long[1..]).is_file_name());
        for name in ["a", "...", ".a", "a b", "ä.txt"] {
            assert!(Utf16::from_str(name).is_file_name(), "{name:?}");
        }
    }

    #[test]
    fn copying_needs_room() {
        let mut units = [0; 3];
        assert_eq!(Utf16::from_str("abc").copy_to(&mut units), Some(3));
        assert_eq!(units, [0x61, 0x62, 0x63]);
        assert_eq!(Utf16::from_str("abcd").copy_to(&mut units), None);
    }

    #[test]
    fn debug_output_is_escaped() {
        assert_eq!(format!("{:?}", Utf16::from_str("a\n\"b")), r#""a\n\"b""#);
    }
}
