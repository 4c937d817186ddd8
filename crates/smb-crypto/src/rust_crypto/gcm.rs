//! AES-GCM (NIST SP 800-38D) with nonces of 12 bytes and whole tags.

use aes::cipher::BlockEncrypt;

use super::aes_key::{Aes, AesKey};
use super::strands::{HashKey, RunningHash};
use super::stream::{BLOCK, BlockMode, Stream, Way, xor};
use crate::provider::{Aead, CryptoError};

/// How many blocks are encrypted before they are hashed.
const BATCH: usize = 16;

/// A key for AES-GCM.
pub struct AesGcm {
    cipher: AesKey,
    hash: HashKey,
}

/// AES-GCM of one message.
pub struct Gcm<'k> {
    cipher: Aes<'k>,
    hash: RunningHash<'k>,
    nonce: [u8; 12],
    counter: u32,
    /// The first block of the stream: it covers the hash.
    mask: [u8; BLOCK],
    header_len: usize,
}

impl Aead<12> for AesGcm {
    type Running<'k> = Stream<Gcm<'k>>;

    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let cipher = AesKey::new(key)?;
        let mut hash_key = [0; BLOCK].into();
        cipher.get()?.encrypt_block(&mut hash_key);
        let hash = HashKey::new(hash_key.as_ref());
        Ok(Self { cipher, hash })
    }

    fn start(
        &self,
        nonce: &[u8; 12],
        header: &[u8; 32],
        len: usize,
    ) -> Result<Stream<Gcm<'_>>, CryptoError> {
        // SP 800-38D 5.2.1.1: 2^39 - 256 bits; the counter must not come round.
        if len as u64 > (1 << 36) - 32 {
            return Err(CryptoError::LengthMismatch);
        }
        let mut gcm = Gcm {
            cipher: self.cipher.get()?,
            hash: self.hash.start(),
            nonce: *nonce,
            counter: 1,
            mask: [0; BLOCK],
            header_len: header.len(),
        };
        gcm.mask = gcm.keystream();
        gcm.hash.update(header.as_chunks().0);
        Ok(Stream::new(gcm))
    }
}

impl Gcm<'_> {
    fn next_counter(&mut self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let (nonce, counter) = block.split_at_mut(self.nonce.len());
        nonce.copy_from_slice(&self.nonce);
        counter.copy_from_slice(&self.counter.to_be_bytes());
        self.counter = self.counter.wrapping_add(1);
        block
    }
}

impl BlockMode for Gcm<'_> {
    const AUTHENTICATES_PLAINTEXT: bool = false;

    fn blocks(&mut self, data: &mut [[u8; BLOCK]], way: Way) {
        for batch in data.chunks_mut(BATCH) {
            let mut stream: [aes::Block; BATCH] = [[0; BLOCK].into(); BATCH];
            let (stream, _) = stream.split_at_mut(batch.len().min(BATCH));
            for block in &mut *stream {
                *block = self.next_counter().into();
            }
            self.cipher.encrypt_blocks(stream);
            if way == Way::Open {
                self.hash.update(batch);
            }
            xor(batch, stream);
            if way == Way::Seal {
                self.hash.update(batch);
            }
        }
    }

    fn keystream(&mut self) -> [u8; BLOCK] {
        let mut block = self.next_counter().into();
        self.cipher.encrypt_block(&mut block);
        block.into()
    }

    fn authenticate(&mut self, block: &[u8; BLOCK]) {
        self.hash.update(&[*block]);
    }

    fn tag(mut self, len: u64) -> [u8; BLOCK] {
        let bits = u128::from((self.header_len as u64).wrapping_mul(8)) << 64
            | u128::from(len.wrapping_mul(8));
        self.hash.update(&[bits.to_be_bytes()]);
        let mut tag = self.mask;
        for (place, byte) in tag.iter_mut().zip(self.hash.finish()) {
            *place ^= byte;
        }
        tag
    }
}
