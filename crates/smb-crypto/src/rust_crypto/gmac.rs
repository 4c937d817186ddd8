//! AES-128-GMAC: GCM that encrypts nothing and authenticates everything (NIST SP 800-38D).

use aes::Aes128Enc;
use aes::cipher::BlockEncrypt;

use super::aes_128;
use super::strands::{HashKey, RunningHash};
use super::stream::BLOCK;
use crate::boxed::Boxed;
use crate::provider::{CryptoError, NonceMac, RunningMac};

/// A key for AES-128-GMAC.
pub struct AesGmac {
    cipher: Boxed<Aes128Enc>,
    hash: HashKey,
}

/// AES-128-GMAC of one message.
pub struct RunningAesGmac<'k> {
    hash: RunningHash<'k>,
    /// The nonce, encrypted: it covers the hash.
    mask: [u8; BLOCK],
    /// The beginning of a block that is not whole yet.
    partial: [u8; BLOCK],
    partial_len: usize,
    /// Bytes so far.
    len: u64,
}

impl NonceMac for AesGmac {
    type Running<'k> = RunningAesGmac<'k>;

    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let cipher = aes_128(key)?;
        let mut hash_key = [0; BLOCK].into();
        cipher.get()?.encrypt_block(&mut hash_key);
        let hash = HashKey::new(&hash_key.into());
        Ok(Self { cipher, hash })
    }

    fn start(&self, nonce: &[u8; 12]) -> Result<RunningAesGmac<'_>, CryptoError> {
        let mut counter = [0; BLOCK];
        let (start, end) = counter.split_at_mut(nonce.len());
        start.copy_from_slice(nonce);
        end.copy_from_slice(&1u32.to_be_bytes());
        let mut mask = counter.into();
        self.cipher.get()?.encrypt_block(&mut mask);
        Ok(RunningAesGmac {
            hash: self.hash.start(),
            mask: mask.into(),
            partial: [0; BLOCK],
            partial_len: 0,
            len: 0,
        })
    }
}

impl RunningMac<BLOCK> for RunningAesGmac<'_> {
    fn update(&mut self, mut data: &[u8]) {
        self.len = self.len.wrapping_add(data.len() as u64);
        if self.partial_len > 0 {
            let missing = BLOCK.saturating_sub(self.partial_len).min(data.len());
            let (now, later) = data.split_at(missing);
            for (place, byte) in self.partial.iter_mut().skip(self.partial_len).zip(now) {
                *place = *byte;
            }
            self.partial_len = self.partial_len.saturating_add(missing);
            data = later;
            if self.partial_len < BLOCK {
                return;
            }
            self.hash.update(&[self.partial]);
        }
        let (blocks, rest) = data.as_chunks::<BLOCK>();
        self.hash.update(blocks);
        self.partial = [0; BLOCK];
        for (place, byte) in self.partial.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.partial_len = rest.len();
    }

    fn finish(mut self) -> [u8; BLOCK] {
        if self.partial_len > 0 {
            self.hash.update(&[self.partial]);
        }
        // The lengths in bits of what was authenticated and of what was encrypted.
        let bits = u128::from(self.len.wrapping_mul(8)) << 64;
        self.hash.update(&[bits.to_be_bytes()]);
        let mut tag = self.mask;
        for (place, byte) in tag.iter_mut().zip(self.hash.finish()) {
            *place ^= byte;
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::test_hex::{hex, hex_n};

    fn gmac(key: &str, nonce: &str, pieces: &[&[u8]]) -> [u8; 16] {
        let key = AesGmac::new(&hex(key)).unwrap();
        let mut mac = key.start(&hex_n(nonce)).unwrap();
        for piece in pieces {
            mac.update(piece);
        }
        mac.finish()
    }

    /// Test case 1 of McGrew and Viega's GCM specification.
    #[test]
    fn the_code_of_nothing_matches_the_specification_of_gcm() {
        let zeros = "00000000000000000000000000000000";
        assert_eq!(
            gmac(zeros, &zeros[..24], &[]),
            hex_n("58e2fccefa7e3061367f1d57a4e7455a")
        );
    }

    /// NIST CAVP, gcmEncryptExtIV128: key, IV and AAD of 128, 96 and 128 bits, no plaintext.
    #[test]
    fn the_code_of_a_block_matches_nists() {
        assert_eq!(
            gmac(
                "77be63708971c4e240d1cb79e8d77feb",
                "e0e00f19fed7ba0136a797f3",
                &[&hex("7a43ec1d9c0a5a78a0b16533a6213cab")]
            ),
            hex_n("209fcc8d3675ed938e9c7166709dd946")
        );
    }

    #[test]
    fn the_pieces_a_message_comes_in_do_not_matter() {
        let message: Vec<u8> = (0..100).collect();
        let (key, nonce) = (
            "77be63708971c4e240d1cb79e8d77feb",
            "e0e00f19fed7ba0136a797f3",
        );
        for len in 0..message.len() {
            let whole = gmac(key, nonce, &[&message[..len]]);
            for cut in 0..=len {
                let (a, b) = message[..len].split_at(cut);
                let (b, c) = b.split_at(b.len() / 2);
                assert_eq!(gmac(key, nonce, &[a, b, &[], c]), whole);
            }
        }
    }
}
