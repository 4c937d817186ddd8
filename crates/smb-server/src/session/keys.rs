//! The keys of a session.

use smb_crypto::{Cipher, CryptoError, Key128, KeyPurpose, PreauthHash, SigningKey, Smb3Keys};
use smb_wire::smb2::Dialect;

use crate::connection::Negotiated;
use crate::seals::{ForgeryKeys, Seals};

/// What a session signs and seals with.
pub(crate) struct SessionKeys {
    pub(super) signing: SigningKey,
    /// Where a cipher was agreed on.
    pub(super) seals: Option<Seals>,
    /// What nobody but the two sides may know: the session's key, and the one that signs.
    secrets: Vec<Key128>,
}

impl SessionKeys {
    pub(crate) fn can_seal(&self) -> bool {
        self.seals.is_some()
    }

    /// MS-SMB2 3.3.5.5.3: the session key itself signs in SMB 2.x; keys derived from it sign and seal in 3.x.
    pub(crate) fn derive(
        negotiated: &Negotiated,
        preauth: PreauthHash,
        session_key: &Key128,
    ) -> Result<Self, CryptoError> {
        let algorithm = negotiated.signing_algorithm;
        let keys = match negotiated.dialect {
            Dialect::SMB3_1_1 => Smb3Keys::Smb311(preauth),
            dialect if dialect >= Dialect::SMB3_0 => Smb3Keys::Smb30,
            _ => {
                return Ok(Self {
                    signing: SigningKey::new(algorithm, session_key)?,
                    seals: None,
                    secrets: vec![session_key.clone()],
                });
            }
        };
        let signing = keys.derive(session_key, KeyPurpose::Signing)?;
        let seals = |cipher: Cipher| Seals::derive(keys, session_key.as_bytes(), cipher);
        Ok(Self {
            signing: SigningKey::new(algorithm, &signing)?,
            seals: negotiated.cipher.map(seals).transpose()?,
            secrets: vec![session_key.clone(), signing],
        })
    }

    /// Every key in it, as bytes.
    pub(super) fn secrets(&self) -> Vec<Vec<u8>> {
        let keys = self.secrets.iter().map(|key| key.as_bytes().to_vec());
        let seals = self.seals.iter().flat_map(|seals| {
            let ForgeryKeys { client, server } = &seals.forgery;
            [client, server].map(|key| key.as_bytes().to_vec())
        });
        keys.chain(seals).collect()
    }
}
