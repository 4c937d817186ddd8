//! AES with keys of either length.

use aes::cipher::consts::U16;
use aes::cipher::{BlockClosure, BlockEncrypt, BlockSizeUser};
use aes::{Aes128Enc, Aes256Enc};

use super::stream::Block;
use super::{aes_128, aes_256};
use crate::boxed::Boxed;
use crate::provider::CryptoError;

/// An expanded key.
pub(super) enum AesKey {
    Aes128(Boxed<Aes128Enc>),
    Aes256(Boxed<Aes256Enc>),
}

impl AesKey {
    /// Expands a key of 16 or of 32 bytes.
    pub(super) fn new(key: &[u8]) -> Result<Self, CryptoError> {
        match key.len() {
            32 => aes_256(key).map(Self::Aes256),
            _ => aes_128(key).map(Self::Aes128),
        }
    }

    pub(super) fn get(&self) -> Result<Aes<'_>, CryptoError> {
        Ok(match self {
            Self::Aes128(key) => Aes::Aes128(key.get()?),
            Self::Aes256(key) => Aes::Aes256(key.get()?),
        })
    }
}

/// The block cipher under such a key.
#[derive(Clone, Copy)]
pub(super) enum Aes<'k> {
    Aes128(&'k Aes128Enc),
    Aes256(&'k Aes256Enc),
}

impl Aes<'_> {
    pub(super) fn encrypted(self, block: &Block) -> Block {
        let mut block = (*block).into();
        self.encrypt_block(&mut block);
        block.into()
    }
}

impl BlockSizeUser for Aes<'_> {
    type BlockSize = U16;
}

impl BlockEncrypt for Aes<'_> {
    fn encrypt_with_backend(&self, f: impl BlockClosure<BlockSize = U16>) {
        match self {
            Self::Aes128(key) => key.encrypt_with_backend(f),
            Self::Aes256(key) => key.encrypt_with_backend(f),
        }
    }
}
