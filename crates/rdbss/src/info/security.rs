//! Security descriptors.

use core::ptr::NonNull;

use nt::{Result, Status};

use crate::context_parts;
use crate::output::Output;
use crate::raw::{RX_QUERY_SECURITY, RX_SET_SECURITY};
use crate::{MiniRedirector, Request};

/// A query of a security descriptor, which is answered whole or not at all.
pub struct SecurityQuery<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    needed: Option<usize>,
    output: Output<'a>,
}

impl<'a, M: MiniRedirector> SecurityQuery<'a, M> {
    /// # Safety
    /// `request` must be a query of security that has no other output.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        // SAFETY: by the contract.
        let buffer = unsafe { super::info(request.as_raw()) }.Buffer;
        // SAFETY: by the contract.
        let length =
            unsafe { (*context_parts::parameters::<RX_QUERY_SECURITY>(request.as_raw())).Length };
        // SAFETY: RDBSS gives a buffer in system memory with so much room.
        let output = unsafe { Output::new(buffer.cast(), length as usize) };
        Self {
            request,
            needed: None,
            output,
        }
    }

    /// Which parts of the descriptor are wanted (SECURITY_INFORMATION).
    pub fn wanted(&self) -> u32 {
        self.parameters().SecurityInformation
    }

    /// Bytes of room for the descriptor.
    pub fn room(&self) -> usize {
        self.output.room()
    }

    /// Answers with a self-relative descriptor; [`Status::BUFFER_OVERFLOW`], with its size told to the caller, if it does not fit.
    pub fn answer(&mut self, descriptor: &[u8]) -> Result<()> {
        if descriptor.len() > self.output.room() {
            return Err(self.too_small(descriptor.len()));
        }
        self.output.write(descriptor)
    }

    /// Tells the caller how much room the descriptor needs; the status to return.
    pub fn too_small(&mut self, needed: usize) -> Status {
        self.needed = Some(needed);
        Status::BUFFER_OVERFLOW
    }

    pub(crate) fn information(&self) -> usize {
        self.needed.unwrap_or(self.output.written())
    }

    fn parameters(&self) -> RX_QUERY_SECURITY {
        // SAFETY: a live context of a query of security.
        unsafe { *context_parts::parameters::<RX_QUERY_SECURITY>(self.request.as_raw()) }
    }
}

deref_to_request!(SecurityQuery);

/// A change of a security descriptor.
pub struct SetSecurity<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

impl<'a, M: MiniRedirector> SetSecurity<'a, M> {
    /// # Safety
    /// `request` must be a change of security.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// Which parts of the descriptor are to be set (SECURITY_INFORMATION).
    pub fn parts(&self) -> u32 {
        // SAFETY: a live context of a change of security.
        unsafe {
            (*context_parts::parameters::<RX_SET_SECURITY>(self.request.as_raw()))
                .SecurityInformation
        }
    }

    /// The descriptor: a SECURITY_DESCRIPTOR that the I/O manager has captured and checked, maybe not self-relative.
    pub fn descriptor(&self) -> Option<NonNull<u8>> {
        // SAFETY: a live context of a change of security.
        let descriptor = unsafe {
            (*context_parts::parameters::<RX_SET_SECURITY>(self.request.as_raw()))
                .SecurityDescriptor
        };
        NonNull::new(descriptor.cast())
    }
}

deref_to_request!(SetSecurity);
