//! A driver with one connection, one open file and a server, for scenarios to race on.

use std::sync::Arc;

use nt::net::Wire;
use nt::pool::{PoolArc, Tag};
use nt::thread::{self, JoinHandle};
use nt::{Result, Status};
use rdbss::Context;
use smb_client::{Config, Interval, ServerName as Name};
use smb_wire::Guid;
use smb_wire::smb2::{Command, Dialect, FileId, FlushRequest};

use crate::call::{self, Ask};
use crate::connection::{self, Connection};
use crate::dispatch::Redirector;
use crate::lowio;
use crate::names::ServerName;
use crate::open::Open;
use crate::server::{self, Manners, Server};
use crate::session::{Guard, Tree};
use crate::settings::Settings;
use crate::transport::Transport;

pub use crate::connection::Keeper;

const TAG: Tag = Tag::new(b"OxIn");

/// A read or a write.
pub type Transfer = Context<Redirector>;

/// Bytes that one READ or WRITE moves, usually.
pub const PART: usize = 32;

/// How long a request may take, usually.
pub const TIMEOUT: Interval = Interval::from_secs(5);

/// How the driver is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The server.
    pub manners: Manners,
    /// Bytes that one READ or WRITE moves.
    pub part: usize,
    /// How many READs or WRITEs a transfer has in flight.
    pub io_depth: u32,
    /// How long a request may take.
    pub timeout: Interval,
    /// How long a silent server is believed to be alive.
    pub echo_after: Option<Interval>,
    /// Whether the messages are taken for protected, which has them served by the connection's thread.
    pub protected: bool,
}

impl Setup {
    /// The usual.
    #[must_use]
    pub const fn new(manners: Manners) -> Self {
        Self {
            manners,
            part: PART,
            io_depth: 2,
            timeout: TIMEOUT,
            echo_after: None,
            protected: false,
        }
    }
}

/// A driver that is connected.
pub struct Machine {
    /// The wire to the server.
    pub wire: Arc<Wire>,
    /// The server.
    pub server: Arc<Server>,
    connection: PoolArc<Connection>,
    keeper: Option<Keeper>,
    redirector: Arc<Redirector>,
    open: PoolArc<Open>,
    threads: Vec<JoinHandle>,
}

impl Machine {
    /// Connects.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn start(setup: Setup) -> Self {
        let credits = setup.manners.credits;
        let wire = Wire::new(move |asked| server::greet(asked, credits));
        let transport = Transport {
            wire: Arc::clone(&wire),
        };
        let settings = Settings {
            max_io: u32::try_from(setup.part).expect("short"),
            io_depth: setup.io_depth,
        };
        let server_name = ServerName {
            host: &[0x66, 0x73],
            port: 445,
        };
        let (connection, keeper) =
            connection::open(&transport, server_name, config(setup), &settings)
                .expect("a server that greets");
        if setup.protected {
            connection.sessions().note_protection();
        }
        let tree = Tree {
            connection: PoolArc::clone(&connection),
        };
        let open = Open {
            tree: PoolArc::new(TAG, tree).expect("memory"),
        };
        let server = Server::new(&wire, setup.manners);
        let threads = serve(&wire, &server);
        Self {
            wire,
            server,
            keeper: Some(keeper),
            redirector: Arc::new(Redirector::new(&connection)),
            open: PoolArc::new(TAG, open).expect("memory"),
            connection,
            threads,
        }
    }

    /// A read that the driver has not been given yet.
    ///
    /// # Panics
    /// Never, in the model.
    #[must_use]
    pub fn make_read(&self, offset: usize, length: usize) -> Arc<Transfer> {
        self.make(offset, vec![0xee; length])
    }

    /// A write that the driver has not been given yet.
    ///
    /// # Panics
    /// Never, in the model.
    #[must_use]
    pub fn make_write(&self, offset: usize, bytes: Vec<u8>) -> Arc<Transfer> {
        self.make(offset, bytes)
    }

    fn make(&self, offset: usize, bytes: Vec<u8>) -> Arc<Transfer> {
        let offset = i64::try_from(offset).expect("within a file");
        Context::new(&self.redirector, &self.open, offset, bytes).expect("memory")
    }

    /// Begins a read.
    #[must_use]
    pub fn read(&self, offset: usize, length: usize) -> Arc<Transfer> {
        let read = self.make_read(offset, length);
        start_read(&read);
        read
    }

    /// Begins a write.
    #[must_use]
    pub fn write(&self, offset: usize, bytes: Vec<u8>) -> Arc<Transfer> {
        let write = self.make_write(offset, bytes);
        start_write(&write);
        write
    }

    /// A thread's way to ask and wait.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller(PoolArc::clone(&self.connection))
    }

    /// The right to end the connection as an unload does: dropping it does, whatever is in flight, and waits for its threads.
    ///
    /// # Panics
    /// If it was taken before.
    #[must_use]
    pub fn take_keeper(&mut self) -> Keeper {
        self.keeper.take().expect("not taken before")
    }

    /// Ends everything.
    pub fn end(self) {
        let Self {
            wire,
            keeper,
            connection,
            redirector,
            open,
            threads,
            ..
        } = self;
        drop(keeper);
        drop((open, redirector, connection));
        wire.end();
        drop(threads);
    }
}

/// Gives a read to the driver.
pub fn start_read(read: &Arc<Transfer>) {
    read.start(lowio::read);
}

/// Gives a write to the driver.
pub fn start_write(write: &Arc<Transfer>) {
    write.start(lowio::write);
}

/// Starts a thread.
///
/// # Panics
/// Never, in the model.
pub fn spawn(work: impl FnOnce() + Send + 'static) -> JoinHandle {
    thread::spawn(work).expect("the model has threads")
}

/// Who asks and waits.
pub struct Caller(PoolArc<Connection>);

impl Caller {
    /// Asks for a FLUSH.
    ///
    /// # Errors
    /// What ended the request or the connection.
    pub fn flush(&self) -> Result<()> {
        let ask = Ask {
            command: Command::FLUSH,
            guard: Guard::None,
            session_id: 0x19,
            tree_id: 5,
            body: 0,
            answer: 0,
        };
        let request = FlushRequest {
            file_id: FileId::new(0x11, 0x22),
        };
        call::ask(&self.0, ask, |writer| request.emit(writer))?
            .success()
            .map(|_| ())
    }

    /// Ends the connection, as whoever finds something wrong with it does.
    pub fn fail(&self, why: Status) {
        self.0.fail(why);
    }
}

fn config(setup: Setup) -> Config {
    let name = Name::new(&[0x66, 0x73]).expect("a short name");
    Config {
        max_dialect: Dialect::SMB2_1,
        signing: smb_client::SigningPolicy::Enabled,
        request_timeout: setup.timeout,
        pended_timeout: Interval::from_secs(20),
        echo_after: setup.echo_after,
        credits: setup.manners.credits,
        table_capacity: 16,
        ..Config::new(name, Guid([7; 16]))
    }
}

fn serve(wire: &Arc<Wire>, server: &Arc<Server>) -> Vec<JoinHandle> {
    let (sends, receives, server) = (Arc::clone(wire), Arc::clone(wire), Arc::clone(server));
    vec![
        spawn(move || sends.serve_sends()),
        spawn(move || receives.serve_receives()),
        spawn(move || server.serve()),
    ]
}
