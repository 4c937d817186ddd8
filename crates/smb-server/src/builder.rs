//! Setting a server up.

use std::io;
use std::net::ToSocketAddrs;
use std::ops::RangeInclusive;
use std::sync::Arc;

use smb_crypto::{Cipher, SigningAlgorithm};
use smb_wire::smb2::Dialect;

use crate::faults::{Fault, Faults, StreamFault, When};
use crate::observer::{Observer, Served};
use crate::running::RunningServer;
use crate::server::{Encryption, Server, Settings, Signing, User};
use crate::share::Share;

/// A server being set up. It speaks SMB 2.0.2 to 3.1.1, signs and seals what its clients want, and lets nobody in until
/// [`Builder::user`], [`Builder::allow_guest`] or [`Builder::allow_anonymous`] says so.
pub struct Builder {
    settings: Settings,
    faults: Faults,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            settings: Settings {
                dialects: Dialect::SMB2_0_2..=Dialect::SMB3_1_1,
                name: "OXSMB".into(),
                domain: "WORKGROUP".into(),
                users: Vec::new(),
                guest: false,
                anonymous: false,
                signing: Signing::Enabled,
                signing_algorithms: vec![
                    SigningAlgorithm::AesGmac,
                    SigningAlgorithm::AesCmac,
                    SigningAlgorithm::HmacSha256,
                ],
                encryption: Encryption::Offered,
                ciphers: Cipher::ALL.to_vec(),
                max_io: 8 << 20,
                max_credits: 8192,
                shares: Vec::new(),
                observer: None,
            },
            faults: Faults::default(),
        }
    }
}

impl Builder {
    /// Serves a share. Of two with the same name the first counts.
    pub fn share(mut self, share: &Share) -> Self {
        self.settings.shares.push(share.clone());
        self
    }

    /// Lets a user log on with this password, from any domain.
    pub fn user(self, name: &str, password: &str) -> Self {
        self.domain_user("", name, password)
    }

    /// Lets a user of this domain log on with this password.
    pub fn domain_user(mut self, domain: &str, name: &str, password: &str) -> Self {
        self.settings.users.push(User {
            domain: domain.into(),
            name: name.into(),
            password: password.into(),
        });
        self
    }

    /// Lets users that the server does not know in as guests.
    pub fn allow_guest(mut self) -> Self {
        self.settings.guest = true;
        self
    }

    /// Lets clients in that give no user name.
    pub fn allow_anonymous(mut self) -> Self {
        self.settings.anonymous = true;
        self
    }

    /// The lowest and the highest dialect to speak.
    pub fn dialects(mut self, dialects: RangeInclusive<Dialect>) -> Self {
        self.settings.dialects = dialects;
        self
    }

    /// Whether everything is signed, or only what clients want signed (the default).
    pub fn signing(mut self, signing: Signing) -> Self {
        self.settings.signing = signing;
        self
    }

    /// The algorithms that 3.1.1 clients can choose from for signing, by default all. A client that names none of them
    /// gets AES-CMAC, as one that names none at all.
    pub fn signing_algorithms(mut self, algorithms: &[SigningAlgorithm]) -> Self {
        self.settings.signing_algorithms = algorithms.to_vec();
        self
    }

    /// Whether everything is sealed, or only what clients or shares want sealed (the default), or nothing.
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.settings.encryption = encryption;
        self
    }

    /// The ciphers that clients can choose from, by default all: the first that a 3.1.1 client names is taken. SMB 3.0 and
    /// 3.0.2 have none but AES-128-CCM.
    pub fn ciphers(mut self, ciphers: &[Cipher]) -> Self {
        self.settings.ciphers = ciphers.to_vec();
        self
    }

    /// The longest payload of a READ, WRITE or other request in bytes, by default 8 MiB. It is at least 64 KiB, and at
    /// most 16 MiB less 64 KiB, because a frame has to hold it with its headers.
    pub fn max_io(mut self, bytes: u32) -> Self {
        const LEAST: u32 = 64 * 1024;
        const MOST: u32 = (16 << 20) - (64 << 10);
        self.settings.max_io = bytes.clamp(LEAST, MOST);
        self
    }

    /// The most credits that a client can hold, by default 8192.
    pub fn max_credits(mut self, credits: u16) -> Self {
        self.settings.max_credits = credits;
        self
    }

    /// The NetBIOS names of the server and its domain, as NTLM tells them.
    pub fn names(mut self, server: &str, domain: &str) -> Self {
        self.settings.name = server.into();
        self.settings.domain = domain.into();
        self
    }

    /// Calls `observer` after each reply, on the thread that sent it; it must not block.
    pub fn observe(mut self, observer: impl Fn(&Served) + Send + Sync + 'static) -> Self {
        let observer: Observer = Arc::new(observer);
        self.settings.observer = Some(observer);
        self
    }

    /// Adds a rule to the fault script.
    pub fn fault(self, when: When, fault: Fault) -> Self {
        self.faults.add(when, fault);
        self
    }

    /// Adds a fault of the byte stream of the connection of this number (from 1), or of all.
    pub fn stream_fault(self, connection: Option<u64>, fault: StreamFault) -> Self {
        self.faults.add_stream(connection, fault);
        self
    }

    /// Listens at `address`, such as `127.0.0.1:0`, and serves from then on.
    pub fn bind(self, address: impl ToSocketAddrs) -> io::Result<RunningServer> {
        RunningServer::start(Server::new(self.settings, self.faults), address)
    }
}
