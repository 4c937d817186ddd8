//! How bytes reach a server: TCP by Winsock Kernel, or by TDI where a setting says so.

mod address;
mod literal;
mod tdi;
mod wsk;

use core::net::SocketAddr;
use core::time::Duration;

use nt::net::{KeepAlive, Socket, Stream};
use nt::pool::{PoolArc, PoolVec, Tag};
use nt::time::{interrupt_time, ticks};
use nt::{Result, Status};

use crate::names::ServerName;
use crate::settings::{self, Settings};
use crate::status;
use wsk::Wsk;

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
    /// Winsock Kernel.
    Wsk(PoolArc<Wsk>),
    /// The Transport Driver Interface, which each connection opens for itself.
    Tdi,
}

impl Transport {
    /// The transport that the settings name. It is not touched before the first connection: at boot it may come up later than
    /// the driver. IRQL: PASSIVE.
    ///
    /// # Errors
    /// STATUS_INSUFFICIENT_RESOURCES.
    pub fn start(settings: &Settings) -> Result<Self> {
        match settings.transport {
            settings::TRANSPORT_TDI => Ok(Self::Tdi),
            _ => PoolArc::new(TAG, Wsk::detached()).map(Self::Wsk),
        }
    }

    /// Lets go of the transport. Nothing connects any more. IRQL: PASSIVE.
    pub fn stop(&self) {
        match self {
            Self::Wsk(wsk) => wsk.detach(),
            Self::Tdi => {}
        }
    }

    /// Connects to the first of the server's addresses that answers. IRQL: PASSIVE.
    ///
    /// # Errors
    /// The statuses of [`status::from_connecting`].
    #[inline(never)]
    pub fn connect(&self, server: ServerName<'_>, timeout: Duration) -> Result<Socket> {
        // However many addresses the name has, the caller waits no longer than that.
        let patience = Patience::new(timeout);
        let addresses = self.look_up(server, &patience)?;
        let mut outcome = Err(Status::BAD_NETWORK_PATH);
        for &address in &addresses {
            let Some(left) = patience.left() else {
                break;
            };
            outcome = self.connect_to(address, left);
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
    fn look_up(&self, server: ServerName<'_>, patience: &Patience) -> Result<PoolVec<SocketAddr>> {
        if let Self::Wsk(wsk) = self {
            // Once it is there, nobody waits for it any more.
            wsk.provider(patience.left().unwrap_or_default())?;
        }
        if let Some(address) = literal::parse(server.host, server.port) {
            let mut addresses = PoolVec::new(TAG);
            addresses.push(address)?;
            return Ok(addresses);
        }
        let left = patience.left().ok_or(Status::IO_TIMEOUT)?;
        match self {
            Self::Wsk(wsk) => wsk.look_up(server, left),
            Self::Tdi => tdi::look_up(),
        }
    }

    fn connect_to(&self, address: SocketAddr, timeout: Duration) -> Result<Socket> {
        match self {
            Self::Wsk(wsk) => wsk.connect(address, timeout).map(Socket::Wsk),
            Self::Tdi => tdi::connect(address, timeout).map(Socket::Tdi),
        }
    }
}

/// How long somebody waits.
struct Patience {
    /// By [`interrupt_time`].
    ends: u64,
}

impl Patience {
    fn new(timeout: Duration) -> Self {
        Self {
            ends: interrupt_time().saturating_add(ticks(timeout)),
        }
    }

    /// What is left of it, if anything.
    fn left(&self) -> Option<Duration> {
        match self.ends.saturating_sub(interrupt_time()) {
            0 => None,
            left => Some(Duration::from_micros(left.div_ceil(10))),
        }
    }
}
