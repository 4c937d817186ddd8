//! The table as the receiver reaches it, counting how often.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use smb_client::{Connection, Sealing, Session, SharedTable};

use super::token::Tok;

/// The shared part of a connection, and its sessions.
pub struct Shared {
    pub connection: RefCell<Connection<Tok>>,
    /// Those that are not over, the newest last.
    pub sessions: RefCell<Vec<Rc<Session>>>,
    /// How often the receiver came here.
    pub calls: Cell<u64>,
}

impl Shared {
    pub const fn new(connection: Connection<Tok>) -> Self {
        Self {
            connection: RefCell::new(connection),
            sessions: RefCell::new(Vec::new()),
            calls: Cell::new(0),
        }
    }

    fn count(&self) {
        self.calls.set(self.calls.get() + 1);
    }
}

impl SharedTable<Tok> for Shared {
    fn with<R>(&self, work: impl FnOnce(&mut Connection<Tok>) -> R) -> R {
        self.count();
        work(&mut self.connection.borrow_mut())
    }

    fn with_sealing<R>(&self, session_id: u64, work: impl FnOnce(Option<&Sealing>) -> R) -> R {
        self.count();
        let sessions = self.sessions.borrow();
        // Where a server gave an id twice, the newer session has it.
        let mut of_it = sessions
            .iter()
            .rev()
            .filter(|session| session.id == session_id);
        work(of_it.next().and_then(|session| session.sealing().ok()))
    }
}
