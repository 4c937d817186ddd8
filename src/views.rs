//! The users' views of shares, by the logons that they belong to: when a logon ends, what it connected to ends, too.

use nt::pool::{PoolArc, PoolVec, Tag};
use nt::sync::SpinLock;
use nt::{Result, Status};
use rdbss::connect::Finalize;
use rdbss::objects::LogonId;
use rdbss::{Device, WorkQueue};

use crate::dispatch::Redirector;
use crate::share::View;

const TAG: Tag = Tag::new(b"OxVi");

/// All views that are connected.
pub struct Views(SpinLock<PoolVec<Entry>>);

struct Entry {
    view: PoolArc<View>,
    logon: LogonId,
    /// The logon has ended.
    abandoned: bool,
}

impl Views {
    /// None yet.
    pub const fn none() -> Self {
        Self(SpinLock::new(PoolVec::new(TAG)))
    }

    /// Notes a view until [`Self::forget`].
    ///
    /// # Errors
    /// STATUS_INSUFFICIENT_RESOURCES.
    pub fn note(&self, view: &PoolArc<View>, logon: LogonId) -> Result<()> {
        self.0.lock().push(Entry {
            view: PoolArc::clone(view),
            logon,
            abandoned: false,
        })
    }

    /// The view has gone.
    pub fn forget(&self, view: &PoolArc<View>) {
        drop(self.take(|entry| PoolArc::ptr_eq(&entry.view, view)));
    }

    /// The logon has ended. Its views end on a worker thread: the network is waited for. IRQL: DISPATCH.
    pub fn logon_ended(&self, device: Device<'_, Redirector>, logon: LogonId) {
        for entry in self.0.lock().iter_mut() {
            entry.abandoned |= entry.logon == logon;
        }
        // Without memory they stay for the next time that somebody connects, or that a logon ends.
        let _ = device.post(WorkQueue::Delayed, |device| {
            device.mini().views().end_abandoned();
        });
    }

    /// Ends the views whose logons have ended. IRQL: PASSIVE.
    pub fn end_abandoned(&self) {
        while let Some(Entry { view, .. }) = self.take(|entry| entry.abandoned) {
            let link = view.link();
            let ended = link.finalize(Finalize::IfUnused).or_else(|_| {
                // A handle in the hands of another logon: the view ends with it.
                link.finalize(Finalize::DropReference)
            });
            if let Err(Status(status)) = ended {
                nt::log!(Warn, "a connection outlives its logon: {status:#x}");
            }
        }
    }

    fn take(&self, is_it: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let mut views = self.0.lock();
        let index = views.iter().position(is_it)?;
        views.swap_remove(index)
    }
}
