//! NET_ROOT: a share.

use core::ptr::NonNull;

use nt::pool::PoolArc;

use super::{SrvCall, shared_flags};
use crate::MiniRedirector;
use crate::context_slot::ContextSlot;
use crate::raw::{self, MRX_NET_ROOT};
use crate::unicode::characters;

object_reference! {
    /// A share (`MRX_NET_ROOT`).
    NetRoot: MRX_NET_ROOT
}

/// What a share is of (`NET_ROOT_TYPE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareKind {
    /// Files.
    Disk,
    /// Named pipes.
    Pipe,
    /// A serial line.
    Comm,
    /// A printer.
    Print,
    /// Mailslots.
    Mailslot,
    /// Not known, or not known here.
    Wild,
}

impl ShareKind {
    pub(crate) const fn from_raw(kind: u8) -> Self {
        match kind {
            raw::NET_ROOT_DISK => Self::Disk,
            raw::NET_ROOT_PIPE => Self::Pipe,
            raw::NET_ROOT_COMM => Self::Comm,
            raw::NET_ROOT_PRINT => Self::Print,
            raw::NET_ROOT_MAILSLOT => Self::Mailslot,
            _ => Self::Wild,
        }
    }

    pub(crate) const fn to_raw(self) -> u8 {
        match self {
            Self::Disk => raw::NET_ROOT_DISK,
            Self::Pipe => raw::NET_ROOT_PIPE,
            Self::Comm => raw::NET_ROOT_COMM,
            Self::Print => raw::NET_ROOT_PRINT,
            Self::Mailslot => raw::NET_ROOT_MAILSLOT,
            Self::Wild => raw::NET_ROOT_WILD,
        }
    }
}

/// How a share is (`MRX_NET_ROOT_STATE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NetRootState {
    /// In use.
    Good = raw::MRX_NET_ROOT_STATE_GOOD,
    /// Paused by the server.
    Paused = raw::MRX_NET_ROOT_STATE_PAUSED,
    /// The connection is lost.
    Disconnected = raw::MRX_NET_ROOT_STATE_DISCONNECTED,
    /// Broken.
    Error = raw::MRX_NET_ROOT_STATE_ERROR,
    /// Connected.
    Connected = raw::MRX_NET_ROOT_STATE_CONNECTED,
    /// Being connected again.
    Reconnecting = raw::MRX_NET_ROOT_STATE_RECONN,
}

impl<'a, M: MiniRedirector> NetRoot<'a, M> {
    /// Server and share: `\server\share`.
    pub fn name(self) -> &'a [u16] {
        // SAFETY: a live object.
        let name = unsafe { (*self.as_raw()).pNetRootName };
        // SAFETY: RDBSS keeps the name as long as the object.
        unsafe { characters(name) }
    }

    /// The share's name without the server's: `\share`, empty if there is none.
    pub fn share_name(self) -> &'a [u16] {
        self.name()
            .get(self.srv_call().name().len()..)
            .unwrap_or(&[])
    }

    /// The server.
    pub fn srv_call(self) -> SrvCall<'a, M> {
        // SAFETY: a live object.
        let srv_call = unsafe { (*self.as_raw()).pSrvCall };
        // SAFETY: RDBSS makes no NET_ROOT without a SRV_CALL.
        let srv_call = unsafe { NonNull::new_unchecked(srv_call) };
        // SAFETY: a NET_ROOT keeps its SRV_CALL.
        unsafe { SrvCall::from_raw(srv_call) }
    }

    /// The mini-redirector's own state of the share; None until a connect has succeeded.
    pub fn context(self) -> Option<&'a M::NetRoot> {
        self.slot().get()
    }

    /// A reference to that state to keep.
    pub fn share_context(self) -> Option<PoolArc<M::NetRoot>> {
        self.slot().share()
    }

    /// What the share is of.
    pub fn kind(self) -> ShareKind {
        // SAFETY: a live object, whose type does not change once its making is over.
        ShareKind::from_raw(unsafe { (*self.as_raw()).Type })
    }

    /// The share's flags as RDBSS has them (`NETROOT_FLAG_*`).
    pub fn raw_flags(self) -> u32 {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Flags };
        // SAFETY: the flags of a live object.
        unsafe { shared_flags(field) }.load(core::sync::atomic::Ordering::Acquire)
    }

    pub(crate) fn slot(self) -> ContextSlot<'a, M::NetRoot> {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Context };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the context of a live object; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
    }
}
