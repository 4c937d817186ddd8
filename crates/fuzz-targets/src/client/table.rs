//! The table as the receiver reaches it, counting how often.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use smb_client::{Connection, Sealing, Session, SharedTable};

use super::token::Tok;

/// The shared part of a connection, and its session.
pub struct Shared {
    pub connection: RefCell<Connection<Tok>>,
    pub session: RefCell<Option<Rc<Session>>>,
    /// How often the receiver came here.
    pub calls: Cell<u64>,
}

impl Shared {
    pub const fn new(connection: Connection<Tok>) -> Self {
        Self {
            connection: RefCell::new(connection),
            session: RefCell::new(None),
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
        let session = self.session.borrow();
        let session = session.as_ref().filter(|session| session.id == session_id);
        work(session.and_then(|session| session.sealing().ok()))
    }
}
