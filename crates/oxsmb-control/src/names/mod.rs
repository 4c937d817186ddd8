//! Names: of servers, and of the connections to their shares.

mod connection;
mod server;

pub use connection::ConnectionName;
pub use server::{DEFAULT_PORT, MAX_HOST, NameError, ServerName};

const BACKSLASH: u16 = b'\\' as u16;
