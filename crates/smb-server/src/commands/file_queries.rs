//! The information classes of files (MS-FSCC 2.4).

use smb_wire::fscc::{
    EaFlags, FileAccessInformation, FileAlignmentInformation, FileAllInformation,
    FileAttributeTagInformation, FileAttributes, FileBasicInformation, FileEaInformation,
    FileInformationClass, FileInternalInformation, FileModeInformation, FileNameInformation,
    FileNetworkOpenInformation, FilePositionInformation, FileStandardInformation, FullEa,
    StreamInformation,
};
use smb_wire::smb2::AccessMask;
use smb_wire::{NtStatus, Utf16};

use super::Result;
use super::query_info::Information;
use crate::fs::{FileInfo, Open, access};
use crate::session::OpenFile;

pub(super) fn query(file: &OpenFile, class: u8) -> Result<Information> {
    let open = &file.open;
    let info = open.info();
    match FileInformationClass(class) {
        FileInformationClass::BASIC => {
            open.require(access::READ_ATTRIBUTES)?;
            Information::fixed(|w| basic(&info).emit(w))
        }
        FileInformationClass::STANDARD => Information::fixed(|w| standard(&info).emit(w)),
        FileInformationClass::INTERNAL => Information::fixed(|w| internal(&info).emit(w)),
        FileInformationClass::EA => Information::fixed(|w| extended_size(&info).emit(w)),
        FileInformationClass::ACCESS => Information::fixed(|w| rights(open).emit(w)),
        FileInformationClass::POSITION => Information::fixed(|w| position(open).emit(w)),
        FileInformationClass::MODE => {
            Information::fixed(|w| FileModeInformation::default().emit(w))
        }
        FileInformationClass::ALIGNMENT => {
            Information::fixed(|w| FileAlignmentInformation::default().emit(w))
        }
        FileInformationClass::ALL => all(open, &info),
        FileInformationClass::NETWORK_OPEN => network_open(open, &info),
        FileInformationClass::ATTRIBUTE_TAG => {
            open.require(access::READ_ATTRIBUTES)?;
            let tag = FileAttributeTagInformation {
                file_attributes: attributes(&info),
                reparse_tag: 0,
            };
            Information::fixed(|w| tag.emit(w))
        }
        FileInformationClass::NAME => name(&rooted(open)),
        FileInformationClass::NORMALIZED_NAME => name(&open.path()),
        FileInformationClass::STREAM => streams(open),
        FileInformationClass::FULL_EA => extended_attributes(open),
        FileInformationClass::COMPRESSION => Information::fixed(|w| {
            // CompressedFileSize; format, units and shifts are zero for a file that is not compressed.
            w.u64(info.size)?;
            w.u64(0)
        }),
        FileInformationClass::ID => Information::fixed(|w| {
            w.u64(open.file_system().volume().serial.into())?;
            w.u64(info.id.0)?;
            w.u64(0)
        }),
        FileInformationClass::ALTERNATE_NAME => name(&open.short_name()),
        _ => Err(NtStatus::INVALID_INFO_CLASS.into()),
    }
}

fn attributes(info: &FileInfo) -> FileAttributes {
    FileAttributes::from_bits_retain(info.attributes.reported())
}

fn basic(info: &FileInfo) -> FileBasicInformation {
    FileBasicInformation {
        creation_time: info.created.cast_signed(),
        last_access_time: info.accessed.cast_signed(),
        last_write_time: info.written.cast_signed(),
        change_time: info.changed.cast_signed(),
        file_attributes: attributes(info),
    }
}

fn standard(info: &FileInfo) -> FileStandardInformation {
    FileStandardInformation {
        allocation_size: info.allocated.cast_signed(),
        end_of_file: info.size.cast_signed(),
        number_of_links: info.links,
        delete_pending: info.delete_pending,
        directory: info.is_directory(),
    }
}

fn internal(info: &FileInfo) -> FileInternalInformation {
    FileInternalInformation {
        index_number: info.id.0,
    }
}

fn rights(open: &Open) -> FileAccessInformation {
    FileAccessInformation {
        access: AccessMask::from_bits_retain(open.access()),
    }
}

fn extended_size(info: &FileInfo) -> FileEaInformation {
    FileEaInformation {
        ea_size: info.ea_size,
    }
}

fn position(open: &Open) -> FilePositionInformation {
    FilePositionInformation {
        current_byte_offset: open.position().cast_signed(),
    }
}

fn all(open: &Open, info: &FileInfo) -> Result<Information> {
    // The structure's size with its first character and padding.
    const LEAST: usize = 104;
    open.require(access::READ_ATTRIBUTES)?;
    let path = rooted(open);
    let all = FileAllInformation {
        basic: basic(info),
        standard: standard(info),
        internal: internal(info),
        ea: extended_size(info),
        access: rights(open),
        position: position(open),
        name: Utf16::from_units(&path),
        ..FileAllInformation::default()
    };
    Information::cuttable(LEAST, |w| all.emit(w))
}

fn network_open(open: &Open, info: &FileInfo) -> Result<Information> {
    open.require(access::READ_ATTRIBUTES)?;
    let network_open = FileNetworkOpenInformation {
        creation_time: info.created.cast_signed(),
        last_access_time: info.accessed.cast_signed(),
        last_write_time: info.written.cast_signed(),
        change_time: info.changed.cast_signed(),
        allocation_size: info.allocated.cast_signed(),
        end_of_file: info.size.cast_signed(),
        file_attributes: attributes(info),
    };
    Information::fixed(|w| network_open.emit(w))
}

fn rooted(open: &Open) -> Vec<u16> {
    let mut path = vec![u16::from(b'\\')];
    path.extend(open.path());
    path
}

fn name(path: &[u16]) -> Result<Information> {
    // The length and the first character with its padding.
    const LEAST: usize = 8;
    Information::cuttable(LEAST, |w| {
        FileNameInformation {
            name: Utf16::from_units(path),
        }
        .emit(w)
    })
}

/// A file's main content, and the named streams of a file or directory.
fn streams(open: &Open) -> Result<Information> {
    let streams = open.streams();
    let entries: Vec<_> = streams
        .iter()
        .map(|stream| StreamInformation {
            size: stream.size.cast_signed(),
            allocation_size: stream.allocated.cast_signed(),
            name: Utf16::from_units(&stream.name),
        })
        .collect();
    // The structure's size with its first character and padding; a directory without streams needs no room.
    let least = if entries.is_empty() { 0 } else { 32 };
    Information::list(least, &entries)
}

fn extended_attributes(open: &Open) -> Result<Information> {
    let attributes = open.extended_attributes()?;
    if attributes.is_empty() {
        return Err(NtStatus::NO_EAS_ON_FILE.into());
    }
    let entries: Vec<_> = attributes
        .iter()
        .map(|ea| FullEa {
            flags: EaFlags::empty(),
            name: &ea.name,
            value: &ea.value,
        })
        .collect();
    Information::list(0, &entries)
}
