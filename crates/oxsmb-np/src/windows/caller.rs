//! What a caller's pointers lead to. Programs' mistakes reach a provider as they are, so that each pointer is looked at before it is
//! used; one into nowhere faults in the caller's own process, as it would in the caller's own code.

use core::ffi::c_void;
use core::num::NonZeroU32;

use crate::provider::{Code, Failure, Room};

/// `NETRESOURCEW`.
#[repr(C)]
pub struct NetResource {
    scope: u32,
    kind: u32,
    display: u32,
    usage: u32,
    local: *const u16,
    remote: *const u16,
    comment: *const u16,
    provider: *const u16,
}

/// Text up to its NUL, of at most `most` units; None for NULL.
///
/// # Errors
/// `too_long`, or WN_BAD_POINTER.
///
/// # Safety
/// `text` must be NULL or text with a NUL that does not change during `'a`.
pub unsafe fn text<'a>(
    text: *const u16,
    most: usize,
    too_long: Code,
) -> Result<Option<&'a [u16]>, Code> {
    if text.is_null() {
        return Ok(None);
    }
    if !text.is_aligned() {
        return Err(Code::BAD_POINTER);
    }
    let mut length = 0usize;
    loop {
        // SAFETY: no NUL came before this unit, so it is part of the text.
        let place = unsafe { text.add(length) };
        // SAFETY: as above.
        if unsafe { place.read() } == 0 {
            break;
        }
        if length >= most {
            return Err(too_long);
        }
        length = length.saturating_add(1);
    }
    // SAFETY: so many units come before the NUL, which the caller leaves as they are.
    Ok(Some(unsafe { core::slice::from_raw_parts(text, length) }))
}

/// Text that has to be there.
///
/// # Errors
/// As for [`text`]; NULL is WN_BAD_POINTER.
///
/// # Safety
/// As for [`text`].
pub unsafe fn required<'a>(
    pointer: *const u16,
    most: usize,
    too_long: Code,
) -> Result<&'a [u16], Code> {
    // SAFETY: by the contract.
    unsafe { text(pointer, most, too_long) }?.ok_or(Code::BAD_POINTER)
}

/// The resource that a caller names.
///
/// # Errors
/// WN_BAD_POINTER, WN_BAD_LOCALNAME, WN_BAD_NETNAME.
///
/// # Safety
/// `resource` must be NULL or a NETRESOURCEW whose names are as [`text`] wants them.
pub unsafe fn resource<'a>(
    resource: *const NetResource,
) -> Result<crate::provider::Resource<'a>, Code> {
    if resource.is_null() || !resource.is_aligned() {
        return Err(Code::BAD_POINTER);
    }
    // SAFETY: by the contract.
    let resource = unsafe { &*resource };
    // SAFETY: by the contract.
    let local = unsafe { text(resource.local, LOCAL_NAME, Code::BAD_LOCALNAME) }?;
    // SAFETY: by the contract.
    let remote = unsafe {
        text(
            resource.remote,
            crate::provider::MAX_PATH,
            Code::BAD_NETNAME,
        )
    }?;
    Ok(crate::provider::Resource {
        kind: resource.kind,
        local,
        remote,
    })
}

/// No device's name is longer.
const LOCAL_NAME: usize = 255;

/// Has `fill` write to a caller's buffer of so many characters, and returns as a provider's function does: with the needed size where
/// that was too small. What `fill` reads of the caller's memory, `input`, may not be inside the buffer.
///
/// # Safety
/// `size` must be NULL or a number that may be read and written, and `buffer` NULL or so many units that may be written and that nobody
/// else uses.
pub unsafe fn characters(
    input: Option<&[u16]>,
    buffer: *mut u16,
    size: *mut u32,
    fill: impl FnOnce(&mut [u16]) -> Result<(), Failure>,
) -> u32 {
    if size.is_null() || !buffer.is_aligned() {
        return Code::BAD_POINTER.0;
    }
    // SAFETY: by the contract.
    let length = unsafe { size.read_unaligned() };
    // SAFETY: by the contract.
    let outcome = match unsafe { slice(input, buffer, length) } {
        Ok(room) => fill(room),
        Err(code) => Err(code.into()),
    };
    // SAFETY: by the contract.
    unsafe { answer(outcome, size) }
}

/// The same for a buffer of so many bytes that structures are packed into.
///
/// # Safety
/// As for [`characters`].
pub unsafe fn structures(
    input: Option<&[u16]>,
    buffer: *mut c_void,
    size: *mut u32,
    fill: impl FnOnce(Room<'_>) -> Result<(), Failure>,
) -> u32 {
    if size.is_null() {
        return Code::BAD_POINTER.0;
    }
    // SAFETY: by the contract.
    let length = unsafe { size.read_unaligned() };
    // The pointers that are packed into the buffer lead back into it.
    let address = buffer.expose_provenance();
    // SAFETY: by the contract.
    let outcome = match unsafe { slice(input, buffer.cast::<u8>(), length) } {
        Ok(room) => fill(Room::new(room, address)),
        Err(code) => Err(code.into()),
    };
    // SAFETY: by the contract.
    unsafe { answer(outcome, size) }
}

/// A caller's buffer; none if it is NULL.
///
/// # Errors
/// WN_BAD_POINTER if it has anything of `input` in it: Rust may not see memory change that it reads.
///
/// # Safety
/// `buffer` must be NULL or so many aligned items that may be written and that nobody but the owner of `input` uses during `'a`.
unsafe fn slice<'a, T>(
    input: Option<&[u16]>,
    buffer: *mut T,
    length: u32,
) -> Result<&'a mut [T], Code> {
    if buffer.is_null() {
        return Ok(&mut []);
    }
    let length = usize::try_from(length).unwrap_or(0);
    let read = input.unwrap_or_default().as_ptr_range();
    let written = buffer.addr()..buffer.wrapping_add(length).addr();
    if read.start.addr() < written.end && written.start < read.end.addr() {
        return Err(Code::BAD_POINTER);
    }
    // SAFETY: by the contract, and apart from the input; memory from outside has whatever bytes it has.
    Ok(unsafe { core::slice::from_raw_parts_mut(buffer, length) })
}

/// What a function returns, with the needed size written where a buffer was too small.
///
/// # Safety
/// `size` may be written.
unsafe fn answer(outcome: Result<(), Failure>, size: *mut u32) -> u32 {
    match outcome {
        Ok(()) => Code::SUCCESS.0,
        Err(Failure::Code(code)) => code.0,
        Err(Failure::MoreData(needed)) => {
            // SAFETY: by the contract.
            unsafe { size.write_unaligned(needed) };
            Code::MORE_DATA.0
        }
    }
}

/// What a function without an answer returns.
pub fn code(outcome: Result<(), Code>) -> u32 {
    outcome.err().unwrap_or(Code::SUCCESS).0
}

/// An enumeration's handle as its caller holds it: a number, and no address.
pub fn handle(handle: *mut c_void) -> Option<NonZeroU32> {
    u32::try_from(handle.addr()).ok().and_then(NonZeroU32::new)
}
