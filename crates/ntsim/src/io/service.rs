//! Requests on open files, for kernel callers and users alike.

use super::file;
use super::open::{self, Open};
use super::request::{self, Buffers, Done, Request, Spec};
use crate::ob;
use crate::rtl;
use crate::sys::*;
use crate::verifier::Place;
use core::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Who asks, and how the end is told.
#[derive(Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) mode: KPROCESSOR_MODE,
    pub(crate) event: PKEVENT,
    pub(crate) iosb: PIO_STATUS_BLOCK,
    pub(crate) place: Place,
}

/// A request under way, or why there is none.
pub(crate) type Issued = Result<Arc<Request>, NTSTATUS>;

fn spec(file: PFILE_OBJECT, major: u32, caller: Caller) -> Spec {
    // SAFETY: the caller's reference keeps the file.
    let device = unsafe { (*file).DeviceObject };
    let locked = file::lock(file, caller.place);
    let irp_flags = match major {
        IRP_MJ_READ => IRP_READ_OPERATION | IRP_DEFER_IO_COMPLETION,
        IRP_MJ_WRITE => IRP_WRITE_OPERATION | IRP_DEFER_IO_COMPLETION,
        _ => 0,
    };
    Spec {
        locked,
        irp_flags,
        mode: caller.mode,
        event: caller.event,
        iosb: caller.iosb,
        ..Spec::new(file, device, major)
    }
}

fn no_buffering(file: PFILE_OBJECT) -> u32 {
    if file::flags(file).load(Ordering::Relaxed) & FO_NO_INTERMEDIATE_BUFFERING != 0 {
        IRP_NOCACHE
    } else {
        0
    }
}

/// The file's own position.
fn current_position(file: PFILE_OBJECT) -> i64 {
    // SAFETY: the caller's reference keeps the file.
    let position = unsafe { (*file).CurrentByteOffset };
    // SAFETY: the union's members are all integers.
    unsafe { position.QuadPart }
}

/// Where to read or write: as said, or at the file's own position.
fn position(file: PFILE_OBJECT, offset: Option<i64>) -> Result<i64, NTSTATUS> {
    const USE_POSITION: i64 = -2;
    match offset {
        Some(offset) if offset != USE_POSITION => Ok(offset),
        _ if file::is_synchronous(file) => Ok(current_position(file)),
        _ => Err(STATUS_INVALID_PARAMETER),
    }
}

/// Reads or writes.
pub(crate) fn transfer(
    file: PFILE_OBJECT,
    major: u32,
    buffers: Buffers,
    offset: Option<i64>,
    caller: Caller,
) -> Issued {
    const APPEND: i64 = -1;
    let length = match buffers {
        Buffers::Output(_, len) | Buffers::Input(_, len) => len,
        _ => 0,
    };
    let mut spec = spec(file, major, caller);
    let offset = position(file, offset).and_then(|offset| {
        let valid = offset >= 0 || offset == APPEND && major == IRP_MJ_WRITE;
        if valid {
            Ok(offset)
        } else {
            Err(STATUS_INVALID_PARAMETER)
        }
    });
    let offset = match offset {
        Ok(offset) => offset,
        Err(status) => {
            request::give_up(&spec, caller.place);
            return Err(status);
        }
    };
    spec.irp_flags |= no_buffering(file);
    spec.buffers = buffers;
    spec.parameters.Read = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_4 {
        Length: length,
        __bindgen_padding_0: 0,
        Key: 0,
        Flags: 0,
        ByteOffset: LARGE_INTEGER { QuadPart: offset },
    };
    request::issue(&spec, caller.place)
}

/// Flushes.
pub(crate) fn flush(file: PFILE_OBJECT, caller: Caller) -> Issued {
    request::issue(&spec(file, IRP_MJ_FLUSH_BUFFERS, caller), caller.place)
}

/// Queries file or volume information, by `major`.
pub(crate) fn query(
    file: PFILE_OBJECT,
    major: u32,
    class: i32,
    output: (*mut u8, u32),
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, major, caller);
    spec.irp_flags = 0;
    spec.buffers = Buffers::BufferedOutput(output.0, output.1);
    spec.parameters.QueryFile = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_9 {
        Length: output.1,
        __bindgen_padding_0: 0,
        FileInformationClass: class,
        __bindgen_padding_1: 0,
    };
    request::issue(&spec, caller.place)
}

/// Queries extended attributes or security: a length and one more word.
pub(crate) fn query_security(
    file: PFILE_OBJECT,
    information: u32,
    output: (*mut u8, u32),
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, IRP_MJ_QUERY_SECURITY, caller);
    spec.buffers = Buffers::Output(output.0, output.1);
    spec.parameters.QuerySecurity = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_19 {
        SecurityInformation: information,
        __bindgen_padding_0: 0,
        Length: output.1,
        __bindgen_padding_1: 0,
    };
    request::issue(&spec, caller.place)
}

/// Queries extended attributes.
pub(crate) fn query_ea(
    file: PFILE_OBJECT,
    flags: u32,
    output: (*mut u8, u32),
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, IRP_MJ_QUERY_EA, caller);
    spec.flags = flags;
    spec.buffers = Buffers::Output(output.0, output.1);
    spec.parameters.QueryEa.Length = output.1;
    request::issue(&spec, caller.place)
}

/// Sets extended attributes.
pub(crate) fn set_ea(file: PFILE_OBJECT, input: (*const u8, u32), caller: Caller) -> Issued {
    let mut spec = spec(file, IRP_MJ_SET_EA, caller);
    spec.buffers = Buffers::BufferedInput(input.0, input.1);
    spec.parameters.SetEa.Length = input.1;
    request::issue(&spec, caller.place)
}

/// Sets volume information.
pub(crate) fn set_volume(
    file: PFILE_OBJECT,
    class: i32,
    input: (*const u8, u32),
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, IRP_MJ_SET_VOLUME_INFORMATION, caller);
    spec.buffers = Buffers::BufferedInput(input.0, input.1);
    spec.parameters.SetVolume = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_13 {
        Length: input.1,
        __bindgen_padding_0: 0,
        FsInformationClass: class,
        __bindgen_padding_1: 0,
    };
    request::issue(&spec, caller.place)
}

/// Sets file information and waits. A rename or link with a path has its target's directory opened first.
pub(crate) fn set(
    file: PFILE_OBJECT,
    class: i32,
    input: &[u8],
    caller: Caller,
) -> Result<Done, NTSTATUS> {
    use _FILE_INFORMATION_CLASS::{
        FileEndOfFileInformation, FileLinkInformation, FileRenameInformation,
    };
    let names = matches!(class, FileRenameInformation | FileLinkInformation);
    let target = if names {
        open_target(file, input, caller)?
    } else {
        ptr::null_mut()
    };
    let mut spec = spec(file, IRP_MJ_SET_INFORMATION, caller);
    spec.buffers = Buffers::BufferedInput(input.as_ptr(), input.len() as u32);
    let flags = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10__bindgen_ty_1__bindgen_ty_1 {
        ReplaceIfExists: if names {
            input.first().copied().unwrap_or(0)
        } else {
            0
        },
        AdvanceOnly: 0,
    };
    let mut last = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10__bindgen_ty_1 {
        DeleteHandle: ptr::null_mut(),
    };
    last.__bindgen_anon_1 = flags;
    spec.parameters.SetFile = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10 {
        Length: input.len() as u32,
        __bindgen_padding_0: 0,
        FileInformationClass: class,
        __bindgen_padding_1: 0,
        FileObject: if class == FileEndOfFileInformation {
            file
        } else {
            target
        },
        __bindgen_anon_1: last,
    };
    let issued = request::issue(&spec, caller.place);
    let done = issued.map(|request| request.wait());
    if !target.is_null() {
        file::clean_up_file(target, caller.place);
        ob::dereference(target.cast(), caller.place);
    }
    done
}

/// Opens the directory of a rename's target. NULL when the new name is in the file's own directory.
fn open_target(file: PFILE_OBJECT, input: &[u8], caller: Caller) -> Result<PFILE_OBJECT, NTSTATUS> {
    let field = |at: usize, len: usize| input.get(at..at + len).ok_or(STATUS_INFO_LENGTH_MISMATCH);
    let root = field(8, 8)?
        .iter()
        .rev()
        .fold(0usize, |value, &byte| value << 8 | usize::from(byte));
    let length = field(16, 4)?
        .iter()
        .rev()
        .fold(0usize, |value, &byte| value << 8 | usize::from(byte));
    let name: Vec<u16> = field(20, length)?
        .chunks_exact(2)
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
        .collect();
    let absolute = name.first() == Some(&u16::from(b'\\'));
    if root == 0 && !absolute {
        return Ok(ptr::null_mut());
    }
    let related = if root == 0 {
        ptr::null_mut()
    } else {
        let entry = ob::look_up(ptr::without_provenance_mut(root), caller.mode)
            .ok_or(STATUS_INVALID_HANDLE)?;
        if ob::kind_of(entry.object) != Some(ob::Kind::File) {
            return Err(STATUS_OBJECT_TYPE_MISMATCH);
        }
        entry.object.cast()
    };
    let open = Open {
        path: &name,
        related,
        access: FILE_WRITE_DATA | SYNCHRONIZE,
        share: FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        disposition: FILE_OPEN,
        options: FILE_OPEN_FOR_BACKUP_INTENT,
        attributes: 0,
        allocation_size: 0,
        ea: &[],
        case_sensitive: false,
        target_directory: true,
        mode: caller.mode,
    };
    let (target, ..) = open::open(&open, caller.place)?;
    // SAFETY: the target is referenced.
    let target_device = unsafe { (*target).DeviceObject };
    // SAFETY: the caller's reference keeps the file.
    if target_device != unsafe { (*file).DeviceObject } {
        file::clean_up_file(target, caller.place);
        ob::dereference(target.cast(), caller.place);
        return Err(STATUS_NOT_SAME_DEVICE);
    }
    Ok(target)
}

/// Asks for directory entries. `flags` are `SL_` flags; `pattern` must live until the end.
pub(crate) fn query_directory(
    file: PFILE_OBJECT,
    class: i32,
    flags: u32,
    pattern: PUNICODE_STRING,
    output: (*mut u8, u32),
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, IRP_MJ_DIRECTORY_CONTROL, caller);
    spec.minor = IRP_MN_QUERY_DIRECTORY;
    spec.flags = flags;
    spec.buffers = Buffers::Output(output.0, output.1);
    spec.parameters.QueryDirectory = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_6 {
        Length: output.1,
        __bindgen_padding_0: 0,
        FileName: pattern,
        FileInformationClass: class,
        __bindgen_padding_1: 0,
        FileIndex: 0,
        __bindgen_padding_2: 0,
    };
    request::issue(&spec, caller.place)
}

/// Asks to be told of changes in a directory.
pub(crate) fn notify_directory(
    file: PFILE_OBJECT,
    filter: u32,
    tree: bool,
    output: (*mut u8, u32),
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, IRP_MJ_DIRECTORY_CONTROL, caller);
    spec.minor = IRP_MN_NOTIFY_CHANGE_DIRECTORY;
    spec.flags = if tree { SL_WATCH_TREE } else { 0 };
    spec.buffers = Buffers::Output(output.0, output.1);
    spec.parameters.NotifyDirectory = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_7 {
        Length: output.1,
        __bindgen_padding_0: 0,
        CompletionFilter: filter,
        __bindgen_padding_1: 0,
    };
    request::issue(&spec, caller.place)
}

/// Sends a control code, to the device or to the file system by `major`.
pub(crate) fn control(
    file: PFILE_OBJECT,
    major: u32,
    code: u32,
    input: (*const u8, u32),
    output: (*mut u8, u32),
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, major, caller);
    spec.buffers = Buffers::Control {
        code,
        input,
        output,
    };
    let neither = code & 3 == METHOD_NEITHER;
    spec.parameters.DeviceIoControl = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_18 {
        OutputBufferLength: output.1,
        __bindgen_padding_0: 0,
        InputBufferLength: input.1,
        __bindgen_padding_1: 0,
        IoControlCode: code,
        __bindgen_padding_2: 0,
        Type3InputBuffer: if neither {
            input.0.cast_mut().cast()
        } else {
            ptr::null_mut()
        },
    };
    request::issue(&spec, caller.place)
}

/// Locks or unlocks a range by `minor`. `length` must live until the end.
pub(crate) fn lock(
    file: PFILE_OBJECT,
    minor: u32,
    flags: u32,
    offset: i64,
    length: PLARGE_INTEGER,
    key: u32,
    caller: Caller,
) -> Issued {
    let mut spec = spec(file, IRP_MJ_LOCK_CONTROL, caller);
    spec.minor = minor;
    spec.flags = flags;
    spec.parameters.LockControl = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_16 {
        Length: length,
        Key: key,
        __bindgen_padding_0: 0,
        ByteOffset: LARGE_INTEGER { QuadPart: offset },
    };
    request::issue(&spec, caller.place)
}

/// The position of a file that does one request at a time.
pub(crate) fn file_position(file: PFILE_OBJECT) -> Option<i64> {
    file::is_synchronous(file).then(|| current_position(file))
}

/// Moves the position of a file.
pub(crate) fn set_file_position(file: PFILE_OBJECT, position: i64, place: Place) {
    let locked = file::lock(file, place);
    // SAFETY: the caller's reference keeps the file, and its lock is held.
    unsafe { (*file).CurrentByteOffset = LARGE_INTEGER { QuadPart: position } };
    if locked {
        file::unlock(file, place);
    }
}

/// A counted string over units that outlive it.
pub(crate) fn counted(units: &[u16]) -> UNICODE_STRING {
    let bytes = (units.len() * 2).min(0xfffe) as USHORT;
    UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_ptr().cast_mut(),
    }
}

/// The name that an open was made with.
pub(crate) fn name_of<'a>(attributes: &OBJECT_ATTRIBUTES) -> &'a [u16] {
    // SAFETY: the attributes of a service call name a valid string.
    unsafe { rtl::units(attributes.ObjectName) }
}
