//! V_NET_ROOT: one user's view of a share.

use core::ptr::NonNull;

use nt::pool::PoolArc;
use nt::{Result, sys};

use super::NetRoot;
use crate::MiniRedirector;
use crate::connect::{Credentials, VNetRootLink};
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

impl LogonId {
    /// The logon that the present thread acts in: the impersonated one, or the process's. RDBSS gives it to a view that the thread
    /// connects. IRQL: PASSIVE.
    pub fn of_caller() -> Self {
        let mut subject = sys::SECURITY_SUBJECT_CONTEXT::default();
        // SAFETY: room for the context.
        unsafe { sys::SeCaptureSubjectContext(&raw mut subject) };
        let token = if subject.ClientToken.is_null() {
            subject.PrimaryToken
        } else {
            subject.ClientToken
        };
        let mut luid = sys::LUID {
            LowPart: 0,
            HighPart: 0,
        };
        // SAFETY: the captured context keeps its tokens; every process has one.
        let status = unsafe { sys::SeQueryAuthenticationIdToken(token, &raw mut luid) };
        // It always succeeds; were it not so, this is nobody's logon.
        debug_assert!(status >= 0, "a token has a logon");
        // SAFETY: captured above.
        unsafe { sys::SeReleaseSubjectContext(&raw mut subject) };
        Self {
            low: luid.LowPart,
            high: luid.HighPart,
        }
    }
}

impl LogonId {
    /// Has [`MiniRedirector::logon_ended`] called when the logon ends. May be asked for again and again. IRQL: PASSIVE.
    pub fn mark(self) -> Result<()> {
        let mut luid = sys::LUID {
            LowPart: self.low,
            HighPart: self.high,
        };
        // SAFETY: a LUID, which is read during the call.
        nt::check(unsafe { sys::SeMarkLogonSessionForTerminationNotification(&raw mut luid) })
    }
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

    /// A way to the view for later.
    pub fn link(self) -> Option<PoolArc<VNetRootLink>> {
        self.second_slot().share()
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

    /// The user that the view was made for, where the user named one. The password is to be taken from here while the view is
    /// being connected only: openrdbss wipes it afterwards, and it is None then.
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

    pub(crate) fn second_slot(self) -> ContextSlot<'a, VNetRootLink> {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Context2 };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the second context of a live object; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
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
