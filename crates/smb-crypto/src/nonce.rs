//! Nonces that cannot repeat.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::cipher::Cipher;
use crate::provider::CryptoError;

/// The nonces of one key: each is greater than all before it, and there is an end to them.
///
/// A key is worn out by the blocks that its cipher has worked on, long before its nonces are: an observer's chance to tell the
/// output from noise grows with the square of their number. [`NonceSequence::LIMIT`] keeps it below 2^-32, which is what
/// NIST accepts for the failure of a key's nonces (SP 800-38D section 8). So the count of blocks is the nonce as well: every
/// message has at least one, and one limit guards both.
#[derive(Debug)]
pub struct NonceSequence {
    cipher: Cipher,
    used: AtomicU64,
    limit: u64,
}

impl NonceSequence {
    /// How many blocks one key may work on: 2^48, which is 4 PiB by GCM and 2 PiB by CCM.
    ///
    /// After s calls of the block cipher, the advantage of who tells the output from noise is at most about s^2/2^129 for GCM
    /// and s^2/2^128 for CCM (draft-irtf-cfrg-aead-limits-13, 6.2.1 and 6.4.1). The algorithms themselves allow more: CCM 2^61
    /// calls (RFC 3610 2.6), GCM any number where nonces of 96 bits are counted (NIST SP 800-38D 8.3).
    pub const LIMIT: u64 = 1 << 48;

    /// The nonces of a new key.
    #[must_use]
    pub const fn new(cipher: Cipher) -> Self {
        Self::with_limit(cipher, Self::LIMIT)
    }

    /// The nonces of a new key that may work on `blocks` blocks and never on more than [`NonceSequence::LIMIT`].
    #[must_use]
    pub const fn with_limit(cipher: Cipher, blocks: u64) -> Self {
        let limit = if blocks < Self::LIMIT {
            blocks
        } else {
            Self::LIMIT
        };
        Self {
            cipher,
            used: AtomicU64::new(0),
            limit,
        }
    }

    /// The nonce of the next message, which is `message_len` bytes long.
    ///
    /// # Errors
    /// [`CryptoError::KeyExhausted`] when the key must not seal a message of this length any more.
    pub fn next(&self, message_len: usize) -> Result<Nonce, CryptoError> {
        let cost = blocks(self.cipher, message_len).ok_or(CryptoError::KeyExhausted)?;
        let number = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(cost).filter(|used| *used <= self.limit)
            })
            .map_err(|_| CryptoError::KeyExhausted)?;
        Ok(Nonce {
            field: (u128::from(number)).to_le_bytes(),
            message_len,
        })
    }
}

/// How often the block cipher is called for a message: GCM covers the blocks and the tag; CCM, besides, chains the blocks, the
/// transform header and a block that describes the message.
fn blocks(cipher: Cipher, message_len: usize) -> Option<u64> {
    const BLOCK: u64 = 16;
    let message = u64::try_from(message_len).ok()?.div_ceil(BLOCK);
    match cipher {
        Cipher::Aes128Gcm | Cipher::Aes256Gcm => message.checked_add(1),
        Cipher::Aes128Ccm | Cipher::Aes256Ccm => message.checked_mul(2)?.checked_add(5),
    }
}

/// The nonce of one message. It cannot be copied, so it cannot seal two.
pub struct Nonce {
    field: [u8; 16],
    message_len: usize,
}

impl Nonce {
    /// The nonce field of the message's transform header (MS-SMB2 2.2.41).
    #[must_use]
    pub const fn field(&self) -> &[u8; 16] {
        &self.field
    }

    /// How long the message is that the nonce was made for, in bytes.
    #[must_use]
    pub const fn message_len(&self) -> usize {
        self.message_len
    }
}

#[cfg(test)]
impl Nonce {
    /// A nonce of the test's choice.
    pub(crate) const fn chosen(field: [u8; 16], message_len: usize) -> Self {
        Self { field, message_len }
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

#[cfg(test)]
mod tests;
