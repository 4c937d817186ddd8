//! Quotas.

use super::SharedInput;
use crate::context_parts;
use crate::output::Output;
use crate::raw::{RX_QUERY_QUOTA, RX_SET_QUOTA};
use crate::{MiniRedirector, Request};

/// A query of quotas.
pub struct QuotaQuery<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    output: Output<'a>,
}

impl<'a, M: MiniRedirector> QuotaQuery<'a, M> {
    /// # Safety
    /// `request` must be a query of quotas that has no other output.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        // SAFETY: by the contract.
        let buffer = unsafe { super::info(request.as_raw()) }.Buffer;
        // SAFETY: by the contract.
        let length =
            unsafe { (*context_parts::parameters::<RX_QUERY_QUOTA>(request.as_raw())).Length };
        // SAFETY: RDBSS gives a buffer in system memory with so much room.
        let output = unsafe { Output::new(buffer.cast(), length as usize) };
        Self { request, output }
    }

    /// Whose quotas are wanted: FILE_GET_QUOTA_INFORMATION entries, checked by the I/O manager; empty for everyone's.
    pub fn wanted(&self) -> &[u8] {
        let parameters = self.parameters();
        let length = parameters.SidListLength as usize;
        // SAFETY: the I/O manager has copied the list, of this length, for the life of the IRP.
        unsafe { super::bytes(parameters.SidList.cast(), length) }
    }

    /// Whether the listing starts again.
    pub fn restarts(&self) -> bool {
        self.parameters().RestartScan != 0
    }

    /// Whether only one entry is wanted.
    pub fn wants_single_entry(&self) -> bool {
        self.parameters().ReturnSingleEntry != 0
    }

    /// Where the answer goes: FILE_QUOTA_INFORMATION entries.
    pub fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }

    pub(crate) fn information(&self) -> usize {
        self.output.written()
    }

    fn parameters(&self) -> RX_QUERY_QUOTA {
        // SAFETY: a live context of a query of quotas.
        unsafe { *context_parts::parameters::<RX_QUERY_QUOTA>(self.request.as_raw()) }
    }
}

deref_to_request!(QuotaQuery);

/// A change of quotas.
pub struct SetQuota<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

impl<'a, M: MiniRedirector> SetQuota<'a, M> {
    /// # Safety
    /// `request` must be a change of quotas.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// FILE_QUOTA_INFORMATION entries as the caller wrote them.
    pub fn entries(&self) -> SharedInput<'_> {
        // SAFETY: a live context of a change.
        let buffer = unsafe { super::info(self.request.as_raw()) }.Buffer;
        // SAFETY: a live context of a change of quotas.
        let length =
            unsafe { (*context_parts::parameters::<RX_SET_QUOTA>(self.request.as_raw())).Length };
        // SAFETY: RDBSS has mapped the caller's buffer, of this length.
        unsafe { SharedInput::new(buffer, length.try_into().unwrap_or(0)) }
    }
}

deref_to_request!(SetQuota);
