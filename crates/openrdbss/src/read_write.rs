//! IRP_MJ_READ and IRP_MJ_WRITE; nothing is cached.

use crate::assertion::{Rule, require, violated};
use crate::buffer;
use crate::calldown::Answer;
use crate::context::{self, Context};
use crate::fcb::{self, Fcb};
use crate::kernel::irp::{self, Irp, Stack};
use crate::live::{Live, addr, atomic, byte, follow, get, load, set};
use crate::request::{self, File};
use crate::{fobx, low_io};
use core::sync::atomic::Ordering;
use nt::sys::{
    LARGE_INTEGER, NTSTATUS, STATUS_END_OF_FILE, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
};
use rdbss::raw::*;

/// What a transfer is about, before the mini-redirector sees it.
struct Transfer {
    offset: i64,
    length: u32,
    key: u32,
}

fn parameters(stack: Stack, write: bool) -> Transfer {
    let (length, key, offset) = match write {
        true => (
            get!(stack => Parameters.Write.Length),
            get!(stack => Parameters.Write.Key),
            get!(stack => Parameters.Write.ByteOffset),
        ),
        false => (
            get!(stack => Parameters.Read.Length),
            get!(stack => Parameters.Read.Key),
            get!(stack => Parameters.Read.ByteOffset),
        ),
    };
    // SAFETY: every bit pattern of the union is a number.
    let offset = unsafe { offset.QuadPart };
    Transfer {
        offset,
        length,
        key,
    }
}

/// `ByteOffset` of a write to the end of the file (FILE_WRITE_TO_END_OF_FILE in the low half, -1 in the high one).
const END_OF_FILE: i64 = -1;

/// IRP_MJ_READ.
pub(crate) fn read(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    let mut transfer = parameters(stack, false);
    if transfer.length == 0 {
        return STATUS_SUCCESS.into();
    }
    if file.fcb.is_directory() || transfer.offset < 0 {
        return if transfer.offset < 0 {
            STATUS_INVALID_PARAMETER
        } else {
            STATUS_INVALID_DEVICE_REQUEST
        }
        .into();
    }
    // Here, since another thread could not: the buffer belongs to this process.
    if let Err(status) = buffer::lock(request, buffer::WRITE_ACCESS, transfer.length) {
        return status.into();
    }
    if !fcb::acquire_shared(file.fcb, context) {
        return Answer::Post;
    }
    // Only a file that nobody else can lengthen has an end that is known; the server says where the others end.
    if file.fcb.has(FCB_STATE_READCACHING_ENABLED) {
        let left = fcb::file_size(file.fcb).saturating_sub(transfer.offset);
        if left <= 0 {
            fcb::release(file.fcb);
            return STATUS_END_OF_FILE.into();
        }
        transfer.length = transfer.length.min(u32::try_from(left).unwrap_or(u32::MAX));
    }
    let low_io = fill(context, request, &file, &transfer, LOWIO_OP_READ);
    if get!(request => Flags) & nt::sys::IRP_PAGING_IO != 0 {
        set!(low_io => ParamsFor.ReadWrite.Flags, LOWIO_READWRITEFLAG_PAGING_IO);
    }
    low_io::hold(context, file.fcb);
    low_io::submit(context, Some(read_done))
}

/// Fills in the low I/O part.
fn fill(
    context: Context,
    request: Irp,
    file: &File,
    transfer: &Transfer,
    operation: u16,
) -> Live<LOWIO_CONTEXT> {
    let low_io = low_io::begin(context, operation);
    // Both completions below are written for DISPATCH_LEVEL, so that no answer changes threads on its way to the caller.
    set!(low_io => Flags, LOWIO_CONTEXT_FLAG_CAN_COMPLETE_AT_DPC_LEVEL);
    set!(low_io => ParamsFor.ReadWrite.Buffer, irp::mdl(request).map_or(core::ptr::null_mut(), Live::as_ptr));
    set!(low_io => ParamsFor.ReadWrite.ByteOffset, transfer.offset);
    set!(low_io => ParamsFor.ReadWrite.ByteCount, transfer.length);
    set!(low_io => ParamsFor.ReadWrite.Key, transfer.key);
    set!(low_io => ParamsFor.ReadWrite.NonPagedFcb, get!(file.fcb.body() => NonPaged));
    low_io
}

unsafe extern "C" fn read_done(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: low I/O passes the live request.
    let Some(context) = (unsafe { Live::from_nullable(context) }) else {
        return STATUS_SUCCESS;
    };
    let status = get!(context => StoredStatus);
    moved(context, status);
    status
}

/// Checks how many bytes the mini-redirector moved, and moves a synchronous handle's position.
fn moved(context: Context, status: NTSTATUS) -> u32 {
    let low_io = context::low_io(context);
    let count = get!(low_io => ParamsFor.ReadWrite.ByteCount);
    if status < 0 {
        set!(context => InformationToReturn, 0);
        return 0;
    }
    let bytes = u32::try_from(get!(context => InformationToReturn)).unwrap_or(u32::MAX);
    require(bytes <= count, Rule::TooManyBytes, context.as_ptr());
    let bytes = bytes.min(count);
    set!(context => InformationToReturn, bytes as usize);
    let file_object = context::stack(context).and_then(irp::file_object);
    if let Some(file_object) =
        file_object.filter(|file| load(addr!(*file => Flags)) & nt::sys::FO_SYNCHRONOUS_IO != 0)
    {
        let end = get!(low_io => ParamsFor.ReadWrite.ByteOffset).saturating_add(i64::from(bytes));
        set!(file_object => CurrentByteOffset, LARGE_INTEGER { QuadPart: end });
    }
    bytes
}

/// IRP_MJ_WRITE.
///
/// Writes hold the FCB shared even when they lengthen the file: with no cache there is nothing but the sizes to protect,
/// which have a lock of their own, and a copy with several writes under way is not slowed down to one at a time.
pub(crate) fn write(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    let mut transfer = parameters(stack, true);
    if file.fcb.is_directory() {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    }
    if transfer.length == 0 {
        return STATUS_SUCCESS.into();
    }
    let append = transfer.offset == END_OF_FILE;
    let last = transfer.offset.checked_add(i64::from(transfer.length));
    if !append && (transfer.offset < 0 || last.is_none()) {
        return STATUS_INVALID_PARAMETER.into();
    }
    if let Err(status) = buffer::lock(request, buffer::READ_ACCESS, transfer.length) {
        return status.into();
    }
    if !fcb::acquire_shared(file.fcb, context) {
        return Answer::Post;
    }
    let before = fcb::sizes(file.fcb);
    if append {
        transfer.offset = fcb::reserve_append(file.fcb, transfer.length);
    }
    let low_io = fill(context, request, &file, &transfer, LOWIO_OP_WRITE);
    let end = transfer.offset.saturating_add(i64::from(transfer.length));
    let mut flags = if append { APPEND } else { 0 };
    if get!(request => Flags) & nt::sys::IRP_PAGING_IO != 0 {
        flags |= LOWIO_READWRITEFLAG_PAGING_IO;
    }
    if end > before.file {
        flags |= LOWIO_READWRITEFLAG_EXTENDING_FILESIZE | LOWIO_READWRITEFLAG_EXTENDING_VDL;
    }
    set!(low_io => ParamsFor.ReadWrite.Flags, flags & !APPEND);
    set!(context => Params.LowIo.FlagsForLowIo, flags & APPEND);
    if end > before.allocation {
        let status = extend_allocation(context, file.fcb, end);
        if status < 0 {
            give_back(context, file.fcb);
            fcb::release(file.fcb);
            return status.into();
        }
    }
    byte(addr!(file.fcb.body() => mrx.IsFileWritten)).store(1, Ordering::Relaxed);
    fobx::change_flags(file.handle, FOBX_FLAG_WRITES_ISSUED, 0);
    low_io::hold(context, file.fcb);
    low_io::submit(context, Some(write_done))
}

/// `FlagsForLowIo`: the write's place was reserved at the end of the file. Beyond the bits that the headers define.
const APPEND: u32 = 0x8000_0000;

/// Lets the mini-redirector make room on the server (MRxExtendForNonCache).
fn extend_allocation(context: Context, file: Fcb, end: i64) -> NTSTATUS {
    let callbacks = context::callbacks(context);
    let Some(extend) = callbacks.and_then(|callbacks| get!(callbacks => MRxExtendForNonCache))
    else {
        return STATUS_SUCCESS;
    };
    let mut size = LARGE_INTEGER { QuadPart: end };
    let mut allocation = LARGE_INTEGER { QuadPart: 0 };
    // SAFETY: the request is live and both sizes are locals.
    let status =
        unsafe { extend(context.as_ptr(), &raw mut size, &raw mut allocation) }.cast_signed();
    // SAFETY: every bit pattern of the union is a number.
    let allocation = unsafe { allocation.QuadPart };
    if status >= 0 && allocation < end {
        violated(Rule::AllocationTooSmall, file.as_ptr());
    }
    status
}

/// The write failed: an append's room goes back.
fn give_back(context: Context, file: Fcb) {
    if get!(context => Params.LowIo.FlagsForLowIo) & APPEND != 0 {
        let low_io = context::low_io(context);
        let start = get!(low_io => ParamsFor.ReadWrite.ByteOffset);
        fcb::unreserve_append(file, start, get!(low_io => ParamsFor.ReadWrite.ByteCount));
    }
}

unsafe extern "C" fn write_done(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: low I/O passes the live request.
    let Some(context) = (unsafe { Live::from_nullable(context) }) else {
        return STATUS_SUCCESS;
    };
    let status = get!(context => StoredStatus);
    let low_io = context::low_io(context);
    let Some(file) = Fcb::from_ptr(get!(context => pFcb)) else {
        return status;
    };
    let bytes = moved(context, status);
    if status < 0 {
        give_back(context, file);
        return status;
    }
    require(
        bytes == get!(low_io => ParamsFor.ReadWrite.ByteCount),
        Rule::ShortWrite,
        context.as_ptr(),
    );
    let end = get!(low_io => ParamsFor.ReadWrite.ByteOffset).saturating_add(i64::from(bytes));
    fcb::extend(file, end);
    if let Some(file_object) =
        context::stack(context).and_then(|stack| follow!(stack => FileObject))
    {
        let changed = nt::sys::FO_FILE_MODIFIED | nt::sys::FO_FILE_SIZE_CHANGED;
        atomic(addr!(file_object => Flags)).fetch_or(changed, Ordering::Relaxed);
    }
    status
}
