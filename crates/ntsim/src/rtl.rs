//! Strings and random numbers (`Rtl*`, `BCryptGenRandom`).

use crate::irql;
use crate::pool::{self, Fill};
use crate::sys::*;
use core::cmp::Ordering;
use core::ffi::c_void;
use core::panic::Location;

const STRING_TAG: u32 = pool::tag(b"RtlS");

/// Use the system's generator; the algorithm handle is then NULL.
pub const BCRYPT_USE_SYSTEM_PREFERRED_RNG: ULONG = 2;

/// Upper case of one UTF-16 unit, where it is a single unit too.
pub(crate) fn upcase(unit: u16) -> u16 {
    match unit {
        0x61..=0x7a => unit - 0x20,
        0..=0x7f => unit,
        _ => map_case(unit, |character| single(character.to_uppercase())),
    }
}

fn downcase(unit: u16) -> u16 {
    match unit {
        0x41..=0x5a => unit + 0x20,
        0..=0x7f => unit,
        _ => map_case(unit, |character| single(character.to_lowercase())),
    }
}

/// The only character of a case mapping, if it is one.
fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next();
    if mapped.next().is_some() { None } else { first }
}

fn map_case(unit: u16, map: impl Fn(char) -> Option<char>) -> u16 {
    char::from_u32(u32::from(unit))
        .and_then(map)
        .and_then(|mapped| u16::try_from(u32::from(mapped)).ok())
        .unwrap_or(unit)
}

/// The units of a counted string.
///
/// # Safety
/// `string` is NULL or valid for the lifetime.
pub(crate) unsafe fn units<'a>(string: PCUNICODE_STRING) -> &'a [u16] {
    // SAFETY: by the contract.
    let Some(string) = (unsafe { string.as_ref() }) else {
        return &[];
    };
    if string.Buffer.is_null() {
        return &[];
    }
    // SAFETY: a counted string has `Length` bytes at `Buffer`.
    unsafe { core::slice::from_raw_parts(string.Buffer, usize::from(string.Length) / 2) }
}

fn compare(one: &[u16], other: &[u16], insensitive: bool) -> Ordering {
    if insensitive {
        one.iter()
            .map(|&unit| upcase(unit))
            .cmp(other.iter().map(|&unit| upcase(unit)))
    } else {
        one.cmp(other)
    }
}

/// Makes a counted string of a NUL-terminated one.
pub unsafe fn RtlInitUnicodeString(DestinationString: PUNICODE_STRING, SourceString: PCWSTR) {
    let mut length = 0;
    if !SourceString.is_null() {
        // SAFETY: the caller's string is terminated, and this reads up to the terminator.
        while unsafe { SourceString.wrapping_add(length).read() } != 0 {
            length += 1;
        }
    }
    let bytes = u16::try_from(length * 2).unwrap_or(0xfffc);
    let maximum = if SourceString.is_null() { 0 } else { bytes + 2 };
    let string = UNICODE_STRING {
        Length: bytes,
        MaximumLength: maximum,
        Buffer: SourceString.cast_mut(),
    };
    // SAFETY: the caller gives room for the string.
    unsafe { DestinationString.write(string) };
}

/// Upper case of a UTF-16 unit.
pub unsafe fn RtlUpcaseUnicodeChar(SourceCharacter: WCHAR) -> WCHAR {
    upcase(SourceCharacter)
}

/// Lower case of a UTF-16 unit.
pub unsafe fn RtlDowncaseUnicodeChar(SourceCharacter: WCHAR) -> WCHAR {
    downcase(SourceCharacter)
}

/// Compares strings: negative, zero or positive.
#[track_caller]
pub unsafe fn RtlCompareUnicodeString(
    String1: PCUNICODE_STRING,
    String2: PCUNICODE_STRING,
    CaseInSensitive: BOOLEAN,
) -> LONG {
    irql::at_most(irql::PASSIVE, "RtlCompareUnicodeString", Location::caller());
    // SAFETY: the caller gives strings.
    let (one, other) = (unsafe { units(String1) }, unsafe { units(String2) });
    compare(one, other, CaseInSensitive != 0) as LONG
}

/// Whether strings are equal.
#[track_caller]
pub unsafe fn RtlEqualUnicodeString(
    String1: PCUNICODE_STRING,
    String2: PCUNICODE_STRING,
    CaseInSensitive: BOOLEAN,
) -> BOOLEAN {
    irql::at_most(irql::PASSIVE, "RtlEqualUnicodeString", Location::caller());
    // SAFETY: the caller gives strings.
    let (one, other) = (unsafe { units(String1) }, unsafe { units(String2) });
    BOOLEAN::from(
        one.len() == other.len() && compare(one, other, CaseInSensitive != 0) == Ordering::Equal,
    )
}

/// Whether the first string is a prefix of the second.
#[track_caller]
pub unsafe fn RtlPrefixUnicodeString(
    String1: PCUNICODE_STRING,
    String2: PCUNICODE_STRING,
    CaseInSensitive: BOOLEAN,
) -> BOOLEAN {
    irql::at_most(irql::PASSIVE, "RtlPrefixUnicodeString", Location::caller());
    // SAFETY: the caller gives strings.
    let (one, other) = (unsafe { units(String1) }, unsafe { units(String2) });
    let start = other.get(..one.len());
    BOOLEAN::from(
        start.is_some_and(|start| compare(one, start, CaseInSensitive != 0) == Ordering::Equal),
    )
}

/// Upper case of a string, into the destination's room or into new pool.
#[track_caller]
pub unsafe fn RtlUpcaseUnicodeString(
    DestinationString: PUNICODE_STRING,
    SourceString: PCUNICODE_STRING,
    AllocateDestinationString: BOOLEAN,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "RtlUpcaseUnicodeString", place);
    // SAFETY: the caller gives strings.
    let source = unsafe { units(SourceString) };
    // SAFETY: as above.
    let destination = unsafe { &mut *DestinationString };
    let bytes = source.len() * 2;
    if AllocateDestinationString != 0 {
        let memory = pool::allocate(bytes.max(2), STRING_TAG, Fill::Zero, place);
        if memory.is_null() {
            return STATUS_NO_MEMORY;
        }
        destination.Buffer = memory.cast();
        destination.MaximumLength = bytes as u16;
    } else if usize::from(destination.MaximumLength) < bytes {
        return STATUS_BUFFER_OVERFLOW;
    }
    destination.Length = bytes as u16;
    for (index, &unit) in source.iter().enumerate() {
        // SAFETY: the destination has room for as many units as the source.
        unsafe { destination.Buffer.wrapping_add(index).write(upcase(unit)) };
    }
    STATUS_SUCCESS
}

/// Frees a string that an `Rtl` routine allocated.
#[track_caller]
pub unsafe fn RtlFreeUnicodeString(UnicodeString: PUNICODE_STRING) {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "RtlFreeUnicodeString", place);
    // SAFETY: the caller gives a string.
    let string = unsafe { UnicodeString.replace(UNICODE_STRING::default()) };
    if !string.Buffer.is_null() {
        pool::free(string.Buffer.cast(), STRING_TAG, place);
    }
}

/// Copies as much of a string as the destination has room for.
pub unsafe fn RtlCopyUnicodeString(
    DestinationString: PUNICODE_STRING,
    SourceString: PCUNICODE_STRING,
) {
    // SAFETY: the caller gives strings.
    let source = unsafe { units(SourceString) };
    // SAFETY: as above.
    let destination = unsafe { &mut *DestinationString };
    let count = source.len().min(usize::from(destination.MaximumLength) / 2);
    // SAFETY: both have so many units; the strings may overlap.
    unsafe { destination.Buffer.copy_from(source.as_ptr(), count) };
    destination.Length = (count * 2) as u16;
}

/// Fills a buffer with random bytes (`ksecdd.sys`'s export).
#[track_caller]
pub unsafe fn BCryptGenRandom(
    hAlgorithm: *mut c_void,
    pbBuffer: PUCHAR,
    cbBuffer: ULONG,
    dwFlags: ULONG,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "BCryptGenRandom", Location::caller());
    if !hAlgorithm.is_null() || dwFlags & BCRYPT_USE_SYSTEM_PREFERRED_RNG == 0 {
        return STATUS_INVALID_HANDLE;
    }
    let mut filled = 0;
    while filled < cbBuffer as usize {
        let rest = pbBuffer.wrapping_add(filled).cast();
        // SAFETY: the rest of the caller's buffer.
        let got = unsafe { libc::getrandom(rest, cbBuffer as usize - filled, 0) };
        match usize::try_from(got) {
            Ok(got) => filled += got,
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {
            }
            Err(_) => return STATUS_UNSUCCESSFUL,
        }
    }
    STATUS_SUCCESS
}
