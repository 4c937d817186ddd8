//! UTF-16 text. Kernel names are counted strings of 16-bit units, seldom valid UTF-16 for certain, so slices of `u16`
//! are the common form here; UNICODE_STRING is made where a routine wants one.

use crate::pool::{PoolVec, Tag};
use crate::{Result, Status, sys};
use core::cmp::Ordering;
use core::fmt::{self, Write};
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

const TAG: Tag = Tag::new(b"NtSt");

/// An ASCII literal as `&'static [u16]`, made at compile time.
#[macro_export]
macro_rules! utf16 {
    ($text:literal) => {{
        const UNITS: &[u16] = {
            assert!($text.is_ascii());
            &$crate::string::widen::<{ $text.len() }>($text)
        };
        UNITS
    }};
}

#[doc(hidden)]
pub const fn widen<const LENGTH: usize>(ascii: &str) -> [u16; LENGTH] {
    let mut units = [0; LENGTH];
    let mut from = ascii.as_bytes();
    let mut to = units.as_mut_slice();
    while let (Some((byte, bytes)), Some((unit, units))) =
        (from.split_first(), to.split_first_mut())
    {
        *unit = *byte as u16;
        from = bytes;
        to = units;
    }
    units
}

/// A borrowed UNICODE_STRING over a slice, for routines that only read it.
pub struct Unicode<'a> {
    raw: sys::UNICODE_STRING,
    text: PhantomData<&'a [u16]>,
}

impl<'a> Unicode<'a> {
    /// [`Status::NAME_TOO_LONG`] when the text has more than 32,767 units.
    pub fn new(text: &'a [u16]) -> Result<Self> {
        let bytes = u16::try_from(size_of_val(text)).map_err(|_| Status::NAME_TOO_LONG)?;
        Ok(Self {
            raw: sys::UNICODE_STRING {
                Length: bytes,
                MaximumLength: bytes,
                Buffer: text.as_ptr().cast_mut(),
            },
            text: PhantomData,
        })
    }

    /// As kernel routines take it; valid while this value is borrowed. Nothing may be written through it.
    pub const fn as_ptr(&self) -> *mut sys::UNICODE_STRING {
        (&raw const self.raw).cast_mut()
    }
}

/// The text of a UNICODE_STRING; empty when it has no buffer.
///
/// # Safety
///
/// The string and its buffer are valid and not written to during the lifetime.
pub unsafe fn units<'a>(string: NonNull<sys::UNICODE_STRING>) -> &'a [u16] {
    // SAFETY: the caller vouches for the string.
    let string = unsafe { string.as_ref() };
    if string.Buffer.is_null() {
        return &[];
    }
    let length = usize::from(string.Length) / 2;
    // SAFETY: the caller vouches for the buffer, and Length is in bytes.
    unsafe { core::slice::from_raw_parts(string.Buffer, length) }
}

/// Upper case as file names know it (`RtlUpcaseUnicodeChar`). IRQL: PASSIVE.
#[track_caller]
pub fn upcase(unit: u16) -> u16 {
    match u8::try_from(unit) {
        // The common case needs no call.
        Ok(byte) if byte.is_ascii() => byte.to_ascii_uppercase().into(),
        // SAFETY: the routine takes any unit.
        _ => unsafe { sys::RtlUpcaseUnicodeChar(unit) },
    }
}

/// Whether two names are the same but for case. IRQL: PASSIVE.
#[track_caller]
pub fn eq_ignore_case(one: &[u16], other: &[u16]) -> bool {
    one.len() == other.len() && cmp_ignore_case(one, other).is_eq()
}

/// Order of two names regardless of case. IRQL: PASSIVE.
#[track_caller]
pub fn cmp_ignore_case(one: &[u16], other: &[u16]) -> Ordering {
    let upper = |name: &[u16], index: usize| name.get(index).map(|unit| upcase(*unit));
    let length = one.len().max(other.len());
    (0..length)
        .map(|index| upper(one, index).cmp(&upper(other, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Whether a name begins with another regardless of case. IRQL: PASSIVE.
#[track_caller]
pub fn starts_with_ignore_case(name: &[u16], start: &[u16]) -> bool {
    name.get(..start.len())
        .is_some_and(|head| eq_ignore_case(head, start))
}

/// Owned text in pool.
#[derive(Debug)]
pub struct UnicodeString(PoolVec<u16>);

impl UnicodeString {
    /// Empty; allocates nothing yet.
    pub const fn new() -> Self {
        Self(PoolVec::new(TAG))
    }

    /// A copy of the units. IRQL: any.
    #[track_caller]
    pub fn from_units(units: &[u16]) -> Result<Self> {
        let mut new = Self::new();
        new.push_units(units)?;
        Ok(new)
    }

    /// The text as UTF-16. IRQL: any.
    #[track_caller]
    pub fn from_text(text: &str) -> Result<Self> {
        let mut new = Self::new();
        new.push_text(text)?;
        Ok(new)
    }

    /// Appends units. IRQL: any.
    #[track_caller]
    pub fn push_units(&mut self, units: &[u16]) -> Result<()> {
        self.0.extend_from_slice(units)
    }

    /// Appends text as UTF-16. IRQL: any.
    #[track_caller]
    pub fn push_text(&mut self, text: &str) -> Result<()> {
        self.0.reserve(text.encode_utf16().count())?;
        for unit in text.encode_utf16() {
            self.0.push(unit)?;
        }
        Ok(())
    }

    /// A copy. IRQL: any.
    #[track_caller]
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    /// Shortens the text to that many units.
    pub fn truncate(&mut self, units: usize) {
        self.0.truncate(units);
    }

    /// Turns every unit to upper case. IRQL: PASSIVE.
    #[track_caller]
    pub fn make_upper_case(&mut self) {
        for unit in self.0.iter_mut() {
            *unit = upcase(*unit);
        }
    }
}

impl Default for UnicodeString {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for UnicodeString {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        &self.0
    }
}

/// Shows UTF-16 units as text; what is not valid becomes U+FFFD.
pub struct Utf16<'a>(pub &'a [u16]);

impl fmt::Display for Utf16<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        char::decode_utf16(self.0.iter().copied())
            .try_for_each(|unit| out.write_char(unit.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::format;
    use std::vec::Vec;

    #[test]
    fn a_literal_is_widened_at_compile_time() {
        assert_eq!(
            utf16!("\\Device"),
            "\\Device".encode_utf16().collect::<Vec<_>>()
        );
    }

    #[test]
    fn ascii_names_compare_without_the_kernel() {
        assert!(eq_ignore_case(utf16!("Share"), utf16!("SHARE")));
        assert!(!eq_ignore_case(utf16!("Share"), utf16!("Shares")));
        assert!(starts_with_ignore_case(utf16!("Shares"), utf16!("sHARE")));
        assert_eq!(cmp_ignore_case(utf16!("a"), utf16!("B")), Ordering::Less);
        assert_eq!(cmp_ignore_case(utf16!("b"), utf16!("")), Ordering::Greater);
    }

    #[test]
    fn a_string_too_long_for_its_length_field_is_refused() {
        let long = std::vec![0x41; 0x8000];
        assert_eq!(Unicode::new(&long).err(), Some(Status::NAME_TOO_LONG));
        let fits = Unicode::new(long.split_last().unwrap().1).unwrap();
        assert_eq!(fits.raw.Length, 0xfffe);
    }

    #[test]
    fn invalid_units_are_shown_as_replacements() {
        assert_eq!(format!("{}", Utf16(&[0x41, 0xd800, 0x42])), "A\u{fffd}B");
    }
}
