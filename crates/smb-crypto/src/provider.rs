//! What an implementation of the algorithms must offer.

use core::fmt;

/// Why a cryptographic operation could not be done. None of these says anything about a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CryptoError {
    /// The provider had no memory or no handle for the operation.
    ProviderFailed,
    /// The algorithm does not take a key of this length.
    BadKeyLength,
    /// A message to sign or verify is shorter than an SMB2 header.
    HeaderTooShort,
    /// A signature, MIC or checksum did not match.
    Mismatch,
    /// SMB 3.0 and 3.0.2 seal by AES-128-CCM only.
    NotInDialect,
    /// The transform header holds another nonce than the one given for the message.
    NotTheNonce,
    /// A message has another length than was announced.
    LengthMismatch,
    /// A key has sealed all that it may; its session must end.
    KeyExhausted,
}

impl fmt::Display for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProviderFailed => "the cryptographic provider failed",
            Self::BadKeyLength => "the key has a length that the algorithm does not take",
            Self::HeaderTooShort => "the message is shorter than an SMB2 header",
            Self::Mismatch => "the signature does not match",
            Self::NotInDialect => "the dialect does not have the cipher",
            Self::NotTheNonce => "the transform header holds another nonce",
            Self::LengthMismatch => "the message does not have the length announced",
            Self::KeyExhausted => "the key has sealed all that it may",
        })
    }
}

impl core::error::Error for CryptoError {}

/// A hash being computed over data given piece by piece; `N` is the length of its result.
///
/// Only creation may fail: an implementation reserves then all that it will need.
pub trait Hash<const N: usize>: Sized {
    /// Starts a hash.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    fn new() -> Result<Self, CryptoError>;
    /// Adds `data`.
    fn update(&mut self, data: &[u8]);
    /// Ends the hash.
    fn finish(self) -> [u8; N];
}

/// A key for message authentication codes, expanded once; `N` is the length of a code.
pub trait Mac<const N: usize>: Sized {
    /// A code being computed.
    type Running<'k>: RunningMac<N>
    where
        Self: 'k;

    /// Expands `key`.
    ///
    /// # Errors
    /// [`CryptoError::BadKeyLength`] or [`CryptoError::ProviderFailed`].
    fn new(key: &[u8]) -> Result<Self, CryptoError>;
    /// Starts a code.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    fn start(&self) -> Result<Self::Running<'_>, CryptoError>;
}

/// A message authentication code being computed over data given piece by piece.
pub trait RunningMac<const N: usize> {
    /// Adds `data`.
    fn update(&mut self, data: &[u8]);
    /// Ends the code.
    fn finish(self) -> [u8; N];
}

/// A key for codes that also depend on a nonce, which must never come twice with one key.
pub trait NonceMac: Sized {
    /// A code being computed.
    type Running<'k>: RunningMac<16>
    where
        Self: 'k;

    /// Expands `key`.
    ///
    /// # Errors
    /// [`CryptoError::BadKeyLength`] or [`CryptoError::ProviderFailed`].
    fn new(key: &[u8]) -> Result<Self, CryptoError>;
    /// Starts a code.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    fn start(&self, nonce: &[u8; 12]) -> Result<Self::Running<'_>, CryptoError>;
}

/// A key that encrypts and authenticates at once, expanded once; `NONCE` is the length of a nonce, which must never come twice
/// with one key. Takes keys of 16 and of 32 bytes.
pub trait Aead<const NONCE: usize>: Sized {
    /// A message being sealed or opened.
    type Running<'k>: RunningAead
    where
        Self: 'k;

    /// Expands `key`.
    ///
    /// # Errors
    /// [`CryptoError::BadKeyLength`] or [`CryptoError::ProviderFailed`].
    fn new(key: &[u8]) -> Result<Self, CryptoError>;
    /// Starts a message of `len` bytes; `header` is authenticated with it but not encrypted.
    ///
    /// # Errors
    /// [`CryptoError::LengthMismatch`] if the cipher does not take a message so long, or [`CryptoError::ProviderFailed`].
    fn start(
        &self,
        nonce: &[u8; NONCE],
        header: &[u8; 32],
        len: usize,
    ) -> Result<Self::Running<'_>, CryptoError>;
}

/// A message being sealed, or opened, in place and piece by piece.
pub trait RunningAead {
    /// Encrypts the message's next bytes.
    fn seal(&mut self, data: &mut [u8]);
    /// Decrypts the message's next bytes. They must not be used before the tag has been compared.
    fn open(&mut self, data: &mut [u8]);
    /// The tag.
    fn finish(self) -> [u8; 16];
}

/// The code of `pieces` under a key that is used once.
pub(crate) fn code<M: Mac<N>, const N: usize>(
    key: &[u8],
    pieces: &[&[u8]],
) -> Result<[u8; N], CryptoError> {
    let key = M::new(key)?;
    let mut mac = key.start()?;
    for piece in pieces {
        mac.update(piece);
    }
    Ok(mac.finish())
}

/// A stream cipher that both encrypts and decrypts in place.
pub trait Keystream: Sized {
    /// Starts the stream under `key`.
    ///
    /// # Errors
    /// [`CryptoError::BadKeyLength`] or [`CryptoError::ProviderFailed`].
    fn new(key: &[u8]) -> Result<Self, CryptoError>;
    /// Combines `data` with the next bytes of the stream.
    fn apply(&mut self, data: &mut [u8]);
}

/// The algorithms that SMB and NTLM are made of.
pub trait Provider: 'static {
    /// MD4 (RFC 1320), for the NT hash of a password.
    type Md4: Hash<16>;
    /// MD5 (RFC 1321), for NTLM's signing and sealing keys.
    type Md5: Hash<16>;
    /// SHA-512 (FIPS 180-4), for pre-authentication integrity.
    type Sha512: Hash<64>;
    /// HMAC-MD5 (RFC 2104), for NTLMv2.
    type HmacMd5: Mac<16>;
    /// HMAC-SHA256 (RFC 2104), for signing in SMB 2.x and for key derivation in SMB 3.x.
    type HmacSha256: Mac<32>;
    /// AES-128-CMAC (RFC 4493), for signing in SMB 3.x. Takes a key of 16 bytes.
    type AesCmac: Mac<16>;
    /// AES-128-GMAC (NIST SP 800-38D), for signing in SMB 3.1.1. Takes a key of 16 bytes.
    type AesGmac: NonceMac;
    /// AES-CCM (NIST SP 800-38C) with tags of 16 bytes, for sealing in SMB 3.x.
    type AesCcm: Aead<11>;
    /// AES-GCM (NIST SP 800-38D) with tags of 16 bytes, for sealing in SMB 3.1.1.
    type AesGcm: Aead<12>;
    /// RC4, for NTLM's key exchange and message signatures.
    type Rc4: Keystream;
}
