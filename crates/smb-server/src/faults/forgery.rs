//! Seals that no honest server makes.

use smb_crypto::{Aead, Cipher, CryptoError, Provider, RunningAead, RustCrypto, Tag};
use smb_wire::smb2::transform::TransformHeader;

use super::rule::HeaderChange;
use crate::protection::Protection;
use crate::seals::{HeaderBytes, Seals, fields};

/// The key of [`Protection::SealedByUnknownKey`], of which the cipher takes as much as it needs.
const UNKNOWN_KEY: [u8; 32] = [0x5A; 32];

/// What is wrong with a seal.
#[derive(Default)]
pub(crate) struct Forgery {
    pub(crate) protection: Protection,
    /// Changes of the transform header before the seal is made over it.
    pub(crate) changes: Vec<HeaderChange>,
}

impl Forgery {
    /// Whether there is nothing wrong.
    pub(crate) fn is_honest(&self) -> bool {
        self.protection == Protection::Sealed && self.changes.is_empty()
    }

    /// Seals a frame that has `prefix` free bytes in front.
    pub(crate) fn seal(
        &self,
        seals: &Seals,
        session_id: u64,
        prefix: usize,
        messages: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let (server, client) = (&seals.forgery.server, &seals.forgery.client);
        let cipher = server.cipher();
        let key = match self.protection {
            Protection::SealedByClientsKey => client.as_bytes(),
            Protection::SealedByUnknownKey => &UNKNOWN_KEY[..cipher.key_len()],
            _ => server.as_bytes(),
        };
        let mut header = seals.header(session_id, messages.len())?;
        for change in &self.changes {
            change(&mut header);
        }
        let mut messages = messages.to_vec();
        let tag = tag(cipher, key, &header, &mut messages)?;
        header[TransformHeader::SIGNATURE].copy_from_slice(&tag);
        let frame = [&vec![0; prefix][..], &header, &messages].concat();
        if self.protection == Protection::SealedTwice {
            return seals.seal(session_id, prefix, &frame[prefix..], std::iter::empty());
        }
        Ok(frame)
    }
}

/// Encrypts `messages` under whatever nonce the header has.
fn tag(
    cipher: Cipher,
    key: &[u8],
    header: &HeaderBytes,
    messages: &mut [u8],
) -> Result<Tag, CryptoError> {
    match cipher {
        Cipher::Aes128Ccm | Cipher::Aes256Ccm => {
            run::<<RustCrypto as Provider>::AesCcm, 11>(key, header, messages)
        }
        Cipher::Aes128Gcm | Cipher::Aes256Gcm => {
            run::<<RustCrypto as Provider>::AesGcm, 12>(key, header, messages)
        }
    }
}

fn run<A: Aead<N>, const N: usize>(
    key: &[u8],
    header: &HeaderBytes,
    messages: &mut [u8],
) -> Result<Tag, CryptoError> {
    let (_, authenticated) = fields(header);
    let nonce = authenticated
        .first_chunk()
        .expect("the nonce field is longer than any nonce");
    let key = A::new(key)?;
    let mut running = key.start(nonce, authenticated, messages.len())?;
    running.seal(messages);
    Ok(running.finish())
}
