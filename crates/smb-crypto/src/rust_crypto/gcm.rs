//! AES-GCM (NIST SP 800-38D) with nonces of 12 bytes and whole tags.

use zeroize::Zeroizing;

use super::aes_key::AesKey;
use super::strands::{HashKey, RunningHash};
use super::stream::{Authenticator, BLOCK, Block, Stream};
use crate::provider::{Aead, CryptoError};

/// A key for AES-GCM.
pub struct AesGcm {
    pub(super) cipher: AesKey,
    pub(super) hash: HashKey,
}

/// GHASH of the header and the encrypted message.
pub struct GcmHash<'k> {
    hash: RunningHash<'k>,
    header_len: usize,
}

impl Aead<12> for AesGcm {
    type Running<'k> = Stream<'k, GcmHash<'k>>;

    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let cipher = AesKey::new(key)?;
        let hash_key = Zeroizing::new(cipher.get()?.encrypted(&[0; BLOCK]));
        let hash = HashKey::new(&hash_key);
        Ok(Self { cipher, hash })
    }

    fn start(
        &self,
        nonce: &[u8; 12],
        header: &[u8; 32],
        len: usize,
    ) -> Result<Stream<'_, GcmHash<'_>>, CryptoError> {
        // 2^39 - 256 bits (SP 800-38D 5.2.1.1): the counter must not come round.
        if len as u64 > (1 << 36) - 32 {
            return Err(CryptoError::LengthMismatch);
        }
        self.begin(nonce, header.as_chunks().0, header.len())
    }
}

impl AesGcm {
    /// `header` is filled up with zeros, `header_len` is its length without them.
    fn begin(
        &self,
        nonce: &[u8; 12],
        header: &[Block],
        header_len: usize,
    ) -> Result<Stream<'_, GcmHash<'_>>, CryptoError> {
        let mut hash = self.hash.start();
        hash.update(header);
        let code = GcmHash { hash, header_len };
        Ok(Stream::new(self.cipher.get()?, first_counter(nonce), code))
    }
}

/// The nonce with a counter behind it that starts at one.
pub(super) fn first_counter(nonce: &[u8; 12]) -> Block {
    let mut block = [0; BLOCK];
    for (place, byte) in block.iter_mut().zip(nonce.iter().chain(&[0, 0, 0, 1])) {
        *place = *byte;
    }
    block
}

impl Authenticator for GcmHash<'_> {
    const OF_PLAINTEXT: bool = false;

    fn update(&mut self, blocks: &[Block]) {
        self.hash.update(blocks);
    }

    fn finish(&mut self, len: u64) -> Block {
        self.hash.update(&[lengths(self.header_len as u64, len)]);
        self.hash.finish()
    }
}

/// The last block of a hash: the lengths in bits of what is only authenticated and of what is encrypted too.
pub(super) fn lengths(header: u64, message: u64) -> Block {
    (u128::from(header.wrapping_mul(8)) << 64 | u128::from(message.wrapping_mul(8))).to_be_bytes()
}

#[cfg(test)]
mod tests;
