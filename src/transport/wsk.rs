//! Winsock Kernel: attaching, host names.

use core::net::SocketAddr;
use core::time::Duration;

use nt::pool::PoolVec;
use nt::sync::SpinLock;
use nt::wsk::{Provider, Socket, resolve};
use nt::{Result, Status};

use crate::names::ServerName;

/// Winsock Kernel, attached to by whoever is the first to connect.
pub struct Wsk(SpinLock<Option<Provider>>);

impl Wsk {
    /// Not attached to.
    pub const fn detached() -> Self {
        Self(SpinLock::new(None))
    }

    /// Attaches, unless that is done, and waits for WSK no longer than `timeout`. IRQL: PASSIVE.
    ///
    /// # Errors
    /// STATUS_NETWORK_UNREACHABLE when it does not come up in time.
    pub fn provider(&self, timeout: Duration) -> Result<Provider> {
        if let Some(provider) = &*self.0.lock() {
            return Ok(provider.clone());
        }
        let provider = Provider::register(timeout).map_err(|failure| match failure {
            Status::INSUFFICIENT_RESOURCES => failure,
            // Nothing is to be reached from here.
            _ => Status::NETWORK_UNREACHABLE,
        })?;
        // Others may have been as fast; then theirs goes, once nobody uses it.
        let _other = self.0.lock().replace(provider.clone());
        Ok(provider)
    }

    /// Detaches, as soon as the last socket is closed. IRQL: PASSIVE.
    pub fn detach(&self) {
        let provider = self.0.lock().take();
        drop(provider);
    }

    /// The addresses of a host, in the order in which to try them. IRQL: PASSIVE.
    ///
    /// # Errors
    /// STATUS_BAD_NETWORK_PATH when the name has none.
    pub fn look_up(
        &self,
        server: ServerName<'_>,
        timeout: Duration,
    ) -> Result<PoolVec<SocketAddr>> {
        let provider = self.provider(timeout)?;
        let addresses = resolve(&provider, server.host, server.port, timeout);
        addresses.map_err(|failure| match failure {
            Status::INSUFFICIENT_RESOURCES => failure,
            // Whatever the name service had to say, for the user there is no such server.
            _ => Status::BAD_NETWORK_PATH,
        })
    }

    /// Connects to an address. IRQL: PASSIVE.
    ///
    /// # Errors
    /// Those of [`Socket::connect`].
    pub fn connect(&self, address: SocketAddr, timeout: Duration) -> Result<Socket> {
        Socket::connect(&self.provider(timeout)?, address, timeout)
    }
}
