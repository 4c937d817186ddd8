//! Pre-authentication integrity: a hash over everything said before there was a key.

use crate::provider::{CryptoError, Hash, Provider};
use crate::rust_crypto::RustCrypto;

/// `PreauthIntegrityHashValue`, the chain of SHA-512 hashes over the NEGOTIATE and SESSION_SETUP messages of SMB 3.1.1
/// (MS-SMB2 3.2.5.2, 3.2.5.3.1).
///
/// It goes into the keys, so an attacker who changed any of those messages is found out by the first signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreauthHash([u8; 64]);

impl PreauthHash {
    /// The value before the first message: zeros.
    pub const START: Self = Self([0; 64]);

    /// The value after `message`, which starts at its SMB2 header and may lie in several pieces.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn extended(&self, message: &[&[u8]]) -> Result<Self, CryptoError> {
        self.extended_by::<RustCrypto>(message)
    }

    /// [`PreauthHash::extended`] with a provider of the caller's.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn extended_by<P: Provider>(&self, message: &[&[u8]]) -> Result<Self, CryptoError> {
        let mut hash = P::Sha512::new()?;
        hash.update(&self.0);
        for part in message {
            hash.update(part);
        }
        Ok(Self(hash.finish()))
    }

    /// A value that somebody else has computed.
    #[cfg(test)]
    pub(crate) const fn from_bytes(value: [u8; 64]) -> Self {
        Self(value)
    }

    /// The value, as the context of [`crate::derive_key`].
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

#[cfg(test)]
pub(crate) mod tests;
