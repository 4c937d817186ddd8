//! Controls of the device itself.

use nt::{Result, Status};

use crate::context_parts;
use crate::low_io::{self, Control, RawControl};
use crate::output::Output;
use crate::raw;
use crate::{MiniRedirector, Request};

/// How the control of a device ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controlled {
    /// It is over. What was given to [`DeviceControl::answer`] is the answer.
    Done,
    /// Run the callback again, on a worker thread in the system process.
    Post,
}

/// A control of the device itself (`MRxDevFcbXXXControlFile`).
pub struct DeviceControl<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    written: usize,
}

impl<'a, M: MiniRedirector> DeviceControl<'a, M> {
    /// # Safety
    /// `request` must be a control of the device.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        Self {
            request,
            written: 0,
        }
    }

    /// What is to be done.
    pub fn parameters(&self) -> Control {
        // SAFETY: a live context of a control.
        unsafe { Control::from_raw(context_parts::low_io(self.request.as_raw())) }
    }

    /// Whether it is a device control, not a file system control.
    pub fn is_device_control(&self) -> bool {
        // SAFETY: a live context.
        u32::from(unsafe { (*self.request.as_raw()).MajorFunction })
            == nt::sys::IRP_MJ_DEVICE_CONTROL
    }

    /// Whether the callback may block: it runs for a caller who waits, or on a worker thread. If not, [`Controlled::Post`] helps.
    pub fn may_block(&self) -> bool {
        self.request.flags() & (raw::RX_CONTEXT_FLAG_WAIT | raw::RX_CONTEXT_FLAG_IN_FSP) != 0
    }

    /// The input; [`Status::NOT_SUPPORTED`] for METHOD_NEITHER.
    pub fn input(&self) -> Result<&[u8]> {
        // SAFETY: a live context of a control; writing the output borrows this mutably.
        unsafe { low_io::control_input(self.request.as_raw()) }.ok_or(Status::NOT_SUPPORTED)
    }

    /// Overwrites the input, which the system would free as it is, with zeros: for secrets. METHOD_NEITHER's is the caller's own and
    /// stays.
    pub fn wipe_input(&mut self) {
        // SAFETY: a live context of a control, whose input nothing borrows.
        unsafe { low_io::wipe_control_input(self.request.as_raw()) };
    }

    /// Answers with `bytes`, which replace any answer before; [`Status::BUFFER_TOO_SMALL`] if they do not fit, and
    /// [`Status::NOT_SUPPORTED`] for METHOD_NEITHER. The memory may be that of the input.
    pub fn answer(&mut self, bytes: &[u8]) -> Result<()> {
        // SAFETY: a live context of a control; `bytes` cannot be the input, which this borrow has ended.
        let mut output: Output<'_> = unsafe { low_io::control_output(self.request.as_raw()) }
            .ok_or(Status::NOT_SUPPORTED)?;
        output.write(bytes).map_err(|_| Status::BUFFER_TOO_SMALL)?;
        self.written = output.written();
        Ok(())
    }

    /// The buffers as the caller passed them, for METHOD_NEITHER.
    pub fn raw_buffers(&self) -> RawControl {
        // SAFETY: a live context of a control.
        unsafe { low_io::raw_control(self.request.as_raw()) }
    }

    pub(crate) fn information(&self) -> usize {
        self.written
    }
}

deref_to_request!(DeviceControl);
