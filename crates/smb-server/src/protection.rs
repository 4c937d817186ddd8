//! How a message is protected: not at all, by a signature, or by a seal.

use std::sync::Arc;

use smb_crypto::{SigningAlgorithm, SigningKey};

use crate::seals::Seals;
use crate::session::Session;

/// How a reply is protected. What an honest server chooses is one of the first three, by the session and the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// Neither signed nor sealed.
    #[default]
    Plain,
    /// Signed.
    Signed,
    /// Sealed, and not signed: the seal proves as much (MS-SMB2 3.3.4.1.1).
    Sealed,
    /// Sealed, and the sealed frame sealed once more.
    SealedTwice,
    /// Sealed with the key by which the client seals, as if its own message came back.
    SealedByClientsKey,
    /// Sealed with a key that nobody has.
    SealedByUnknownKey,
    /// Sealed rightly, as a message of another session of the connection.
    SealedByAnotherSession,
}

impl Protection {
    pub(crate) fn is_seal(self) -> bool {
        !matches!(self, Self::Plain | Self::Signed)
    }
}

/// The protection that a reply should have, and the session whose keys give it.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    session: Option<Arc<Session>>,
    protection: Protection,
}

impl Guard {
    /// `protection` by the keys of `session`.
    pub(crate) fn new(session: Option<Arc<Session>>, protection: Protection) -> Self {
        Self {
            session,
            protection,
        }
    }

    /// The same for an interim reply. It has the message id of the reply to come, so by GMAC it would have its nonce too; the
    /// client does not look for a signature (MS-SMB2 3.2.5.1.3).
    pub(crate) fn of_interim(&self) -> Self {
        let mut guard = self.clone();
        let signs_by_gmac = self
            .signing_key()
            .is_some_and(|key| key.algorithm() == SigningAlgorithm::AesGmac);
        if signs_by_gmac && guard.protection == Protection::Signed {
            guard.protection = Protection::Plain;
        }
        guard
    }

    /// Protects as a fault has it.
    pub(crate) fn change(&mut self, fault: Option<Protection>) {
        self.protection = fault.unwrap_or(self.protection);
    }

    pub(crate) fn protection(&self) -> Protection {
        self.protection
    }

    /// The key that signs, unless nothing should be or the session has none.
    pub(crate) fn signing_key(&self) -> Option<&SigningKey> {
        let session = self.session.as_deref()?;
        session
            .signing_key()
            .filter(|_| self.protection != Protection::Plain)
    }

    /// The keys that seal and the session's id, if the reply is to be sealed and the session can.
    pub(crate) fn seals(&self) -> Option<(u64, &Seals)> {
        let session = self
            .session
            .as_deref()
            .filter(|_| self.protection.is_seal())?;
        Some((session.id, session.seals()?))
    }
}
