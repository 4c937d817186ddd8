//! Deleting connections.

use core::ptr::NonNull;

use nt::{Result, Status};

use crate::objects::{NetRoot, VNetRoot};
use crate::raw::{self, FILE_OBJECT, MRX_V_NET_ROOT, NET_ROOT, V_NET_ROOT};
use crate::{MiniRedirector, Request};

/// How hard a connection is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finalize {
    /// Not if something is open on it: STATUS_CONNECTION_IN_USE or the like.
    IfUnused,
    /// Closes what is open.
    CloseFiles,
    /// Only drops the reference that the connect took.
    DropReference,
}

impl Finalize {
    /// RxFinalizeConnection's `ForceFilesClosed`.
    const fn to_raw(self) -> u32 {
        match self {
            Self::IfUnused => 0,
            Self::CloseFiles => 1,
            Self::DropReference => 0xff,
        }
    }
}

impl<'a, M: MiniRedirector> VNetRoot<'a, M> {
    /// The view of a share that a tree-connect open (FILE_CREATE_TREE_CONNECTION) is of; None for other opens.
    ///
    /// # Safety
    /// `file` must be an open of a device of `M`, and stay open during `'a`.
    pub unsafe fn of_tree_connect(file: NonNull<FILE_OBJECT>) -> Option<Self> {
        // SAFETY: by the contract.
        let context = unsafe { (*file.as_ptr()).FsContext2 };
        let v_net_root = NonNull::new(context.cast::<MRX_V_NET_ROOT>())?;
        // SAFETY: RDBSS's second context of an open is NULL or an object that begins with its type.
        let node_type = unsafe { (*v_net_root.as_ptr()).NodeTypeCode };
        // SAFETY: an object of that type, kept by the open file.
        (node_type == raw::RDBSS_NTC_V_NETROOT).then(|| unsafe { Self::from_raw(v_net_root) })
    }

    /// Deletes the connection (`RxFinalizeConnection`). IRQL: PASSIVE_LEVEL.
    pub fn finalize(self, how: Finalize) -> Result<()> {
        let net_root = self.net_root().as_raw().cast::<NET_ROOT>();
        let v_net_root = self.as_raw().cast::<V_NET_ROOT>();
        // SAFETY: live objects, which begin with what a mini-redirector sees.
        nt::check(unsafe { raw::RxFinalizeConnection(net_root, v_net_root, how.to_raw()) })
    }
}

impl<M: MiniRedirector> NetRoot<'_, M> {
    /// Does the delayed closes of the share and waits for them (`RxPurgeRelatedFobxs`), then finalizes what they leave
    /// (`RxScavengeFobxsForNetRoot`). An error if some cannot be done. No FCB may be held. IRQL: PASSIVE_LEVEL.
    pub fn do_delayed_closes(self, request: &Request<'_, M>) -> Result<()> {
        let net_root = self.as_raw().cast::<NET_ROOT>();
        let every_fcb = core::ptr::null_mut();
        // SAFETY: a live share and a live context.
        let purged = unsafe {
            raw::RxPurgeRelatedFobxs(
                net_root,
                request.as_raw(),
                raw::ATTEMPT_FINALIZE_ON_PURGE,
                every_fcb,
            )
        };
        // SAFETY: a live share.
        unsafe { raw::RxScavengeFobxsForNetRoot(net_root, every_fcb, 1) };
        Status(purged).ok()
    }
}
