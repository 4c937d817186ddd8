//! IRP_MJ_QUERY_INFORMATION (reference 4.9).
//!
//! Answered here: the name and the position. FileAllInformation is put together from its parts; its access, mode and
//! alignment are the I/O manager's. Every other class goes to the mini-redirector, those that the library does not know
//! too, as in newer RDBSS libraries.

use crate::buffer;
use crate::calldown::Answer;
use crate::context::{self, Context};
use crate::fcb;
use crate::kernel::irp::{self, Irp, Stack};
use crate::live::{get, set};
use crate::original_name;
use crate::query::{self, Part};
use crate::request::{self, File};
use nt::sys::_FILE_INFORMATION_CLASS as class;
use nt::sys::{
    STATUS_BUFFER_OVERFLOW, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_SUCCESS,
};

/// Offsets in FILE_ALL_INFORMATION (FSCC 2.4.2).
const ALL_STANDARD: u32 = 40;
const ALL_INTERNAL: u32 = 64;
const ALL_EA: u32 = 72;
const ALL_POSITION: u32 = 80;
const ALL_NAME: u32 = 96;

/// IRP_MJ_QUERY_INFORMATION.
pub(crate) fn query(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    let whole = match buffer_of(request, stack) {
        Ok(whole) => whole,
        Err(status) => return status.into(),
    };
    if !fcb::acquire_shared(file.fcb, context) {
        return Answer::Post;
    }
    let (answer, used) = match get!(stack => Parameters.QueryFile.FileInformationClass) {
        class::FileNameInformation => name(file, whole),
        class::FilePositionInformation => position(stack, whole),
        class::FileAllInformation => all(context, stack, file, whole),
        other => query::fill(
            context,
            other.cast_unsigned(),
            whole,
            |table| get!(table => MRxQueryFileInfo),
        ),
    };
    fcb::release(file.fcb);
    set!(context => InformationToReturn, used as usize);
    answer
}

fn buffer_of(request: Irp, stack: Stack) -> Result<Part, nt::sys::NTSTATUS> {
    let length = get!(stack => Parameters.QueryFile.Length);
    let start = buffer::map(request, buffer::WRITE_ACCESS, length)?;
    Ok(Part { start, length })
}

/// FILE_NAME_INFORMATION: `\server\share\path`.
fn name(file: File, part: Part) -> (Answer, u32) {
    if part.length < 4 {
        return (STATUS_INFO_LENGTH_MISMATCH.into(), 0);
    }
    let text = part.slice(4, u32::MAX);
    let length = original_name::unc(file.fcb, |at, units| {
        for (index, unit) in units.iter().enumerate() {
            let offset =
                u32::try_from(at.saturating_add(index).saturating_mul(2)).unwrap_or(u32::MAX);
            text.slice(offset, 2).write(&unit.to_le_bytes());
        }
    });
    part.write(&length.to_le_bytes());
    let whole = length.saturating_add(4);
    if whole > part.length {
        return (STATUS_BUFFER_OVERFLOW.into(), part.length);
    }
    (STATUS_SUCCESS.into(), whole)
}

/// FILE_POSITION_INFORMATION: the I/O manager keeps it in the file object.
fn position(stack: Stack, part: Part) -> (Answer, u32) {
    let Some(file_object) = irp::file_object(stack).filter(|_| part.length >= 8) else {
        return (STATUS_INFO_LENGTH_MISMATCH.into(), 0);
    };
    let offset = get!(file_object => CurrentByteOffset);
    // SAFETY: every bit pattern of the union is a number.
    let used = part.write(&unsafe { offset.QuadPart }.to_le_bytes());
    (STATUS_SUCCESS.into(), used)
}

/// FILE_ALL_INFORMATION, part by part.
fn all(context: Context, stack: Stack, file: File, whole: Part) -> (Answer, u32) {
    if whole.length < ALL_NAME.saturating_add(4) {
        return (STATUS_INFO_LENGTH_MISMATCH.into(), 0);
    }
    let parts = [
        (class::FileBasicInformation, whole.slice(0, ALL_STANDARD)),
        (
            class::FileStandardInformation,
            whole.slice(ALL_STANDARD, 24),
        ),
        (class::FileInternalInformation, whole.slice(ALL_INTERNAL, 8)),
        (class::FileEaInformation, whole.slice(ALL_EA, 4)),
    ];
    for (class, part) in parts {
        let (answer, _) = query::fill(
            context,
            class.cast_unsigned(),
            part,
            |table| get!(table => MRxQueryFileInfo),
        );
        if !matches!(answer, Answer::Done(status) if status >= 0) {
            return (answer, 0);
        }
    }
    position(stack, whole.slice(ALL_POSITION, 8));
    let (answer, used) = name(file, whole.slice(ALL_NAME, u32::MAX));
    (answer, used.saturating_add(ALL_NAME))
}
