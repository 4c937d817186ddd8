//! Who a user wants to be to a server. Kept for as long as a connection, because a lost connection needs them again; the
//! password is kept as its NT hash only. So does openrdbss with its own copy, once the share is connected; Microsoft's RDBSS keeps
//! the password itself with its V_NET_ROOT.

use nt::pool::{PoolVec, Tag};
use nt::{Result, Status};
use oxsmb_control::{MAX_DOMAIN, MAX_PASSWORD, MAX_USER};
use rdbss::connect::Credentials as Given;
use rdbss::objects::LogonId;
use smb_client::Identity;
use smb_crypto::NtHash;

use crate::status;

const TAG: Tag = Tag::new(b"OxCr");

/// A local logon, and the user it is to a server.
pub struct Credentials {
    logon: LogonId,
    user: Option<User>,
}

struct User {
    name: PoolVec<u16>,
    domain: PoolVec<u16>,
    hash: NtHash,
}

impl Credentials {
    /// Takes what was given on behalf of a logon.
    ///
    /// # Errors
    /// STATUS_INVALID_PARAMETER for a name, domain or password that is longer than Windows allows.
    pub fn new(logon: LogonId, given: Given<'_>) -> Result<Self> {
        let user = match given.user {
            None => None,
            Some(name) => {
                let domain = given.domain.unwrap_or_default();
                let password = given.password.unwrap_or_default();
                if name.len() > MAX_USER
                    || domain.len() > MAX_DOMAIN
                    || password.len() > MAX_PASSWORD
                {
                    return Err(Status::INVALID_PARAMETER);
                }
                let hash =
                    NtHash::from_password(password).map_err(|_| Status::INSUFFICIENT_RESOURCES)?;
                Some(User {
                    name: copy(name)?,
                    domain: copy(domain)?,
                    hash,
                })
            }
        };
        Ok(Self { logon, user })
    }

    /// The user's name; empty for nobody.
    pub fn name(&self) -> &[u16] {
        self.user.as_ref().map_or(&[], |user| &user.name)
    }

    /// The user's domain; empty for none.
    pub fn domain(&self) -> &[u16] {
        self.user.as_ref().map_or(&[], |user| &user.domain)
    }

    /// Whether both belong to the same local logon.
    pub fn same_logon(&self, other: &Self) -> bool {
        self.logon == other.logon
    }

    /// Whether a session made with `other` serves these: nobody in particular was named, or the same user with the same password.
    pub fn accept_session_of(&self, other: &Self) -> bool {
        match (&self.user, &other.user) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => {
                nt::string::eq_ignore_case(&mine.name, &theirs.name)
                    && nt::string::eq_ignore_case(&mine.domain, &theirs.domain)
                    && mine.hash == theirs.hash
            }
        }
    }

    /// The identity to log on with, from a machine of this name.
    pub fn identity(&self, machine: &[u16]) -> Result<Identity> {
        match &self.user {
            None => Ok(Identity::anonymous()),
            Some(user) => Identity::user(&user.name, &user.domain, machine, user.hash.clone())
                .map_err(status::from_client),
        }
    }
}

fn copy(units: &[u16]) -> Result<PoolVec<u16>> {
    let mut copy = PoolVec::new(TAG);
    copy.extend_from_slice(units)?;
    Ok(copy)
}
