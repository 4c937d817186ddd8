//! NEGOTIATE: the first exchange of a connection (MS-SMB2 3.2.4.2.2, 3.2.5.2).

mod contexts;
mod offer;

use smb_crypto::{Cipher, PreauthHash, SigningAlgorithm};
use smb_wire::netbios::FrameHeader;
use smb_wire::smb1::{self, DialectName, Flags2};
use smb_wire::smb2::{Capabilities, Dialect, Header, NegotiateResponse, SecurityMode};
use smb_wire::{Guid, List, NtStatus, Writer};

use crate::config::{Config, EncryptionPolicy, SigningPolicy};
use crate::encode;
use crate::error::{ClientError, Failure};
use crate::exchange::Ticket;
use crate::logon::spnego;
pub(crate) use offer::Offer;

/// The largest read, write or other buffer that is ever asked for.
const MAX_SIZE: u32 = 8 * 1024 * 1024;
/// The same where requests cannot cost more than one credit.
const MAX_SIZE_ONE_CREDIT: u32 = 64 * 1024;
/// No sane server allows less.
const MIN_SIZE: u32 = 4096;

/// What client and server agreed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Negotiated {
    /// The dialect.
    pub dialect: Dialect,
    /// Who the server is.
    pub server_guid: Guid,
    /// What the server can do.
    pub capabilities: Capabilities,
    /// What the server thinks of signing.
    pub security_mode: SecurityMode,
    /// The largest buffer of a request or response other than READ and WRITE, in bytes; at most 8 MiB.
    pub max_transact: u32,
    /// The largest READ, in bytes; at most 8 MiB.
    pub max_read: u32,
    /// The largest WRITE, in bytes; at most 8 MiB.
    pub max_write: u32,
    /// Whether requests may cost more than one credit ([`crate::Connection::set_multi_credit`]).
    pub multi_credit: bool,
    /// Whether client or server insists on signing.
    pub signing_required: bool,
    /// How sessions sign.
    pub signing_algorithm: SigningAlgorithm,
    /// How sessions encrypt; none where client and server have no cipher in common.
    pub cipher: Option<Cipher>,
    /// In 3.1.1, the hash over this exchange, with which every session's hash begins.
    pub preauth: Option<PreauthHash>,
}

/// What to do after a reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NegotiationStep {
    /// Submit a NEGOTIATE again and send what [`Negotiation::request`] writes.
    Again,
    /// Finished.
    Done(Negotiated),
}

/// Agrees with the server on a dialect and its parameters.
#[derive(Debug)]
pub struct Negotiation {
    salt: [u8; 32],
    state: State,
    preauth: PreauthHash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    /// SMB1's opener is sent.
    Opener,
    /// The server wants to be asked in SMB2.
    Reopen,
    /// SMB2's NEGOTIATE is sent.
    Asked,
}

impl Negotiation {
    /// A negotiation at its beginning. `salt` is random and makes the pre-authentication hash unforeseeable.
    #[must_use]
    pub const fn new(salt: [u8; 32]) -> Self {
        Self {
            salt,
            state: State::Start,
            preauth: PreauthHash::START,
        }
    }

    /// Writes the next request, submitted as a NEGOTIATE of charge 1.
    ///
    /// # Errors
    /// [`ClientError::NoDialect`], [`ClientError::Emit`], [`ClientError::Crypto`], [`ClientError::OutOfOrder`].
    // Frames of their own for both halves: hashes and lists of contexts are not to lie on top of each other.
    #[inline(never)]
    pub fn request(
        &mut self,
        config: &Config,
        ticket: &Ticket,
        out: &mut [u8],
    ) -> Result<usize, ClientError> {
        if Offer::of(config).dialects().is_empty() {
            return Err(ClientError::NoDialect);
        }
        match self.state {
            State::Start if config.multi_protocol => {
                self.state = State::Opener;
                opener(config, out)
            }
            State::Start | State::Reopen => {
                self.state = State::Asked;
                let len = Offer::of(config).request(config, &self.salt, ticket, out)?;
                let message = out.get(FrameHeader::LEN..len).unwrap_or_default();
                self.preauth = self.preauth.extended(&[message])?;
                Ok(len)
            }
            State::Opener | State::Asked => Err(ClientError::OutOfOrder),
        }
    }

    /// Takes the reply's message.
    ///
    /// # Errors
    /// The server's status, or what is wrong with its choice.
    #[inline(never)]
    pub fn reply(&mut self, config: &Config, message: &[u8]) -> Result<NegotiationStep, Failure> {
        let header = Header::parse(message)?;
        if header.status != NtStatus::SUCCESS {
            return Err(Failure::Server(header.status));
        }
        let response = NegotiateResponse::parse(message)?;
        match (self.state, response.dialect) {
            (State::Opener, Dialect::WILDCARD) => {
                self.state = State::Reopen;
                return Ok(NegotiationStep::Again);
            }
            // SMB1's opener can only lead to the dialect that it names.
            (State::Opener, Dialect::SMB2_0_2) | (State::Asked, _) => {}
            (State::Opener, other) => return Err(ClientError::DialectNotOffered(other).into()),
            (State::Start | State::Reopen, _) => return Err(ClientError::OutOfOrder.into()),
        }
        self.preauth = self
            .preauth
            .extended(&[message])
            .map_err(ClientError::from)?;
        Ok(NegotiationStep::Done(self.check(config, &response)?))
    }

    #[inline(never)]
    fn check(
        &self,
        config: &Config,
        response: &NegotiateResponse<'_>,
    ) -> Result<Negotiated, ClientError> {
        let dialect = response.dialect;
        if dialect == Dialect::WILDCARD {
            return Err(ClientError::UnexpectedWildcard);
        }
        if !Offer::of(config).dialects().contains(&dialect) {
            return Err(ClientError::DialectNotOffered(dialect));
        }
        let must_sign = config.signing == SigningPolicy::Required;
        if must_sign && response.security_mode.is_empty() {
            return Err(ClientError::SigningNotOffered);
        }
        spnego::check_hint(response.security_buffer)?;
        let (preauth, signing_algorithm, cipher) = match dialect {
            Dialect::SMB3_1_1 => {
                let choices = contexts::check(&config.ciphers, response)?;
                (Some(self.preauth), choices.signing, choices.cipher)
            }
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => {
                let server_can = response.capabilities.contains(Capabilities::ENCRYPTION);
                let we_can = config.ciphers.as_slice().contains(&Cipher::Aes128Ccm);
                let ccm = (server_can && we_can).then_some(Cipher::Aes128Ccm);
                (None, SigningAlgorithm::AesCmac, ccm)
            }
            _ => (None, SigningAlgorithm::HmacSha256, None),
        };
        if config.encryption == EncryptionPolicy::Required && cipher.is_none() {
            return Err(ClientError::NoCommonCipher);
        }
        let multi_credit =
            dialect > Dialect::SMB2_0_2 && response.capabilities.contains(Capabilities::LARGE_MTU);
        let size = |offered: u32| match offered {
            0..MIN_SIZE => Err(ClientError::SizeTooSmall(offered)),
            _ if multi_credit => Ok(offered.min(MAX_SIZE)),
            _ => Ok(offered.min(MAX_SIZE_ONE_CREDIT)),
        };
        Ok(Negotiated {
            dialect,
            server_guid: response.server_guid,
            capabilities: response.capabilities,
            security_mode: response.security_mode,
            max_transact: size(response.max_transact_size)?,
            max_read: size(response.max_read_size)?,
            max_write: size(response.max_write_size)?,
            multi_credit,
            signing_required: must_sign
                || response
                    .security_mode
                    .contains(SecurityMode::SIGNING_REQUIRED),
            signing_algorithm,
            cipher,
            preauth,
        })
    }
}

/// SMB1's NEGOTIATE with the dialect strings that mean SMB2 (MS-SMB2 3.2.4.2.1).
fn opener(config: &Config, out: &mut [u8]) -> Result<usize, ClientError> {
    let names = [DialectName::SMB_2_002, DialectName::SMB_2_WILDCARD];
    let offered = match (
        config.min_dialect <= Dialect::SMB2_0_2,
        config.max_dialect > Dialect::SMB2_0_2,
    ) {
        (true, true) => names.as_slice(),
        (true, false) => &[DialectName::SMB_2_002],
        (false, _) => &[DialectName::SMB_2_WILDCARD],
    };
    let mut w = Writer::new(out);
    w.zeros(FrameHeader::LEN)?;
    smb1::NegotiateRequest {
        flags2: Flags2::LONG_NAMES
            | Flags2::EXTENDED_SECURITY
            | Flags2::NT_STATUS
            | Flags2::UNICODE,
        dialects: List::new(offered),
    }
    .emit(&mut w)?;
    let len = w.position();
    w.patch(
        0,
        &FrameHeader::message(len.saturating_sub(FrameHeader::LEN))?.to_bytes(),
    )?;
    Ok(len)
}

#[cfg(test)]
mod tests;
