//! What a logon ends in.

use crate::error::ClientError;
use crate::keys::{Protection, Sealing, SessionKeys};

/// A session.
#[derive(Debug)]
pub struct Session {
    /// SessionId.
    pub id: u64,
    /// Whether the server made the user a guest.
    pub guest: bool,
    /// Whether the user is nobody.
    pub anonymous: bool,
    pub(super) keys: Option<SessionKeys>,
    pub(super) sign_all: bool,
    pub(super) seal_all: bool,
    /// What is wrong if encryption is demanded, and there are keys but no cipher.
    pub(super) without_cipher: ClientError,
}

impl Session {
    /// The session's keys; a guest or nobody has none.
    #[must_use]
    pub const fn keys(&self) -> Option<&SessionKeys> {
        self.keys.as_ref()
    }

    /// Whether all of the session's requests are encrypted, whatever the share.
    #[must_use]
    pub const fn seals_all(&self) -> bool {
        self.seal_all
    }

    /// How ordinary requests and their answers are protected.
    #[must_use]
    pub fn protection(&self) -> Protection<'_> {
        match self.keys() {
            Some(_) if self.sign_all || self.seal_all => self.full_protection(),
            _ => Protection::None,
        }
    }

    /// How requests are protected on which the safety of others rests, whatever the policy: TREE_CONNECT and
    /// [`crate::DialectCheck`].
    #[must_use]
    pub fn full_protection(&self) -> Protection<'_> {
        match self.keys() {
            None => Protection::None,
            Some(keys) => match keys.sealing() {
                Some(sealing) if self.seal_all => Protection::Sealed(sealing),
                _ => Protection::Signed(keys),
            },
        }
    }

    /// The keys that encrypt, for a share that demands it.
    ///
    /// # Errors
    /// [`ClientError::EncryptionImpossible`]; [`ClientError::Downgrade`] if somebody has seen to that.
    pub fn sealing(&self) -> Result<&Sealing, ClientError> {
        let keys = self.keys().ok_or(ClientError::EncryptionImpossible)?;
        keys.sealing().ok_or(self.without_cipher)
    }
}
