//! SESSION_SETUP: who the user is (MS-SMB2 3.2.4.2.3, 3.2.5.3).

use alloc::vec::Vec;

use smb_crypto::NtHash;

use crate::config::Config;
use crate::error::{ClientError, Failure};
use crate::exchange::Ticket;
use crate::keys::SessionKeys;
use crate::negotiation::Negotiated;

/// Who logs on.
#[derive(Debug)]
pub struct Identity {
    user: Vec<u16>,
    domain: Vec<u16>,
    workstation: Vec<u16>,
    /// None for nobody.
    hash: Option<NtHash>,
}

impl Identity {
    /// A user of a domain, on this machine's name; all in UTF-16. An empty domain means the server's own users.
    ///
    /// # Errors
    /// [`ClientError::OutOfMemory`], or [`ClientError::NameTooLong`].
    pub fn user(
        user: &[u16],
        domain: &[u16],
        workstation: &[u16],
        hash: NtHash,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            user: name(user)?,
            domain: name(domain)?,
            workstation: name(workstation)?,
            hash: Some(hash),
        })
    }

    /// Nobody. Needs [`Config::allow_anonymous`].
    #[must_use]
    pub const fn anonymous() -> Self {
        Self {
            user: Vec::new(),
            domain: Vec::new(),
            workstation: Vec::new(),
            hash: None,
        }
    }
}

/// Random bytes and the time for NTLM, which this crate can make neither of.
#[derive(Clone)]
pub struct NtlmRandom {
    /// The client's challenge.
    pub client_challenge: [u8; 8],
    /// The key that client and server will share, if they exchange keys.
    pub session_key: [u8; 16],
    /// Now, as a FILETIME, for servers that do not tell theirs.
    pub filetime: u64,
}

/// What to do after a reply.
#[derive(Debug)]
pub enum LogonStep {
    /// Submit a SESSION_SETUP with [`Logon::session_id`] and send what [`Logon::request`] writes.
    Again,
    /// The session is there.
    Done(Session),
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// SessionId.
    pub id: u64,
    /// Whether the server made the user a guest.
    pub guest: bool,
    /// Whether the user is nobody.
    pub anonymous: bool,
    keys: Option<SessionKeys>,
    sign_all: bool,
}

impl Session {
    /// The session's keys; a guest or nobody has none.
    #[must_use]
    pub const fn keys(&self) -> Option<&SessionKeys> {
        self.keys.as_ref()
    }

    /// The keys with which ordinary requests are signed and their answers verified; none where signing is not required.
    #[must_use]
    pub const fn request_keys(&self) -> Option<&SessionKeys> {
        if self.sign_all {
            self.keys.as_ref()
        } else {
            None
        }
    }
}

/// Logs on by NTLMv2 in SPNEGO.
#[derive(Debug)]
pub struct Logon {
    session_id: u64,
}

impl Logon {
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
        let _ = (config, negotiated, identity, random);
        Ok(Self { session_id: 0 })
    }

    /// The session's id for the next request; 0 until the server has given one.
    #[must_use]
    pub const fn session_id(&self) -> u64 {
        self.session_id
    }

    /// Writes the next request, submitted as a SESSION_SETUP of charge 1 in [`Logon::session_id`], with
    /// [`crate::Reply::Message`] of [`Logon::MAX_REPLY`] bytes and a token without keys.
    ///
    /// # Errors
    /// [`ClientError::Emit`], [`ClientError::Crypto`], [`ClientError::OutOfMemory`], [`ClientError::OutOfOrder`].
    pub fn request(
        &mut self,
        config: &Config,
        ticket: &Ticket,
        out: &mut [u8],
    ) -> Result<usize, ClientError> {
        let _ = (config, ticket, out);
        Err(ClientError::OutOfOrder)
    }

    /// Takes the reply's message.
    ///
    /// # Errors
    /// The server's status, or what is wrong with its answer.
    pub fn reply(&mut self, config: &Config, message: &[u8]) -> Result<LogonStep, Failure> {
        let _ = (config, message);
        Err(ClientError::OutOfOrder.into())
    }
}

/// A copy of a name. NTLM has room for 32767 units; no name is as long as this.
fn name(units: &[u16]) -> Result<Vec<u16>, ClientError> {
    const MAX_UNITS: usize = 512;
    if units.len() > MAX_UNITS {
        return Err(ClientError::NameTooLong);
    }
    let mut copy = Vec::new();
    copy.try_reserve_exact(units.len())
        .map_err(|_| ClientError::OutOfMemory)?;
    copy.extend_from_slice(units);
    Ok(copy)
}
