//! Counted UTF-16 strings.

use crate::kernel::pool;
use crate::live::Live;
use nt::sys::UNICODE_STRING;

/// The characters of a string that lives in a structure; `'a` is as long as its owner keeps it.
pub(crate) fn units<'a>(string: Live<UNICODE_STRING>) -> &'a [u16] {
    units_of(string.read())
}

/// The characters of a string.
pub(crate) fn units_of<'a>(string: UNICODE_STRING) -> &'a [u16] {
    if string.Buffer.is_null() {
        return &[];
    }
    let len = usize::from(string.Length / 2);
    // SAFETY: a UNICODE_STRING's buffer holds `Length` bytes, and the owner keeps it while the string is in use.
    unsafe { core::slice::from_raw_parts(string.Buffer, len) }
}

/// The characters of a string behind a pointer; none for NULL.
pub(crate) fn units_at<'a>(string: *const UNICODE_STRING) -> &'a [u16] {
    // SAFETY: the caller's owner keeps the string.
    unsafe { Live::from_nullable(string.cast_mut()) }.map_or(&[], units)
}

/// A string over characters that somebody else owns.
pub(crate) fn over(units: &[u16]) -> UNICODE_STRING {
    let bytes = u16::try_from(units.len().saturating_mul(2)).unwrap_or(u16::MAX - 1);
    UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_ptr().cast_mut(),
    }
}

/// A copy of the characters in pool, for [`free`]; `None` when there is no memory.
#[track_caller]
pub(crate) fn duplicate(units: &[u16], tag: u32) -> Option<UNICODE_STRING> {
    let text = pool::allocate::<u16>(units.len().saturating_mul(2), tag)?;
    // SAFETY: just allocated with room for the characters.
    Some(unsafe { copy_to(units, text.as_ptr()) })
}

/// Frees the characters of a [`duplicate`], if there are any.
pub(crate) fn free(string: UNICODE_STRING, tag: u32) {
    // SAFETY: allocated by `duplicate`, and its owner gives it up.
    if let Some(text) = unsafe { Live::from_nullable(string.Buffer) } {
        pool::free(text, tag);
    }
}

/// Copies the characters to `to`: a string over the copy.
///
/// # Safety
/// At `to` there is room for them, which nobody else uses.
pub(crate) unsafe fn copy_to(units: &[u16], to: *mut u16) -> UNICODE_STRING {
    // SAFETY: by the contract.
    unsafe { core::ptr::copy_nonoverlapping(units.as_ptr(), to, units.len()) };
    UNICODE_STRING {
        Buffer: to,
        ..over(units)
    }
}

/// The character in the form in which names are compared.
pub(crate) fn upcase(unit: u16) -> u16 {
    match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => u16::from(byte.to_ascii_uppercase()),
        // SAFETY: no precondition; the table is the system's.
        _ => unsafe { nt::sys::RtlUpcaseUnicodeChar(unit) },
    }
}

/// Compares two names.
pub(crate) fn equal(a: &[u16], b: &[u16], ignore_case: bool) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if !ignore_case {
        return a == b;
    }
    a.iter()
        .zip(b)
        .all(|(a, b)| a == b || upcase(*a) == upcase(*b))
}

/// A hash under which names that differ in case only are equal (FNV-1a).
pub(crate) fn hash(name: &[u16]) -> u32 {
    name.iter().fold(0x811c_9dc5_u32, |hash, unit| {
        (hash ^ u32::from(upcase(*unit))).wrapping_mul(0x0100_0193)
    })
}
