//! What the program prints: lines on its standard output.

use core::ptr::null_mut;

use super::imports;

/// `STD_OUTPUT_HANDLE`.
const STANDARD_OUTPUT: u32 = -11i32 as u32;

/// Text with a NUL, without it; nothing for NULL.
///
/// # Safety
/// `text` must be NULL or text with a NUL that does not change during `'a`.
pub unsafe fn text<'a>(text: *const u16) -> &'a [u16] {
    if text.is_null() {
        return &[];
    }
    let mut length = 0;
    loop {
        // SAFETY: no NUL came before this unit, so it is part of the text.
        let place = unsafe { text.add(length) };
        // SAFETY: as above.
        if unsafe { place.read() } == 0 {
            break;
        }
        length += 1;
    }
    // SAFETY: so many units come before the NUL.
    unsafe { core::slice::from_raw_parts(text, length) }
}

/// A line of what is there.
pub fn line(text: &str) {
    print(text.as_bytes());
    print(b"\r\n");
}

/// `error N`.
pub fn error(code: u32) {
    print(b"error ");
    number(code);
    print(b"\r\n");
}

/// A line of texts, a missing one as `-`.
pub fn names<const N: usize>(texts: [Option<&[u16]>; N]) {
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            print(b" ");
        }
        match text {
            None => print(b"-"),
            Some(units) => units_of(units),
        }
    }
    print(b"\r\n");
}

/// Decimal digits.
pub fn number(mut value: u32) {
    let mut digits = [b'0'; 10];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    print(&digits[first..]);
}

fn units_of(units: &[u16]) {
    for unit in char::decode_utf16(units.iter().copied()) {
        let mut bytes = [0; 4];
        let character = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
        print(character.encode_utf8(&mut bytes).as_bytes());
    }
}

fn print(bytes: &[u8]) {
    // SAFETY: the call has no conditions.
    let output = unsafe { imports::GetStdHandle(STANDARD_OUTPUT) };
    let mut written = 0;
    // SAFETY: bytes with their length, and a place for the count. Nobody reads what cannot be written.
    let _ = unsafe {
        imports::WriteFile(
            output,
            bytes.as_ptr(),
            bytes.len() as u32,
            &raw mut written,
            null_mut(),
        )
    };
}
