//! Queries of one class of information: of a file or of its volume.

use crate::output::Output;
use crate::{MiniRedirector, Request};

/// A query of one class of information.
pub struct InfoQuery<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    output: Output<'a>,
}

/// A query of a file. Its class is a FILE_INFORMATION_CLASS.
pub type FileInfoQuery<'a, M> = InfoQuery<'a, M>;

/// A query of a volume. Its class is a FS_INFORMATION_CLASS.
pub type VolumeInfoQuery<'a, M> = InfoQuery<'a, M>;

impl<'a, M: MiniRedirector> InfoQuery<'a, M> {
    /// # Safety
    /// `request` must be a query of a file or a volume that has no other output.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        // SAFETY: by the contract.
        let output = unsafe { super::counted_output(request.as_raw()) };
        Self { request, output }
    }

    /// What is asked for.
    pub fn class(&self) -> u32 {
        // SAFETY: a live context of a query.
        unsafe { super::info(self.request.as_raw()) }.InformationClass
    }

    /// Where the answer goes.
    pub fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }
}

deref_to_request!(InfoQuery);
