//! Many threads at once, each with its own file and all in one directory, while connections are cut; then nothing may be left.
#![forbid(unsafe_code)]

mod desk;
mod server;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use desk::bytes;
use server::{connect, serve, share, start};
use smb_wire::NtStatus;
use smb_wire::fscc::FileInformationClass;
use wine_ground::{File, Mount, Settings, with_driver};

const THREADS: usize = 8;
const STEPS: usize = 150;
const BLOCK: usize = 20_011;

/// What may come of a step when connections are cut.
const BY_CUTS: &[NtStatus] = &[
    NtStatus::CONNECTION_DISCONNECTED,
    NtStatus::FILE_CLOSED,
    NtStatus::NETWORK_NAME_DELETED,
    NtStatus::USER_SESSION_DELETED,
];

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// One thread's part: its file, renamed now and then.
struct Part {
    mount: Mount,
    number: usize,
    random: Random,
    name: String,
    file: Option<File>,
    content: Vec<u8>,
}

impl Part {
    fn new(mount: Mount, number: usize) -> Self {
        Self {
            mount,
            number,
            random: Random(0x9E37_79B9_7F4A_7C15 ^ number as u64),
            name: format!("file {number}"),
            file: None,
            content: bytes(BLOCK * 4),
        }
    }

    /// Does whatever comes to its mind.
    fn step(&mut self) -> Result<(), NtStatus> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.mount.make(&self.name)?,
        };
        match self.random.below(6) {
            0 | 1 => {
                let written = file.write(0, &self.content)?;
                assert_eq!(written, self.content.len());
                assert!(file.read(0, written)? == self.content);
            }
            2 => {
                let writes = file.start_writes(0, &self.content, 4);
                let ends: Vec<_> = writes
                    .into_iter()
                    .map(|write| write.wait().count())
                    .collect();
                for end in ends {
                    assert_eq!(end?, BLOCK);
                }
            }
            3 => {
                let reads = file.start_reads(0, BLOCK as u32, 8);
                let chosen = self.random.below(8);
                reads[chosen].cancel();
                for read in reads {
                    // The file may be shorter than that.
                    match read.wait().data() {
                        Ok(_) | Err(NtStatus::CANCELLED | NtStatus::END_OF_FILE) => {}
                        Err(status) => return Err(status),
                    }
                }
            }
            4 => {
                let listed = self.mount.list("")?;
                assert!(listed.iter().any(|entry| entry.name == self.name));
                file.query(FileInformationClass::STANDARD, 24)?;
            }
            _ => {
                let name = format!("file {} {}", self.number, self.random.below(1_000_000));
                self.mount.rename(&file, &name, true)?;
                self.name = name;
            }
        }
        if self.random.below(4) > 0 {
            self.file = Some(file);
        }
        Ok(())
    }
}

/// Runs all threads; every so many steps, counted over all of them, all connections are cut.
fn run(settings: &Settings<'_>, acceptable: &[NtStatus], cut_every: Option<usize>) {
    let share = share();
    let server = start(serve(&share));
    let steps = AtomicUsize::new(0);
    with_driver(settings, |desk| {
        let mount = connect(desk, &server);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let mut part = Part::new(mount.in_another_thread(), number);
                let (server, steps) = (&server, &steps);
                scope.spawn(move || {
                    for _ in 0..STEPS {
                        if let Err(status) = part.step() {
                            assert!(acceptable.contains(&status), "{status:?}");
                        }
                        let done = steps.fetch_add(1, Ordering::Relaxed);
                        if cut_every.is_some_and(|often| done % often == often - 1) {
                            server.disconnect_all();
                        }
                    }
                });
            }
        });
        // It goes on as if nothing had been.
        let file = mount.make("afterwards").unwrap();
        assert_eq!(file.write(0, b"well"), Ok(4));
    });
    let stats = server.stats();
    assert_eq!(stats.connections > 1, cut_every.is_some());
    assert_eq!((stats.open_sessions, stats.open_handles), (0, 0));
    assert_eq!((stats.bad_signatures, stats.protocol_errors), (0, 0));
}

#[test]
fn eight_threads_do_what_comes_to_their_minds_and_nothing_is_wrong_or_left() {
    run(&[], &[], None);
}

#[test]
fn eight_threads_go_on_although_connections_are_cut_and_nothing_is_left() {
    run(&[], BY_CUTS, Some(100));
}
