//! AES-CCM (NIST SP 800-38C, RFC 3610) with nonces of 11 bytes and tags of 16.

use aes::cipher::BlockEncrypt;

use super::aes_key::{Aes, AesKey};
use super::stream::{BLOCK, BlockMode, Stream, Way, xor};
use crate::provider::{Aead, CryptoError};

/// How many blocks of the stream are made at once.
const BATCH: usize = 8;

/// A key for AES-CCM.
pub struct AesCcm(AesKey);

/// AES-CCM of one message.
pub struct Ccm<'k> {
    cipher: Aes<'k>,
    nonce: [u8; 11],
    /// The number of the stream's next block.
    counter: u32,
    /// The first block of the stream: it covers the code.
    mask: [u8; BLOCK],
    /// The chain over what was authenticated.
    code: [u8; BLOCK],
}

/// A nonce of 11 bytes leaves four for the length, which the flags give less one.
const LENGTH_OF_4: u8 = 4 - 1;

impl Aead<11> for AesCcm {
    type Running<'k> = Stream<Ccm<'k>>;

    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        AesKey::new(key).map(Self)
    }

    fn start(
        &self,
        nonce: &[u8; 11],
        header: &[u8; 32],
        len: usize,
    ) -> Result<Stream<Ccm<'_>>, CryptoError> {
        const HAS_HEADER: u8 = 1 << 6;
        const TAG_OF_16: u8 = ((16 - 2) / 2) << 3;
        let len = u32::try_from(len).map_err(|_| CryptoError::LengthMismatch)?;
        let mut ccm = Ccm {
            cipher: self.0.get()?,
            nonce: *nonce,
            counter: 0,
            mask: [0; BLOCK],
            code: [0; BLOCK],
        };
        ccm.mask = ccm.keystream();
        ccm.authenticate(&described(HAS_HEADER | TAG_OF_16 | LENGTH_OF_4, nonce, len));
        // The header goes in behind its length in two bytes, filled up with zeros.
        let mut blocks = [0; 3 * BLOCK];
        let (length, rest) = blocks.split_at_mut(2);
        length.copy_from_slice(&(header.len() as u16).to_be_bytes());
        for (place, byte) in rest.iter_mut().zip(header) {
            *place = *byte;
        }
        for block in blocks.as_chunks().0 {
            ccm.authenticate(block);
        }
        Ok(Stream::new(ccm))
    }
}

/// Both of CCM's special blocks are made of a byte of flags, the nonce and a number.
fn described(flags: u8, nonce: &[u8; 11], number: u32) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let bytes = [flags].into_iter().chain(*nonce);
    for (place, byte) in block.iter_mut().zip(bytes.chain(number.to_be_bytes())) {
        *place = byte;
    }
    block
}

impl Ccm<'_> {
    fn next_counter(&mut self) -> [u8; BLOCK] {
        let block = described(LENGTH_OF_4, &self.nonce, self.counter);
        self.counter = self.counter.wrapping_add(1);
        block
    }
}

impl BlockMode for Ccm<'_> {
    const AUTHENTICATES_PLAINTEXT: bool = true;

    fn blocks(&mut self, data: &mut [[u8; BLOCK]], way: Way) {
        for batch in data.chunks_mut(BATCH) {
            let mut stream: [aes::Block; BATCH] = [[0; BLOCK].into(); BATCH];
            for block in &mut stream {
                *block = self.next_counter().into();
            }
            let unused = BATCH.saturating_sub(batch.len());
            self.counter = self.counter.wrapping_sub(unused as u32);
            self.cipher.encrypt_blocks(&mut stream);
            if way == Way::Seal {
                batch.iter().for_each(|block| self.authenticate(block));
            }
            xor(batch, &stream);
            if way == Way::Open {
                batch.iter().for_each(|block| self.authenticate(block));
            }
        }
    }

    fn keystream(&mut self) -> [u8; BLOCK] {
        let mut block = self.next_counter().into();
        self.cipher.encrypt_block(&mut block);
        block.into()
    }

    fn authenticate(&mut self, block: &[u8; BLOCK]) {
        let mixed = u128::from_ne_bytes(self.code) ^ u128::from_ne_bytes(*block);
        let mut code = mixed.to_ne_bytes().into();
        self.cipher.encrypt_block(&mut code);
        self.code = code.into();
    }

    fn tag(self, _len: u64) -> [u8; BLOCK] {
        let tag = u128::from_ne_bytes(self.code) ^ u128::from_ne_bytes(self.mask);
        tag.to_ne_bytes()
    }
}
