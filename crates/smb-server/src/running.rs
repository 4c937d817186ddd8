//! A server that runs: the thread that accepts connections, and how to end it all.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::connection;
use crate::faults::Faults;
use crate::observer::Stats;
use crate::server::Server;
use crate::share::Share;

/// A server that runs until it is stopped or dropped.
pub struct RunningServer {
    server: Arc<Server>,
    address: SocketAddr,
    acceptor: Option<JoinHandle<()>>,
}

impl RunningServer {
    pub(crate) fn start(server: Arc<Server>, address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let accepting = Arc::clone(&server);
        let acceptor = thread::Builder::new()
            .name("smb-accept".into())
            .spawn(move || accept(&accepting, &listener))?;
        Ok(Self {
            server,
            address,
            acceptor: Some(acceptor),
        })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The share of this name, in any case.
    pub fn share(&self, name: &str) -> Option<&Share> {
        self.server.share(name)
    }

    /// The fault script, to be changed while the server runs.
    pub fn faults(&self) -> &Faults {
        &self.server.faults
    }

    /// Totals since the server started.
    pub fn stats(&self) -> Stats {
        self.server.stats()
    }

    /// Every key of the sessions that there are: what must be found nowhere once they are over.
    pub fn secrets(&self) -> Vec<Vec<u8>> {
        self.server.secrets()
    }

    /// Ends all connections that exist; new ones are still accepted.
    pub fn disconnect_all(&self) {
        self.server.shut_sockets();
    }

    /// Ends all connections and all threads, and gives the last totals.
    pub fn stop(mut self) -> Stats {
        self.shut_down();
        self.server.stats()
    }

    fn shut_down(&mut self) {
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        self.server.stopping.store(true, Ordering::Release);
        self.wake_acceptor();
        // A panic there was reported when it happened.
        let _ = acceptor.join();
    }

    /// The accepting thread looks at `stopping` when a connection comes, so one is made.
    fn wake_acceptor(&self) {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.shut_down();
    }
}

fn accept(server: &Arc<Server>, listener: &TcpListener) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if server.stopping.load(Ordering::Acquire) {
            break;
        }
        // A client that is gone already, or a shortage that will pass.
        let Ok(stream) = stream else { continue };
        let Ok(socket) = stream.try_clone() else {
            continue;
        };
        let number = server.counters.connections.fetch_add(1, Ordering::Relaxed) + 1;
        server.add_socket(number, socket);
        let serving = Arc::clone(server);
        let thread = thread::Builder::new()
            .name(format!("smb-{number}"))
            .spawn(move || connection::serve(&serving, stream, number));
        match thread {
            Ok(thread) => threads.push(thread),
            Err(_) => server.remove_socket(number),
        }
        threads.retain(|thread| !thread.is_finished());
    }
    server.shut_sockets();
    for thread in threads {
        // A panic there was reported when it happened.
        let _ = thread.join();
    }
}
