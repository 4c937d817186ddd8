//! IRP_MJ_DEVICE_CONTROL and IRP_MJ_FILE_SYSTEM_CONTROL (reference 4.1, 4.13).
//!
//! A control on the device (or a tree connection) goes to MRxDevFcbXXXControlFile, except MUP's path queries, which are
//! answered here. A control on a file is low I/O. The buffers of METHOD_NEITHER are the caller's own, unprobed.

use crate::assertion::{Rule, require};
use crate::buffer;
use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::create::{self, QueryPath};
use crate::kernel::irp::{self, Irp, Stack};
use crate::live::{Live, addr, get, set};
use crate::request;
use crate::worker::LibraryWork;
use crate::{low_io, unicode};
use nt::sys::{
    NTSTATUS, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER,
    STATUS_MORE_PROCESSING_REQUIRED, STATUS_PENDING, STATUS_REDIRECTOR_NOT_STARTED, STATUS_SUCCESS,
};
use rdbss::raw::*;

/// IRP_MJ_DEVICE_CONTROL.
pub(crate) fn device_control(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let code = get!(stack => Parameters.DeviceIoControl.IoControlCode);
    if !request::is_device(context) && !of_no_file(stack) {
        return on_file(context, request, stack, LOWIO_OP_IOCTL);
    }
    let from_kernel = get!(request => RequestorMode) == 0;
    match code {
        IOCTL_REDIR_QUERY_PATH_EX if from_kernel => answer_mup(context, request, stack),
        IOCTL_REDIR_QUERY_PATH_EX | IOCTL_REDIR_QUERY_PATH => STATUS_INVALID_DEVICE_REQUEST.into(),
        _ => on_device(context, request, stack, LOWIO_OP_IOCTL),
    }
}

/// MUP asks without a file object of ours.
fn of_no_file(stack: Stack) -> bool {
    irp::file_object(stack).is_none_or(|file| get!(file => FsContext).is_null())
}

/// IRP_MJ_FILE_SYSTEM_CONTROL.
pub(crate) fn file_system_control(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let minor = u32::from(get!(context => MinorFunction));
    if !matches!(
        minor,
        nt::sys::IRP_MN_USER_FS_REQUEST | nt::sys::IRP_MN_KERNEL_CALL
    ) {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    }
    match request::is_device(context) {
        true => on_device(context, request, stack, LOWIO_OP_FSCTL),
        false => on_file(context, request, stack, LOWIO_OP_FSCTL),
    }
}

/// Fills in the control's parameters by its method. Both kinds of control have theirs at the same places.
fn fill(
    context: Context,
    request: Irp,
    stack: Stack,
    operation: u16,
) -> Result<Live<XXCTL_LOWIO_COMPONENT>, NTSTATUS> {
    let low_io = low_io::begin(context, operation);
    let control = addr!(low_io => ParamsFor.IoCtl);
    let code = get!(stack => Parameters.DeviceIoControl.IoControlCode);
    let input_length = get!(stack => Parameters.DeviceIoControl.InputBufferLength);
    let output_length = get!(stack => Parameters.DeviceIoControl.OutputBufferLength);
    let system = get!(request => AssociatedIrp.SystemBuffer);
    let (input, output) = match code & 3 {
        nt::sys::METHOD_BUFFERED => (system, system),
        nt::sys::METHOD_IN_DIRECT | nt::sys::METHOD_OUT_DIRECT if irp::mdl(request).is_some() => (
            system,
            buffer::map(request, buffer::WRITE_ACCESS, output_length)?
                .as_ptr()
                .cast(),
        ),
        nt::sys::METHOD_IN_DIRECT | nt::sys::METHOD_OUT_DIRECT => (system, core::ptr::null_mut()),
        _ => (
            get!(stack => Parameters.DeviceIoControl.Type3InputBuffer),
            get!(request => UserBuffer),
        ),
    };
    set!(control => ControlCode, code);
    set!(control => InputBufferLength, input_length);
    set!(control => pInputBuffer, input);
    set!(control => OutputBufferLength, output_length);
    set!(control => pOutputBuffer, output);
    set!(control => MinorFunction, get!(context => MinorFunction));
    Ok(control)
}

fn on_device(context: Context, request: Irp, stack: Stack, operation: u16) -> Answer {
    if let Err(status) = fill(context, request, stack, operation) {
        return status.into();
    }
    let missing = context::callbacks(context)
        .is_some_and(|table| get!(table => MRxDevFcbXXXControlFile).is_none());
    require(!missing, Rule::RequiredCallbackMissing, context.as_ptr());
    set!(context => PostRequest, 0);
    let status = calldown::call(context, |table| get!(table => MRxDevFcbXXXControlFile));
    let asks = matches!(status, STATUS_PENDING | STATUS_MORE_PROCESSING_REQUIRED);
    if asks && get!(context => PostRequest) != 0 {
        return Answer::Post;
    }
    calldown::final_status(context, status).into()
}

fn on_file(context: Context, request: Irp, stack: Stack, operation: u16) -> Answer {
    if let Err(status) = request::open_file(context) {
        return status.into();
    }
    match fill(context, request, stack, operation) {
        Ok(_) => low_io::submit(context, Some(controlled)),
        Err(status) => status.into(),
    }
}

unsafe extern "C" fn controlled(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: low I/O passes the live request.
    let Some(context) = (unsafe { Live::from_nullable(context) }) else {
        return STATUS_SUCCESS;
    };
    let room = get!(context::low_io(context) => ParamsFor.IoCtl.OutputBufferLength) as usize;
    let bytes = get!(context => InformationToReturn);
    require(bytes <= room, Rule::TooManyBytes, context.as_ptr());
    set!(context => InformationToReturn, bytes.min(room));
    get!(context => StoredStatus)
}

/// MUP's path query: METHOD_NEITHER, from the kernel.
fn answer_mup(context: Context, request: Irp, stack: Stack) -> Answer {
    // The answer connects, as an open does.
    let Some(_open) = context::device(context).and_then(LibraryWork::begin_if_started) else {
        return STATUS_REDIRECTOR_NOT_STARTED.into();
    };
    let input_length = get!(stack => Parameters.DeviceIoControl.InputBufferLength) as usize;
    let output_length = get!(stack => Parameters.DeviceIoControl.OutputBufferLength) as usize;
    if input_length < size_of::<QUERY_PATH_REQUEST_EX>() {
        return STATUS_INVALID_PARAMETER.into();
    }
    if output_length < size_of::<QUERY_PATH_RESPONSE>() {
        return STATUS_BUFFER_TOO_SMALL.into();
    }
    let question =
        get!(stack => Parameters.DeviceIoControl.Type3InputBuffer).cast::<QUERY_PATH_REQUEST_EX>();
    let answer = get!(request => UserBuffer).cast::<QUERY_PATH_RESPONSE>();
    // SAFETY: a kernel caller's buffer of the length that was checked.
    let question = unsafe { Live::from_nullable(question) };
    // SAFETY: as above.
    let answer = unsafe { Live::from_nullable(answer) };
    let (Some(question), Some(answer)) = (question, answer) else {
        return STATUS_INVALID_PARAMETER.into();
    };
    let question = QueryPath {
        path: unicode::units(addr!(question => PathName)),
        security: get!(question => pSecurityContext),
    };
    match create::query_path(context, &question) {
        Ok(units) => {
            let bytes = u32::try_from(units.saturating_mul(2)).unwrap_or(0);
            set!(answer => LengthAccepted, bytes);
            set!(context => InformationToReturn, size_of::<QUERY_PATH_RESPONSE>());
            STATUS_SUCCESS.into()
        }
        Err(status) => status.into(),
    }
}
