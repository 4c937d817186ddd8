//! The demo's work in small: map, copy there, list, rename, copy back, delete, unmap. Few bytes, but every kind of request.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ntsim::sys;
use ntsim::user::{File, Process};
use smb_server::{RunningServer, Share};
use smb_wire::NtStatus;
use smb_wire::fscc::{FileInformationClass, FsInformationClass};

use crate::ledger::Ledger;
use crate::scripted::{Mount, PASSWORD, SHARE, USER, bytes, count};
use crate::tally::Tally;

/// The settings that make transfers of these sizes take more than one request.
pub const SMALL: (&str, u32) = ("MaxIoBytes", 4096);
/// How many bytes are written.
const SIZE: usize = 4_700;
/// The parts that are in flight together: offset and length. The first takes two requests.
const PARTS: [(usize, usize); 3] = [(0, 4_200), (4_200, 400), (4_600, 100)];
/// Where the file is cut: within its last part.
const CUT: usize = 4_650;

/// A request has failed. Whether rightly is told in the end.
#[derive(Debug)]
pub struct Failed;

type Outcome<T> = Result<T, Failed>;

/// What is worked with at a moment, for whoever meddles.
#[derive(Default)]
pub struct Current {
    file: Mutex<Option<Arc<File>>>,
    over: AtomicBool,
}

impl Current {
    /// Cancels whatever is under way with the file.
    pub fn cancel(&self) {
        if let Some(file) = &*self.file() {
            file.nt_cancel_io_file();
        }
    }

    /// The work has come to its end.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn set(&self, file: Option<Arc<File>>) {
        *self.file() = file;
    }

    fn file(&self) -> MutexGuard<'_, Option<Arc<File>>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of some work.
#[derive(Default)]
pub struct Findings {
    /// The statuses met.
    pub tally: Tally,
    /// What was not right.
    pub complaints: Vec<String>,
    /// The fault struck.
    pub met: bool,
    ledgers: Vec<Ledger>,
}

impl Findings {
    /// Something is not right.
    pub fn complain(&mut self, why: String) {
        self.complaints.push(why);
    }

    /// What was deleted is gone, once the server has closed all files.
    pub fn check_gone(&mut self, share: &Share) {
        let there = self.ledgers.iter().map(|ledger| ledger.check_gone(share));
        self.complaints.extend(there.filter_map(Result::err));
    }
}

/// Who does the work.
pub struct Worker<'p> {
    process: &'p Process,
    server: &'p RunningServer,
    current: &'p Current,
    mount: Option<Mount<'p>>,
    /// The statuses that a request may fail with.
    right: &'static [NtStatus],
    /// What came of all requests.
    tally: Tally,
    /// Requests that failed with a status that is not right. The work is ended in order, so that the next run can be trusted.
    complaints: Vec<String>,
    content: Vec<u8>,
    directory: String,
    ledger: Ledger,
    /// That of the work before.
    before: Ledger,
}

impl<'p> Worker<'p> {
    /// A worker whose requests may fail with the statuses of `right`.
    pub fn new(
        process: &'p Process,
        server: &'p RunningServer,
        right: &'static [NtStatus],
        current: &'p Current,
    ) -> Self {
        Self {
            process,
            server,
            current,
            mount: None,
            right,
            tally: Tally::default(),
            complaints: Vec::new(),
            content: bytes(SIZE),
            directory: String::new(),
            ledger: Ledger::new("", &[]),
            before: Ledger::new("", &[]),
        }
    }

    /// Nothing may fail from now on.
    pub fn forgive_nothing(&mut self) {
        self.right = &[];
    }

    /// All of it, in a directory of this name, up to the first request that fails; what was in flight beside it is waited
    /// for and judged too.
    pub fn work(&mut self, directory: &str) -> Outcome<()> {
        self.directory = directory.into();
        let ledger = Ledger::new(directory, &self.content);
        self.before = mem::replace(&mut self.ledger, ledger);
        let outcome = self.every_step();
        self.current.over.store(true, Ordering::Release);
        outcome
    }

    fn every_step(&mut self) -> Outcome<()> {
        let mount = self.map()?;
        self.make_directory(&mount)?;
        self.copy_there(&mount)?;
        self.look_around(&mount)?;
        self.rename(&mount)?;
        self.copy_back(&mount)?;
        self.delete(&mount)?;
        self.mount = None;
        self.judge("unmap", mount.disconnect(false))
    }

    /// What was acknowledged is on the share.
    pub fn check(&mut self, share: &Share) {
        self.complaints.extend(self.ledger.check(share).err());
    }

    /// Ends the work.
    pub fn end(self) -> Findings {
        Findings {
            tally: self.tally,
            complaints: self.complaints,
            met: false,
            ledgers: vec![self.before, self.ledger],
        }
    }

    /// A mapped share is kept for the next time.
    fn map(&mut self) -> Outcome<Mount<'p>> {
        if let Some(mount) = &self.mount {
            return Ok(mount.clone());
        }
        let user = Some((USER, PASSWORD));
        let mapped = Mount::connect(self.process, self.server, SHARE, user);
        let mount = self.judge("map", mapped)?;
        self.mount = Some(mount.clone());
        Ok(mount)
    }

    fn make_directory(&mut self, mount: &Mount<'_>) -> Outcome<()> {
        let (access, options) = (sys::FILE_GENERIC_READ, sys::FILE_DIRECTORY_FILE);
        let made = mount.create(&self.directory, access, sys::FILE_CREATE, options);
        let directory = self.judge("make a directory", made)?;
        self.ledger.made_directory();
        self.close(directory)?;
        let again = mount.create(&self.directory, access, sys::FILE_CREATE, options);
        self.refused("make it again", again, NtStatus::OBJECT_NAME_COLLISION)
    }

    fn copy_there(&mut self, mount: &Mount<'_>) -> Outcome<()> {
        let path = self.path("file");
        let made = mount.make(&path);
        let file = self.judge("make a file", made)?;
        self.ledger.made(&path);
        self.with(file, |this, file| {
            let content = this.content.clone();
            let writes = PARTS.map(|(offset, length)| {
                let part = content[offset..][..length].to_vec();
                file.nt_write_file_overlapped(part, offset as u64)
            });
            let mut outcome = Ok(());
            for (write, (offset, length)) in writes.into_iter().zip(PARTS) {
                match this.judge("write", count(write.wait().1)) {
                    Ok(written) => {
                        assert_eq!(written, length, "a short write");
                        this.ledger.written(offset, length);
                    }
                    Err(failed) => outcome = Err(failed),
                }
            }
            outcome?;
            this.ledger.cutting(CUT);
            this.set("cut", file, FileInformationClass::END_OF_FILE, CUT as u64)?;
            this.ledger.cut(CUT);
            this.judge("flush", count(file.nt_flush_buffers_file()))?;
            this.query(file)
        })
    }

    fn look_around(&mut self, mount: &Mount<'_>) -> Outcome<()> {
        let opened = mount.open_directory(&self.directory);
        let directory = self.judge("open the directory", opened)?;
        self.with(directory, |this, directory| {
            let mut buffer = [0; 1024];
            let class = smb_wire::fscc::DirectoryClass::IdBoth;
            let number = class.class().0.into();
            let mut names = Vec::new();
            loop {
                let read = count(directory.nt_query_directory_file(
                    &mut buffer,
                    number,
                    false,
                    None,
                    false,
                ));
                if read == Err(NtStatus::NO_MORE_FILES) {
                    this.tally.add(NtStatus::NO_MORE_FILES);
                    break;
                }
                let length = this.judge("list", read)?;
                let entries = smb_wire::fscc::DirectoryEntries::new(class, &buffer[..length]);
                names.extend(entries.map(|entry| entry.expect("a sound entry").name.to_string()));
            }
            assert_eq!(names, [".", "..", "file"]);
            let class = FsInformationClass::FULL_SIZE.0.into();
            let volume = directory.nt_query_volume_information_file(&mut [0; 64], class);
            this.judge("ask about the volume", count(volume)).map(drop)
        })?;
        let missing = mount.open(&self.path("missing"));
        self.refused(
            "open what is missing",
            missing,
            NtStatus::OBJECT_NAME_NOT_FOUND,
        )
    }

    fn rename(&mut self, mount: &Mount<'_>) -> Outcome<()> {
        let opened = mount.open(&self.path("file"));
        let file = self.judge("open to rename", opened)?;
        let path = self.path("renamed");
        self.with(file, |this, file| {
            this.ledger.renaming(&path);
            this.judge("rename", mount.rename(file, &path, false))?;
            this.ledger.renamed(&path);
            Ok(())
        })
    }

    fn copy_back(&mut self, mount: &Mount<'_>) -> Outcome<()> {
        let opened = mount.open(&self.path("renamed"));
        let file = self.judge("open to read", opened)?;
        self.with(file, |this, file| {
            let reads = PARTS.map(|(offset, length)| {
                file.nt_read_file_overlapped(vec![0; length], offset as u64)
            });
            let mut outcome = Ok(());
            for (read, (offset, length)) in reads.into_iter().zip(PARTS) {
                let (part, status) = read.wait();
                match this.judge("read", count(status)) {
                    Ok(read) => {
                        assert_eq!(read, length.min(CUT - offset), "a short read");
                        assert!(part[..read] == this.content[offset..][..read]);
                    }
                    Err(failed) => outcome = Err(failed),
                }
            }
            outcome?;
            let beyond = count(file.nt_read_file(&mut [0; 10], Some(CUT as u64)));
            this.refused("read beyond the end", beyond, NtStatus::END_OF_FILE)
        })
    }

    fn delete(&mut self, mount: &Mount<'_>) -> Outcome<()> {
        let opened = mount.open(&self.path("renamed"));
        let file = self.judge("open to delete", opened)?;
        self.with(file, |this, file| {
            this.ledger.deleting();
            this.judge("delete", mount.delete(file))
        })?;
        self.ledger.deleted();
        let access = sys::DELETE | sys::FILE_READ_ATTRIBUTES;
        let options = sys::FILE_DIRECTORY_FILE;
        let opened = mount.create(&self.directory, access, sys::FILE_OPEN, options);
        let directory = self.judge("open the directory to delete", opened)?;
        self.with(directory, |this, directory| {
            this.ledger.deleting_directory();
            this.judge("delete the directory", mount.delete(directory))
        })?;
        self.ledger.deleted_directory();
        Ok(())
    }

    /// Works with an open file. After a failure it is asked once more, and closed in any case.
    fn with(
        &mut self,
        file: File,
        work: impl FnOnce(&mut Self, &File) -> Outcome<()>,
    ) -> Outcome<()> {
        let file = Arc::new(file);
        self.current.set(Some(Arc::clone(&file)));
        let mut outcome = work(self, &file);
        if outcome.is_err() {
            // Its handle is as good as before, or lost for a right reason.
            let _ = self.query(&file);
        }
        self.current.set(None);
        if let Some(file) = Arc::into_inner(file) {
            outcome = outcome.and(self.close(file));
        }
        outcome
    }

    fn close(&mut self, file: File) -> Outcome<()> {
        let status = NtStatus::from(file.nt_close());
        if status.is_error() {
            self.judge("close", Err(status))
        } else {
            self.judge("close", Ok(()))
        }
    }

    fn query(&mut self, file: &File) -> Outcome<()> {
        let class = FileInformationClass::STANDARD.0.into();
        let asked = file.nt_query_information_file(&mut [0; 24], class);
        self.judge("ask about the file", count(asked)).map(drop)
    }

    fn set(
        &mut self,
        step: &str,
        file: &File,
        class: FileInformationClass,
        value: u64,
    ) -> Outcome<()> {
        let done = file.nt_set_information_file(&value.to_le_bytes(), class.0.into());
        self.judge(step, count(done)).map(drop)
    }

    fn path(&self, name: &str) -> String {
        format!("{}\\{name}", self.directory)
    }

    /// A request that fails has to fail with a right status.
    fn judge<T>(&mut self, step: &str, outcome: Result<T, NtStatus>) -> Outcome<T> {
        match outcome {
            Ok(result) => {
                self.tally.add(NtStatus::SUCCESS);
                Ok(result)
            }
            Err(status) => {
                self.tally.add(status);
                if !self.right.contains(&status) {
                    self.complaints.push(format!("{step}: {status:?}"));
                }
                Err(Failed)
            }
        }
    }

    /// A request that has to be refused with this status, without any fault.
    fn refused<T>(
        &mut self,
        step: &str,
        outcome: Result<T, NtStatus>,
        status: NtStatus,
    ) -> Outcome<()> {
        match outcome {
            Ok(_) => {
                self.complaints.push(format!("{step}: not refused"));
                Err(Failed)
            }
            Err(met) if met == status => {
                self.tally.add(met);
                Ok(())
            }
            Err(other) => self.judge(step, Err(other)),
        }
    }
}
