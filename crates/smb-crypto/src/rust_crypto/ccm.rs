//! AES-CCM (NIST SP 800-38C, RFC 3610) with nonces of 11 bytes and tags of 16.

use aes::cipher::consts::U16;
use aes::cipher::{BlockBackend, BlockClosure, BlockEncrypt, BlockSizeUser};

use super::aes_key::{Aes, AesKey};
use super::stream::{Authenticator, BLOCK, Block, Stream, xor};
use crate::provider::{Aead, CryptoError};

/// A key for AES-CCM.
pub struct AesCcm(AesKey);

/// CBC-MAC of the header and the message before its encryption.
pub struct CcmCode<'k> {
    cipher: Aes<'k>,
    code: aes::Block,
}

impl Aead<11> for AesCcm {
    type Running<'k> = Stream<'k, CcmCode<'k>>;

    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        AesKey::new(key).map(Self)
    }

    fn start(
        &self,
        nonce: &[u8; 11],
        header: &[u8; 32],
        len: usize,
    ) -> Result<Stream<'_, CcmCode<'_>>, CryptoError> {
        // A nonce of 11 bytes leaves four for numbers, of which the flags tell one less.
        const NUMBERS_OF_4: u8 = 4 - 1;
        const TAG_OF_16: u8 = ((16 - 2) / 2) << 3;
        const HAS_HEADER: u8 = 1 << 6;
        let len = u32::try_from(len).map_err(|_| CryptoError::LengthMismatch)?;
        let description = numbered(HAS_HEADER | TAG_OF_16 | NUMBERS_OF_4, nonce, len);
        // The header goes in behind its length in two bytes, filled up with zeros.
        let mut start = [description, [0; BLOCK], [0; BLOCK], [0; BLOCK]];
        let header_len = (header.len() as u16).to_be_bytes();
        let place = start.as_flattened_mut().iter_mut().skip(BLOCK);
        for (place, byte) in place.zip(header_len.iter().chain(header)) {
            *place = *byte;
        }
        self.begin(numbered(NUMBERS_OF_4, nonce, 0), &start)
    }
}

/// Both of CCM's own blocks are made of a byte of flags, the nonce and a number.
fn numbered(flags: u8, nonce: &[u8; 11], number: u32) -> Block {
    let mut block = [0; BLOCK];
    let bytes = [flags].into_iter().chain(*nonce);
    for (place, byte) in block.iter_mut().zip(bytes.chain(number.to_be_bytes())) {
        *place = byte;
    }
    block
}

impl AesCcm {
    /// `start` is authenticated before the message: a description of it, and the header.
    fn begin(
        &self,
        first_counter: Block,
        start: &[Block],
    ) -> Result<Stream<'_, CcmCode<'_>>, CryptoError> {
        let cipher = self.0.get()?;
        let mut code = CcmCode {
            cipher,
            code: [0; BLOCK].into(),
        };
        code.update(start);
        Ok(Stream::new(cipher, first_counter, code))
    }
}

impl Authenticator for CcmCode<'_> {
    const OF_PLAINTEXT: bool = true;

    fn update(&mut self, blocks: &[Block]) {
        let code = &mut self.code;
        self.cipher.encrypt_with_backend(Chain { code, blocks });
    }

    fn finish(&mut self, _len: u64) -> Block {
        self.code.into()
    }
}

/// Combines a code with each block in turn and encrypts it, without leaving the block cipher in between.
struct Chain<'a> {
    code: &'a mut aes::Block,
    blocks: &'a [Block],
}

impl BlockSizeUser for Chain<'_> {
    type BlockSize = U16;
}

impl BlockClosure for Chain<'_> {
    #[inline(always)]
    fn call<B: BlockBackend<BlockSize = U16>>(self, backend: &mut B) {
        for block in self.blocks {
            *self.code = xor((*self.code).as_ref(), block).into();
            backend.proc_block_inplace(self.code);
        }
    }
}

#[cfg(test)]
mod tests;
