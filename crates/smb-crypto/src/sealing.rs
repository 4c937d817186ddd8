//! Sealed messages: encrypted and authenticated at once (MS-SMB2 3.1.4.3, 3.2.5.1.1.1).

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::boxed::Boxed;
use crate::cipher::Cipher;
use crate::nonce::{Nonce, NonceSequence};
use crate::provider::{Aead, CryptoError, Provider, RunningAead};
use crate::rust_crypto::RustCrypto;
use crate::secret::CipherKey;

/// Length of what a transform header adds to the seal: all of it from the nonce on (MS-SMB2 2.2.41).
pub const SEALED_HEADER_LEN: usize = 32;

/// The signature field of a transform header: the seal's authentication tag.
pub type Tag = [u8; 16];

/// How much of a message is gathered before it is sealed: what the first-level cache still holds then.
const GATHER: usize = 4096;

/// The key for what one side of a session sends.
///
/// It hands out the nonces itself, and a [`CipherKey`] makes only one of it; so as long as each key is derived once for a session
/// (not again when the session is bound to a further connection, or authenticated anew), no nonce comes twice.
pub struct SealingKey<P: Provider = RustCrypto> {
    key: Boxed<Expanded<P>>,
    cipher: Cipher,
    nonces: NonceSequence,
}

impl<P: Provider> SealingKey<P> {
    /// Prepares `key` for sealing.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn new(key: CipherKey) -> Result<Self, CryptoError> {
        Self::with_limit(key, NonceSequence::LIMIT)
    }

    /// [`SealingKey::new`] for a key that ends after `blocks` blocks, if that is earlier than it must end anyway
    /// ([`NonceSequence::LIMIT`]).
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn with_limit(key: CipherKey, blocks: u64) -> Result<Self, CryptoError> {
        let cipher = key.cipher();
        Ok(Self {
            key: Expanded::new(&key)?,
            cipher,
            nonces: NonceSequence::with_limit(cipher, blocks),
        })
    }

    /// The cipher that the key is for.
    #[must_use]
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The nonce for the next message, which is `message_len` bytes long. Any thread may ask.
    ///
    /// # Errors
    /// [`CryptoError::KeyExhausted`]: the key has sealed all that it may, and the session must end.
    pub fn next_nonce(&self, message_len: usize) -> Result<Nonce, CryptoError> {
        self.nonces.next(message_len)
    }

    /// Seals a message into `message`: its first `in_place` bytes are there already, the pieces in `rest` follow them and fill it.
    ///
    /// `header` is the transform header from its nonce on; that is `nonce`, which this key gave. Returns the header's signature.
    /// After an error, the content of `message` must not be sent.
    ///
    /// # Errors
    /// [`CryptoError::NotTheNonce`], [`CryptoError::LengthMismatch`] if the message is not as long as the nonce was made for or
    /// the pieces do not fill it, or [`CryptoError::ProviderFailed`].
    pub fn seal(
        &self,
        nonce: Nonce,
        header: &[u8; SEALED_HEADER_LEN],
        message: &mut [u8],
        in_place: usize,
        rest: &[&[u8]],
    ) -> Result<Tag, CryptoError> {
        if !header.starts_with(nonce.field()) {
            return Err(CryptoError::NotTheNonce);
        }
        let gathered = rest
            .iter()
            .try_fold(in_place, |sum, piece| sum.checked_add(piece.len()));
        if message.len() != nonce.message_len() || gathered != Some(message.len()) {
            return Err(CryptoError::LengthMismatch);
        }
        let (head, tail) = message
            .split_at_mut_checked(in_place)
            .ok_or(CryptoError::LengthMismatch)?;
        match self.key.get()? {
            Expanded::Ccm(key) => seal(key, header, head, tail, rest),
            Expanded::Gcm(key) => seal(key, header, head, tail, rest),
        }
    }
}

/// Seals `head` where it lies and then `rest` into `tail`, which it fills.
#[inline(never)]
fn seal<A: Aead<NONCE>, const NONCE: usize>(
    key: &A,
    header: &[u8; SEALED_HEADER_LEN],
    head: &mut [u8],
    tail: &mut [u8],
    rest: &[&[u8]],
) -> Result<Tag, CryptoError> {
    let len = head.len().saturating_add(tail.len());
    let mut running = key.start(nonce(header)?, header, len)?;
    running.seal(head);
    let mut pieces = rest.iter().copied();
    let mut piece: &[u8] = &[];
    for chunk in tail.chunks_mut(GATHER) {
        let mut space = &mut *chunk;
        while !space.is_empty() {
            if piece.is_empty() {
                piece = pieces.next().ok_or(CryptoError::LengthMismatch)?;
            }
            let len = piece.len().min(space.len());
            let (now, later) = piece.split_at(len);
            let (place, free) = space.split_at_mut(len);
            place.copy_from_slice(now);
            (piece, space) = (later, free);
        }
        running.seal(chunk);
    }
    Ok(running.finish())
}

impl<P: Provider> fmt::Debug for SealingKey<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({:?}, ..)", self.cipher)
    }
}

/// The key for what the other side of a session sends.
pub struct OpeningKey<P: Provider = RustCrypto> {
    key: Boxed<Expanded<P>>,
    cipher: Cipher,
}

impl<P: Provider> OpeningKey<P> {
    /// Prepares `key` for opening.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn new(key: CipherKey) -> Result<Self, CryptoError> {
        Ok(Self {
            key: Expanded::new(&key)?,
            cipher: key.cipher(),
        })
    }

    /// The cipher that the key is for.
    #[must_use]
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// Opens a message where it lies, in any number of pieces. `header` is the transform header from its nonce on, `signature`
    /// the field before it. If they do not belong together, the message is wiped before the error returns.
    ///
    /// # Errors
    /// [`CryptoError::Mismatch`], [`CryptoError::LengthMismatch`] for a message longer than the cipher takes, or
    /// [`CryptoError::ProviderFailed`].
    pub fn open(
        &self,
        header: &[u8; SEALED_HEADER_LEN],
        signature: &Tag,
        message: &mut [&mut [u8]],
    ) -> Result<(), CryptoError> {
        let opened = self.key.get().and_then(|key| match key {
            Expanded::Ccm(key) => open(key, header, signature, message),
            Expanded::Gcm(key) => open(key, header, signature, message),
        });
        if opened.is_err() {
            for piece in message {
                piece.zeroize();
            }
        }
        opened
    }
}

/// [`OpeningKey::open`], but leaves it to the caller to wipe.
#[inline(never)]
fn open<A: Aead<NONCE>, const NONCE: usize>(
    key: &A,
    header: &[u8; SEALED_HEADER_LEN],
    signature: &Tag,
    message: &mut [&mut [u8]],
) -> Result<(), CryptoError> {
    let len = message
        .iter()
        .try_fold(0usize, |sum, piece| sum.checked_add(piece.len()))
        .ok_or(CryptoError::LengthMismatch)?;
    let mut running = key.start(nonce(header)?, header, len)?;
    for piece in message {
        running.open(piece);
    }
    if bool::from(running.finish().ct_eq(signature)) {
        Ok(())
    } else {
        Err(CryptoError::Mismatch)
    }
}

impl<P: Provider> fmt::Debug for OpeningKey<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpeningKey({:?}, ..)", self.cipher)
    }
}

enum Expanded<P: Provider> {
    Ccm(P::AesCcm),
    Gcm(P::AesGcm),
}

impl<P: Provider> Expanded<P> {
    fn new(key: &CipherKey) -> Result<Boxed<Self>, CryptoError> {
        Boxed::new(match key.cipher() {
            Cipher::Aes128Ccm | Cipher::Aes256Ccm => Self::Ccm(P::AesCcm::new(key.as_bytes())?),
            Cipher::Aes128Gcm | Cipher::Aes256Gcm => Self::Gcm(P::AesGcm::new(key.as_bytes())?),
        })
    }
}

/// The part of the header's nonce field that a cipher uses.
fn nonce<const N: usize>(header: &[u8; SEALED_HEADER_LEN]) -> Result<&[u8; N], CryptoError> {
    header.first_chunk().ok_or(CryptoError::LengthMismatch)
}

#[cfg(test)]
mod microsoft;
#[cfg(test)]
mod tests;
