//! NTLMv2's proof of the password (MS-NLMP 3.3.2).

use core::fmt;

use subtle::ConstantTimeEq;

use crate::provider::{CryptoError, Hash, Mac, Provider, RunningMac, code};
use crate::rust_crypto::RustCrypto;
use crate::secret::Key128;

type HmacMd5 = <RustCrypto as Provider>::HmacMd5;

/// The NT hash of a password: all that NTLM ever needs of it, and as secret.
#[derive(Clone)]
pub struct NtHash(Key128);

impl NtHash {
    /// NTOWFv1 of a password in UTF-16 (MS-NLMP 3.3.1).
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn from_password(password: &[u16]) -> Result<Self, CryptoError> {
        let mut hash = <RustCrypto as Provider>::Md4::new()?;
        for unit in password {
            hash.update(&unit.to_le_bytes());
        }
        Ok(Self(Key128::new(hash.finish())))
    }

    /// Takes a hash made elsewhere.
    #[must_use]
    pub const fn from_bytes(hash: [u8; 16]) -> Self {
        Self(Key128::new(hash))
    }
}

/// In constant time.
impl PartialEq for NtHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for NtHash {}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(..)")
    }
}

/// NTOWFv2: the key that proves one user of one domain to any server.
pub struct ResponseKey(Key128);

impl ResponseKey {
    /// Derives the key of `user` in `domain`, both in UTF-16. Only the user's name is upper-cased, as the protocol has it.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn new(hash: &NtHash, user: &[u16], domain: &[u16]) -> Result<Self, CryptoError> {
        let key = HmacMd5::new(hash.0.as_bytes())?;
        let mut mac = key.start()?;
        for unit in user {
            mac.update(&upper_cased(*unit).to_le_bytes());
        }
        for unit in domain {
            mac.update(&unit.to_le_bytes());
        }
        Ok(Self(Key128::new(mac.finish())))
    }

    /// Answers `server_challenge`. `temp` is the NTLMv2_CLIENT_CHALLENGE (MS-NLMP 2.2.2.7) that will follow the proof,
    /// in any number of pieces.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn prove(
        &self,
        server_challenge: &[u8; 8],
        temp: &[&[u8]],
    ) -> Result<NtProof, CryptoError> {
        let key = HmacMd5::new(self.0.as_bytes())?;
        let mut mac = key.start()?;
        mac.update(server_challenge);
        for part in temp {
            mac.update(part);
        }
        let proof = mac.finish();
        let session_base_key = Key128::new(code::<HmacMd5, 16>(self.0.as_bytes(), &[&proof])?);
        Ok(NtProof {
            proof,
            session_base_key,
        })
    }
}

impl fmt::Debug for ResponseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseKey(..)")
    }
}

/// The answer to one challenge.
#[derive(Debug)]
pub struct NtProof {
    /// NTProofStr, the first 16 bytes of the NT response.
    pub proof: [u8; 16],
    /// SessionBaseKey, which is also NTLMv2's key exchange key.
    pub session_base_key: Key128,
}

/// The simple upper case of one UTF-16 unit. Characters that become several, or lie outside the basic plane, stay as they are,
/// as they do in Windows' own table.
fn upper_cased(unit: u16) -> u16 {
    let Some(character) = char::from_u32(u32::from(unit)) else {
        return unit;
    };
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => u16::try_from(u32::from(single)).unwrap_or(unit),
        _ => unit,
    }
}

#[cfg(test)]
mod tests;
