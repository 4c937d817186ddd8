//! Winsock Kernel: host names.

use core::net::SocketAddr;
use core::time::Duration;

use nt::pool::PoolVec;
use nt::wsk::{Provider, resolve};
use nt::{Result, Status};

use crate::names::ServerName;

/// The addresses of a host, in the order in which to try them. IRQL: PASSIVE.
///
/// # Errors
/// STATUS_BAD_NETWORK_PATH when the name has none.
pub fn look_up(
    provider: &Provider,
    server: ServerName<'_>,
    timeout: Duration,
) -> Result<PoolVec<SocketAddr>> {
    let addresses = resolve(provider, server.host, server.port, timeout);
    addresses.map_err(|failure| match failure {
        Status::INSUFFICIENT_RESOURCES => failure,
        // Whatever the name service had to say, for the user there is no such server.
        _ => Status::BAD_NETWORK_PATH,
    })
}
