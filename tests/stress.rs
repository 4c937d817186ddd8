//! Many threads at once, each doing whatever comes to its mind to the same few files; then nothing may be left.
#![forbid(unsafe_code)]

mod scripted;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ntsim::user::{File, Pending};
use scripted::{BY_TDI, Mount, Random, Settings, bytes, count, server, share, start, with_driver};
use smb_server::RunningServer;
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

const THREADS: u64 = 8;
const STEPS: usize = 1000;
/// So few that the threads meet.
const NAMES: usize = 30;
const SIZE: usize = 200_000;

/// What may come of a step when others are at the same file.
const BY_OTHERS: &[NtStatus] = &[
    NtStatus::ACCESS_DENIED,
    NtStatus::DELETE_PENDING,
    NtStatus::END_OF_FILE,
    NtStatus::NO_SUCH_FILE,
    NtStatus::OBJECT_NAME_COLLISION,
    NtStatus::OBJECT_NAME_NOT_FOUND,
    NtStatus::SHARING_VIOLATION,
];
/// What may come of it besides when connections are cut.
const BY_CUTS: &[NtStatus] = &[
    NtStatus::CONNECTION_DISCONNECTED,
    NtStatus::FILE_CLOSED,
    NtStatus::NETWORK_NAME_DELETED,
    NtStatus::USER_SESSION_DELETED,
];

/// One thread's part.
struct Part<'m> {
    mount: Mount<'m>,
    random: Random,
    content: Vec<u8>,
    acceptable: Vec<NtStatus>,
    open: Vec<File>,
    flights: Vec<(Pending<Vec<u8>>, bool)>,
}

impl Part<'_> {
    fn name(&mut self) -> String {
        format!("dir\\{}", self.random.below(NAMES))
    }

    fn check<T>(&self, outcome: Result<T, NtStatus>) -> Option<T> {
        match outcome {
            Ok(result) => Some(result),
            Err(status) => {
                assert!(self.acceptable.contains(&status), "{status:?}");
                None
            }
        }
    }

    /// One of the files that are open, which stays open.
    fn file(&mut self) -> Option<&File> {
        let at = self.random.below(self.open.len().max(1));
        self.open.get(at)
    }

    fn step(&mut self) {
        let place = self.random.below(SIZE);
        let length = 1 + self.random.below(SIZE);
        match self.random.below(12) {
            0..=2 => {
                let name = self.name();
                let opened = self.mount.make(&name);
                let opened = self.check(opened);
                self.open.extend(opened);
            }
            3 => {
                let name = self.name();
                let opened = self.mount.open(&name);
                let opened = self.check(opened);
                self.open.extend(opened);
            }
            4 | 5 => {
                let block = self.content[..length].to_vec();
                let flight = self
                    .file()
                    .map(|file| file.nt_write_file_overlapped(block, place as u64));
                self.flights.extend(flight.map(|flight| (flight, false)));
            }
            6 | 7 => {
                let flight = self
                    .file()
                    .map(|file| file.nt_read_file_overlapped(vec![0; length], place as u64));
                self.flights.extend(flight.map(|flight| (flight, false)));
            }
            8 => {
                let name = self.name();
                let mount = self.mount.clone();
                let renamed = self.file().map(|file| mount.rename(file, &name, true));
                renamed.map(|outcome| self.check(outcome));
            }
            9 => {
                let mount = self.mount.clone();
                let deleted = self.file().map(|file| mount.delete(file));
                deleted.map(|outcome| self.check(outcome));
            }
            10 => {
                if let Some((flight, cancelled)) = self.flights.last_mut() {
                    flight.cancel();
                    *cancelled = true;
                }
            }
            _ => {
                let listed = self.mount.list("dir");
                self.check(listed);
            }
        }
        while self.open.len() > 4 {
            let at = self.random.below(self.open.len());
            drop(self.open.swap_remove(at));
        }
        while self.flights.len() > 6 {
            let at = self.random.below(self.flights.len());
            let flight = self.flights.swap_remove(at);
            self.end(flight);
        }
    }

    fn end(&self, (flight, cancelled): (Pending<Vec<u8>>, bool)) {
        match count(flight.wait().1) {
            Err(NtStatus::CANCELLED) if cancelled => {}
            outcome => drop(self.check(outcome)),
        }
    }

    /// A file that nobody else knows has what was written to it, whatever goes on around it.
    fn own_file(&mut self, number: u64) -> Option<()> {
        let written = self.mount.make(&format!("own {number}"));
        let file = self.check(written)?;
        let length = 1 + self.random.below(SIZE);
        let block = &self.content[SIZE - length..];
        self.check(count(file.nt_write_file(block, Some(0))))?;
        let mut back = vec![0; SIZE];
        let read = self.check(count(file.nt_read_file(&mut back, Some(0))))?;
        assert!(back[..read] == *block);
        Some(())
    }
}

/// Everybody works until all are through; `meanwhile` is done over and over.
fn everybody_works(mount: &Mount<'_>, acceptable: &[NtStatus], meanwhile: impl Fn() + Sync) {
    let through = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !through.load(Ordering::Relaxed) {
                meanwhile();
            }
        });
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                scope.spawn(move || {
                    let mut part = Part {
                        mount: mount.clone(),
                        random: Random(number + 1),
                        content: bytes(SIZE),
                        acceptable: acceptable.to_vec(),
                        open: Vec::new(),
                        flights: Vec::new(),
                    };
                    for step in 0..STEPS {
                        part.step();
                        if step % 50 == 0 {
                            part.own_file(number);
                        }
                    }
                    for flight in std::mem::take(&mut part.flights) {
                        part.end(flight);
                    }
                })
            })
            .collect();
        let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
        through.store(true, Ordering::Relaxed);
        for outcome in outcomes {
            outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

fn stress(
    settings: &Settings<'_>,
    acceptable: &[NtStatus],
    meanwhile: impl Fn(&RunningServer) + Sync,
) {
    let share = share();
    share.make_directory("dir").unwrap();
    let server = start(server(&share));
    with_driver(settings, |desk| {
        let mount = desk.mount(&server);
        everybody_works(&mount, acceptable, || meanwhile(&server));
        server.faults().clear();
        let file = mount.make("last").unwrap();
        assert_eq!(count(file.nt_write_file(&bytes(SIZE), Some(0))), Ok(SIZE));
        drop(file);
        // Nothing is open, whatever the ends of the last requests still look at.
        assert_eq!(mount.disconnect(false), Ok(()));
    });
    assert!(share.read_file("last").unwrap() == bytes(SIZE));
    let stats = server.stats();
    // Enough came about for that to mean something.
    for (command, least) in [
        (Command::READ, 500),
        (Command::SET_INFO, 50),
        (Command::CANCEL, 1),
    ] {
        assert!(
            stats.requests_of(command) >= least,
            "{command:?}: {stats:?}"
        );
    }
    assert_eq!(
        (
            stats.open_handles,
            stats.protocol_errors,
            stats.bad_signatures
        ),
        (0, 0, 0)
    );
}

/// Parts of many sizes, so that transfers are split.
const UNSIGNED: &Settings<'static> = &[("RequireSigning", 0), ("MaxIoBytes", 50_000)];
const SIGNED: &Settings<'static> = &[("RequireSigning", 1), ("MaxIoBytes", 50_000)];
const TDI: &Settings<'static> = &[("RequireSigning", 0), ("MaxIoBytes", 50_000), BY_TDI];

#[test]
fn eight_threads_on_the_same_files_leave_nothing_behind() {
    for settings in [UNSIGNED, SIGNED, TDI] {
        stress(settings, BY_OTHERS, |_| thread::yield_now());
    }
}

#[test]
fn case_45_eight_threads_on_connections_that_are_cut_again_and_again_leave_nothing_behind() {
    for settings in [UNSIGNED, TDI] {
        stress_with_cuts(settings);
    }
}

fn stress_with_cuts(settings: &Settings<'_>) {
    let acceptable = [BY_OTHERS, BY_CUTS].concat();
    stress(settings, &acceptable, |server| {
        let before = server.stats();
        server.disconnect_all();
        // Something gets done between one cut and the next.
        let done = || server.stats().bytes_in.wrapping_sub(before.bytes_in) > 1_000_000;
        for _ in 0..1000 {
            if done() {
                break;
            }
            thread::sleep(std::time::Duration::from_millis(1));
        }
    });
}
