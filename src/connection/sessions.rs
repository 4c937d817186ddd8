//! The sessions of a connection, by which what comes encrypted is opened (MS-SMB2 3.2.1.2, Connection.SessionTable).

use core::sync::atomic::{AtomicBool, Ordering};

use nt::pool::{PoolArc, PoolVec};
use nt::sync::SpinLock;
use nt::{Result, Status};
use smb_client::{Protection, Session};

use super::TAG;

/// How many sessions one connection may have: those that are used, and those of files that are still open.
const SESSIONS: usize = 256;

/// The sessions of a connection.
pub struct Sessions {
    list: SpinLock<PoolVec<PoolArc<Session>>>,
    /// Messages are signed or encrypted, as a rule.
    protected: AtomicBool,
}

impl Sessions {
    /// No session.
    pub fn new() -> Result<Self> {
        Ok(Self {
            list: SpinLock::new(PoolVec::with_capacity(TAG, SESSIONS)?),
            protected: AtomicBool::new(false),
        })
    }

    /// Notes a new session. One that had its id is over, if the server has given it to another. IRQL: any.
    ///
    /// # Errors
    /// STATUS_TOO_MANY_SESSIONS.
    pub fn add(&self, session: PoolArc<Session>) -> Result<()> {
        if !matches!(session.protection(), Protection::None) {
            self.note_protection();
        }
        // Dropped outside of the lock.
        let (_old, refused) = {
            let mut sessions = self.list.lock();
            let old = sessions.iter().position(|known| known.id == session.id);
            (
                old.and_then(|index| sessions.swap_remove(index)),
                sessions.push_within_capacity(session),
            )
        };
        refused.map_err(|_| Status::TOO_MANY_SESSIONS)
    }

    /// Messages will be signed or encrypted from now on, which takes its time. IRQL: any.
    pub fn note_protection(&self) {
        self.protected.store(true, Ordering::Relaxed);
    }

    /// Whether messages are signed or encrypted, as a rule. IRQL: any.
    pub fn are_protected(&self) -> bool {
        self.protected.load(Ordering::Relaxed)
    }

    /// Forgets a session. IRQL: any.
    pub fn remove(&self, session: &PoolArc<Session>) {
        let _gone = {
            let mut sessions = self.list.lock();
            sessions
                .iter()
                .position(|known| PoolArc::ptr_eq(known, session))
                .and_then(|index| sessions.swap_remove(index))
        };
    }

    /// The session of this id. IRQL: any.
    pub fn find(&self, id: u64) -> Option<PoolArc<Session>> {
        let sessions = self.list.lock();
        sessions.iter().find(|session| session.id == id).cloned()
    }
}
