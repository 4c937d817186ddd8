//! File system and device controls, and their buffers.

use super::{Completion, Operation};
use crate::output::Output;
use crate::raw::{
    self, LOWIO_CONTEXT, LOWIO_NOTIFY_CHANGE_DIRECTORY, RX_CONTEXT, XXCTL_LOWIO_COMPONENT,
};
use crate::{MiniRedirector, context_parts};

/// How a control's buffers are passed: the low two bits of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlMethod {
    /// One buffer in system memory is input and output (METHOD_BUFFERED).
    Buffered,
    /// Input in system memory, output described by an MDL (METHOD_IN_DIRECT, METHOD_OUT_DIRECT).
    Direct,
    /// The caller's own pointers, unchecked (METHOD_NEITHER).
    Neither,
}

/// A file system or device control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// The control code.
    pub code: u32,
    /// Bytes of input.
    pub input_length: u32,
    /// Bytes of room for output.
    pub output_length: u32,
}

/// The buffers of a control as the caller passed them, for METHOD_NEITHER: not probed, maybe in user memory of another process.
#[derive(Clone, Copy, Debug)]
pub struct RawControl {
    /// The input.
    pub input: *const u8,
    /// The output.
    pub output: *mut u8,
}

impl Control {
    /// # Safety
    /// `low_io` must be in a live context of a control.
    pub(crate) unsafe fn from_raw(low_io: *mut LOWIO_CONTEXT) -> Self {
        // SAFETY: by the contract.
        let control = unsafe { *context_parts::low_io_parameters::<XXCTL_LOWIO_COMPONENT>(low_io) };
        Self {
            code: control.ControlCode,
            input_length: control.InputBufferLength,
            output_length: control.OutputBufferLength,
        }
    }

    /// How the buffers are passed.
    pub const fn method(self) -> ControlMethod {
        match self.code & 3 {
            0 => ControlMethod::Buffered,
            3 => ControlMethod::Neither,
            _ => ControlMethod::Direct,
        }
    }
}

/// The input of a control; None for METHOD_NEITHER.
///
/// # Safety
/// `context` must be one of a control that is not answered, and whose output is not written, during `'a`.
pub(crate) unsafe fn control_input<'a>(context: *mut RX_CONTEXT) -> Option<&'a [u8]> {
    let low_io = context_parts::low_io(context);
    // SAFETY: by the contract.
    if unsafe { Control::from_raw(low_io) }.method() == ControlMethod::Neither {
        return None;
    }
    // SAFETY: by the contract.
    let control = unsafe { *context_parts::low_io_parameters::<XXCTL_LOWIO_COMPONENT>(low_io) };
    if control.pInputBuffer.is_null() {
        return Some(&[]);
    }
    // SAFETY: the input of these methods is a copy in system memory, of the length that goes with it.
    Some(unsafe {
        core::slice::from_raw_parts(
            control.pInputBuffer.cast(),
            control.InputBufferLength as usize,
        )
    })
}

/// Overwrites the input of a control with zeros, in a way that the compiler cannot leave out. METHOD_NEITHER's stays.
///
/// # Safety
/// `context` must be one of a control that is not answered, and whose input nothing refers to.
pub(crate) unsafe fn wipe_control_input(context: *mut RX_CONTEXT) {
    let low_io = context_parts::low_io(context);
    // SAFETY: by the contract.
    if unsafe { Control::from_raw(low_io) }.method() == ControlMethod::Neither {
        return;
    }
    // SAFETY: by the contract.
    let control = unsafe { *context_parts::low_io_parameters::<XXCTL_LOWIO_COMPONENT>(low_io) };
    let start = control.pInputBuffer.cast::<u8>();
    if start.is_null() {
        return;
    }
    for index in 0..control.InputBufferLength as usize {
        // SAFETY: inside the input, a copy in system memory.
        let byte = unsafe { start.add(index) };
        // SAFETY: as above; the copy is the driver's to write.
        unsafe { byte.write_volatile(0) };
    }
}

/// Room for the output of a control; None for METHOD_NEITHER.
///
/// # Safety
/// `context` must be one of a control that is not answered during `'a`.
pub(crate) unsafe fn control_output<'a>(context: *mut RX_CONTEXT) -> Option<Output<'a>> {
    let low_io = context_parts::low_io(context);
    // SAFETY: by the contract.
    if unsafe { Control::from_raw(low_io) }.method() == ControlMethod::Neither {
        return None;
    }
    // SAFETY: by the contract.
    let control = unsafe { *context_parts::low_io_parameters::<XXCTL_LOWIO_COMPONENT>(low_io) };
    // SAFETY: the output of these methods is in system memory or mapped there, with this much room.
    Some(unsafe {
        Output::new(
            control.pOutputBuffer.cast(),
            control.OutputBufferLength as usize,
        )
    })
}

/// The buffers of a control as the caller passed them.
///
/// # Safety
/// `context` must be a live one of a control.
pub(crate) unsafe fn raw_control(context: *mut RX_CONTEXT) -> RawControl {
    // SAFETY: by the contract.
    let control = unsafe {
        *context_parts::low_io_parameters::<XXCTL_LOWIO_COMPONENT>(context_parts::low_io(context))
    };
    RawControl {
        input: control.pInputBuffer.cast(),
        output: control.pOutputBuffer.cast(),
    }
}

impl<M: MiniRedirector> Operation<'_, M, Control> {
    /// The input; None for METHOD_NEITHER.
    pub fn input(&self) -> Option<&[u8]> {
        // SAFETY: a live context of a control; writing the output borrows this mutably.
        unsafe { control_input(self.as_raw()) }
    }

    /// Room for the output; None for METHOD_NEITHER. It may be the input's memory: writing ends the use of the input.
    pub fn output(&mut self) -> Option<Output<'_>> {
        // SAFETY: a live context of a control.
        unsafe { control_output(self.as_raw()) }
    }

    /// The buffers as the caller passed them, for METHOD_NEITHER.
    pub fn raw_buffers(&self) -> RawControl {
        // SAFETY: a live context of a control.
        unsafe { raw_control(self.as_raw()) }
    }
}

impl<M: MiniRedirector> Completion<M> {
    /// Room for the output of a control or a change notification; None for other operations and for METHOD_NEITHER. What has been
    /// written goes to [`Completion::complete`] as `information`.
    pub fn output(&mut self) -> Option<Output<'_>> {
        let low_io = context_parts::low_io(self.context());
        // SAFETY: RDBSS keeps the context until the answer.
        match unsafe { (*low_io).Operation } {
            raw::LOWIO_OP_FSCTL | raw::LOWIO_OP_IOCTL => {
                // SAFETY: a control, by its operation.
                unsafe { control_output(self.context()) }
            }
            raw::LOWIO_OP_NOTIFY_CHANGE_DIRECTORY => {
                // SAFETY: a change notification, by its operation.
                let notify = unsafe {
                    *context_parts::low_io_parameters::<LOWIO_NOTIFY_CHANGE_DIRECTORY>(low_io)
                };
                let length = notify.NotificationBufferLength as usize;
                // SAFETY: RDBSS has mapped the caller's buffer, of this length, until the answer.
                Some(unsafe { Output::new(notify.pNotificationBuffer.cast(), length) })
            }
            _ => None,
        }
    }

    /// The input of a control; None for other operations and for METHOD_NEITHER.
    pub fn control_input(&self) -> Option<&[u8]> {
        // SAFETY: RDBSS keeps the context until the answer.
        let operation = unsafe { (*context_parts::low_io(self.context())).Operation };
        if !matches!(operation, raw::LOWIO_OP_FSCTL | raw::LOWIO_OP_IOCTL) {
            return None;
        }
        // SAFETY: a control, by its operation; writing the output borrows this mutably.
        unsafe { control_input(self.context()) }
    }
}
