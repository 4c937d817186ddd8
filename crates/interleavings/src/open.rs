//! A file that is open.

use nt::pool::PoolArc;
use smb_client::{Protection, Ticket};
use smb_wire::smb2::FileId;

use crate::connection::Connection;
use crate::session::Tree;

/// An open as the server knows it.
pub struct Open {
    pub tree: PoolArc<Tree>,
}

impl Open {
    pub fn tree(&self) -> &PoolArc<Tree> {
        &self.tree
    }

    pub fn connection(&self) -> &PoolArc<Connection> {
        self.tree.connection()
    }

    pub fn file_id(&self) -> FileId {
        FileId::new(0x11, 0x22)
    }
}

/// A CLOSE that nobody waits for, of which there is none here.
#[derive(Clone)]
pub enum Closing {}

impl Closing {
    pub fn send(&self, _: &Ticket) {
        match *self {}
    }

    pub fn protection(&self) -> Protection<'_> {
        match *self {}
    }
}
