//! Queries of a file.

use crate::output::Output;
use crate::{MiniRedirector, Request};

/// A query of a file.
pub struct FileInfoQuery<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    output: Output<'a>,
}

impl<'a, M: MiniRedirector> FileInfoQuery<'a, M> {
    /// # Safety
    /// `request` must be a query of a file that has no other output.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        // SAFETY: by the contract.
        let output = unsafe { super::counted_output(request.as_raw()) };
        Self { request, output }
    }

    /// What is asked for (FILE_INFORMATION_CLASS).
    pub fn class(&self) -> u32 {
        // SAFETY: a live context of a query.
        unsafe { super::info(self.request.as_raw()) }.InformationClass
    }

    /// Where the answer goes.
    pub fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }
}

deref_to_request!(FileInfoQuery);
