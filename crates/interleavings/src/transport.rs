//! The way to the server: a wire that is there already.

use std::sync::Arc;
use std::time::Duration;

use nt::Result;
use nt::net::{Socket, Wire};

use crate::names::ServerName;

/// What connections are made with.
pub struct Transport {
    pub wire: Arc<Wire>,
}

impl Transport {
    pub fn connect(&self, _: ServerName<'_>, _: Duration) -> Result<Socket> {
        Ok(Socket::new(&self.wire))
    }
}
