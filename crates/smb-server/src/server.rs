//! What all connections of a server share.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use smb_crypto::{Cipher, SigningAlgorithm};
use smb_wire::Guid;
use smb_wire::smb2::Dialect;

use crate::faults::Faults;
use crate::observer::{Counters, Observer, Stats};
use crate::session::Session;
use crate::share::Share;

/// Whether messages are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// Only what a client signs or requires to be signed.
    Enabled,
    /// Everything in sessions that have a key.
    Required,
}

/// Whether messages are sealed. Only SMB 3.x can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Never; the server does not say that it could.
    Off,
    /// What a client seals, and what a share demands ([`Share::encrypted`]).
    Offered,
    /// Everything in all sessions. A client that cannot is refused with STATUS_ACCESS_DENIED.
    Required,
}

/// Somebody who can log on.
#[derive(Clone)]
pub(crate) struct User {
    /// Empty for any domain.
    pub(crate) domain: String,
    pub(crate) name: String,
    pub(crate) password: String,
}

pub(crate) struct Settings {
    pub(crate) dialects: RangeInclusive<Dialect>,
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) users: Vec<User>,
    pub(crate) guest: bool,
    pub(crate) anonymous: bool,
    pub(crate) signing: Signing,
    /// In 3.1.1, those that a client can choose from.
    pub(crate) signing_algorithms: Vec<SigningAlgorithm>,
    pub(crate) encryption: Encryption,
    /// Those that a client can choose from; before 3.1.1 there is only AES-128-CCM.
    pub(crate) ciphers: Vec<Cipher>,
    /// The longest READ, WRITE and other payload in bytes.
    pub(crate) max_io: u32,
    /// The most credits that a client can hold.
    pub(crate) max_credits: u16,
    pub(crate) shares: Vec<Share>,
    pub(crate) observer: Option<Observer>,
}

/// The state of a running server.
pub(crate) struct Server {
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) counters: Counters,
    pub(crate) guid: Guid,
    /// When the server started, as a FILETIME.
    pub(crate) started: u64,
    pub(crate) stopping: AtomicBool,
    next_id: AtomicU64,
    sessions: Mutex<HashMap<u64, Weak<Session>>>,
    sockets: Mutex<HashMap<u64, TcpStream>>,
}

impl Server {
    pub(crate) fn new(settings: Settings, faults: Faults) -> Arc<Self> {
        let started = crate::fs::filetime_now();
        let mut guid = *b"OxSMB in memory ";
        guid[8..].copy_from_slice(&started.to_le_bytes());
        Arc::new(Self {
            settings,
            faults,
            counters: Counters::default(),
            guid: Guid(guid),
            started,
            stopping: AtomicBool::new(false),
            next_id: AtomicU64::new(1),
            sessions: Mutex::default(),
            sockets: Mutex::default(),
        })
    }

    /// A number for a session, tree or open, that nothing else of this server has.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Every key of every session that there is.
    pub(crate) fn secrets(&self) -> Vec<Vec<u8>> {
        let sessions = self.sessions.lock();
        let alive = sessions.values().filter_map(Weak::upgrade);
        alive.flat_map(|session| session.secrets()).collect()
    }

    pub(crate) fn add_session(&self, session: &Arc<Session>) {
        self.sessions
            .lock()
            .insert(session.id, Arc::downgrade(session));
    }

    pub(crate) fn remove_session(&self, id: u64) {
        self.sessions.lock().remove(&id);
    }

    /// Ends the session that a client had on a connection which it lost (MS-SMB2 3.3.5.5.3).
    pub(crate) fn end_previous_session(&self, id: u64) {
        let previous = self
            .sessions
            .lock()
            .remove(&id)
            .and_then(|session| session.upgrade());
        if let Some(session) = previous {
            session.end();
        }
    }

    /// The share of this name, in any case.
    pub(crate) fn share(&self, name: &str) -> Option<&Share> {
        self.settings
            .shares
            .iter()
            .find(|share| share.name().eq_ignore_ascii_case(name))
    }

    pub(crate) fn add_socket(&self, connection: u64, socket: TcpStream) {
        self.sockets.lock().insert(connection, socket);
    }

    pub(crate) fn remove_socket(&self, connection: u64) {
        self.sockets.lock().remove(&connection);
    }

    /// Ends all connections; their threads follow.
    pub(crate) fn shut_sockets(&self) {
        for socket in self.sockets.lock().values() {
            // One that the client has closed already is none the worse.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let shares = self.settings.shares.iter();
        Stats {
            open_sessions: self.sessions.lock().len() as u64,
            open_handles: shares.map(|share| share.open_handles() as u64).sum(),
            faults: self.faults.struck(),
            ..self.counters.snapshot()
        }
    }
}
