//! Hexadecimal text in tests.

use std::vec::Vec;

/// The bytes that `text` spells; blanks and line ends are skipped.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// [`hex`] for a known length.
pub(crate) fn hex_n<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}
