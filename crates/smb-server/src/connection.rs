//! One connection: its state, and the thread that receives and serves its requests.

mod credits;
mod inbound;
mod outbound;
pub(crate) mod pending;

use std::collections::HashMap;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use smb_crypto::{Cipher, PreauthHash, SigningAlgorithm};
use smb_wire::Guid;
use smb_wire::smb2::{Capabilities, Dialect, SecurityMode};

use crate::commands::Hangup;
use crate::logon::Logon;
use crate::server::Server;
use crate::session::Session;

pub(crate) use credits::CreditWindow;
use inbound::Inbound;
use outbound::Outbound;
use pending::Link;

/// Room in a message for headers, paths and contexts around its payload.
const MESSAGE_OVERHEAD: usize = 128 * 1024;

/// What client and server agreed on (MS-SMB2 3.3.1.7).
pub(crate) struct Negotiated {
    pub(crate) dialect: Dialect,
    pub(crate) client_capabilities: Capabilities,
    pub(crate) client_guid: Guid,
    pub(crate) client_security_mode: SecurityMode,
    pub(crate) capabilities: Capabilities,
    pub(crate) signing_algorithm: SigningAlgorithm,
    pub(crate) cipher: Option<Cipher>,
    pub(crate) preauth: PreauthHash,
}

/// The state that only the receiving thread touches.
pub(crate) struct Connection {
    pub(crate) server: Arc<Server>,
    pub(crate) number: u64,
    pub(crate) link: Arc<Link>,
    pub(crate) credits: CreditWindow,
    pub(crate) negotiated: Option<Negotiated>,
    /// Log-ons under way, by session id.
    pub(crate) logons: HashMap<u64, Logon>,
    pub(crate) sessions: HashMap<u64, Arc<Session>>,
}

impl Connection {
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        self.negotiated
            .as_ref()
            .map(|negotiated| negotiated.dialect)
    }

    /// Whether credits count in units of 64 KiB of payload (MS-SMB2 3.3.5.2.3).
    pub(crate) fn has_large_mtu(&self) -> bool {
        self.negotiated
            .as_ref()
            .is_some_and(|negotiated| negotiated.capabilities.contains(Capabilities::LARGE_MTU))
    }

    /// The longest payload of a request or a reply.
    pub(crate) fn max_io(&self) -> u32 {
        const WITHOUT_LARGE_MTU: u32 = 64 * 1024;
        let max_io = self.server.settings.max_io;
        if self.has_large_mtu() {
            max_io
        } else {
            max_io.min(WITHOUT_LARGE_MTU)
        }
    }

    fn end(&mut self) {
        self.link.abandon();
        for session in self.sessions.drain().map(|(_, session)| session) {
            self.server.remove_session(session.id);
            session.end();
        }
        self.link.outbound.close();
    }
}

/// Serves a connection until either side ends it.
pub(crate) fn serve(server: &Arc<Server>, stream: TcpStream, number: u64) {
    server
        .counters
        .open_connections
        .fetch_add(1, Ordering::Relaxed);
    // An error here means that the client is gone; there is nobody to tell.
    let _ = serve_stream(server, stream, number);
    server.remove_socket(number);
    server
        .counters
        .open_connections
        .fetch_sub(1, Ordering::Relaxed);
}

fn serve_stream(server: &Arc<Server>, stream: TcpStream, number: u64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let outbound = Outbound::new(Arc::clone(server), &stream, server.faults.stream(number))?;
    let mut inbound = Inbound::new(stream, server.settings.max_io as usize + MESSAGE_OVERHEAD);
    let mut connection = Connection {
        server: Arc::clone(server),
        number,
        link: Link::new(outbound),
        credits: CreditWindow::new(server.settings.max_credits),
        negotiated: None,
        logons: HashMap::new(),
        sessions: HashMap::new(),
    };
    let outcome = loop {
        match inbound.next() {
            Ok(Some(message)) => {
                let received = Instant::now();
                server
                    .counters
                    .bytes_in
                    .fetch_add(message.len() as u64 + 4, Ordering::Relaxed);
                if let Err(Hangup) = connection.serve_frame(message, received) {
                    server
                        .counters
                        .protocol_errors
                        .fetch_add(1, Ordering::Relaxed);
                    break Ok(());
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    connection.end();
    outcome
}
