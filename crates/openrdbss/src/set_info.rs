//! IRP_MJ_SET_INFORMATION (reference 4.9).
//!
//! The position is set here. Every other class goes to the mini-redirector with the FCB locked exclusively; the *Ex classes of
//! disposition, rename and link too, as in newer RDBSS libraries.

use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::fcb;
use crate::kernel::irp::{self, Irp, Stack};
use crate::live::{Live, get, set};
use crate::request::{self, File};
use crate::{fobx, scavenger};
use nt::sys::_FILE_INFORMATION_CLASS as class;
use nt::sys::{
    LARGE_INTEGER, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
};
use rdbss::raw::*;

/// FILE_DISPOSITION_DELETE of FileDispositionInformationEx (FSCC 2.4.12).
const DISPOSITION_DELETE: u32 = 1;

/// IRP_MJ_SET_INFORMATION.
pub(crate) fn set(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    let class = get!(stack => Parameters.SetFile.FileInformationClass);
    let input = Input {
        request,
        length: get!(stack => Parameters.SetFile.Length),
    };
    if class == class::FilePositionInformation {
        return set_position(stack, input);
    }
    if !context::can_wait(context) {
        return Answer::Post;
    }
    close_what_is_in_the_way(class, file, input);
    fcb::acquire_exclusive_wait(file.fcb);
    let info = context::info(context);
    set!(info => InformationClass, class.cast_unsigned());
    set!(info => Buffer, get!(request => AssociatedIrp.SystemBuffer));
    set!(info => LengthRemaining, input.length.cast_signed());
    set!(info => ReplaceIfExists, get!(stack => Parameters.SetFile.__bindgen_anon_1.__bindgen_anon_1.ReplaceIfExists));
    set!(info => AdvanceOnly, get!(stack => Parameters.SetFile.__bindgen_anon_1.__bindgen_anon_1.AdvanceOnly));
    let answer = match class {
        class::FileEndOfFileInformation => set_end_of_file(context, file, input),
        class::FileAllocationInformation => set_allocation(context, file, input),
        _ => set_other(context, stack, file, input, class),
    };
    fcb::release(file.fcb);
    answer
}

/// What the caller set.
#[derive(Clone, Copy)]
struct Input {
    request: Irp,
    length: u32,
}

impl Input {
    /// The first `N` bytes, if there are so many.
    fn bytes<const N: usize>(self) -> Option<[u8; N]> {
        let buffer = get!(self.request => AssociatedIrp.SystemBuffer).cast::<[u8; N]>();
        if buffer.is_null() || (self.length as usize) < N {
            return None;
        }
        // SAFETY: the I/O manager's system buffer holds `length` bytes and lives as long as the request.
        Some(unsafe { buffer.read_unaligned() })
    }

    fn size(self) -> Option<i64> {
        self.bytes::<8>().map(i64::from_le_bytes)
    }
}

fn set_position(stack: Stack, input: Input) -> Answer {
    let (Some(file_object), Some(offset)) = (irp::file_object(stack), input.size()) else {
        return STATUS_INFO_LENGTH_MISMATCH.into();
    };
    if offset < 0 {
        return STATUS_INVALID_PARAMETER.into();
    }
    set!(file_object => CurrentByteOffset, LARGE_INTEGER { QuadPart: offset });
    STATUS_SUCCESS.into()
}

fn deletes(class: i32, input: Input) -> bool {
    match class {
        class::FileDispositionInformation => input.bytes::<1>().is_some_and(|[delete]| delete != 0),
        class::FileDispositionInformationEx => input
            .bytes::<4>()
            .is_some_and(|flags| u32::from_le_bytes(flags) & DISPOSITION_DELETE != 0),
        _ => false,
    }
}

fn renames(class: i32) -> bool {
    matches!(
        class,
        class::FileRenameInformation | class::FileRenameInformationEx
    )
}

/// Closes that were put off would make the server refuse: of the file itself if it is to go, of anything below a directory
/// that moves. No FCB is locked.
fn close_what_is_in_the_way(class: i32, file: File, input: Input) {
    let Some(share) = file.fcb.net_root() else {
        return;
    };
    let links = matches!(
        class,
        class::FileLinkInformation | class::FileLinkInformationEx
    );
    if renames(class) || links {
        scavenger::close_pending_of(share, None);
    } else if deletes(class, input) {
        let only = (!file.fcb.is_directory()).then_some(file.fcb);
        scavenger::close_pending_of(share, only);
    }
}

fn call_mini(context: Context) -> Answer {
    calldown::call_or_post(context, |table| get!(table => MRxSetFileInfo))
}

/// The end of the file: the FCB changes first, and back if the server refuses.
fn set_end_of_file(context: Context, file: File, input: Input) -> Answer {
    let Some(size) = input.size() else {
        return STATUS_INFO_LENGTH_MISMATCH.into();
    };
    if size < 0 {
        return STATUS_INVALID_PARAMETER.into();
    }
    // Advances of the valid data are the cache manager's, and a size that the file has already changes nothing.
    let old = fcb::sizes(file.fcb);
    if get!(context::info(context) => AdvanceOnly) != 0 || size == old.file {
        return STATUS_SUCCESS.into();
    }
    let allocation = if size > old.allocation {
        fcb::rounded_allocation(get!(file.fcb.body() => mrx.pNetRoot), size)
    } else {
        old.allocation
    };
    fcb::set_sizes(
        file.fcb,
        fcb::Sizes {
            allocation,
            file: size,
        },
    );
    let answer = call_mini(context);
    if !matches!(answer, Answer::Done(status) if status >= 0) {
        fcb::set_sizes(file.fcb, old);
    }
    answer
}

/// The allocation: an end of file behind it comes down to it.
fn set_allocation(context: Context, file: File, input: Input) -> Answer {
    let Some(allocation) = input.size() else {
        return STATUS_INFO_LENGTH_MISMATCH.into();
    };
    if allocation < 0 {
        return STATUS_INVALID_PARAMETER.into();
    }
    let old = fcb::sizes(file.fcb);
    if allocation == old.allocation {
        return STATUS_SUCCESS.into();
    }
    fcb::set_sizes(
        file.fcb,
        fcb::Sizes {
            allocation,
            file: old.file.min(allocation),
        },
    );
    let answer = call_mini(context);
    if !matches!(answer, Answer::Done(status) if status >= 0) {
        fcb::set_sizes(file.fcb, old);
    }
    answer
}

fn set_other(context: Context, stack: Stack, file: File, input: Input, class: i32) -> Answer {
    let answer = call_mini(context);
    if !matches!(answer, Answer::Done(status) if status >= 0) {
        return answer;
    }
    match class {
        class::FileBasicInformation => note_times(file.handle, input),
        class::FileDispositionInformation | class::FileDispositionInformationEx => {
            let delete = deletes(class, input);
            if let Some(file_object) = irp::file_object(stack) {
                set!(file_object => DeletePending, delete.into());
            }
            if delete {
                fcb::remove_name(file.fcb);
            }
        }
        _ if renames(class) => fcb::remove_name(file.fcb),
        _ => {}
    }
    answer
}

/// Which times the user has set himself: they are not to be overwritten at cleanup.
fn note_times(handle: Live<FOBX>, input: Input) {
    let Some(times) = input.bytes::<32>() else {
        return;
    };
    let flags = [
        FOBX_FLAG_USER_SET_CREATION,
        FOBX_FLAG_USER_SET_LAST_ACCESS,
        FOBX_FLAG_USER_SET_LAST_WRITE,
        FOBX_FLAG_USER_SET_LAST_CHANGE,
    ];
    for (time, flag) in times.chunks_exact(8).zip(flags) {
        if time.iter().any(|byte| *byte != 0) {
            fobx::change_flags(handle, flag, 0);
        }
    }
}
