//! A session and a tree that nobody had to ask for. Nothing in them is protected.

use nt::pool::PoolArc;
use smb_client::Protection;

use crate::connection::Connection;

/// How a request and its answer are protected: not.
#[derive(Clone)]
pub enum Guard {
    None,
}

impl Guard {
    pub fn is_protected(&self) -> bool {
        false
    }

    pub fn protection(&self) -> Protection<'_> {
        Protection::None
    }
}

pub struct Session;

impl Session {
    pub fn id(&self) -> u64 {
        0x19
    }
}

pub struct Tree {
    pub connection: PoolArc<Connection>,
}

impl Tree {
    pub fn session(&self) -> &Session {
        &Session
    }

    pub fn connection(&self) -> &PoolArc<Connection> {
        &self.connection
    }

    pub fn guard(&self) -> &Guard {
        &Guard::None
    }

    pub fn id(&self) -> u32 {
        5
    }
}
