//! The signatures of answers (MS-SMB2 3.2.5.1.3).

use smb_crypto::MessageMac;
use smb_wire::NtStatus;
use smb_wire::smb2::{Header, HeaderFlags};

use super::Token;
use crate::error::ClientError;
use crate::keys::Protection;

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
    // An answer that had to be sealed has not come here.
    let Protection::Signed(keys) = token.protection() else {
        return Ok(());
    };
    if !header.flags.contains(HeaderFlags::SIGNED) {
        // A server that has lost the session has lost its key too. All that a forger gains by this is what cutting the
        // connection would give him.
        return match header.status {
            NtStatus::USER_SESSION_DELETED => Ok(()),
            _ => Err(ClientError::NotSigned),
        };
    }
    let mut mac = keys.signing().begin(head)?;
    rest(&mut mac);
    mac.verify(&header.signature)?;
    Ok(())
}
