//! What a logon ends in.

use crate::keys::SessionKeys;

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
    pub(super) const fn new(
        id: u64,
        guest: bool,
        anonymous: bool,
        keys: Option<SessionKeys>,
        sign_all: bool,
    ) -> Self {
        Self {
            id,
            guest,
            anonymous,
            keys,
            sign_all,
        }
    }

    /// The session's keys; a guest or nobody has none. TREE_CONNECT and [`crate::DialectCheck`] use them whatever the
    /// policy.
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
