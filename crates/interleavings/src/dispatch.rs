//! The driver, as RDBSS knows it: with one connection.

use nt::pool::PoolArc;
use rdbss::MiniRedirector;

use crate::connection::Connection;
use crate::lowio::{self, Serial};
use crate::open::Open;

/// The driver.
pub struct Redirector {
    connection: PoolArc<Connection>,
}

impl Redirector {
    /// The driver, connected.
    pub fn new(connection: &PoolArc<Connection>) -> Self {
        Self {
            connection: PoolArc::clone(connection),
        }
    }
}

impl MiniRedirector for Redirector {
    type SrvOpen = Open;

    fn cancel(&self, cookie: u64) {
        lowio::cancel(&self.connection, Serial::from_cookie(cookie));
    }
}
