//! The negotiate contexts of a 3.1.1 response (MS-SMB2 3.2.5.2).

use smb_crypto::{Cipher, SigningAlgorithm};
use smb_wire::List;
use smb_wire::smb2::NegotiateResponse;
use smb_wire::smb2::negotiate_context::{
    self as wire, ContextType, HashAlgorithm, NegotiateContext,
};

use crate::config::Ciphers;
use crate::error::ClientError;

/// What the server has chosen.
pub(super) struct Choices {
    pub(super) signing: SigningAlgorithm,
    /// None when the two have none in common.
    pub(super) cipher: Option<Cipher>,
}

/// Checks the server's choices.
pub(super) fn check(
    offered: &Ciphers,
    response: &NegotiateResponse<'_>,
) -> Result<Choices, ClientError> {
    let mut preauth = None;
    let mut signing = None;
    let mut cipher = None;
    for context in response.contexts.iter() {
        let duplicate = match context {
            NegotiateContext::PreauthIntegrity { algorithms, .. } => {
                if only(algorithms) != Some(HashAlgorithm::SHA_512) {
                    return Err(ClientError::BadPreauthHash);
                }
                preauth.replace(()).is_some()
            }
            NegotiateContext::Signing(algorithms) => {
                signing.replace(signing_algorithm(algorithms)?).is_some()
            }
            NegotiateContext::Encryption(ciphers) => {
                cipher.replace(chosen_cipher(offered, ciphers)?).is_some()
            }
            NegotiateContext::Compression { .. } => {
                return Err(not_offered(ContextType::COMPRESSION));
            }
            // What nobody knows changes nothing.
            NegotiateContext::Netname(_) | NegotiateContext::Other { .. } => false,
        };
        if duplicate {
            return Err(ClientError::DuplicateContext(context.context_type().0));
        }
    }
    preauth.ok_or(ClientError::NoPreauthContext)?;
    Ok(Choices {
        // A server that does not know the context signs as 3.0 does.
        signing: signing.unwrap_or(SigningAlgorithm::AesCmac),
        cipher: cipher.flatten(),
    })
}

fn signing_algorithm(
    algorithms: List<'_, wire::SigningAlgorithm>,
) -> Result<SigningAlgorithm, ClientError> {
    match only(algorithms) {
        Some(wire::SigningAlgorithm::AES_GMAC) => Ok(SigningAlgorithm::AesGmac),
        Some(wire::SigningAlgorithm::AES_CMAC) => Ok(SigningAlgorithm::AesCmac),
        Some(wire::SigningAlgorithm::HMAC_SHA256) => Ok(SigningAlgorithm::HmacSha256),
        _ => Err(ClientError::BadSigningAlgorithm),
    }
}

fn chosen_cipher(
    offered: &Ciphers,
    ciphers: List<'_, wire::Cipher>,
) -> Result<Option<Cipher>, ClientError> {
    if offered.as_slice().is_empty() {
        return Err(not_offered(ContextType::ENCRYPTION));
    }
    let chosen = only(ciphers).ok_or(ClientError::BadCipher)?;
    if chosen == wire::Cipher::NONE {
        return Ok(None);
    }
    Cipher::from_wire_id(chosen.0)
        .filter(|cipher| offered.as_slice().contains(cipher))
        .map(Some)
        .ok_or(ClientError::BadCipher)
}

const fn not_offered(context: ContextType) -> ClientError {
    ClientError::ContextNotOffered(context.0)
}

/// The element of a list that must have just one.
fn only<'a, T: smb_wire::Element<'a>>(list: List<'a, T>) -> Option<T> {
    let mut items = list.iter();
    match (items.next(), items.next()) {
        (Some(item), None) => Some(item),
        _ => None,
    }
}
