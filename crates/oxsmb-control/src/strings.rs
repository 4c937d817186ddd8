//! The strings behind a buffer's fixed part: one after the other, each as long as the fixed part says, and nothing else.

use zerocopy::little_endian::{U16, U32};

use crate::VERSION;

/// Why a control buffer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// Shorter than its fixed part, or its lengths do not add up to its size.
    Length,
    /// A version or a flag that this side does not know.
    Version,
    /// The named string is longer than its limit or has half a character.
    TooLong(&'static str),
    /// The output buffer is too small.
    NoSpace,
}

/// A UTF-16LE string inside a control buffer, which need not be aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf16<'a>(&'a [u8]);

impl<'a> Utf16<'a> {
    /// The string's UTF-16 units.
    pub fn units(self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        let (pairs, _) = self.0.as_chunks::<2>();
        pairs.iter().map(|pair| u16::from_le_bytes(*pair))
    }

    /// The string's bytes, two for each unit.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// How many UTF-16 units it has.
    pub fn len(self) -> usize {
        self.0.len() / 2
    }

    /// Whether it has no unit.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// A string's name, for the error, and the most units that it may have.
pub type Limit = (&'static str, usize);

/// Checks what every buffer begins with, a version and its own size.
pub fn check_head(version: U32, size: U32, buffer: &[u8]) -> Result<(), FormatError> {
    if version.get() != VERSION {
        return Err(FormatError::Version);
    }
    if usize::try_from(size.get()) != Ok(buffer.len()) {
        return Err(FormatError::Length);
    }
    Ok(())
}

/// Takes the strings with these lengths in bytes, which must be all there is.
pub fn parse<const N: usize>(
    mut rest: &[u8],
    lengths: [U16; N],
    limits: [Limit; N],
) -> Result<[Utf16<'_>; N], FormatError> {
    let mut strings = [Utf16(&[]); N];
    for ((string, length), (what, limit)) in strings.iter_mut().zip(lengths).zip(limits) {
        let length = usize::from(length.get());
        if length % 2 != 0 || length / 2 > limit {
            return Err(FormatError::TooLong(what));
        }
        let (bytes, after) = rest.split_at_checked(length).ok_or(FormatError::Length)?;
        *string = Utf16(bytes);
        rest = after;
    }
    if rest.is_empty() {
        Ok(strings)
    } else {
        Err(FormatError::Length)
    }
}

/// The strings' lengths in bytes, and the size of a buffer of them behind a fixed part of `head` bytes.
pub fn measure<const N: usize>(
    head: usize,
    strings: [&[u16]; N],
    limits: [Limit; N],
) -> Result<([U16; N], U32), FormatError> {
    let mut lengths = [U16::ZERO; N];
    let mut size = head;
    for ((string, length), (what, limit)) in strings.iter().zip(&mut lengths).zip(limits) {
        if string.len() > limit {
            return Err(FormatError::TooLong(what));
        }
        let bytes = size_of_val(*string);
        length.set(u16::try_from(bytes).map_err(|_| FormatError::TooLong(what))?);
        size = size.checked_add(bytes).ok_or(FormatError::NoSpace)?;
    }
    let size = u32::try_from(size).map_err(|_| FormatError::NoSpace)?;
    Ok((lengths, U32::new(size)))
}

/// Writes the fixed part and the strings, `size` bytes together, and gives that length.
pub fn write<const N: usize>(
    out: &mut [u8],
    size: U32,
    head: &[u8],
    strings: [&[u16]; N],
) -> Result<usize, FormatError> {
    let size = usize::try_from(size.get()).map_err(|_| FormatError::NoSpace)?;
    let out = out.get_mut(..size).ok_or(FormatError::NoSpace)?;
    let (first, rest) = out
        .split_at_mut_checked(head.len())
        .ok_or(FormatError::NoSpace)?;
    first.copy_from_slice(head);
    let units = strings.into_iter().flatten();
    let (pairs, _) = rest.as_chunks_mut::<2>();
    for (pair, unit) in pairs.iter_mut().zip(units) {
        *pair = unit.to_le_bytes();
    }
    Ok(size)
}
