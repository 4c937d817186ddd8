//! What the caller wants of a connection, and what it allows.

use alloc::vec::Vec;

use smb_crypto::Cipher;
use smb_wire::Guid;
use smb_wire::smb2::Dialect;

use crate::error::ClientError;
use crate::time::Interval;

/// Whether messages are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningPolicy {
    /// Always. A session that cannot be signed (guest, anonymous) is refused.
    Required,
    /// When the server demands it, and where the protocol demands it of every session.
    Enabled,
}

/// Whether messages are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptionPolicy {
    /// Always, from the logon on. A session that cannot be encrypted is refused.
    Required,
    /// Where the server demands it of a session or a share.
    Enabled,
}

/// The ciphers to offer, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ciphers {
    order: [Cipher; 4],
    count: usize,
}

impl Ciphers {
    /// All four: GCM before CCM, which is slower, and 128 bits before 256, which are slower.
    pub const DEFAULT: Self = Self {
        order: [
            Cipher::Aes128Gcm,
            Cipher::Aes128Ccm,
            Cipher::Aes256Gcm,
            Cipher::Aes256Ccm,
        ],
        count: 4,
    };
    /// None: what is offered cannot be encrypted.
    pub const NONE: Self = Self {
        count: 0,
        ..Self::DEFAULT
    };

    /// These ciphers, the preferred first; None if one is there twice.
    #[must_use]
    pub fn new(ciphers: impl IntoIterator<Item = Cipher>) -> Option<Self> {
        let mut chosen = Self::NONE;
        for cipher in ciphers {
            if chosen.as_slice().contains(&cipher) {
                return None;
            }
            *chosen.order.get_mut(chosen.count)? = cipher;
            chosen.count = chosen.count.saturating_add(1);
        }
        Some(chosen)
    }

    /// The ciphers, the preferred first.
    #[must_use]
    pub fn as_slice(&self) -> &[Cipher] {
        self.order.get(..self.count).unwrap_or_default()
    }
}

/// The settings of one connection.
#[derive(Clone, Debug)]
pub struct Config {
    /// The oldest dialect to offer.
    pub min_dialect: Dialect,
    /// The newest dialect to offer.
    pub max_dialect: Dialect,
    /// Whether to open with SMB1's multi-protocol NEGOTIATE, for servers that want to be asked so (MS-SMB2 3.2.4.2.1).
    /// What is negotiated is SMB2 or later all the same.
    pub multi_protocol: bool,
    /// Whether messages are signed.
    pub signing: SigningPolicy,
    /// Whether messages are encrypted.
    pub encryption: EncryptionPolicy,
    /// The ciphers to offer. Before 3.1.1 there is AES-128-CCM only.
    pub ciphers: Ciphers,
    /// Names this client to the server; the same for all its connections (MS-SMB2 3.2.1.1).
    pub client_guid: Guid,
    /// Whether a session is accepted that the server made a guest's. Such a session is never signed.
    pub allow_guest: bool,
    /// Whether logging on as nobody is allowed. Such a session is never signed.
    pub allow_anonymous: bool,
    /// The server's name, for the NETNAME context and for NTLM's target name.
    pub server_name: ServerName,
    /// How long a request may take until its first answer.
    pub request_timeout: Interval,
    /// How long a request may take altogether once the server has said that it will take longer (STATUS_PENDING).
    pub pended_timeout: Interval,
    /// How long the server may be silent until it is asked with an ECHO; none means never.
    pub echo_after: Option<Interval>,
    /// How many credits to hold, so how many requests of 64 KiB to have in flight.
    pub credits: u16,
    /// How many requests may be in flight or waiting for credits.
    pub table_capacity: u16,
}

impl Config {
    /// The settings a careful user would choose, for a server of this name.
    #[must_use]
    pub fn new(server_name: ServerName, client_guid: Guid) -> Self {
        Self {
            min_dialect: Dialect::SMB2_0_2,
            max_dialect: Dialect::SMB3_1_1,
            multi_protocol: false,
            signing: SigningPolicy::Required,
            encryption: EncryptionPolicy::Enabled,
            ciphers: Ciphers::DEFAULT,
            client_guid,
            allow_guest: false,
            allow_anonymous: false,
            server_name,
            request_timeout: Interval::from_secs(60),
            pended_timeout: Interval::from_secs(1000),
            echo_after: Some(Interval::from_secs(30)),
            credits: 512,
            table_capacity: 1024,
        }
    }
}

/// A server's name as the user gave it, in UTF-16, without backslashes.
#[derive(Clone, Debug, Default)]
pub struct ServerName(Vec<u16>);

impl ServerName {
    /// The longest name that is kept: a DNS name's length (RFC 1035 2.3.4).
    pub const MAX_UNITS: usize = 255;

    /// Keeps a copy of `name`.
    ///
    /// # Errors
    /// [`ClientError::OutOfMemory`], or [`ClientError::NameTooLong`] over [`ServerName::MAX_UNITS`].
    pub fn new(name: &[u16]) -> Result<Self, ClientError> {
        if name.len() > Self::MAX_UNITS {
            return Err(ClientError::NameTooLong);
        }
        let mut units = Vec::new();
        units
            .try_reserve_exact(name.len())
            .map_err(|_| ClientError::OutOfMemory)?;
        units.extend_from_slice(name);
        Ok(Self(units))
    }

    /// The name's units.
    #[must_use]
    pub fn units(&self) -> &[u16] {
        &self.0
    }
}
