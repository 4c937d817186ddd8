//! Requests under way.

use super::file::IoStatus;
use crate::io::{self, Request};
use crate::mode;
use crate::ob;
use crate::sys::{NTSTATUS, PFILE_OBJECT};
use core::panic::Location;
use std::sync::Arc;

/// A request under way, which owns its memory until its end. Dropping it cancels the request and waits for the end.
#[must_use = "dropping a request cancels it"]
pub struct Pending<B> {
    request: Option<Arc<Request>>,
    refused: NTSTATUS,
    file: usize,
    /// In a box, so that the memory stays put when this moves. Given away at the end.
    buffer: Option<Box<B>>,
}

impl<B> core::fmt::Debug for Pending<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pending")
            .field("done", &self.try_wait())
            .finish_non_exhaustive()
    }
}

impl<B> Pending<B> {
    pub(super) fn new(
        file: PFILE_OBJECT,
        issued: Result<Arc<Request>, NTSTATUS>,
        buffer: Box<B>,
    ) -> Self {
        // Keeps the file for `cancel`.
        ob::reference(file.cast());
        let (request, refused) = match issued {
            Ok(request) => (Some(request), 0),
            Err(status) => (None, status),
        };
        Self {
            request,
            refused,
            file: file as usize,
            buffer: Some(buffer),
        }
    }

    /// The end, if it has come.
    #[must_use]
    pub fn try_wait(&self) -> Option<IoStatus> {
        match &self.request {
            Some(request) => request.poll().map(IoStatus::from),
            None => Some(IoStatus {
                status: self.refused,
                information: 0,
            }),
        }
    }

    fn end(&self) -> IoStatus {
        match &self.request {
            Some(request) => request.wait().into(),
            None => IoStatus {
                status: self.refused,
                information: 0,
            },
        }
    }

    /// Waits for the end and gives the memory back.
    pub fn wait(mut self) -> (B, IoStatus) {
        let status = self.end();
        match self.buffer.take() {
            Some(buffer) => (*buffer, status),
            None => unreachable!(
                "the buffer is there until the request is waited for, which happens once"
            ),
        }
    }

    /// Asks for an early end (NtCancelIoFileEx for this request).
    #[track_caller]
    pub fn cancel(&self) {
        let _host = mode::host();
        if self.request.is_some() {
            io::cancel_file(
                self.file as PFILE_OBJECT,
                self.request.as_ref(),
                Location::caller(),
            );
        }
    }
}

impl<B> Drop for Pending<B> {
    fn drop(&mut self) {
        let _host = mode::host();
        if self.try_wait().is_none() {
            self.cancel();
            self.end();
        }
        ob::dereference(self.file as *mut _, Location::caller());
    }
}
