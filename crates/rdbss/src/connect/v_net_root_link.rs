//! A way to a V_NET_ROOT from outside of callbacks.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use nt::Result;
use nt::sync::SpinLock;

use super::Finalize;
use crate::raw::{self, MRX_V_NET_ROOT};

/// Ends a user's connection to a share, whenever that is due. Does nothing once the V_NET_ROOT has gone.
///
/// The mini-redirector gets one from [`VNetRoot::link`](crate::objects::VNetRoot::link).
pub struct VNetRootLink {
    target: SpinLock<Option<Target>>,
}

struct Target(NonNull<MRX_V_NET_ROOT>);

// SAFETY: only handed to routines of RDBSS that any thread may call.
unsafe impl Send for Target {}

/// A reference to a V_NET_ROOT.
struct Held(NonNull<MRX_V_NET_ROOT>);

impl VNetRootLink {
    pub(crate) fn new(v_net_root: NonNull<MRX_V_NET_ROOT>) -> Self {
        Self {
            target: SpinLock::new(Some(Target(v_net_root))),
        }
    }

    /// Deletes the connection (`RxFinalizeConnection`). No FCB may be held. IRQL: PASSIVE_LEVEL.
    pub fn finalize(&self, how: Finalize) -> Result<()> {
        let Some(held) = self.hold() else {
            return Ok(());
        };
        let v_net_root = held.0.as_ptr();
        // SAFETY: the reference keeps the object, and that its NET_ROOT.
        let net_root = unsafe { (*v_net_root).pNetRoot };
        // SAFETY: live objects, which begin with what a mini-redirector sees.
        nt::check(unsafe {
            raw::RxFinalizeConnection(net_root.cast(), v_net_root.cast(), how.to_raw())
        })
    }

    /// A reference, unless the V_NET_ROOT has gone or is about to.
    fn hold(&self) -> Option<Held> {
        // The lock keeps `sever`, and so the end of the V_NET_ROOT's memory, away.
        let target = self.target.lock();
        let v_net_root = target.as_ref()?.0;
        // SAFETY: the V_NET_ROOT's memory is there while the link is not severed.
        let count = unsafe { &raw mut (*v_net_root.as_ptr()).NodeReferenceCount };
        // SAFETY: RDBSS counts with interlocked operations.
        let count = unsafe { AtomicU32::from_ptr(count) };
        // From none on, RDBSS may be ending it already.
        let more = |count: u32| count.checked_add(1).filter(|_| count != 0);
        count
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, more)
            .ok()
            .map(|_| Held(v_net_root))
    }

    /// The V_NET_ROOT goes.
    pub(crate) fn sever(&self) {
        *self.target.lock() = None;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the reference of `hold`; no lock is held.
        unsafe { raw::RxDereference(self.0.as_ptr().cast(), raw::LHS_LockNotHeld) };
    }
}
