//! Queries and changes of files and volumes: QUERY_INFO and SET_INFO (MS-SMB2 3.2.4.8 to 3.2.4.13), and FLUSH.
//!
//! The structures are the same on the wire as at the Nt interface, but for renames. They are checked all the same: RDBSS and
//! programs believe sizes and lengths that come from here.

use nt::pool::{PoolBuf, Tag};
use nt::{Result, Status};
use rdbss::Output;
use rdbss::Request;
use rdbss::info::{FileInfoQuery, RenameTarget, SetFileInfo, VolumeInfoQuery};
use smb_wire::fscc::{
    ChainEntry, FileAccessInformation, FileAlignmentInformation, FileAllocationInformation,
    FileAttributeTagInformation, FileBasicInformation, FileEaInformation, FileEndOfFileInformation,
    FileFsAttributeInformation, FileFsDeviceInformation, FileFsFullSizeInformation,
    FileFsObjectIdInformation, FileFsSectorSizeInformation, FileFsSizeInformation,
    FileFsVolumeInformation, FileInformationClass, FileInternalInformation, FileModeInformation,
    FileNameInformation, FileNetworkOpenInformation, FilePositionInformation,
    FileStandardInformation, FsInformationClass, Links, RenameFlags, RenameForm, RenameInformation,
    StreamInformation,
};
use smb_wire::smb2::{
    Command, FlushRequest, InfoType, QueryInfoFlags, QueryInfoRequest, QueryInfoResponse,
    SetInfoRequest,
};
use smb_wire::{NtStatus, ParseError, Utf16, Writer};

use crate::call;
use crate::dispatch::Redirector;
use crate::exchange::room_of;
use crate::open::{MAX_FILE_SIZE, Open, relative};
use crate::status;

const TAG: Tag = Tag::new(b"OxIn");

/// No answer of these classes is longer. A short buffer is filled from a longer answer, since servers handle short ones badly.
const LEAST_ANSWER: u32 = 4096;
/// A caller with a larger buffer gets no more than this at a time.
const MOST_ANSWER: u32 = 64 * 1024;

/// FILE_COMPRESSION_INFORMATION and FILE_ID_INFORMATION in bytes (MS-FSCC 2.4).
const COMPRESSION_LEN: usize = 16;
const ID_LEN: usize = 24;

/// MRxQueryFileInfo.
pub fn query_file(query: &mut FileInfoQuery<'_, Redirector>) -> Result<()> {
    let class =
        FileInformationClass(u8::try_from(query.class()).map_err(|_| Status::INVALID_INFO_CLASS)?);
    let shape = file_shape(class).ok_or(Status::INVALID_INFO_CLASS)?;
    let open = query
        .srv_open()?
        .share_context()
        .ok_or(Status::FILE_CLOSED)?;
    ask(
        &open,
        InfoType::FILE,
        class.0,
        query.output(),
        &shape,
        |bytes| is_possible(class, bytes),
    )
}

/// MRxQueryVolumeInfo.
pub fn query_volume(query: &mut VolumeInfoQuery<'_, Redirector>) -> Result<()> {
    let class =
        FsInformationClass(u8::try_from(query.class()).map_err(|_| Status::INVALID_INFO_CLASS)?);
    let shape = volume_shape(class).ok_or(Status::INVALID_INFO_CLASS)?;
    let open = query
        .srv_open()?
        .share_context()
        .ok_or(Status::FILE_CLOSED)?;
    ask(
        &open,
        InfoType::FILESYSTEM,
        class.0,
        query.output(),
        &shape,
        |bytes| is_possible_volume(class, bytes),
    )
}

/// MRxSetFileInfo.
pub fn set_file(set: &SetFileInfo<'_, Redirector>) -> Result<()> {
    let class =
        FileInformationClass(u8::try_from(set.class()).map_err(|_| Status::INVALID_INFO_CLASS)?);
    let open = set.srv_open()?.share_context().ok_or(Status::FILE_CLOSED)?;
    match class {
        FileInformationClass::RENAME | FileInformationClass::LINK => rename(set, &open, class),
        FileInformationClass::BASIC
        | FileInformationClass::DISPOSITION
        | FileInformationClass::DISPOSITION_EX
        | FileInformationClass::ALLOCATION
        | FileInformationClass::END_OF_FILE
        | FileInformationClass::VALID_DATA_LENGTH
        | FileInformationClass::MODE => change(&open, class, set.bytes()),
        _ => Err(Status::INVALID_INFO_CLASS),
    }
}

/// MRxFlush: has the server write what it holds back.
pub fn flush(request: &Request<'_, Redirector>) -> Result<()> {
    let open = request
        .srv_open()?
        .share_context()
        .ok_or(Status::FILE_CLOSED)?;
    let flush = FlushRequest {
        file_id: open.file_id(),
    };
    let answer = call::ask(
        open.connection(),
        open.tree().ask(Command::FLUSH, 0, 0),
        |writer| flush.emit(writer),
    )?;
    answer.success().map(|_| ())
}

/// MRxExtendForCache and MRxExtendForNonCache: the write itself extends the file, so nothing need be reserved. The allocation is
/// no less than the size, which RDBSS relies on.
pub fn extend(_request: &Request<'_, Redirector>, new_size: i64) -> Result<i64> {
    Ok(new_size)
}

fn ask(
    open: &Open,
    info_type: InfoType,
    class: u8,
    output: &mut Output<'_>,
    shape: &Shape,
    is_possible: impl FnOnce(&[u8]) -> bool,
) -> Result<()> {
    let room = u32::try_from(output.room()).unwrap_or(u32::MAX);
    let length = room
        .clamp(LEAST_ANSWER, MOST_ANSWER)
        .min(open.connection().negotiated().max_transact);
    let request = QueryInfoRequest {
        info_type,
        class,
        output_buffer_length: length,
        additional_information: 0,
        flags: QueryInfoFlags::empty(),
        file_id: open.file_id(),
        input: &[],
    };
    let answer = call::ask(
        open.connection(),
        open.tree().ask(Command::QUERY_INFO, 0, length),
        |writer| request.emit(writer),
    )?;
    let cut = answer.header.status == NtStatus::BUFFER_OVERFLOW;
    if !cut {
        answer.success()?;
    }
    let parsed = QueryInfoResponse::parse(&answer.message);
    let mut bytes = parsed
        .map_err(|error| status::from_client(error.into()))?
        .output;
    if bytes.len() > room_of(length) {
        return Err(Status::INVALID_NETWORK_RESPONSE);
    }
    let mut last_link = None;
    match *shape {
        // There was room enough, so nothing can have been cut off.
        Shape::Fixed(size) => {
            let whole = bytes.get(..size).filter(|_| !cut);
            bytes = whole.ok_or(Status::INVALID_NETWORK_RESPONSE)?;
        }
        Shape::Variable(_) if cut => return Err(Status::INVALID_NETWORK_RESPONSE),
        Shape::Variable(check) => {
            check(bytes).map_err(|error| status::from_client(error.into()))?
        }
        // What the server cut off is the caller's to ask for again, with more room. The rest is a list by itself.
        Shape::Streams => {
            let whole = check_streams(bytes, cut)?;
            bytes = bytes.get(..whole.len).unwrap_or_default();
            last_link = cut.then_some(whole.last);
        }
    }
    if !is_possible(bytes) {
        return Err(Status::INVALID_NETWORK_RESPONSE);
    }
    let start = output.written();
    let written = output.write_what_fits(bytes);
    if let Some(place) = last_link {
        // If it does not fit, there is nothing to end.
        let _ = output.patch_u32(start.saturating_add(place), 0);
    }
    if cut || written < bytes.len() {
        return Err(Status::BUFFER_OVERFLOW);
    }
    Ok(())
}

/// How an answer is checked.
enum Shape {
    /// So many bytes, whatever is in them.
    Fixed(usize),
    /// By its own lengths.
    Variable(fn(&[u8]) -> core::result::Result<(), ParseError>),
    /// A list of streams, which alone may be too long for any room.
    Streams,
}

/// Entries of a list that are whole: how many bytes they are, and where the last of them begins.
#[derive(Default)]
struct Whole {
    len: usize,
    last: usize,
}

/// Checks a list of streams, of which the last may be `cut`.
fn check_streams(bytes: &[u8], cut: bool) -> Result<Whole> {
    type Entry<'a> = StreamInformation<'a>;
    let mut whole = Whole::default();
    for entry in Links::new(bytes, Entry::ALIGNMENT, Entry::FIXED_LEN) {
        let stream = entry.and_then(|entry| Ok((entry.len(), Entry::parse(entry)?)));
        let (len, stream) = match stream {
            Ok(stream) => stream,
            Err(_) if cut => break,
            Err(error) => return Err(status::from_client(error.into())),
        };
        if !are_possible(stream.size, stream.allocation_size) {
            return Err(Status::INVALID_NETWORK_RESPONSE);
        }
        whole = Whole {
            len: whole.len.saturating_add(len),
            last: whole.len,
        };
    }
    Ok(whole)
}

const fn file_shape(class: FileInformationClass) -> Option<Shape> {
    Some(match class {
        FileInformationClass::BASIC => Shape::Fixed(FileBasicInformation::LEN),
        FileInformationClass::STANDARD => Shape::Fixed(FileStandardInformation::LEN),
        FileInformationClass::INTERNAL => Shape::Fixed(FileInternalInformation::LEN),
        FileInformationClass::EA => Shape::Fixed(FileEaInformation::LEN),
        FileInformationClass::ACCESS => Shape::Fixed(FileAccessInformation::LEN),
        FileInformationClass::POSITION => Shape::Fixed(FilePositionInformation::LEN),
        FileInformationClass::MODE => Shape::Fixed(FileModeInformation::LEN),
        FileInformationClass::ALIGNMENT => Shape::Fixed(FileAlignmentInformation::LEN),
        FileInformationClass::NETWORK_OPEN => Shape::Fixed(FileNetworkOpenInformation::LEN),
        FileInformationClass::ATTRIBUTE_TAG => Shape::Fixed(FileAttributeTagInformation::LEN),
        FileInformationClass::COMPRESSION => Shape::Fixed(COMPRESSION_LEN),
        FileInformationClass::ID => Shape::Fixed(ID_LEN),
        FileInformationClass::ALTERNATE_NAME => {
            Shape::Variable(|bytes| FileNameInformation::parse(bytes).map(|_| ()))
        }
        FileInformationClass::STREAM => Shape::Streams,
        _ => return None,
    })
}

const fn volume_shape(class: FsInformationClass) -> Option<Shape> {
    Some(match class {
        FsInformationClass::SIZE => Shape::Fixed(FileFsSizeInformation::LEN),
        FsInformationClass::DEVICE => Shape::Fixed(FileFsDeviceInformation::LEN),
        FsInformationClass::FULL_SIZE => Shape::Fixed(FileFsFullSizeInformation::LEN),
        FsInformationClass::OBJECT_ID => Shape::Fixed(FileFsObjectIdInformation::LEN),
        FsInformationClass::SECTOR_SIZE => Shape::Fixed(FileFsSectorSizeInformation::LEN),
        FsInformationClass::VOLUME => {
            Shape::Variable(|bytes| FileFsVolumeInformation::parse(bytes).map(|_| ()))
        }
        FsInformationClass::ATTRIBUTE => {
            Shape::Variable(|bytes| FileFsAttributeInformation::parse(bytes).map(|_| ()))
        }
        _ => return None,
    })
}

/// Whether the sizes in an answer about a file are possible.
fn is_possible(class: FileInformationClass, bytes: &[u8]) -> bool {
    let sizes = match class {
        FileInformationClass::STANDARD => FileStandardInformation::parse(bytes)
            .map(|answer| (answer.end_of_file, answer.allocation_size)),
        FileInformationClass::NETWORK_OPEN => FileNetworkOpenInformation::parse(bytes)
            .map(|answer| (answer.end_of_file, answer.allocation_size)),
        _ => return true,
    };
    sizes.is_ok_and(|(end, allocation)| are_possible(end, allocation))
}

/// Whether a file can have these sizes.
fn are_possible(end_of_file: i64, allocation_size: i64) -> bool {
    let possible = 0..=MAX_FILE_SIZE;
    possible.contains(&end_of_file) && possible.contains(&allocation_size)
}

/// Whether the sizes in an answer about a volume are possible: programs divide by those of sectors and units.
fn is_possible_volume(class: FsInformationClass, bytes: &[u8]) -> bool {
    let divisors = match class {
        FsInformationClass::SIZE => FileFsSizeInformation::parse(bytes)
            .map(|answer| [answer.sectors_per_allocation_unit, answer.bytes_per_sector]),
        FsInformationClass::FULL_SIZE => FileFsFullSizeInformation::parse(bytes)
            .map(|answer| [answer.sectors_per_allocation_unit, answer.bytes_per_sector]),
        _ => return true,
    };
    divisors.is_ok_and(|divisors| !divisors.contains(&0))
}

fn rename(
    set: &SetFileInfo<'_, Redirector>,
    open: &Open,
    class: FileInformationClass,
) -> Result<()> {
    let flags = if set.replaces_existing() {
        RenameFlags::REPLACE_IF_EXISTS
    } else {
        RenameFlags::empty()
    };
    let mut path = nt::pool::PoolVec::new(TAG);
    match set.target()? {
        RenameTarget::Path(target) => path.extend_from_slice(relative(target)?)?,
        RenameTarget::SameDirectory(name) => {
            let own = relative(set.srv_open()?.name())?;
            let directory = own.iter().rposition(|&unit| unit == BACKSLASH);
            let length = directory.map_or(0, |last| last.saturating_add(1));
            path.extend_from_slice(own.get(..length).unwrap_or_default())?;
            path.extend_from_slice(name)?;
        }
    }
    let information = RenameInformation {
        flags,
        root_directory: 0,
        name: Utf16::from_units(&path),
    };
    let mut bytes = PoolBuf::zeroed(TAG, information.len(RenameForm::Wide))?;
    let mut writer = Writer::new(&mut bytes);
    information
        .emit(RenameForm::Wide, &mut writer)
        .map_err(|error| status::from_client(error.into()))?;
    change(open, class, &bytes)
}

fn change(open: &Open, class: FileInformationClass, bytes: &[u8]) -> Result<()> {
    let sane = match class {
        FileInformationClass::END_OF_FILE => {
            FileEndOfFileInformation::parse(bytes).is_ok_and(|new| new.end_of_file >= 0)
        }
        FileInformationClass::ALLOCATION => {
            FileAllocationInformation::parse(bytes).is_ok_and(|new| new.allocation_size >= 0)
        }
        _ => !bytes.is_empty(),
    };
    if !sane {
        return Err(Status::INVALID_PARAMETER);
    }
    let request = SetInfoRequest {
        info_type: InfoType::FILE,
        class: class.0,
        additional_information: 0,
        file_id: open.file_id(),
        input: bytes,
    };
    let answer = call::ask(
        open.connection(),
        open.tree().ask(Command::SET_INFO, bytes.len(), 0),
        |writer| request.emit(writer),
    )?;
    answer.success().map(|_| ())
}

const BACKSLASH: u16 = b'\\' as u16;
