//! An open file, and requests that are under way on it.

use std::sync::Arc;
use std::thread;

use smb_wire::NtStatus;
use smb_wire::fscc::{FileInformationClass, FsInformationClass};
use wine_protocol::{DirectoryFlags, Handle, Request};

use crate::line::{Answer, Line, Sent};

/// An open file. Dropping it closes it.
#[derive(Debug)]
pub struct File {
    line: Arc<Line>,
    handle: Handle,
    closed: bool,
}

impl File {
    pub(crate) fn new(line: &Arc<Line>, handle: Handle) -> Self {
        Self {
            line: Arc::clone(line),
            handle,
            closed: false,
        }
    }

    /// Reads at `offset`, at most `length` bytes.
    ///
    /// # Errors
    /// What the driver says; STATUS_END_OF_FILE at the end.
    pub fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, NtStatus> {
        self.line.ask(self.read_request(offset, length)).data()
    }

    /// Writes at `offset`, and gives how many bytes.
    ///
    /// # Errors
    /// What the driver says.
    pub fn write(&self, offset: u64, data: &[u8]) -> Result<usize, NtStatus> {
        self.line.ask(self.write_request(offset, data)).count()
    }

    /// Begins to read.
    pub fn start_read(&self, offset: u64, length: usize) -> Pending {
        self.pending(self.line.start(self.read_request(offset, length), 1))
            .remove(0)
    }

    /// Begins to write.
    pub fn start_write(&self, offset: u64, data: &[u8]) -> Pending {
        self.pending(self.line.start(self.write_request(offset, data), 1))
            .remove(0)
    }

    /// Begins `count` reads together, one behind the other in the file.
    pub fn start_reads(&self, offset: u64, length: u32, count: u32) -> Vec<Pending> {
        let request = Request::ReadMany {
            file: self.handle,
            offset: offset.cast_signed(),
            length,
            stride: length,
            count,
        };
        self.pending(self.line.start(request, count))
    }

    /// Begins `count` writes together, one behind the other in the file, of an equal part of `data` each.
    pub fn start_writes(&self, offset: u64, data: &[u8], count: u32) -> Vec<Pending> {
        let request = Request::WriteMany {
            file: self.handle,
            offset: offset.cast_signed(),
            stride: data.len() as u32 / count,
            count,
            data,
        };
        self.pending(self.line.start(request, count))
    }

    /// Queries file information into `room` bytes.
    ///
    /// # Errors
    /// What the driver says, STATUS_BUFFER_OVERFLOW included.
    pub fn query(&self, class: FileInformationClass, room: u32) -> Result<Vec<u8>, NtStatus> {
        let request = Request::QueryInformation {
            file: self.handle,
            class: class.0.into(),
            length: room,
        };
        self.line.ask(request).data()
    }

    /// Sets file information.
    ///
    /// # Errors
    /// What the driver says.
    pub fn set(&self, class: FileInformationClass, data: &[u8]) -> Result<(), NtStatus> {
        let request = Request::SetInformation {
            file: self.handle,
            class: class.0.into(),
            data,
        };
        self.line.ask(request).ok().map(drop)
    }

    /// Lists a directory's next entries into `room` bytes.
    ///
    /// # Errors
    /// What the driver says; STATUS_NO_MORE_FILES at the end.
    pub fn list(
        &self,
        class: FileInformationClass,
        flags: DirectoryFlags,
        pattern: Option<&str>,
        room: u32,
    ) -> Result<Vec<u8>, NtStatus> {
        let request = Request::QueryDirectory {
            file: self.handle,
            class: class.0.into(),
            flags,
            pattern,
            length: room,
        };
        self.line.ask(request).data()
    }

    /// Queries volume information into `room` bytes.
    ///
    /// # Errors
    /// What the driver says.
    pub fn volume(&self, class: FsInformationClass, room: u32) -> Result<Vec<u8>, NtStatus> {
        let request = Request::QueryVolume {
            file: self.handle,
            class: class.0.into(),
            length: room,
        };
        self.line.ask(request).data()
    }

    /// Flushes the file's buffers.
    ///
    /// # Errors
    /// What the driver says.
    pub fn flush(&self) -> Result<(), NtStatus> {
        let request = Request::Flush { file: self.handle };
        self.line.ask(request).ok().map(drop)
    }

    /// Cancels all requests on this file. Returns how many were under way.
    pub fn cancel_all(&self) -> u64 {
        let request = Request::CancelAll { file: self.handle };
        self.line.ask(request).information
    }

    /// Tells the driver that the last handle is gone.
    ///
    /// # Errors
    /// What the driver says.
    pub fn cleanup(&self) -> Result<(), NtStatus> {
        let request = Request::Cleanup { file: self.handle };
        self.line.ask(request).ok().map(drop)
    }

    /// Closes the file, as dropping it does, and tells how that went.
    ///
    /// # Errors
    /// What the driver says.
    pub fn close(mut self) -> Result<(), NtStatus> {
        self.closed = true;
        let request = Request::Close { file: self.handle };
        self.line.ask(request).ok().map(drop)
    }

    fn read_request(&self, offset: u64, length: usize) -> Request<'static> {
        Request::Read {
            file: self.handle,
            offset: offset.cast_signed(),
            length: length as u32,
        }
    }

    fn write_request<'a>(&self, offset: u64, data: &'a [u8]) -> Request<'a> {
        Request::Write {
            file: self.handle,
            offset: offset.cast_signed(),
            data,
        }
    }

    fn pending(&self, sent: Vec<Sent>) -> Vec<Pending> {
        let pending = |sent| Pending {
            line: Arc::clone(&self.line),
            sent,
            ended: false,
        };
        sent.into_iter().map(pending).collect()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // After a failure the session is given up as a whole, and may not answer at all.
        if !self.closed && !thread::panicking() {
            let _ = self.line.try_ask(Request::Close { file: self.handle });
        }
    }
}

/// A request under way. Dropping it cancels it and waits for its end.
#[derive(Debug)]
pub struct Pending {
    line: Arc<Line>,
    sent: Sent,
    ended: bool,
}

impl Pending {
    /// The end, if it has come. It comes once.
    ///
    /// # Panics
    /// When none can come any more.
    pub fn try_wait(&mut self) -> Option<Answer> {
        let answer = self.sent.try_wait();
        self.ended |= answer.is_some();
        answer
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait(mut self) -> Answer {
        self.ended = true;
        self.sent.wait()
    }

    /// Asks for an early end (IoCancelIrp). Whether the request was still under way.
    pub fn cancel(&self) -> bool {
        let request = Request::Cancel { tag: self.sent.tag };
        self.line.ask(request).information == 1
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.ended && !thread::panicking() {
            let request = Request::Cancel { tag: self.sent.tag };
            if self.line.try_ask(request).is_some() {
                self.sent.forget();
            }
        }
    }
}
