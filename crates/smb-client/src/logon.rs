//! SESSION_SETUP: who the user is (MS-SMB2 3.2.4.2.3, 3.2.5.3).

mod identity;
mod ntlm;
mod session;
pub(crate) mod spnego;

use alloc::vec::Vec;

use smb_crypto::{KeyPurpose, PreauthHash, SigningKey, Smb3Keys};
use smb_wire::NtStatus;
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::{
    Capabilities, Dialect, Header, HeaderFlags, SessionFlags, SessionSetupFlags,
    SessionSetupRequest, SessionSetupResponse,
};

use crate::config::{Config, EncryptionPolicy, SigningPolicy};
use crate::encode;
use crate::error::{ClientError, Failure};
use crate::exchange::Ticket;
use crate::keys::{Protection, Sealing, SessionKeys};
use crate::negotiation::{Negotiated, Offer};
pub use identity::{Identity, NtlmRandom};
use ntlm::Ntlm;
pub use session::Session;

/// What to do after a reply.
#[derive(Debug)]
pub enum LogonStep {
    /// Submit a SESSION_SETUP with [`Logon::session_id`] and send what [`Logon::request`] writes.
    Again,
    /// The session is there.
    Done(Session),
}

/// Logs on by NTLMv2 in SPNEGO.
///
/// ```text
/// client                                         server
/// SPNEGO offer of NTLM, NTLM NEGOTIATE    ──►
///                                         ◄──    NTLM CHALLENGE
/// NTLM AUTHENTICATE, MIC over the offer   ──►
///                                         ◄──    MIC over the offer; in 3.x signed by the new key
/// ```
#[derive(Debug)]
pub struct Logon {
    ntlm: Ntlm,
    negotiated: Negotiated,
    phase: Phase,
    session_id: u64,
    preauth: Option<PreauthHash>,
    /// The GSS token to send next.
    token: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Offered,
    Challenged,
    Authenticated,
    Over,
}

impl Logon {
    /// A buffer of this size takes any request.
    pub const MAX_REQUEST: usize = 16 * 1024;
    /// For [`crate::Reply::Message`].
    pub const MAX_REPLY: u32 = 64 * 1024;

    /// A logon at its beginning.
    ///
    /// # Errors
    /// [`ClientError::AnonymousRefused`] or [`ClientError::SigningImpossible`] where the settings forbid it at once.
    pub fn new(
        config: &Config,
        negotiated: &Negotiated,
        identity: Identity,
        random: NtlmRandom,
    ) -> Result<Self, ClientError> {
        if identity.is_anonymous() {
            if !config.allow_anonymous {
                return Err(ClientError::AnonymousRefused);
            }
            if config.signing == SigningPolicy::Required {
                return Err(ClientError::SigningImpossible);
            }
        }
        Ok(Self {
            ntlm: Ntlm::new(identity, random),
            negotiated: *negotiated,
            phase: Phase::Start,
            session_id: 0,
            preauth: negotiated.preauth,
            token: Vec::new(),
        })
    }

    /// The session's id for the next request; 0 until the server has given one.
    #[must_use]
    pub const fn session_id(&self) -> u64 {
        self.session_id
    }

    /// Writes the next request, submitted as a SESSION_SETUP of charge 1 in [`Logon::session_id`], with
    /// [`crate::Reply::Message`] of [`Logon::MAX_REPLY`] bytes and a token without keys: the answer's signature is checked
    /// here, where the key comes to be.
    ///
    /// # Errors
    /// [`ClientError::Emit`], [`ClientError::Crypto`], [`ClientError::OutOfMemory`], [`ClientError::OutOfOrder`].
    pub fn request(
        &mut self,
        config: &Config,
        ticket: &Ticket,
        out: &mut [u8],
    ) -> Result<usize, ClientError> {
        self.phase = match self.phase {
            Phase::Start => {
                self.token = spnego::offer(self.ntlm.negotiate()?)?;
                Phase::Offered
            }
            Phase::Challenged => Phase::Authenticated,
            Phase::Offered | Phase::Authenticated | Phase::Over => {
                return Err(ClientError::OutOfOrder);
            }
        };
        let body = SessionSetupRequest {
            flags: SessionSetupFlags::empty(),
            security_mode: Offer::of(config).security_mode,
            capabilities: Capabilities::empty(),
            previous_session_id: 0,
            security_buffer: &self.token,
        };
        let len = encode::request(out, ticket, Protection::None, |w| body.emit(w))?;
        self.extend_preauth(out.get(FrameHeader::LEN..len).unwrap_or_default())?;
        Ok(len)
    }

    /// Takes the reply's message.
    ///
    /// # Errors
    /// The server's status, or what is wrong with its answer.
    pub fn reply(&mut self, config: &Config, message: &[u8]) -> Result<LogonStep, Failure> {
        let header = Header::parse(message)?;
        let phase = core::mem::replace(&mut self.phase, Phase::Over);
        match (phase, header.status) {
            (Phase::Offered, NtStatus::MORE_PROCESSING_REQUIRED) => {
                self.challenged(config, &header, message)?;
                Ok(LogonStep::Again)
            }
            (Phase::Authenticated, NtStatus::SUCCESS) => {
                Ok(LogonStep::Done(self.accepted(config, &header, message)?))
            }
            (Phase::Authenticated, NtStatus::MORE_PROCESSING_REQUIRED) => {
                Err(ClientError::TooManyRounds.into())
            }
            (Phase::Offered | Phase::Authenticated, status) if status.is_error() => {
                Err(Failure::Server(status))
            }
            (Phase::Offered | Phase::Authenticated, status) => {
                Err(ClientError::UnexpectedStatus(status).into())
            }
            _ => Err(ClientError::OutOfOrder.into()),
        }
    }

    #[inline(never)]
    fn challenged(
        &mut self,
        config: &Config,
        header: &Header,
        message: &[u8],
    ) -> Result<(), ClientError> {
        if header.session_id == 0 {
            return Err(ClientError::WrongSession(0));
        }
        self.session_id = header.session_id;
        self.extend_preauth(message)?;
        let response = SessionSetupResponse::parse(message)?;
        let challenge = spnego::challenge(response.security_buffer)?;
        let authenticate = self.ntlm.authenticate(config, challenge)?;
        let mic = self.ntlm.sign_list(spnego::MECH_LIST)?;
        self.token = spnego::answer(&authenticate, mic.as_ref())?;
        self.phase = Phase::Challenged;
        Ok(())
    }

    #[inline(never)]
    fn accepted(
        &mut self,
        config: &Config,
        header: &Header,
        message: &[u8],
    ) -> Result<Session, ClientError> {
        if header.session_id != self.session_id {
            return Err(ClientError::SessionIdChanged);
        }
        let response = SessionSetupResponse::parse(message)?;
        let guest = response.flags.contains(SessionFlags::IS_GUEST);
        let anonymous = self.ntlm.is_anonymous();
        // Neither flag is signed: anybody on the way could set them, and have all that follows without keys.
        if guest && (!config.allow_guest || config.signing == SigningPolicy::Required) {
            return Err(ClientError::GuestRefused);
        }
        if response.flags.contains(SessionFlags::IS_NULL) && !anonymous {
            return Err(ClientError::MadeNobody);
        }
        let keys = if guest || anonymous {
            None
        } else {
            let mic = spnego::accepted(response.security_buffer)?;
            self.ntlm.verify_list(spnego::MECH_LIST, mic)?;
            let keys = self.keys()?;
            self.check_signature(&keys, header, message)?;
            Some(keys)
        };
        let session = Session {
            id: self.session_id,
            guest,
            anonymous,
            keys,
            sign_all: self.negotiated.signing_required,
            seal_all: config.encryption == EncryptionPolicy::Required
                || response.flags.contains(SessionFlags::ENCRYPT_DATA),
            without_cipher: self.without_cipher(config),
        };
        if session.seal_all {
            session.sealing()?;
        }
        Ok(session)
    }

    /// What it means if encryption is demanded and no cipher was agreed on. Before 3.1.1 nobody has signed whether the server can
    /// encrypt, and none that demands it would say that it cannot.
    fn without_cipher(&self, config: &Config) -> ClientError {
        let (asked, answered) = (Offer::of(config).capabilities, self.negotiated.capabilities);
        let is_unproven = (Dialect::SMB3_0..Dialect::SMB3_1_1).contains(&self.negotiated.dialect);
        if is_unproven
            && asked.contains(Capabilities::ENCRYPTION)
            && !answered.contains(Capabilities::ENCRYPTION)
        {
            ClientError::Downgrade
        } else {
            ClientError::EncryptionImpossible
        }
    }

    /// The session's keys (MS-SMB2 3.2.5.3.1, 3.2.5.3.3).
    // Its own frame: what derives the keys is not to lie on top of what checks the answer.
    #[inline(never)]
    fn keys(&self) -> Result<SessionKeys, ClientError> {
        let session_key = self.ntlm.session_key()?;
        let smb3 = match (self.negotiated.dialect, self.preauth) {
            (_, Some(preauth)) => Some(Smb3Keys::Smb311(preauth)),
            (Dialect::SMB3_0 | Dialect::SMB3_0_2, None) => Some(Smb3Keys::Smb30),
            _ => None,
        };
        let algorithm = self.negotiated.signing_algorithm;
        let Some(smb3) = smb3 else {
            return Ok(SessionKeys::new(
                SigningKey::new(algorithm, session_key)?,
                None,
            ));
        };
        let signing = SigningKey::new(algorithm, &smb3.derive(session_key, KeyPurpose::Signing)?)?;
        let sealing = match self.negotiated.cipher {
            Some(cipher) => Some(Sealing::derive(&smb3, session_key, cipher)?),
            None => None,
        };
        Ok(SessionKeys::new(signing, sealing))
    }

    /// The final response is the first that the new key can sign. In 3.x its signature proves that the server knows the
    /// password's key, and in 3.1.1 that nobody has changed anything said so far (MS-SMB2 3.2.5.3.3).
    fn check_signature(
        &self,
        keys: &SessionKeys,
        header: &Header,
        message: &[u8],
    ) -> Result<(), ClientError> {
        let required =
            self.negotiated.dialect >= Dialect::SMB3_0 || self.negotiated.signing_required;
        if !header.flags.contains(HeaderFlags::SIGNED) {
            return if required {
                Err(ClientError::LogonNotSigned)
            } else {
                Ok(())
            };
        }
        match keys.signing().verify(message, &[]) {
            // What the server demands of the session, or in 3.1.1 anything said so far, may have been changed.
            Err(smb_crypto::CryptoError::Mismatch) => Err(ClientError::Downgrade),
            other => Ok(other?),
        }
    }

    fn extend_preauth(&mut self, message: &[u8]) -> Result<(), ClientError> {
        if let Some(preauth) = &mut self.preauth {
            *preauth = preauth.extended(&[message])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
