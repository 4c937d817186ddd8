//! Keys that leave no trace.

use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::cipher::Cipher;

/// A 128-bit key: zeroed when dropped, never printed.
#[derive(Clone)]
pub struct Key128([u8; 16]);

impl Key128 {
    /// Takes the key's bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Key128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key128(..)")
    }
}

impl Drop for Key128 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A key for sealing by one cipher, in one direction: zeroed when dropped, never printed, never copied.
pub struct CipherKey {
    cipher: Cipher,
    bytes: Zeroizing<[u8; 32]>,
}

impl CipherKey {
    /// Takes as many of `bytes` as the cipher's keys have.
    pub(crate) const fn new(cipher: Cipher, bytes: Zeroizing<[u8; 32]>) -> Self {
        Self { cipher, bytes }
    }

    /// The cipher that the key is for.
    #[must_use]
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The key's bytes, for a program that reads recorded traffic.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.cipher.key_len()).unwrap_or_default()
    }
}

impl fmt::Debug for CipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CipherKey({:?}, ..)", self.cipher)
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn printing_a_key_shows_none_of_it() {
        let printed = format!("{:?}", Key128::new([0x41; 16]));
        assert!(
            !printed.contains("41") && !printed.contains("65"),
            "{printed}"
        );
    }
}
