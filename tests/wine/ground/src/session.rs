//! A Wine session with the harness driver in it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::built::Built;
use crate::crash;
use crate::footprint::Footprint;
use crate::installation::{self, CRASH, HARNESS};
use crate::log::Log;
use crate::prefix::Prefix;
use crate::program;
use crate::server::Server;
use crate::user::User;

/// After so long a session is ended, whatever is going on in it: no test hangs.
const LIFE: Duration = Duration::from_secs(900);
/// How long the first program may take. It takes a second; a busy machine gets two minutes.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How many lines of the log a failed test shows.
const EXCERPT: usize = 60;

/// A private session: prefix, wineserver, services, and the harness driver running. Dropping it ends it and removes all it
/// had; if a test has failed, it shows what the kernel had to say.
#[derive(Debug)]
pub struct Session {
    /// Its end tells the watch that there is nothing to watch any more.
    _watch: mpsc::Sender<()>,
    overdue: Arc<AtomicBool>,
    agent: SocketAddr,
    log: Log,
    server: Arc<Server>,
    prefix: Prefix,
}

impl Session {
    /// Starts a session with the harness and the driver installed, and the harness running.
    ///
    /// # Panics
    /// When Wine or one of the built files is missing, or the harness does not start; the message has the log.
    pub fn start() -> Self {
        let prefix = Prefix::new();
        let port = free_port();
        installation::install(&prefix, port);
        let server = Arc::new(Server::start(prefix.path()));
        let (watch, overdue) = watch(&server);
        let this = Self {
            _watch: watch,
            overdue,
            agent: (Ipv4Addr::LOCALHOST, port).into(),
            log: Log::new(prefix.path().join("kernel.log")),
            server,
            prefix,
        };
        // The first program's output is the kernel's too, so this one has the log.
        let mut start = program::command("wine64", this.prefix.path());
        start.args(["net", "start", HARNESS]);
        let started = program::run(&mut start, this.log.file(), START_LIMIT);
        assert!(started.success(), "the harness does not start: {started}");
        this
    }

    /// A new user thread in the harness, in this logon session (a LUID).
    ///
    /// # Panics
    /// When the harness does not take it.
    pub fn user(&self, logon: u64) -> User {
        User::connect(self.agent, logon)
    }

    /// What the kernel prints.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The process that the drivers are in.
    ///
    /// # Panics
    /// When there is none any more.
    pub fn footprint(&self) -> Footprint {
        Footprint::of(self.prefix.path(), Built::Harness.name())
            .expect("a process with the harness in it")
    }

    /// Runs a Windows program of this session to its end.
    ///
    /// # Panics
    /// When it does not end within `limit`.
    pub fn run(&self, program: &str, arguments: &[&str], limit: Duration) -> Output {
        let mut command = program::command("wine64", self.prefix.path());
        // The kernel's part has its own log; here the words of Wine would be among the program's.
        command
            .env("WINEDEBUG", "-all")
            .arg(program)
            .args(arguments);
        let file = self.prefix.path().join("output");
        let _ = fs::remove_file(&file);
        let status = program::run(&mut command, &file, limit);
        let text = fs::read(&file).unwrap_or_default();
        let mut text = String::from_utf8_lossy(&text).into_owned();
        if text.contains("wine: ") {
            text += &crash::read(&self.crash_file());
        }
        Output { status, text }
    }

    /// The prefix.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// What went wrong below the test: why the session ended, crashes, and the end of the log.
    pub fn story(&self) -> String {
        let mut story = String::new();
        if self.overdue.load(Ordering::Relaxed) {
            story += &format!("the session was ended because it lasted longer than {LIFE:?}\n");
        }
        if !self.log.complaints(0).is_empty() {
            story += &crash::read(&self.crash_file());
        }
        story + "the end of the kernel's log:\n" + &self.log.tail(EXCERPT)
    }

    fn crash_file(&self) -> PathBuf {
        self.prefix.on_c(CRASH)
    }
}

/// How a program ended, and what it printed.
#[derive(Debug)]
pub struct Output {
    /// Its exit code.
    pub status: ExitStatus,
    /// Its output and its errors, and what is known of its crash.
    pub text: String,
}

impl Drop for Session {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.story());
        }
        self.server.end();
    }
}

/// Ends the server when the session has lasted too long.
fn watch(server: &Arc<Server>) -> (mpsc::Sender<()>, Arc<AtomicBool>) {
    let (ends, ended) = mpsc::channel::<()>();
    let overdue = Arc::new(AtomicBool::new(false));
    let (server, flag) = (Arc::clone(server), Arc::clone(&overdue));
    thread::spawn(move || {
        if ended.recv_timeout(LIFE) == Err(RecvTimeoutError::Timeout) {
            flag.store(true, Ordering::Relaxed);
            server.end();
        }
    });
    (ends, overdue)
}

/// A port that nobody has at the moment.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port on 127.0.0.1")
        .port()
}
