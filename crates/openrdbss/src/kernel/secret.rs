//! Secrets that must not outlive their use: nobody clears freed pool, and its next owner could read them.

use super::irp::{self, Irp, Stack};
use crate::create;
use crate::live::get;
use nt::sys::{
    FILE_CREATE_TREE_CONNECTION, IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL, METHOD_BUFFERED, NTSTATUS,
    STATUS_REPARSE,
};

/// Overwrites bytes with zeros so that the compiler cannot leave it out.
///
/// # Safety
/// The memory is the caller's to write.
pub(crate) unsafe fn wipe(start: *mut u8, length: usize) {
    for index in 0..length {
        // SAFETY: inside the memory that the caller vouches for.
        unsafe { start.wrapping_add(index).write_volatile(0) };
    }
}

/// Wipes what a request that is about to be completed leaves of secrets in the I/O manager's copy of its input, which the I/O
/// manager would free as it is. It may be overwritten: like a METHOD_BUFFERED control's it belongs to the request, the
/// caller's own memory is elsewhere, and nothing of it is looked at again except where said below.
pub(super) fn wipe_input(request: Irp, status: NTSTATUS) {
    let Some(stack) = irp::stack(request) else {
        return;
    };
    let input = get!(request => AssociatedIrp.SystemBuffer).cast::<u8>();
    if input.is_null() {
        return;
    }
    match u32::from(get!(stack => MajorFunction)) {
        IRP_MJ_CREATE => wipe_password(stack, input, status),
        IRP_MJ_DEVICE_CONTROL => wipe_refused(stack, input, status),
        _ => {}
    }
}

/// The password among a create's extended attributes. They are used again if the open goes on elsewhere: by a reparse, or because
/// MUP asks the next provider when the name does not choose one (`\;`) and this one fails.
fn wipe_password(stack: Stack, attributes: *mut u8, status: NTSTATUS) {
    let chosen = irp::file_object(stack).is_some_and(create::chooses_provider);
    if status == STATUS_REPARSE || (status < 0 && !chosen) {
        return;
    }
    let length = get!(stack => Parameters.Create.EaLength) as usize;
    if length == 0 {
        return;
    }
    // SAFETY: the I/O manager's copy of the attributes, `EaLength` bytes.
    let bytes = unsafe { core::slice::from_raw_parts(attributes, length) };
    let is_tree = get!(stack => Parameters.Create.Options) & FILE_CREATE_TREE_CONNECTION != 0;
    let secret = match create::password_among(bytes) {
        Ok(password) => password,
        // Whatever a connection was meant to be made with.
        Err(_) => is_tree.then_some(0..length),
    };
    if let Some(secret) = secret {
        // SAFETY: a range within the attributes, of which no reference is left.
        unsafe { wipe(attributes.wrapping_add(secret.start), secret.len()) };
    }
}

/// The input of a buffered control that failed: the mini-redirector may not have seen it and so not have wiped it. The I/O manager
/// hands nothing back from the buffer of a failed one.
fn wipe_refused(stack: Stack, input: *mut u8, status: NTSTATUS) {
    let code = get!(stack => Parameters.DeviceIoControl.IoControlCode);
    if !is_error(status) || code & 3 != METHOD_BUFFERED {
        return;
    }
    let length = get!(stack => Parameters.DeviceIoControl.InputBufferLength) as usize;
    // SAFETY: the I/O manager's buffer is as long as input and output at least.
    unsafe { wipe(input, length) };
}

/// NT_ERROR: neither a success nor a warning.
const fn is_error(status: NTSTATUS) -> bool {
    status.cast_unsigned() >> 30 == 3
}
