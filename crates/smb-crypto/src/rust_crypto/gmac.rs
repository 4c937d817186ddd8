//! AES-128-GMAC: GCM that encrypts nothing and authenticates everything (NIST SP 800-38D).

use super::gcm::{AesGcm, first_counter, lengths};
use super::strands::RunningHash;
use super::stream::{BLOCK, xor};
use crate::provider::{Aead, CryptoError, NonceMac, RunningMac};

/// A key for AES-128-GMAC.
pub struct AesGmac(AesGcm);

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
        match key.len() {
            16 => AesGcm::new(key).map(Self),
            _ => Err(CryptoError::BadKeyLength),
        }
    }

    fn start(&self, nonce: &[u8; 12]) -> Result<RunningAesGmac<'_>, CryptoError> {
        Ok(RunningAesGmac {
            hash: self.0.hash.start(),
            mask: self.0.cipher.get()?.encrypted(&first_counter(nonce)),
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
        self.hash.update(&[lengths(self.len, 0)]);
        xor(&self.hash.finish(), &self.mask)
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
