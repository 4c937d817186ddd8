//! The negotiate contexts of a 3.1.1 response (MS-SMB2 3.2.5.2).

use smb_crypto::SigningAlgorithm;
use smb_wire::List;
use smb_wire::smb2::NegotiateResponse;
use smb_wire::smb2::negotiate_context::{self, ContextType, HashAlgorithm, NegotiateContext};

use crate::error::ClientError;

/// Checks the server's choices. Gives the algorithm that signs.
pub(super) fn check(response: &NegotiateResponse<'_>) -> Result<SigningAlgorithm, ClientError> {
    let mut preauth = None;
    let mut signing = None;
    for context in response.contexts.iter() {
        let duplicate = match context {
            NegotiateContext::PreauthIntegrity { algorithms, .. } => {
                if only(algorithms) != Some(HashAlgorithm::SHA_512) {
                    return Err(ClientError::BadPreauthHash);
                }
                preauth.replace(()).is_some()
            }
            NegotiateContext::Signing(algorithms) => {
                let algorithm = match only(algorithms) {
                    Some(negotiate_context::SigningAlgorithm::AES_GMAC) => {
                        SigningAlgorithm::AesGmac
                    }
                    Some(negotiate_context::SigningAlgorithm::AES_CMAC) => {
                        SigningAlgorithm::AesCmac
                    }
                    Some(negotiate_context::SigningAlgorithm::HMAC_SHA256) => {
                        SigningAlgorithm::HmacSha256
                    }
                    _ => return Err(ClientError::BadSigningAlgorithm),
                };
                signing.replace(algorithm).is_some()
            }
            NegotiateContext::Encryption(_) => return Err(not_offered(ContextType::ENCRYPTION)),
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
    // A server that does not know the context signs as 3.0 does.
    Ok(signing.unwrap_or(SigningAlgorithm::AesCmac))
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
