//! Setting file information, which may need another directory, and file positions, which no driver hears of.

use super::buffers::Buffers;
use super::create::Create;
use super::file::File;
use super::handles;
use super::request::{Done, Request, Spec};
use alloc::vec::Vec;
use wdk_sys::_FILE_INFORMATION_CLASS::{
    FileEndOfFileInformation, FileLinkInformation, FilePositionInformation, FileRenameInformation,
};
use wdk_sys::_MODE::UserMode;
use wdk_sys::{
    FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_WRITE_DATA, IRP_MJ_SET_INFORMATION, NTSTATUS, STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_HANDLE, SYNCHRONIZE,
};
use wine_protocol::Handle;

/// The position of a synchronous file, which the I/O manager itself keeps. None if a driver is to be asked.
pub fn query_position(file: &File, class: u32, length: u32) -> Option<Result<[u8; 8], NTSTATUS>> {
    if class.cast_signed() != FilePositionInformation || !file.is_synchronous() {
        return None;
    }
    Some(if length < 8 {
        Err(STATUS_INFO_LENGTH_MISMATCH)
    } else {
        Ok(file.position().to_le_bytes())
    })
}

/// Sets file information and waits.
pub fn set(file: &File, class: u32, data: &[u8]) -> Result<Done, NTSTATUS> {
    let class = class.cast_signed();
    if class == FilePositionInformation && file.is_synchronous() {
        let position = data.first_chunk().ok_or(STATUS_INFO_LENGTH_MISMATCH)?;
        file.set_position(i64::from_le_bytes(*position));
        return Ok(Done::success());
    }
    let names = class == FileRenameInformation || class == FileLinkInformation;
    let target = if names {
        open_target(file, data)?
    } else {
        None
    };
    let mut spec = Spec::new(file, IRP_MJ_SET_INFORMATION);
    spec.buffers = Buffers::BufferedInput(data.into());
    let parameters = &mut spec.location.Parameters;
    parameters.SetFile.Length = data.len() as u32;
    parameters.SetFile.FileInformationClass = class;
    if names {
        let replace = data.first().copied().unwrap_or_default();
        parameters
            .SetFile
            .__bindgen_anon_1
            .__bindgen_anon_1
            .ReplaceIfExists = replace;
    }
    if class == FileEndOfFileInformation {
        parameters.SetFile.FileObject = file.object();
    } else if let Some(target) = &target {
        parameters.SetFile.FileObject = target.object();
    }
    let done = Request::new(spec, None)?.run();
    if let Some(target) = target {
        target.clean_up();
    }
    Ok(done)
}

/// Offsets in FILE_RENAME_INFORMATION and FILE_LINK_INFORMATION.
const ROOT_DIRECTORY: usize = 8;
const NAME_LENGTH: usize = 16;
const NAME: usize = 20;

/// Opens the directory of a rename's target. None when the new name is in the file's own directory.
fn open_target(file: &File, data: &[u8]) -> Result<Option<File>, NTSTATUS> {
    let short = STATUS_INFO_LENGTH_MISMATCH;
    let (_, root) = data.split_at_checked(ROOT_DIRECTORY).ok_or(short)?;
    let root = u64::from_le_bytes(*root.first_chunk().ok_or(short)?);
    let (_, length) = data.split_at_checked(NAME_LENGTH).ok_or(short)?;
    let length = u32::from_le_bytes(*length.first_chunk().ok_or(short)?);
    let name = data
        .get(NAME..)
        .and_then(|name| name.get(..length as usize));
    let (units, _) = name.ok_or(short)?.as_chunks();
    let name: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let related = match u32::try_from(root) {
        Ok(0) if name.first() != Some(&u16::from(b'\\')) => return Ok(None),
        Ok(0) => None,
        Ok(root) => Some(handles::get(Handle(root))?),
        Err(_) => return Err(STATUS_INVALID_HANDLE),
    };
    let create = Create {
        name,
        related,
        access: FILE_WRITE_DATA | SYNCHRONIZE,
        attributes: 0,
        share: FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        disposition: FILE_OPEN,
        options: FILE_OPEN_FOR_BACKUP_INTENT,
        allocation_size: 0,
        extended_attributes: Vec::new(),
        case_sensitive: false,
        target_directory: true,
        mode: UserMode as _,
    };
    create.run(file.device()).map(|(target, _)| Some(target))
}
