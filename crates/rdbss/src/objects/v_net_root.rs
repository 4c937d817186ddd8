//! V_NET_ROOT: one user's view of a share.

use core::ptr::NonNull;

use nt::pool::PoolArc;

use super::NetRoot;
use crate::MiniRedirector;
use crate::connect::Credentials;
use crate::context_slot::ContextSlot;
use crate::raw::MRX_V_NET_ROOT;
use crate::unicode::characters;

object_reference! {
    /// One user's view of a share (`MRX_V_NET_ROOT`): a logon, a session, a drive letter.
    VNetRoot: MRX_V_NET_ROOT
}

/// Whose logon a view belongs to (`LUID`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogonId {
    /// The low half.
    pub low: u32,
    /// The high half.
    pub high: i32,
}

impl<'a, M: MiniRedirector> VNetRoot<'a, M> {
    /// The share.
    pub fn net_root(self) -> NetRoot<'a, M> {
        // SAFETY: a live object.
        let net_root = unsafe { (*self.as_raw()).pNetRoot };
        // SAFETY: RDBSS makes no V_NET_ROOT without a NET_ROOT.
        let net_root = unsafe { NonNull::new_unchecked(net_root) };
        // SAFETY: a V_NET_ROOT keeps its NET_ROOT.
        unsafe { NetRoot::from_raw(net_root) }
    }

    /// The mini-redirector's own state of the view; None until the connect has succeeded.
    pub fn context(self) -> Option<&'a M::VNetRoot> {
        self.slot().get()
    }

    /// A reference to that state to keep.
    pub fn share_context(self) -> Option<PoolArc<M::VNetRoot>> {
        self.slot().share()
    }

    /// The logon that the view belongs to.
    pub fn logon_id(self) -> LogonId {
        // SAFETY: a live object; its logon does not change.
        let luid = unsafe { (*self.as_raw()).LogonId };
        LogonId {
            low: luid.LowPart,
            high: luid.HighPart,
        }
    }

    /// The terminal session that the view belongs to.
    pub fn session_id(self) -> u32 {
        // SAFETY: a live object; its session does not change.
        unsafe { (*self.as_raw()).SessionId }
    }

    /// Whether the user connected on purpose (`net use`).
    pub fn is_explicit_connection(self) -> bool {
        // SAFETY: a live object.
        unsafe { (*self.as_raw()).IsExplicitConnection != 0 }
    }

    /// The user that the view was made for, where the user named one.
    pub fn credentials(self) -> Credentials<'a> {
        // SAFETY: a live object.
        let user = unsafe { (*self.as_raw()).pUserName };
        // SAFETY: a live object.
        let password = unsafe { (*self.as_raw()).pPassword };
        // SAFETY: a live object.
        let domain = unsafe { (*self.as_raw()).pUserDomainName };
        Credentials {
            // SAFETY: RDBSS keeps the name as long as the object.
            user: (!user.is_null()).then(|| unsafe { characters(user) }),
            // SAFETY: as above.
            password: (!password.is_null()).then(|| unsafe { characters(password) }),
            // SAFETY: as above.
            domain: (!domain.is_null()).then(|| unsafe { characters(domain) }),
        }
    }

    pub(crate) fn slot(self) -> ContextSlot<'a, M::VNetRoot> {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Context };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the context of a live object; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
    }
}
