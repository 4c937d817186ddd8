//! TCP by Winsock Kernel: from a server's name to a connected socket.

use core::time::Duration;

use nt::time::{interrupt_time, ticks};
use nt::wsk::{KeepAlive, Provider, Socket, resolve};
use nt::{Result, Status};

use crate::names::ServerName;
use crate::status;

/// TCP's own probes find a peer that vanished while nobody asks anything of it.
const KEEP_ALIVE: KeepAlive = KeepAlive {
    idle: Duration::from_secs(60),
    interval: Duration::from_secs(10),
    probes: 5,
};

/// Connects to the first of the server's addresses that answers. IRQL: PASSIVE.
///
/// # Errors
/// The statuses of [`status::from_connecting`].
pub fn connect(provider: &Provider, server: ServerName<'_>, timeout: Duration) -> Result<Socket> {
    let addresses =
        resolve(provider, server.host, server.port, timeout).map_err(|failure| match failure {
            Status::INSUFFICIENT_RESOURCES => failure,
            // Whatever the name service had to say, for the user there is no such server.
            _ => Status::BAD_NETWORK_PATH,
        })?;
    // However many addresses the name has, the caller waits no longer than that.
    let ends = interrupt_time().saturating_add(ticks(timeout));
    let mut outcome = Err(Status::BAD_NETWORK_PATH);
    for &address in &addresses {
        let left = ends.saturating_sub(interrupt_time());
        if left == 0 {
            break;
        }
        outcome = Socket::connect(provider, address, Duration::from_micros(left.div_ceil(10)));
        if outcome.is_ok() {
            break;
        }
    }
    let socket = outcome.map_err(status::from_connecting)?;
    // A request is one small segment, and its answer is waited for: it must not be held back (RFC 896).
    socket.set_nodelay(true).map_err(status::from_connecting)?;
    // Without it a dead peer is found by the next request's time-out instead.
    let _ = socket.set_keep_alive(Some(KEEP_ALIVE));
    Ok(socket)
}
