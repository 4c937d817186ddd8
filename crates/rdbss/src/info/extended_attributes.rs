//! Extended attributes.

use super::SharedInput;
use crate::context_parts;
use crate::output::Output;
use crate::raw::RX_QUERY_EA;
use crate::{MiniRedirector, Request};

/// A query of extended attributes. A listing goes on at [`Fobx::next_ea`](crate::objects::Fobx::next_ea).
pub struct EaQuery<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    output: Output<'a>,
}

impl<'a, M: MiniRedirector> EaQuery<'a, M> {
    /// # Safety
    /// `request` must be a query of extended attributes that has no other output.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        // SAFETY: by the contract.
        let output = unsafe { super::counted_output(request.as_raw()) };
        Self { request, output }
    }

    /// Which attributes are wanted: FILE_GET_EA_INFORMATION entries, checked by the I/O manager; empty for all.
    pub fn wanted(&self) -> &[u8] {
        let parameters = self.parameters();
        let length = parameters.UserEaListLength as usize;
        // SAFETY: the I/O manager has copied the list, of this length, for the life of the IRP.
        unsafe { super::bytes(parameters.UserEaList, length) }
    }

    /// Where to go on, if the caller says so itself, from 1.
    pub fn index(&self) -> Option<u32> {
        let parameters = self.parameters();
        (parameters.IndexSpecified != 0).then_some(parameters.UserEaIndex)
    }

    /// Whether the listing starts again.
    pub fn restarts(&self) -> bool {
        self.parameters().RestartScan != 0
    }

    /// Whether only one attribute is wanted.
    pub fn wants_single_entry(&self) -> bool {
        self.parameters().ReturnSingleEntry != 0
    }

    /// Where the answer goes: FILE_FULL_EA_INFORMATION entries.
    pub fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }

    fn parameters(&self) -> RX_QUERY_EA {
        // SAFETY: a live context of a query of extended attributes.
        unsafe { *context_parts::parameters::<RX_QUERY_EA>(self.request.as_raw()) }
    }
}

deref_to_request!(EaQuery);

/// A change of extended attributes.
pub struct SetEa<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

impl<'a, M: MiniRedirector> SetEa<'a, M> {
    /// # Safety
    /// `request` must be a change of extended attributes.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// FILE_FULL_EA_INFORMATION entries as the caller wrote them.
    pub fn entries(&self) -> SharedInput<'_> {
        // SAFETY: a live context of a change.
        let info = unsafe { super::info(self.request.as_raw()) };
        // SAFETY: RDBSS has mapped the caller's buffer, of this length.
        unsafe { SharedInput::new(info.Buffer, info.LengthRemaining) }
    }
}

deref_to_request!(SetEa);
