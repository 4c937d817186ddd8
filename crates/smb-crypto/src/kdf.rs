//! The keys of SMB 3.x.

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::preauth::PreauthHash;
use crate::provider::{CryptoError, Provider, code};
use crate::rust_crypto::RustCrypto;
use crate::secret::{CipherKey, Key128};

/// What a key of SMB 3.x is for (MS-SMB2 3.2.5.3). Keys for sealing have a [`Direction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Signatures in both directions.
    Signing,
    /// The key handed to programs above SMB.
    Application,
}

/// Whose messages a key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What the client sends: its EncryptionKey, the server's DecryptionKey.
    ClientToServer,
    /// What the server sends: its EncryptionKey, the client's DecryptionKey.
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
        let (label, context): (&[u8], &[u8]) = match (self, purpose) {
            (Self::Smb30, KeyPurpose::Signing) => (b"SMB2AESCMAC\0", b"SmbSign\0"),
            (Self::Smb30, KeyPurpose::Application) => (b"SMB2APP\0", b"SmbRpc\0"),
            (Self::Smb311(hash), KeyPurpose::Signing) => (b"SMBSigningKey\0", hash.as_bytes()),
            (Self::Smb311(hash), KeyPurpose::Application) => (b"SMBAppKey\0", hash.as_bytes()),
        };
        let key =
            derive_key::<RustCrypto>(session_key.as_bytes(), label, context, KeyLen::Bits128)?;
        let [half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *key;
        Ok(Key128::new(half))
    }

    /// Derives the key that seals what is sent in `direction`. A session derives each of its two once.
    ///
    /// `session_key` is Session.FullSessionKey for the ciphers with keys of 256 bits, Session.SessionKey for the others
    /// (MS-SMB2 3.2.5.3.3); they differ only where Kerberos made them, and NTLM's have 16 bytes.
    ///
    /// # Errors
    /// [`CryptoError::NotInDialect`] for another cipher than AES-128-CCM below 3.1.1, or [`CryptoError::ProviderFailed`].
    pub fn derive_sealing(
        &self,
        session_key: &[u8],
        cipher: Cipher,
        direction: Direction,
    ) -> Result<CipherKey, CryptoError> {
        let (label, context): (&[u8], &[u8]) = match (self, direction) {
            (Self::Smb30, _) if cipher != Cipher::Aes128Ccm => {
                return Err(CryptoError::NotInDialect);
            }
            // The blank makes both contexts equally long.
            (Self::Smb30, Direction::ClientToServer) => (b"SMB2AESCCM\0", b"ServerIn \0"),
            (Self::Smb30, Direction::ServerToClient) => (b"SMB2AESCCM\0", b"ServerOut\0"),
            (Self::Smb311(hash), Direction::ClientToServer) => {
                (b"SMBC2SCipherKey\0", hash.as_bytes())
            }
            (Self::Smb311(hash), Direction::ServerToClient) => {
                (b"SMBS2CCipherKey\0", hash.as_bytes())
            }
        };
        let len = match cipher {
            Cipher::Aes128Ccm | Cipher::Aes128Gcm => KeyLen::Bits128,
            Cipher::Aes256Ccm | Cipher::Aes256Gcm => KeyLen::Bits256,
        };
        let key = derive_key::<RustCrypto>(session_key, label, context, len)?;
        Ok(CipherKey::new(cipher, key))
    }
}

/// How long a derived key is. It is part of what the key is derived from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLen {
    /// The first half of the derived bytes is the key.
    Bits128 = 128,
    /// All derived bytes are the key.
    Bits256 = 256,
}

/// Derives a key by the counter mode of NIST SP 800-108 with HMAC-SHA256, a 32-bit counter and a 32-bit length
/// (MS-SMB2 3.1.4.2). `label` and `context` hold their own terminating zero where the protocol gives them one.
///
/// # Errors
/// [`CryptoError::ProviderFailed`].
pub fn derive_key<P: Provider>(
    key: &[u8],
    label: &[u8],
    context: &[u8],
    len: KeyLen,
) -> Result<Zeroizing<[u8; 32]>, CryptoError> {
    let len = (len as u32).to_be_bytes();
    first_round::<P>(key, [label, &[0], context, &len])
}

/// The counter mode's first round, which gives all that SMB needs: 256 bits. `fixed` is the same in all rounds.
fn first_round<P: Provider>(
    key: &[u8],
    fixed: [&[u8]; 4],
) -> Result<Zeroizing<[u8; 32]>, CryptoError> {
    let [a, b, c, d] = fixed;
    code::<P::HmacSha256, 32>(key, &[&1u32.to_be_bytes(), a, b, c, d]).map(Zeroizing::new)
}

#[cfg(test)]
mod tests;
