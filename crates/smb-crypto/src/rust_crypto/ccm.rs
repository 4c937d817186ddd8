//! AES-CCM (NIST SP 800-38C, RFC 3610) with nonces of 11 bytes and tags of 16.

use aes::cipher::consts::U16;
use aes::cipher::{BlockBackend, BlockClosure, BlockEncrypt, BlockSizeUser};

use super::aes_key::{Aes, AesKey};
use super::stream::{BLOCK, BlockMode, Stream, Way, xor};
use crate::provider::{Aead, CryptoError};

/// How many blocks of the stream are made at once.
const BATCH: usize = 16;

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
    code: aes::Block,
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
            code: [0; BLOCK].into(),
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
        ccm.chain(blocks.as_chunks().0);
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

    fn chain(&mut self, blocks: &[[u8; BLOCK]]) {
        let code = &mut self.code;
        self.cipher.encrypt_with_backend(Chain { code, blocks });
    }
}

/// Combines a code with each block in turn and encrypts it, without leaving the block cipher in between.
struct Chain<'a> {
    code: &'a mut aes::Block,
    blocks: &'a [[u8; BLOCK]],
}

impl BlockSizeUser for Chain<'_> {
    type BlockSize = U16;
}

impl BlockClosure for Chain<'_> {
    #[inline(always)]
    fn call<B: BlockBackend<BlockSize = U16>>(self, backend: &mut B) {
        for block in self.blocks {
            let mixed = u128::from_ne_bytes((*self.code).into()) ^ u128::from_ne_bytes(*block);
            *self.code = mixed.to_ne_bytes().into();
            backend.proc_block_inplace(self.code);
        }
    }
}

impl BlockMode for Ccm<'_> {
    const AUTHENTICATES_PLAINTEXT: bool = true;

    fn blocks(&mut self, data: &mut [[u8; BLOCK]], way: Way) {
        for batch in data.chunks_mut(BATCH) {
            let mut stream: [aes::Block; BATCH] = [[0; BLOCK].into(); BATCH];
            let (stream, _) = stream.split_at_mut(batch.len().min(BATCH));
            for block in &mut *stream {
                *block = self.next_counter().into();
            }
            self.cipher.encrypt_blocks(stream);
            if way == Way::Seal {
                self.chain(batch);
            }
            xor(batch, stream);
            if way == Way::Open {
                self.chain(batch);
            }
        }
    }

    fn keystream(&mut self) -> [u8; BLOCK] {
        let mut block = self.next_counter().into();
        self.cipher.encrypt_block(&mut block);
        block.into()
    }

    fn authenticate(&mut self, block: &[u8; BLOCK]) {
        self.chain(&[*block]);
    }

    fn tag(self, _len: u64) -> [u8; BLOCK] {
        let tag = u128::from_ne_bytes(self.code.into()) ^ u128::from_ne_bytes(self.mask);
        tag.to_ne_bytes()
    }
}
