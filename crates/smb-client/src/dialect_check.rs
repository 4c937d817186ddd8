//! FSCTL_VALIDATE_NEGOTIATE_INFO: the negotiation repeated under a signature (MS-SMB2 3.2.5.5, 3.2.5.14.12).
//!
//! Before 3.1.1 nothing protects NEGOTIATE itself. So the client asks again on each tree; an attacker who talked the two down
//! to an older dialect, or to less than both can do, would have to forge a signature now.

use smb_wire::smb2::{
    Dialect, FileId, Fsctl, Header, IoctlFlags, IoctlRequest, IoctlResponse,
    ValidateNegotiateRequest, ValidateNegotiateResponse,
};
use smb_wire::{List, NtStatus, Writer};

use crate::config::Config;
use crate::encode;
use crate::error::{ClientError, Failure};
use crate::exchange::Ticket;
use crate::keys::Protection;
use crate::negotiation::{Negotiated, Offer};

/// Room for the request's data: capabilities, GUID, mode, and five dialects.
const INPUT_ROOM: usize = 64;

/// Asks the server, signed, what was negotiated.
///
/// The request is an IOCTL of charge 1 on a connected tree, with [`crate::Reply::Message`] of
/// [`DialectCheck::MAX_REPLY`] bytes, and its token has the session's full protection
/// ([`crate::Session::full_protection`]): the answer proves nothing unsigned.
#[derive(Clone, Copy, Debug)]
pub enum DialectCheck {}

impl DialectCheck {
    /// The most data that the answer has.
    pub const MAX_REPLY: u32 = ValidateNegotiateResponse::LEN as u32;

    /// Whether a connection must be checked: 3.1.1's own protection is not there.
    #[must_use]
    pub fn is_needed(negotiated: &Negotiated) -> bool {
        negotiated.dialect < Dialect::SMB3_1_1
    }

    /// Writes the request.
    ///
    /// # Errors
    /// [`ClientError::Emit`], [`ClientError::Crypto`].
    pub fn request(
        config: &Config,
        ticket: &Ticket,
        protection: Protection<'_>,
        out: &mut [u8],
    ) -> Result<usize, ClientError> {
        let offer = Offer::of(config);
        let mut input = [0; INPUT_ROOM];
        let mut w = Writer::new(&mut input);
        ValidateNegotiateRequest {
            capabilities: offer.capabilities,
            client_guid: offer.client_guid,
            security_mode: offer.security_mode,
            dialects: List::new(offer.dialects()),
        }
        .emit(&mut w)?;
        let body = IoctlRequest {
            ctl_code: Fsctl::VALIDATE_NEGOTIATE_INFO,
            file_id: FileId::RELATED,
            max_input_response: 0,
            max_output_response: Self::MAX_REPLY,
            flags: IoctlFlags::IS_FSCTL,
            input: w.written(),
        };
        encode::request(out, ticket, protection, |w| body.emit(w))
    }

    /// Compares the answer with what was negotiated.
    ///
    /// # Errors
    /// [`ClientError::Downgrade`] if they differ; the server's status if it refused to say.
    pub fn reply(negotiated: &Negotiated, message: &[u8]) -> Result<(), Failure> {
        let header = Header::parse(message)?;
        match header.status {
            NtStatus::SUCCESS => {}
            // Servers of the time before this control code say, signed, that they do not know it.
            NtStatus::INVALID_DEVICE_REQUEST | NtStatus::NOT_SUPPORTED | NtStatus::FILE_CLOSED => {
                return Ok(());
            }
            other => return Err(Failure::Server(other)),
        }
        let response = IoctlResponse::parse(message)?;
        let answer = ValidateNegotiateResponse::parse(response.output)?;
        let same = response.ctl_code == Fsctl::VALIDATE_NEGOTIATE_INFO
            && answer.capabilities == negotiated.capabilities
            && answer.server_guid == negotiated.server_guid
            && answer.security_mode == negotiated.security_mode
            && answer.dialect == negotiated.dialect;
        if same {
            Ok(())
        } else {
            Err(ClientError::Downgrade.into())
        }
    }
}

#[cfg(test)]
mod tests;
