//! The signatures of answers (MS-SMB2 3.2.5.1.3).

use smb_crypto::MessageMac;
use smb_wire::NtStatus;
use smb_wire::smb2::{Header, HeaderFlags};

use super::Token;
use crate::error::ClientError;
use crate::keys::{Protection, SessionKeys};

/// Checks the signature of an answer that is whole.
pub(super) fn verify<T: Token>(
    token: &T,
    header: &Header,
    message: &[u8],
) -> Result<(), ClientError> {
    verify_with(token, header, message, |_| {})
}

/// Checks the signature of an answer of which `head` is the first piece and `rest` adds the others.
pub(super) fn verify_with<T: Token>(
    token: &T,
    header: &Header,
    head: &[u8],
    rest: impl FnOnce(&mut MessageMac),
) -> Result<(), ClientError> {
    let Some(keys) = due(token, header)? else {
        return Ok(());
    };
    let mut mac = keys.signing().begin(head)?;
    rest(&mut mac);
    mac.verify(&header.signature)?;
    Ok(())
}

/// The keys that an answer has to be signed with, and says that it is; none where it needs no signature.
pub(super) fn due<'t, T: Token>(
    token: &'t T,
    header: &Header,
) -> Result<Option<&'t SessionKeys>, ClientError> {
    match token.protection() {
        Protection::Signed(keys) if header.flags.contains(HeaderFlags::SIGNED) => Ok(Some(keys)),
        // A server that has lost the session has lost its key too. What a forger gains by this is to be no more than what
        // cutting the connection would give him: the caller must not take it for proof that a request was not carried out.
        Protection::Signed(_) if header.status == NtStatus::USER_SESSION_DELETED => Ok(None),
        Protection::Signed(_) => Err(ClientError::NotSigned),
        // An answer that had to be sealed has not come here.
        Protection::None | Protection::Sealed(_) => Ok(None),
    }
}
