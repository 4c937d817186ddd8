//! What the server chooses of a client's offer (MS-SMB2 3.3.5.4).

use smb_crypto::{Cipher, SigningAlgorithm};
use smb_wire::smb2::negotiate_context::{self as wire, HashAlgorithm, NegotiateContext};
use smb_wire::smb2::{Capabilities, Dialect, NegotiateRequest};
use smb_wire::{List, NtStatus};

use crate::commands::Result;
use crate::server::{Encryption, Settings};

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) dialect: Dialect,
    /// `None` if the client names no algorithm that the server has: then the dialect's own is used.
    pub(super) signing: Option<SigningAlgorithm>,
    pub(super) cipher: Option<Cipher>,
    /// Whether the client waits to be told the cipher, or that there is none.
    pub(super) names_ciphers: bool,
}

impl Choice {
    /// A dialect with nothing but what it always has.
    pub(super) const fn bare(dialect: Dialect) -> Self {
        Self {
            dialect,
            signing: None,
            cipher: None,
            names_ciphers: false,
        }
    }

    /// Chooses in `dialect`. Of signing algorithms and ciphers the client's first counts.
    pub(super) fn make(
        settings: &Settings,
        dialect: Dialect,
        offer: &NegotiateRequest<'_>,
    ) -> Result<Self> {
        if dialect == Dialect::SMB3_1_1 {
            return Self::from_contexts(settings, offer);
        }
        let seals = settings.encryption != Encryption::Off
            && dialect >= Dialect::SMB3_0
            && offer.capabilities.contains(Capabilities::ENCRYPTION)
            && settings.ciphers.contains(&Cipher::Aes128Ccm);
        Ok(Self {
            cipher: seals.then_some(Cipher::Aes128Ccm),
            ..Self::bare(dialect)
        })
    }

    fn from_contexts(settings: &Settings, offer: &NegotiateRequest<'_>) -> Result<Self> {
        check_hashes(offer)?;
        let signing = only(offer, |context| match context {
            NegotiateContext::Signing(algorithms) => Some(algorithms),
            _ => None,
        })?;
        let ciphers = only(offer, |context| match context {
            NegotiateContext::Encryption(ciphers) => Some(ciphers),
            _ => None,
        })?;
        if signing.is_some_and(|named| named.is_empty())
            || ciphers.is_some_and(|named| named.is_empty())
        {
            return Err(NtStatus::INVALID_PARAMETER.into());
        }
        let ciphers = ciphers.filter(|_| settings.encryption != Encryption::Off);
        Ok(Self {
            signing: signing.and_then(|named| first_signing(settings, named)),
            cipher: ciphers.and_then(|named| first_cipher(settings, named)),
            names_ciphers: ciphers.is_some(),
            ..Self::bare(Dialect::SMB3_1_1)
        })
    }

    /// How messages are signed.
    pub(super) fn signing_algorithm(&self) -> SigningAlgorithm {
        let of_dialect = if self.dialect >= Dialect::SMB3_0 {
            SigningAlgorithm::AesCmac
        } else {
            SigningAlgorithm::HmacSha256
        };
        self.signing.unwrap_or(of_dialect)
    }

    /// The chosen signing algorithm's number, if the client is to be told.
    pub(super) fn signing_id(&self) -> Option<wire::SigningAlgorithm> {
        self.signing.map(|algorithm| match algorithm {
            SigningAlgorithm::HmacSha256 => wire::SigningAlgorithm::HMAC_SHA256,
            SigningAlgorithm::AesGmac => wire::SigningAlgorithm::AES_GMAC,
            _ => wire::SigningAlgorithm::AES_CMAC,
        })
    }

    /// The chosen cipher's number.
    pub(super) fn cipher_id(&self) -> wire::Cipher {
        self.cipher
            .map_or(wire::Cipher::NONE, |cipher| wire::Cipher(cipher.wire_id()))
    }

    /// What the server can do.
    pub(super) fn capabilities(&self, settings: &Settings) -> Capabilities {
        let mut capabilities = Capabilities::empty();
        capabilities.set(
            Capabilities::LARGE_MTU,
            self.dialect > Dialect::SMB2_0_2 && settings.max_io > 64 * 1024,
        );
        // In 3.1.1 a context says it.
        capabilities.set(
            Capabilities::ENCRYPTION,
            self.dialect < Dialect::SMB3_1_1 && self.cipher.is_some(),
        );
        capabilities
    }
}

/// What the only context of a kind names; two of a kind are against the rules.
fn only<'o, T>(
    offer: &NegotiateRequest<'o>,
    pick: impl Fn(NegotiateContext<'o>) -> Option<T>,
) -> Result<Option<T>> {
    let mut found = offer.contexts.iter().filter_map(pick);
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        _ => Err(NtStatus::INVALID_PARAMETER.into()),
    }
}

/// A 3.1.1 client names its hashes, SHA-512 among them.
fn check_hashes(offer: &NegotiateRequest<'_>) -> Result<()> {
    let hashes = only(offer, |context| match context {
        NegotiateContext::PreauthIntegrity { algorithms, .. } => Some(algorithms),
        _ => None,
    })?;
    let mut hashes = hashes.ok_or(NtStatus::INVALID_PARAMETER)?.iter();
    if hashes.all(|hash| hash != HashAlgorithm::SHA_512) {
        return Err(NtStatus::SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP.into());
    }
    Ok(())
}

fn first_signing(
    settings: &Settings,
    named: List<'_, wire::SigningAlgorithm>,
) -> Option<SigningAlgorithm> {
    named
        .iter()
        .filter_map(|algorithm| match algorithm {
            wire::SigningAlgorithm::HMAC_SHA256 => Some(SigningAlgorithm::HmacSha256),
            wire::SigningAlgorithm::AES_CMAC => Some(SigningAlgorithm::AesCmac),
            wire::SigningAlgorithm::AES_GMAC => Some(SigningAlgorithm::AesGmac),
            _ => None,
        })
        .find(|algorithm| settings.signing_algorithms.contains(algorithm))
}

fn first_cipher(settings: &Settings, named: List<'_, wire::Cipher>) -> Option<Cipher> {
    named
        .iter()
        .filter_map(|cipher| Cipher::from_wire_id(cipher.0))
        .find(|cipher| settings.ciphers.contains(cipher))
}
