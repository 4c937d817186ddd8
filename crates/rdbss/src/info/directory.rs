//! Directory listings.

use nt::{Result, Status};

use crate::context_parts;
use crate::output::Output;
use crate::raw::RX_QUERY_DIRECTORY;
use crate::{MiniRedirector, Request};

/// A piece of a directory's listing. Nothing (more) to list is [`Status::NO_SUCH_FILE`] for the first piece, and
/// [`Status::NO_MORE_FILES`] for a later one; [`DirectoryQuery::no_more`] tells.
pub struct DirectoryQuery<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    output: Output<'a>,
}

impl<'a, M: MiniRedirector> DirectoryQuery<'a, M> {
    /// # Safety
    /// `request` must be a query of a directory that has no other output.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        // SAFETY: by the contract.
        let output = unsafe { super::counted_output(request.as_raw()) };
        Self { request, output }
    }

    /// How an entry is to look (FILE_INFORMATION_CLASS).
    pub fn class(&self) -> u32 {
        // SAFETY: a live context of a query.
        unsafe { super::info(self.request.as_raw()) }.InformationClass
    }

    /// The search pattern, the same for all pieces; `*` for everything.
    pub fn pattern(&self) -> Result<&[u16]> {
        Ok(self.request.fobx()?.query_template())
    }

    /// Whether this is the first piece for this handle.
    pub fn is_initial(&self) -> bool {
        self.parameters().InitialQuery != 0
    }

    /// Whether the listing starts again.
    pub fn restarts(&self) -> bool {
        self.parameters().RestartScan != 0
    }

    /// Whether only one entry is wanted.
    pub fn wants_single_entry(&self) -> bool {
        self.parameters().ReturnSingleEntry != 0
    }

    /// Where to go on, if the caller says so itself.
    pub fn index(&self) -> Option<u32> {
        let parameters = self.parameters();
        (parameters.IndexSpecified != 0).then_some(parameters.FileIndex)
    }

    /// How a listing ends that has nothing (more) to list.
    pub fn no_more(&self) -> Status {
        if self.is_initial() {
            Status::NO_SUCH_FILE
        } else {
            Status::NO_MORE_FILES
        }
    }

    /// Where the answer goes.
    pub fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }

    fn parameters(&self) -> RX_QUERY_DIRECTORY {
        // SAFETY: a live context of a query of a directory.
        unsafe { *context_parts::parameters::<RX_QUERY_DIRECTORY>(self.request.as_raw()) }
    }
}

deref_to_request!(DirectoryQuery);
