//! A way to a SRV_CALL from outside of callbacks.

use core::ptr::NonNull;

use nt::sync::SpinLock;

use crate::raw::{self, MRX_SRV_CALL};

/// Reports oplock and lease breaks of a server to RDBSS, whenever they come. Does nothing once the SRV_CALL has gone.
///
/// The mini-redirector gets one with [`SrvCallCompletion`](crate::SrvCallCompletion), and keeps it with its connection.
pub struct SrvCallLink {
    target: SpinLock<Option<Target>>,
}

struct Target(NonNull<MRX_SRV_CALL>);

// SAFETY: only handed to a routine of RDBSS that any thread may call.
unsafe impl Send for Target {}

impl SrvCallLink {
    pub(crate) fn new(srv_call: NonNull<MRX_SRV_CALL>) -> Self {
        Self {
            target: SpinLock::new(Some(Target(srv_call))),
        }
    }

    /// Reports that the open with this key may no longer keep local what it could (`RxIndicateChangeOfBufferingState`). `level` comes
    /// back in [`compute_new_buffering_state`](crate::MiniRedirector::compute_new_buffering_state). IRQL: any.
    pub fn report_break(&self, key: usize, level: usize) {
        // The lock keeps `sever`, and so the end of the SRV_CALL, away during the call.
        let target = self.target.lock();
        if let Some(Target(srv_call)) = &*target {
            let key = core::ptr::without_provenance_mut(key);
            let level = core::ptr::without_provenance_mut(level);
            // SAFETY: the SRV_CALL lives while the link is not severed; key and level are numbers to RDBSS.
            unsafe { raw::RxIndicateChangeOfBufferingState(srv_call.as_ptr(), key, level) };
        }
    }

    /// The SRV_CALL goes.
    pub(crate) fn sever(&self) {
        *self.target.lock() = None;
    }
}
