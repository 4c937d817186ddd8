//! The driver is unloaded while threads open, use and close files through it, and while connections are ended by force and
//! logons end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use ntsim::user::Process;
use ntsim::{Driver, Kernel, RegistryValue, sys};
use smb_server::RunningServer;
use smb_wire::NtStatus;

use crate::crowd::Crowd;
use crate::length::repeat;
use crate::part::{DIRECTORY, Part};
use crate::scripted::{
    BY_TDI, Mount, PARAMETERS, PASSWORD, Random, SHARE, Settings, USER, bytes, config, server,
    share, start, wait_until, watch,
};
use crate::statuses::{BY_CUTS, BY_ENDS, BY_OTHERS, BY_UNLOADING};

const THREADS: u64 = 64;
/// Logons among the threads.
const LOGONS: usize = 4;
/// How often the driver is unloaded in one round.
const UNLOADS: u32 = 2;
/// Requests after which the first attempt to unload the driver is made, and after which it gets easier.
const BUSY: u64 = 500;
const ENOUGH: u64 = 1000;
/// Attempts to connect while there is no driver, at least.
const IN_VAIN: u32 = 50;
/// The longest request, in bytes.
const LONGEST: usize = 60_000;

const PARTS: (&str, u32) = ("MaxIoBytes", 20_000);
const UNSIGNED: &Settings<'static> = &[("RequireSigning", 0), PARTS];
const SIGNED: &Settings<'static> = &[("RequireSigning", 1), PARTS];
const SEALED: &Settings<'static> = &[("RequireEncryption", 1), PARTS];
const TDI: &Settings<'static> = &[("RequireSigning", 0), PARTS, BY_TDI];

/// What the threads do.
const WORK: u32 = 0;
/// Only a few do something, so that the driver is not in use all the time.
const LULL: u32 = 1;

/// What all threads of a round know.
struct Scene<'s> {
    kernel: &'s Kernel,
    server: &'s RunningServer,
    processes: &'s [Process],
    content: &'s [u8],
    acceptable: &'s [NtStatus],
    seed: u64,
    turn: AtomicU32,
    /// Attempts to connect that found no driver.
    in_vain: AtomicU32,
    /// Connections that were made.
    connected: AtomicU64,
}

impl Scene<'_> {
    fn process(&self, number: usize) -> &Process {
        &self.processes[number % self.processes.len()]
    }

    fn connect(&self, number: usize) -> Option<Mount<'_>> {
        let process = self.process(number);
        match Mount::connect(process, self.server, SHARE, Some((USER, PASSWORD))) {
            Ok(mount) => {
                self.connected.fetch_add(1, Ordering::Relaxed);
                Some(mount)
            }
            Err(status) => {
                let known = self.acceptable.contains(&status);
                assert!(known, "connecting: {status:?}");
                if BY_UNLOADING.contains(&status) {
                    self.in_vain.fetch_add(1, Ordering::Relaxed);
                }
                None
            }
        }
    }

    /// Connects, does a few things, and closes all, again and again.
    fn work(&self, crowd: &Crowd, number: u64) {
        let mut random = Random(self.seed + number + 1);
        while !crowd.is_over() {
            let lull = self.turn.load(Ordering::Relaxed) == LULL;
            if lull && !number.is_multiple_of(16) {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            let Some(mount) = self.connect(number as usize) else {
                thread::sleep(Duration::from_micros(random.below(2000) as u64));
                continue;
            };
            let seed = self.seed.wrapping_add(random.next());
            let steps = if lull { 1 } else { 1 + random.below(30) };
            let forced = random.below(8) == 0;
            let mut part = Part::new(mount.clone(), (number, seed), self.content, self.acceptable);
            part.begin(steps);
            // With its own files open, and those of the others of the logon.
            if forced {
                let ended = mount.disconnect(true);
                part.check(ended);
            } else if random.below(32) == 0 {
                let logon = self.process(number as usize).logon();
                self.kernel.end_logon(logon);
            }
            part.end_all();
            if lull {
                drop(part);
                thread::sleep(Duration::from_micros(random.below(5000) as u64));
            }
        }
    }

    /// Unloads the driver in the midst of it all, and loads it again. Returns the last one, and how often it could not be
    /// unloaded.
    fn unload_and_load(&self, crowd: &Crowd, mut driver: Driver) -> (Driver, u64) {
        let mut refused = 0;
        for _ in 0..UNLOADS {
            let so_far = self.kernel.stats().irps;
            let done = || self.kernel.stats().irps - so_far;
            wait_until("all are at work", || done() > BUSY || crowd.is_over());
            while let Err(status) = driver.unload() {
                assert_eq!(status, sys::STATUS_FILES_OPEN);
                refused += 1;
                if done() > ENOUGH {
                    self.turn.store(LULL, Ordering::Relaxed);
                }
                if crowd.is_over() {
                    return (driver, refused);
                }
                thread::sleep(Duration::from_micros(200));
            }
            let so_far = self.in_vain.load(Ordering::Relaxed);
            let in_vain = || self.in_vain.load(Ordering::Relaxed) - so_far;
            wait_until("some find no driver", || {
                in_vain() > IN_VAIN || crowd.is_over()
            });
            driver = load(self.kernel);
            self.turn.store(WORK, Ordering::Relaxed);
        }
        (driver, refused)
    }
}

fn load(kernel: &Kernel) -> Driver {
    kernel
        .load_driver("oxsmb", oxsmb::driver_entry)
        .expect("the driver loads")
}

/// Returns how many requests were made.
fn round(settings: &Settings<'_>, seed: u64) -> u64 {
    let share = share();
    share.make_directory(DIRECTORY).unwrap();
    let server = start(server(&share));
    let kernel = Kernel::boot(config(settings));
    let _watch = watch();
    for &(name, value) in settings {
        kernel.set_registry(PARAMETERS, name, &RegistryValue::Dword(value));
    }
    let processes: Vec<_> = (0..LOGONS).map(|_| Process::new()).collect();
    let acceptable = [BY_OTHERS, BY_CUTS, BY_ENDS, BY_UNLOADING].concat();
    let content = bytes(LONGEST);
    let scene = Scene {
        kernel: &kernel,
        server: &server,
        processes: &processes,
        content: &content,
        acceptable: &acceptable,
        seed,
        turn: AtomicU32::new(WORK),
        in_vain: AtomicU32::new(0),
        connected: AtomicU64::new(0),
    };
    let last = Mutex::new(None);
    let driver = load(&kernel);
    Crowd::run(
        THREADS,
        |crowd, number| scene.work(crowd, number),
        |crowd| *last.lock().unwrap() = Some(scene.unload_and_load(crowd, driver)),
    );
    let (driver, refused) = last.into_inner().unwrap().expect("it came to an end");
    assert!(refused > 0, "the driver was never in use");
    let connected = scene.connected.load(Ordering::Relaxed);
    assert!(connected >= THREADS, "{connected} connections");
    drop(processes);
    driver.unload().expect("the driver unloads");
    let left = kernel.leaks();
    assert!(left.is_clean(), "left behind:\n{left}");
    let requests = kernel.stats().irps;
    drop(kernel);
    let stats = server.stop();
    assert_eq!((stats.protocol_errors, stats.bad_signatures), (0, 0));
    requests
}

#[test]
fn a_driver_that_is_unloaded_and_loaded_again_under_load_leaves_nothing_behind() {
    repeat("unloading", |seed| {
        let flavours = [UNSIGNED, SIGNED, SEALED, TDI];
        flavours.map(|settings| round(settings, seed)).iter().sum()
    });
}
