//! What the tests against the scripted server stand on: a kernel with the driver loaded, users who connect to shares, and
//! at the end nothing left behind.

// Each test program uses its own part of this.
#![allow(dead_code, unused_imports)]

mod answers;
mod mount;

pub use answers::{Answers, frame, patch};
pub use mount::{Mount, count};

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ntsim::user::Process;
use ntsim::{Config, Kernel, RegistryValue};
use smb_server::{Builder, RunningServer, Share};
use smb_wire::NtStatus;

/// What the driver allocates counts as its pool, so that a leak is seen.
#[global_allocator]
static ALLOCATOR: ntsim::KernelAllocator = ntsim::KernelAllocator;

/// The usual share, and who may use it.
pub const SHARE: &str = "share";
pub const USER: &str = "ann";
pub const PASSWORD: &str = "secret";

/// The time limit of requests where a test waits for it to pass, in milliseconds. What is answered at all is answered sooner.
pub const LIMIT_MS: u32 = 2_000;
/// How much longer than its time limits a test may take, on however busy a machine.
pub const AND_SOME: Duration = Duration::from_secs(60);
/// After so long a test counts as hung.
const HUNG: Duration = Duration::from_secs(600);

/// Where the driver's settings are in the registry.
pub const PARAMETERS: &str =
    r"\Registry\Machine\System\CurrentControlSet\Services\oxsmb\Parameters";

/// Settings by their registry names; what is not set has the driver's default.
pub type Settings<'a> = [(&'a str, u32)];

/// Has the driver connect by TDI instead of by WSK.
pub const BY_TDI: (&str, u32) = ("Transport", 1);

/// Short time limits.
pub const HASTY: &Settings<'static> = &[
    ("ConnectTimeoutMs", LIMIT_MS),
    ("RequestTimeoutMs", LIMIT_MS),
];

/// A kernel with the driver loaded, and a program that uses it.
pub struct Desk {
    kernel: Kernel,
    process: Process,
}

impl Desk {
    /// The kernel.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The program.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Connects the usual user to the usual share.
    pub fn mount(&self, server: &RunningServer) -> Mount<'_> {
        self.try_mount(server).expect("the share connects")
    }

    /// As [`Desk::mount`], where that may fail.
    pub fn try_mount(&self, server: &RunningServer) -> Result<Mount<'_>, NtStatus> {
        Mount::connect(&self.process, server, SHARE, Some((USER, PASSWORD)))
    }
}

/// Loads the driver, works with it, and unloads it: nothing may remain.
pub fn with_driver<T>(settings: &Settings<'_>, work: impl FnOnce(&Desk) -> T) -> T {
    let kernel = Kernel::boot(config(settings));
    let _watch = watch();
    for &(name, value) in settings {
        kernel.set_registry(PARAMETERS, name, &RegistryValue::Dword(value));
    }
    let driver = kernel
        .load_driver("oxsmb", oxsmb::driver_entry)
        .expect("the driver loads");
    let desk = Desk {
        kernel,
        process: Process::new(),
    };
    let result = work(&desk);
    let Desk { kernel, process } = desk;
    drop(process);
    driver.unload().expect("the driver unloads");
    let left = kernel.leaks();
    assert!(left.is_clean(), "left behind:\n{left}");
    result
}

/// A system that has only the transport that the settings choose, so that no other is used.
pub fn config(settings: &Settings<'_>) -> Config {
    let by_tdi = settings.contains(&BY_TDI);
    Config {
        wsk: !by_tdi,
        tdi: by_tdi,
        ..Config::default()
    }
}

/// Ends the program if the test does not end by itself, so that a hang is a failure with a name.
pub fn watch() -> mpsc::Sender<()> {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let (ends, ended) = mpsc::channel::<()>();
    thread::spawn(move || {
        if ended.recv_timeout(HUNG) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{name} hangs");
            std::process::abort();
        }
    });
    ends
}

/// An empty share of the usual name.
pub fn share() -> Share {
    Share::new(SHARE).expect("an empty share")
}

/// A server that is to have the usual user and share.
pub fn server(share: &Share) -> Builder {
    smb_server::builder().share(share).user(USER, PASSWORD)
}

/// Starts a server on a port of its own.
pub fn start(server: Builder) -> RunningServer {
    server.bind("127.0.0.1:0").expect("the server starts")
}

/// Waits until something is so; that it never will be ends the test.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < AND_SOME, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Bytes of which no part repeats another.
pub fn bytes(length: usize) -> Vec<u8> {
    let mut random = Random(0x853C_49E6_748F_EA9B);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend(random.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Numbers that look random and are the same in every run.
pub struct Random(pub u64);

impl Random {
    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}
