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
    list: SpinLock<PoolVec<Entry>>,
    /// Messages are signed or encrypted, as a rule.
    protected: AtomicBool,
}

struct Entry {
    session: PoolArc<Session>,
    /// Nobody uses it any more, but encrypted answers may still come.
    over: bool,
}

impl Sessions {
    /// No session.
    pub fn new() -> Result<Self> {
        Ok(Self {
            list: SpinLock::new(PoolVec::with_capacity(TAG, SESSIONS)?),
            protected: AtomicBool::new(false),
        })
    }

    /// Whether there is room for one more. IRQL: any.
    ///
    /// # Errors
    /// STATUS_TOO_MANY_SESSIONS.
    pub fn check_room(&self) -> Result<()> {
        if self.list.lock().len() < SESSIONS {
            Ok(())
        } else {
            Err(Status::TOO_MANY_SESSIONS)
        }
    }

    /// Notes a new session. One that had its id is over, if the server has given it to another. IRQL: any.
    ///
    /// # Errors
    /// STATUS_TOO_MANY_SESSIONS.
    pub fn add(&self, session: PoolArc<Session>) -> Result<()> {
        if !matches!(session.protection(), Protection::None) {
            self.note_protection();
        }
        let id = session.id;
        self.forget(|entry| entry.session.id == id);
        let entry = Entry {
            session,
            over: false,
        };
        // What is refused is dropped outside of the lock.
        let refused = self.list.lock().push_within_capacity(entry);
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

    /// A session is over. It is forgotten, and so are those that were over before, but for such as are `awaited`: without their
    /// keys, their late answers could not be told from a stranger's messages. IRQL: any.
    pub fn remove(&self, session: &PoolArc<Session>, awaited: impl Fn(u64) -> bool) {
        for entry in self.list.lock().iter_mut() {
            entry.over |= PoolArc::ptr_eq(&entry.session, session);
        }
        let mut looked_at = None;
        while let Some(id) = self.next_over(looked_at) {
            // Takes the table's lock, so not under this one.
            if !awaited(id) {
                self.forget(|entry| entry.over && entry.session.id == id);
            }
            looked_at = Some(id);
        }
    }

    /// The least id of a session that is over, and more than `id`.
    fn next_over(&self, id: Option<u64>) -> Option<u64> {
        let list = self.list.lock();
        let over = list.iter().filter(|entry| entry.over);
        let ids = over.map(|entry| entry.session.id);
        ids.filter(|next| Some(*next) > id).min()
    }

    /// Forgets those of which `which` says so. Each is dropped outside of the lock.
    fn forget(&self, which: impl Fn(&Entry) -> bool) {
        loop {
            let gone = {
                let mut list = self.list.lock();
                list.iter()
                    .position(&which)
                    .and_then(|index| list.swap_remove(index))
            };
            if gone.is_none() {
                return;
            }
        }
    }

    /// The session of this id. IRQL: any.
    pub fn find(&self, id: u64) -> Option<PoolArc<Session>> {
        let list = self.list.lock();
        let entry = list.iter().find(|entry| entry.session.id == id)?;
        Some(PoolArc::clone(&entry.session))
    }
}
