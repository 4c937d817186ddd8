//! Places inside a context: pointers to the arms of its unions, made without touching them.

use core::mem::offset_of;

use crate::raw::{LOWIO_CONTEXT, RX_CONTEXT, RX_CREATE, RX_INFO, RX_LOW_IO};

/// The parameters of a request, in the arm of type `T`.
pub(crate) fn parameters<T>(context: *mut RX_CONTEXT) -> *mut T {
    context
        .wrapping_byte_add(offset_of!(RX_CONTEXT, Params))
        .cast()
}

/// The parameters of a create.
pub(crate) fn create(context: *mut RX_CONTEXT) -> *mut RX_CREATE {
    parameters(context)
}

/// The information part of a query or a change.
pub(crate) fn info(context: *mut RX_CONTEXT) -> *mut RX_INFO {
    context
        .wrapping_byte_add(offset_of!(RX_CONTEXT, Common))
        .cast()
}

/// The low I/O part.
pub(crate) fn low_io(context: *mut RX_CONTEXT) -> *mut LOWIO_CONTEXT {
    parameters::<RX_LOW_IO>(context)
        .wrapping_byte_add(offset_of!(RX_LOW_IO, LowIoContext))
        .cast()
}

/// The parameters of a low I/O operation, in the arm of type `T`.
pub(crate) fn low_io_parameters<T>(low_io: *mut LOWIO_CONTEXT) -> *mut T {
    low_io
        .wrapping_byte_add(offset_of!(LOWIO_CONTEXT, ParamsFor))
        .cast()
}
