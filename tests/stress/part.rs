//! One thread's part: whatever comes to its mind.

use ntsim::user::{File, Pending};
use smb_wire::NtStatus;

use crate::scripted::{Mount, Random, count};

/// So few names that the threads meet.
const NAMES: usize = 30;
/// Where they are.
pub const DIRECTORY: &str = "dir";

/// Files that stay open, and requests that stay under way, at most.
const MOST_OPEN: usize = 4;
const MOST_FLIGHTS: usize = 6;

/// A thread's files and requests under way.
pub struct Part<'m> {
    mount: Mount<'m>,
    number: u64,
    random: Random,
    content: &'m [u8],
    acceptable: &'m [NtStatus],
    open: Vec<File>,
    flights: Vec<(Pending<Vec<u8>>, bool)>,
}

impl<'m> Part<'m> {
    /// For a thread with a number of its own. Requests are no longer than the content, and end with a success or one of the
    /// acceptable statuses.
    pub fn new(
        mount: Mount<'m>,
        (number, seed): (u64, u64),
        content: &'m [u8],
        acceptable: &'m [NtStatus],
    ) -> Self {
        Self {
            mount,
            number,
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + number + 1),
            content,
            acceptable,
            open: Vec::new(),
            flights: Vec::new(),
        }
    }

    /// One thing after the other; some may still be under way.
    pub fn begin(&mut self, steps: usize) {
        for step in 0..steps {
            self.step();
            if step % 50 == 0 {
                self.own_file();
            }
        }
    }

    /// Waits for what is still under way.
    pub fn end_all(&mut self) {
        for flight in std::mem::take(&mut self.flights) {
            self.end(flight);
        }
    }

    fn name(&mut self) -> String {
        format!("{DIRECTORY}\\{}", self.random.below(NAMES))
    }

    /// What came of a step; nothing, if a status that is acceptable.
    pub fn check<T>(&self, outcome: Result<T, NtStatus>) -> Option<T> {
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

    /// Where in a file, and how much.
    fn extent(&mut self) -> (usize, usize) {
        let size = self.content.len();
        (self.random.below(size), 1 + self.random.below(size))
    }

    fn step(&mut self) {
        match self.random.below(15) {
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
            4 | 5 => self.begin_write(),
            6 | 7 => self.begin_read(),
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
            11 => self.cancel_all(),
            12 => {
                let flushed = self.file().map(|file| count(file.nt_flush_buffers_file()));
                flushed.map(|outcome| self.check(outcome));
            }
            13 => {
                let (place, length) = self.extent();
                let mut block = vec![0; length];
                let read = self
                    .file()
                    .map(|file| count(file.nt_read_file(&mut block, Some(place as u64))));
                read.map(|outcome| self.check(outcome));
            }
            _ => {
                let listed = self.mount.list(DIRECTORY);
                self.check(listed);
            }
        }
        while self.open.len() > MOST_OPEN {
            let at = self.random.below(self.open.len());
            drop(self.open.swap_remove(at));
        }
        while self.flights.len() > MOST_FLIGHTS {
            let at = self.random.below(self.flights.len());
            let flight = self.flights.swap_remove(at);
            self.end(flight);
        }
    }

    fn begin_write(&mut self) {
        let (place, length) = self.extent();
        let block = self.content[..length].to_vec();
        let flight = self
            .file()
            .map(|file| file.nt_write_file_overlapped(block, place as u64));
        self.flights.extend(flight.map(|flight| (flight, false)));
    }

    fn begin_read(&mut self) {
        let (place, length) = self.extent();
        let flight = self
            .file()
            .map(|file| file.nt_read_file_overlapped(vec![0; length], place as u64));
        self.flights.extend(flight.map(|flight| (flight, false)));
    }

    /// Cancels whatever is under way on one of the files.
    fn cancel_all(&mut self) {
        if self.file().map_or(0, File::nt_cancel_io_file) > 0 {
            for (_, cancelled) in &mut self.flights {
                *cancelled = true;
            }
        }
    }

    fn end(&self, (flight, cancelled): (Pending<Vec<u8>>, bool)) {
        match count(flight.wait().1) {
            Err(NtStatus::CANCELLED) if cancelled => {}
            outcome => drop(self.check(outcome)),
        }
    }

    /// A file that nobody else knows has what was written to it, whatever goes on around it.
    fn own_file(&mut self) -> Option<()> {
        let made = self.mount.make(&format!("own {}", self.number));
        let file = self.check(made)?;
        let size = self.content.len();
        let length = 1 + self.random.below(size);
        let block = &self.content[size - length..];
        self.check(count(file.nt_write_file(block, Some(0))))?;
        let mut back = vec![0; size];
        let read = self.check(count(file.nt_read_file(&mut back, Some(0))))?;
        assert!(back[..read] == *block);
        Some(())
    }
}
