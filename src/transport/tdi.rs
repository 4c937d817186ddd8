//! TDI: what it lacks.

use core::net::SocketAddr;
use core::time::Duration;

use nt::pool::PoolVec;
use nt::tdi::Socket;
use nt::{Result, Status};

/// TDI has no name service, so only addresses lead to servers.
///
/// # Errors
/// STATUS_BAD_NETWORK_PATH, always.
pub fn look_up() -> Result<PoolVec<SocketAddr>> {
    nt::log!(Warn, "by TDI a server is reached by its address only");
    Err(Status::BAD_NETWORK_PATH)
}

/// Connects to an address. IRQL: PASSIVE.
///
/// # Errors
/// Those of [`Socket::connect`].
pub fn connect(address: SocketAddr, timeout: Duration) -> Result<Socket> {
    Socket::connect(address, timeout).map_err(|failure| match failure {
        // The transport's device is missing, not the server: nothing is to be reached from here.
        Status::OBJECT_NAME_NOT_FOUND | Status::NO_SUCH_DEVICE => Status::NETWORK_UNREACHABLE,
        failure => failure,
    })
}
