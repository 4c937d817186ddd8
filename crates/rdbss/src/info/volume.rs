//! Queries and changes of a volume.

use crate::output::Output;
use crate::{MiniRedirector, Request};

/// A query of a volume.
pub struct VolumeInfoQuery<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    output: Output<'a>,
}

impl<'a, M: MiniRedirector> VolumeInfoQuery<'a, M> {
    /// # Safety
    /// `request` must be a query of a volume that has no other output.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        // SAFETY: by the contract.
        let output = unsafe { super::counted_output(request.as_raw()) };
        Self { request, output }
    }

    /// What is asked for (FS_INFORMATION_CLASS).
    pub fn class(&self) -> u32 {
        // SAFETY: a live context of a query.
        unsafe { super::info(self.request.as_raw()) }.InformationClass
    }

    /// Where the answer goes.
    pub fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }
}

deref_to_request!(VolumeInfoQuery);

/// A change of a volume.
pub struct SetVolumeInfo<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

impl<'a, M: MiniRedirector> SetVolumeInfo<'a, M> {
    /// # Safety
    /// `request` must be a change of a volume.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// What is to be changed (FS_INFORMATION_CLASS).
    pub fn class(&self) -> u32 {
        // SAFETY: a live context of a change.
        unsafe { super::info(self.request.as_raw()) }.InformationClass
    }

    /// The new information.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a live context of a change, whose input is buffered.
        unsafe { super::input(self.request.as_raw()) }
    }
}

deref_to_request!(SetVolumeInfo);
