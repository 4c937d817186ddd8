//! What NTLM does once both sides have a key: key exchange, MIC and message signatures (MS-NLMP 3.1.5.1.2, 3.4).

use core::fmt;

use subtle::ConstantTimeEq;

use crate::provider::{CryptoError, Hash, Keystream, Provider, code};
use crate::rust_crypto::RustCrypto;
use crate::secret::Key128;

type HmacMd5 = <RustCrypto as Provider>::HmacMd5;

/// Which side of the security context made a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that proved its password.
    Client,
    /// The one that gave the challenge.
    Server,
}

/// ExportedSessionKey: the key of a security context, and SMB's session key.
#[derive(Clone, Debug)]
pub struct ExportedSessionKey(Key128);

impl ExportedSessionKey {
    /// Takes a key: a random one when keys are exchanged (NTLMSSP_NEGOTIATE_KEY_EXCH), else the session base key.
    #[must_use]
    pub const fn new(key: Key128) -> Self {
        Self(key)
    }

    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &Key128 {
        &self.0
    }

    /// EncryptedRandomSessionKey: this key under the session base key, for the AUTHENTICATE message. The same operation
    /// on the receiving side opens it.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn encrypted(&self, session_base_key: &Key128) -> Result<[u8; 16], CryptoError> {
        let mut key = *self.0.as_bytes();
        <RustCrypto as Provider>::Rc4::new(session_base_key.as_bytes())?.apply(&mut key);
        Ok(key)
    }

    /// The MIC over the three NTLM messages; the last has zeros where its MIC will be.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn mic(
        &self,
        negotiate: &[u8],
        challenge: &[u8],
        authenticate: &[u8],
    ) -> Result<[u8; 16], CryptoError> {
        code::<HmacMd5, 16>(self.0.as_bytes(), &[negotiate, challenge, authenticate])
    }
}

/// Makes and checks NTLM message signatures of one direction, for SPNEGO's mechListMIC.
///
/// Only with extended session security and 128-bit keys, which OxSMB requires.
pub struct MessageSigner {
    signing_key: Key128,
    /// Absent when no keys were exchanged: the checksum is then sent in the clear.
    sealing: Option<<RustCrypto as Provider>::Rc4>,
    sequence: u32,
}

impl MessageSigner {
    /// The signer of what `side` sends (MS-NLMP 3.4.5.2, 3.4.5.3). `key_exchange` tells whether NTLMSSP_NEGOTIATE_KEY_EXCH
    /// was agreed on.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn new(
        key: &ExportedSessionKey,
        side: Side,
        key_exchange: bool,
    ) -> Result<Self, CryptoError> {
        let (signing, sealing): (&[u8], &[u8]) = match side {
            Side::Client => (
                b"session key to client-to-server signing key magic constant\0",
                b"session key to client-to-server sealing key magic constant\0",
            ),
            Side::Server => (
                b"session key to server-to-client signing key magic constant\0",
                b"session key to server-to-client sealing key magic constant\0",
            ),
        };
        let derive = |constant: &[u8]| -> Result<Key128, CryptoError> {
            let mut hash = <RustCrypto as Provider>::Md5::new()?;
            hash.update(key.0.as_bytes());
            hash.update(constant);
            Ok(Key128::new(hash.finish()))
        };
        let sealing = if key_exchange {
            Some(<RustCrypto as Provider>::Rc4::new(
                derive(sealing)?.as_bytes(),
            )?)
        } else {
            None
        };
        Ok(Self {
            signing_key: derive(signing)?,
            sealing,
            sequence: 0,
        })
    }

    /// The signature of the next message: version, checksum, sequence number (MS-NLMP 2.2.2.9.2, 3.4.4.2).
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn sign(&mut self, message: &[u8]) -> Result<[u8; 16], CryptoError> {
        let sequence = self.sequence.to_le_bytes();
        self.sequence = self.sequence.wrapping_add(1);
        let code = code::<HmacMd5, 16>(self.signing_key.as_bytes(), &[&sequence, message])?;
        let [mut checksum @ .., _, _, _, _, _, _, _, _] = code;
        if let Some(sealing) = &mut self.sealing {
            sealing.apply(&mut checksum);
        }
        let mut signature = [0; 16];
        let (version, rest) = signature.split_at_mut(4);
        let (middle, end) = rest.split_at_mut(8);
        version.copy_from_slice(&1u32.to_le_bytes());
        middle.copy_from_slice(&checksum);
        end.copy_from_slice(&sequence);
        Ok(signature)
    }

    /// Checks the signature of the peer's next message, in constant time.
    ///
    /// # Errors
    /// [`CryptoError::Mismatch`] or [`CryptoError::ProviderFailed`].
    pub fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if bool::from(self.sign(message)?.as_slice().ct_eq(signature)) {
            Ok(())
        } else {
            Err(CryptoError::Mismatch)
        }
    }
}

impl fmt::Debug for MessageSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageSigner(..)")
    }
}

#[cfg(test)]
mod tests;
