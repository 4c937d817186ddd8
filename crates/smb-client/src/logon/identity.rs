//! Who logs on.

use alloc::vec::Vec;
use core::fmt;

use smb_crypto::{Key128, NtHash};

use crate::error::ClientError;

/// Who logs on: a user with a password's hash, or nobody.
#[derive(Debug)]
pub struct Identity {
    pub(super) user: Vec<u16>,
    pub(super) domain: Vec<u16>,
    pub(super) workstation: Vec<u16>,
    /// None for nobody.
    pub(super) hash: Option<NtHash>,
}

impl Identity {
    /// The longest user, domain and workstation, in UTF-16 units: as long as Windows lets a user name be (UNLEN).
    pub const MAX_UNITS: usize = 256;

    /// A user of a domain; all names in UTF-16. An empty domain leaves it to the server. `workstation` is this machine's
    /// name: a challenge from a server of that name is taken for our own credentials coming back, and refused. An empty one
    /// is not compared.
    ///
    /// # Errors
    /// [`ClientError::OutOfMemory`], or [`ClientError::NameTooLong`] over [`Identity::MAX_UNITS`].
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

    /// Nobody. Needs [`crate::Config::allow_anonymous`].
    #[must_use]
    pub const fn anonymous() -> Self {
        Self {
            user: Vec::new(),
            domain: Vec::new(),
            workstation: Vec::new(),
            hash: None,
        }
    }

    pub(super) const fn is_anonymous(&self) -> bool {
        self.hash.is_none()
    }
}

/// Random bytes and the time for NTLM, which this crate can make neither of.
#[derive(Clone)]
pub struct NtlmRandom {
    /// The client's challenge.
    pub client_challenge: [u8; 8],
    /// The key that client and server will share, if they exchange keys.
    pub session_key: Key128,
    /// Now, as a FILETIME, for servers that do not tell theirs.
    pub filetime: i64,
}

impl fmt::Debug for NtlmRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtlmRandom(..)")
    }
}

fn name(units: &[u16]) -> Result<Vec<u16>, ClientError> {
    if units.len() > Identity::MAX_UNITS {
        return Err(ClientError::NameTooLong);
    }
    let mut copy = Vec::new();
    copy.try_reserve_exact(units.len())
        .map_err(|_| ClientError::OutOfMemory)?;
    copy.extend_from_slice(units);
    Ok(copy)
}
