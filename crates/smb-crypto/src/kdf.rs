//! The keys of SMB 3.x.

use crate::preauth::PreauthHash;
use crate::provider::{CryptoError, Provider, code};
use crate::rust_crypto::RustCrypto;
use crate::secret::Key128;

/// What a key of SMB 3.x is for (MS-SMB2 3.2.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Signatures in both directions.
    Signing,
    /// The key handed to programs above SMB.
    Application,
    /// Sealing what the client sends.
    ClientToServer,
    /// Sealing what the server sends.
    ServerToClient,
}

/// Which family of labels and contexts a session's keys use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smb3Keys {
    /// SMB 3.0 and 3.0.2: the contexts are constants.
    Smb30,
    /// SMB 3.1.1: the context is what was said before the keys existed.
    Smb311(PreauthHash),
}

impl Smb3Keys {
    /// Derives the key for `purpose` from a session key.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn derive(&self, session_key: &Key128, purpose: KeyPurpose) -> Result<Key128, CryptoError> {
        match self {
            Self::Smb30 => {
                let (label, context): (&[u8], &[u8]) = match purpose {
                    KeyPurpose::Signing => (b"SMB2AESCMAC\0", b"SmbSign\0"),
                    KeyPurpose::Application => (b"SMB2APP\0", b"SmbRpc\0"),
                    // The blank makes both contexts equally long.
                    KeyPurpose::ClientToServer => (b"SMB2AESCCM\0", b"ServerIn \0"),
                    KeyPurpose::ServerToClient => (b"SMB2AESCCM\0", b"ServerOut\0"),
                };
                derive_key::<RustCrypto>(session_key.as_bytes(), label, context)
            }
            Self::Smb311(hash) => {
                let label: &[u8] = match purpose {
                    KeyPurpose::Signing => b"SMBSigningKey\0",
                    KeyPurpose::Application => b"SMBAppKey\0",
                    KeyPurpose::ClientToServer => b"SMBC2SCipherKey\0",
                    KeyPurpose::ServerToClient => b"SMBS2CCipherKey\0",
                };
                derive_key::<RustCrypto>(session_key.as_bytes(), label, hash.as_bytes())
            }
        }
    }
}

/// Derives 128 bits by the counter mode of NIST SP 800-108 with HMAC-SHA256, a 32-bit counter and a 32-bit length
/// (MS-SMB2 3.1.4.2). `label` and `context` hold their own terminating zero where the protocol gives them one.
///
/// # Errors
/// [`CryptoError::ProviderFailed`].
pub fn derive_key<P: Provider>(
    key: &[u8],
    label: &[u8],
    context: &[u8],
) -> Result<Key128, CryptoError> {
    // 128 bits need a single round, so the counter is always 1.
    let input = [
        &1u32.to_be_bytes(),
        label,
        &[0],
        context,
        &128u32.to_be_bytes(),
    ];
    let code = code::<P::HmacSha256, 32>(key, &input)?;
    let [half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = code;
    Ok(Key128::new(half))
}

#[cfg(test)]
mod tests;
