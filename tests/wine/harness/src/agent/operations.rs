//! What the I/O manager would ask the driver for each service on an open file.

use super::buffers::Buffers;
use super::file::File;
use super::request::Spec;
use alloc::boxed::Box;
use alloc::vec::Vec;
use wdk_sys::{
    FILE_APPEND_DATA, FILE_LIST_DIRECTORY, FILE_READ_DATA, FILE_WRITE_DATA,
    FO_NO_INTERMEDIATE_BUFFERING, IRP_MJ_DEVICE_CONTROL, IRP_MJ_DIRECTORY_CONTROL,
    IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MJ_FLUSH_BUFFERS, IRP_MJ_LOCK_CONTROL,
    IRP_MJ_QUERY_INFORMATION, IRP_MJ_QUERY_VOLUME_INFORMATION, IRP_MJ_READ,
    IRP_MJ_SET_VOLUME_INFORMATION, IRP_MJ_WRITE, IRP_MN_LOCK, IRP_MN_NOTIFY_CHANGE_DIRECTORY,
    IRP_MN_QUERY_DIRECTORY, IRP_MN_UNLOCK_SINGLE, IRP_NOCACHE, LARGE_INTEGER, NTSTATUS,
    SL_EXCLUSIVE_LOCK, SL_FAIL_IMMEDIATELY, SL_RESTART_SCAN, SL_RETURN_SINGLE_ENTRY, SL_WATCH_TREE,
    STATUS_ACCESS_DENIED, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, UNICODE_STRING,
};
use wine_protocol::{AT_END, AT_POSITION, DirectoryFlags, LockFlags, Request};

const WRITE_ACCESS: u32 = FILE_WRITE_DATA | FILE_APPEND_DATA;

/// What to ask the driver for a request on an open file.
pub fn spec(request: &Request<'_>, file: &File) -> Result<Spec, NTSTATUS> {
    Ok(match *request {
        Request::Read { offset, length, .. } => read(file, offset, length)?,
        Request::Write { offset, data, .. } => write(file, offset, data.into())?,
        Request::QueryInformation { class, length, .. } => {
            query(file, IRP_MJ_QUERY_INFORMATION, class, length)
        }
        Request::QueryVolume { class, length, .. } => {
            query(file, IRP_MJ_QUERY_VOLUME_INFORMATION, class, length)
        }
        Request::SetVolume { class, data, .. } => set_volume(file, class, data),
        Request::QueryDirectory {
            class,
            flags,
            pattern,
            length,
            ..
        } => query_directory(file, class, flags, pattern, length)?,
        Request::NotifyDirectory {
            filter,
            tree,
            length,
            ..
        } => notify_directory(file, filter, tree, length)?,
        Request::Flush { .. } => {
            require(file, WRITE_ACCESS)?;
            Spec::new(file, IRP_MJ_FLUSH_BUFFERS)
        }
        Request::FsControl {
            code,
            output,
            input,
            ..
        } => control(file, IRP_MJ_FILE_SYSTEM_CONTROL, code, input, output)?,
        Request::DeviceControl {
            code,
            output,
            input,
            ..
        } => control(file, IRP_MJ_DEVICE_CONTROL, code, input, output)?,
        Request::Lock {
            offset,
            length,
            key,
            flags,
            ..
        } => {
            let mut spec = range(file, IRP_MN_LOCK, offset, length, key)?;
            if flags.contains(LockFlags::EXCLUSIVE) {
                spec.location.Flags |= SL_EXCLUSIVE_LOCK as u8;
            }
            if flags.contains(LockFlags::AT_ONCE) {
                spec.location.Flags |= SL_FAIL_IMMEDIATELY as u8;
            }
            spec
        }
        Request::Unlock {
            offset,
            length,
            key,
            ..
        } => range(file, IRP_MN_UNLOCK_SINGLE, offset, length, key)?,
        _ => return Err(STATUS_INVALID_DEVICE_REQUEST),
    })
}

fn require(file: &File, access: u32) -> Result<(), NTSTATUS> {
    if file.may(access) {
        Ok(())
    } else {
        Err(STATUS_ACCESS_DENIED)
    }
}

/// A read.
fn read(file: &File, offset: i64, length: u32) -> Result<Spec, NTSTATUS> {
    require(file, FILE_READ_DATA)?;
    let mut spec = Spec::new(file, IRP_MJ_READ);
    spec.irp_flags |= no_cache(file);
    spec.buffers = Buffers::Output(length);
    let parameters = &mut spec.location.Parameters;
    parameters.Read.Length = length;
    parameters.Read.ByteOffset = place(file, offset, false)?;
    Ok(spec)
}

/// A write.
fn write(file: &File, offset: i64, data: Vec<u8>) -> Result<Spec, NTSTATUS> {
    require(file, WRITE_ACCESS)?;
    let mut spec = Spec::new(file, IRP_MJ_WRITE);
    spec.irp_flags |= no_cache(file);
    let parameters = &mut spec.location.Parameters;
    parameters.Write.Length = data.len() as u32;
    parameters.Write.ByteOffset = place(file, offset, true)?;
    spec.buffers = Buffers::Input(data);
    Ok(spec)
}

fn no_cache(file: &File) -> u32 {
    if file.has(FO_NO_INTERMEDIATE_BUFFERING) {
        IRP_NOCACHE
    } else {
        0
    }
}

/// Where to read or write.
fn place(file: &File, offset: i64, may_append: bool) -> Result<LARGE_INTEGER, NTSTATUS> {
    let offset = match offset {
        AT_POSITION if file.is_synchronous() => file.position(),
        AT_END if may_append => AT_END,
        offset if offset >= 0 => offset,
        _ => return Err(STATUS_INVALID_PARAMETER),
    };
    Ok(LARGE_INTEGER { QuadPart: offset })
}

fn query(file: &File, major: u32, class: u32, length: u32) -> Spec {
    let mut spec = Spec::new(file, major);
    spec.buffers = Buffers::BufferedOutput(length);
    // The parameters of both kinds of query are alike.
    let parameters = &mut spec.location.Parameters;
    parameters.QueryFile.Length = length;
    parameters.QueryFile.FileInformationClass = class.cast_signed();
    spec
}

fn set_volume(file: &File, class: u32, data: &[u8]) -> Spec {
    let mut spec = Spec::new(file, IRP_MJ_SET_VOLUME_INFORMATION);
    spec.buffers = Buffers::BufferedInput(data.into());
    let parameters = &mut spec.location.Parameters;
    parameters.SetVolume.Length = data.len() as u32;
    parameters.SetVolume.FsInformationClass = class.cast_signed();
    spec
}

/// A counted string and its characters.
struct Text {
    string: UNICODE_STRING,
    _units: Vec<u16>,
}

fn query_directory(
    file: &File,
    class: u32,
    flags: DirectoryFlags,
    pattern: Option<&str>,
    length: u32,
) -> Result<Spec, NTSTATUS> {
    require(file, FILE_LIST_DIRECTORY)?;
    let mut spec = Spec::new(file, IRP_MJ_DIRECTORY_CONTROL);
    spec.location.MinorFunction = IRP_MN_QUERY_DIRECTORY as u8;
    if flags.contains(DirectoryFlags::RESTART) {
        spec.location.Flags |= SL_RESTART_SCAN as u8;
    }
    if flags.contains(DirectoryFlags::SINGLE) {
        spec.location.Flags |= SL_RETURN_SINGLE_ENTRY as u8;
    }
    spec.buffers = Buffers::Output(length);
    let parameters = &mut spec.location.Parameters;
    parameters.QueryDirectory.Length = length;
    parameters.QueryDirectory.FileInformationClass = class.cast_signed();
    if let Some(pattern) = pattern {
        let units: Vec<u16> = pattern.encode_utf16().collect();
        let bytes = u16::try_from(units.len() * 2).map_err(|_| STATUS_INVALID_PARAMETER)?;
        let mut text = Box::new(Text {
            string: UNICODE_STRING {
                Length: bytes,
                MaximumLength: bytes,
                Buffer: units.as_ptr().cast_mut(),
            },
            _units: units,
        });
        parameters.QueryDirectory.FileName = &raw mut text.string;
        spec.keep = Some(text);
    }
    Ok(spec)
}

fn notify_directory(file: &File, filter: u32, tree: bool, length: u32) -> Result<Spec, NTSTATUS> {
    require(file, FILE_LIST_DIRECTORY)?;
    let mut spec = Spec::new(file, IRP_MJ_DIRECTORY_CONTROL);
    spec.location.MinorFunction = IRP_MN_NOTIFY_CHANGE_DIRECTORY as u8;
    if tree {
        spec.location.Flags |= SL_WATCH_TREE as u8;
    }
    spec.buffers = Buffers::Output(length);
    let parameters = &mut spec.location.Parameters;
    parameters.NotifyDirectory.Length = length;
    parameters.NotifyDirectory.CompletionFilter = filter;
    Ok(spec)
}

fn control(
    file: &File,
    major: u32,
    code: u32,
    input: &[u8],
    output: u32,
) -> Result<Spec, NTSTATUS> {
    // A control code says which access its caller needs: FILE_READ_ACCESS, FILE_WRITE_ACCESS, or any.
    let needed = code >> 14 & 3;
    if needed & 1 != 0 {
        require(file, FILE_READ_DATA)?;
    }
    if needed & 2 != 0 {
        require(file, FILE_WRITE_DATA)?;
    }
    let mut spec = Spec::new(file, major);
    // The parameters of both kinds of control are alike.
    let parameters = &mut spec.location.Parameters;
    parameters.DeviceIoControl.OutputBufferLength = output;
    parameters.DeviceIoControl.InputBufferLength = input.len() as u32;
    parameters.DeviceIoControl.IoControlCode = code;
    spec.buffers = Buffers::Control {
        code,
        input: input.into(),
        output,
    };
    Ok(spec)
}

fn range(file: &File, minor: u32, offset: i64, length: i64, key: u32) -> Result<Spec, NTSTATUS> {
    require(file, FILE_READ_DATA | FILE_WRITE_DATA)?;
    let mut spec = Spec::new(file, IRP_MJ_LOCK_CONTROL);
    spec.location.MinorFunction = minor as u8;
    let mut length = Box::new(LARGE_INTEGER { QuadPart: length });
    let parameters = &mut spec.location.Parameters;
    parameters.LockControl.Length = &raw mut *length;
    parameters.LockControl.Key = key;
    parameters.LockControl.ByteOffset = LARGE_INTEGER { QuadPart: offset };
    spec.keep = Some(length);
    Ok(spec)
}
