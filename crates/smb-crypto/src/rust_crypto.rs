//! The provider made of the RustCrypto crates.

mod aes_key;
mod ccm;
mod gcm;
mod gmac;
mod strands;
mod stream;

use aes::{Aes128Enc, Aes256Enc};
use cmac::CmacCore;
use cmac::digest::{FixedOutput as _, InnerInit as _, KeyInit as _, Update as _};
use hmac::digest::{Digest, OutputSizeUser};
use hmac::{EagerHash, Hmac, KeyInit as _, Mac as _};
use sha2_soft::Digest as _;

use crate::boxed::Boxed;
use crate::provider::{CryptoError, Hash, Keystream, Mac, Provider, RunningMac};

/// The algorithms in Rust, with the CPU's AES and SHA instructions where it has them.
///
/// Nothing here uses AVX: kernel code may run on top of a user thread whose AVX registers nobody has saved.
#[derive(Clone, Copy, Debug)]
pub enum RustCrypto {}

impl Provider for RustCrypto {
    type Md4 = Hashing<md4::Md4>;
    type Md5 = Hashing<md5::Md5>;
    type Sha512 = Sha512;
    type HmacMd5 = KeyedHashing<md5::Md5>;
    type HmacSha256 = KeyedHashing<sha2::Sha256>;
    type AesCmac = AesCmac;
    type AesGmac = gmac::AesGmac;
    type AesCcm = ccm::AesCcm;
    type AesGcm = gcm::AesGcm;
    type Rc4 = Rc4;
}

/// One of RustCrypto's hashes.
pub struct Hashing<D>(D);

impl<D, const N: usize> Hash<N> for Hashing<D>
where
    D: Digest,
    [u8; N]: From<hmac::digest::Output<D>>,
{
    fn new() -> Result<Self, CryptoError> {
        Ok(Self(D::new()))
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finish(self) -> [u8; N] {
        self.0.finalize().into()
    }
}

/// SHA-512 that never uses AVX2.
pub struct Sha512(sha2_soft::Sha512);

impl Hash<64> for Sha512 {
    fn new() -> Result<Self, CryptoError> {
        Ok(Self(sha2_soft::Sha512::new()))
    }

    fn update(&mut self, data: &[u8]) {
        sha2_soft::Digest::update(&mut self.0, data);
    }

    fn finish(self) -> [u8; 64] {
        self.0.finalize().into()
    }
}

/// HMAC over one of RustCrypto's hashes.
pub struct KeyedHashing<D: EagerHash>(Hmac<D>);

impl<D, const N: usize> Mac<N> for KeyedHashing<D>
where
    D: EagerHash,
    [u8; N]: From<hmac::digest::Output<Hmac<D>>>,
    Hmac<D>: OutputSizeUser,
{
    type Running<'k>
        = Self
    where
        D: 'k;

    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        Hmac::new_from_slice(key)
            .map(Self)
            .map_err(|_| CryptoError::BadKeyLength)
    }

    fn start(&self) -> Result<Self, CryptoError> {
        Ok(Self(self.0.clone()))
    }
}

impl<D, const N: usize> RunningMac<N> for KeyedHashing<D>
where
    D: EagerHash,
    [u8; N]: From<hmac::digest::Output<Hmac<D>>>,
    Hmac<D>: OutputSizeUser,
{
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finish(self) -> [u8; N] {
        self.0.finalize().into_bytes().into()
    }
}

/// AES-128-CMAC.
pub struct AesCmac(Boxed<Aes128Enc>);

/// AES-128-CMAC of one message.
pub struct RunningAesCmac<'k>(cmac::Cmac<&'k Aes128Enc>);

impl Mac<16> for AesCmac {
    type Running<'k> = RunningAesCmac<'k>;

    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        aes_128(key).map(Self)
    }

    fn start(&self) -> Result<RunningAesCmac<'_>, CryptoError> {
        Ok(RunningAesCmac(cmac::Cmac::from_core(CmacCore::inner_init(
            self.0.get()?,
        ))))
    }
}

impl RunningMac<16> for RunningAesCmac<'_> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finish(self) -> [u8; 16] {
        self.0.finalize_fixed().into()
    }
}

/// Expands an AES key. It goes to the heap from a frame of its own: it has room for a CPU without AES instructions too, and
/// so three quarters of a KiB.
#[inline(never)]
fn aes_128(key: &[u8]) -> Result<Boxed<Aes128Enc>, CryptoError> {
    let key: &[u8; 16] = key.try_into().map_err(|_| CryptoError::BadKeyLength)?;
    Boxed::new(Aes128Enc::new(key.into()))
}

/// [`aes_128`] for the other length of keys.
#[inline(never)]
fn aes_256(key: &[u8]) -> Result<Boxed<Aes256Enc>, CryptoError> {
    let key: &[u8; 32] = key.try_into().map_err(|_| CryptoError::BadKeyLength)?;
    Boxed::new(Aes256Enc::new(key.into()))
}

/// RC4.
pub struct Rc4(rc4::Rc4);

impl Keystream for Rc4 {
    fn new(key: &[u8]) -> Result<Self, CryptoError> {
        use rc4::KeyInit as _;
        rc4::Rc4::new_from_slice(key)
            .map(Self)
            .map_err(|_| CryptoError::BadKeyLength)
    }

    fn apply(&mut self, data: &mut [u8]) {
        use rc4::StreamCipher as _;
        self.0.apply_keystream(data);
    }
}
