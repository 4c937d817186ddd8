//! How bytes reach a server: TCP by Winsock Kernel, or by TDI where a setting says so.

mod address;
mod literal;
mod tdi;
mod wsk;

use core::net::SocketAddr;
use core::time::Duration;

use nt::net::{KeepAlive, Socket, Stream};
use nt::pool::{PoolVec, Tag};
use nt::time::{interrupt_time, ticks};
use nt::wsk::Provider;
use nt::{Result, Status};

use crate::names::ServerName;
use crate::settings::{self, Settings};
use crate::status;

const TAG: Tag = Tag::new(b"OxTr");

/// TCP's own probes find a peer that vanished while nobody asks anything of it.
const KEEP_ALIVE: KeepAlive = KeepAlive {
    idle: Duration::from_secs(60),
    interval: Duration::from_secs(10),
    probes: 5,
};

/// What connections are made with.
#[derive(Clone)]
pub enum Transport {
    /// Winsock Kernel, attached to.
    Wsk(Provider),
    /// The Transport Driver Interface, which each connection opens for itself.
    Tdi,
}

impl Transport {
    /// The transport that the settings name. IRQL: PASSIVE.
    ///
    /// # Errors
    /// Those of attaching to WSK, where the system has none.
    pub fn start(settings: &Settings) -> Result<Self> {
        match settings.transport {
            settings::TRANSPORT_TDI => Ok(Self::Tdi),
            _ => Provider::register(settings.connect_time()).map(Self::Wsk),
        }
    }

    /// Connects to the first of the server's addresses that answers. IRQL: PASSIVE.
    ///
    /// # Errors
    /// The statuses of [`status::from_connecting`].
    #[inline(never)]
    pub fn connect(&self, server: ServerName<'_>, timeout: Duration) -> Result<Socket> {
        let addresses = self.look_up(server, timeout)?;
        // However many addresses the name has, the caller waits no longer than that.
        let ends = interrupt_time().saturating_add(ticks(timeout));
        let mut outcome = Err(Status::BAD_NETWORK_PATH);
        for &address in &addresses {
            let left = ends.saturating_sub(interrupt_time());
            if left == 0 {
                break;
            }
            outcome = self.connect_to(address, Duration::from_micros(left.div_ceil(10)));
            if outcome.is_ok() {
                break;
            }
        }
        let socket = outcome.map_err(status::from_connecting)?;
        // A request is one small segment, and its answer is waited for: it must not be held back (RFC 896).
        match socket.set_nodelay(true) {
            Err(Status::INSUFFICIENT_RESOURCES) => return Err(Status::INSUFFICIENT_RESOURCES),
            Err(failure) => nt::log!(Warn, "small requests will be slow: {failure:?}"),
            Ok(()) => {}
        }
        // Without it a dead peer is found by the next request's time-out instead.
        let _ = socket.set_keep_alive(Some(KEEP_ALIVE));
        Ok(socket)
    }

    /// The server's addresses, at least one.
    fn look_up(&self, server: ServerName<'_>, timeout: Duration) -> Result<PoolVec<SocketAddr>> {
        if let Some(address) = literal::parse(server.host, server.port) {
            let mut addresses = PoolVec::new(TAG);
            addresses.push(address)?;
            return Ok(addresses);
        }
        match self {
            Self::Wsk(provider) => wsk::look_up(provider, server, timeout),
            Self::Tdi => tdi::look_up(),
        }
    }

    fn connect_to(&self, address: SocketAddr, timeout: Duration) -> Result<Socket> {
        match self {
            Self::Wsk(provider) => {
                nt::wsk::Socket::connect(provider, address, timeout).map(Socket::Wsk)
            }
            Self::Tdi => tdi::connect(address, timeout).map(Socket::Tdi),
        }
    }
}
