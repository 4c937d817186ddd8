//! Requests as bytes: an operation's number, then its fields in the order in which [`Request`] has them, data last.

use smb_wire::{EmitError, ParseError, Reader, Writer};

use super::{Create, DirectoryFlags, LockFlags, Request};
use crate::field::{amount, data, emit_amount, emit_data, emit_text, flag, forbidden, text};
use crate::{Handle, MAX_DATA, MAX_MANY};

mod operation {
    pub(super) const HELLO: u16 = 1;
    pub(super) const LOAD_SERVICE: u16 = 2;
    pub(super) const UNLOAD_SERVICE: u16 = 3;
    pub(super) const STATUS: u16 = 4;
    pub(super) const CREATE: u16 = 5;
    pub(super) const CLEANUP: u16 = 6;
    pub(super) const CLOSE: u16 = 7;
    pub(super) const READ: u16 = 8;
    pub(super) const WRITE: u16 = 9;
    pub(super) const READ_MANY: u16 = 10;
    pub(super) const WRITE_MANY: u16 = 11;
    pub(super) const CANCEL: u16 = 12;
    pub(super) const QUERY_INFORMATION: u16 = 13;
    pub(super) const SET_INFORMATION: u16 = 14;
    pub(super) const QUERY_DIRECTORY: u16 = 15;
    pub(super) const NOTIFY_DIRECTORY: u16 = 16;
    pub(super) const QUERY_VOLUME: u16 = 17;
    pub(super) const SET_VOLUME: u16 = 18;
    pub(super) const FLUSH: u16 = 19;
    pub(super) const FS_CONTROL: u16 = 20;
    pub(super) const DEVICE_CONTROL: u16 = 21;
    pub(super) const LOCK: u16 = 22;
    pub(super) const UNLOCK: u16 = 23;
    pub(super) const SET_SETTING: u16 = 24;
    pub(super) const CLEAR_SETTINGS: u16 = 25;
    pub(super) const CANCEL_ALL: u16 = 26;
}

impl<'a> Request<'a> {
    /// Reads a request; what follows it is left.
    pub(crate) fn parse(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        Ok(match r.u16("Operation")? {
            operation::HELLO => Self::Hello {
                version: r.u32("Version")?,
                logon: r.u64("Logon")?,
            },
            operation::LOAD_SERVICE => Self::LoadService {
                name: text(r, "Name")?,
            },
            operation::UNLOAD_SERVICE => Self::UnloadService {
                name: text(r, "Name")?,
            },
            operation::SET_SETTING => Self::SetSetting {
                service: text(r, "Service")?,
                name: text(r, "Name")?,
                value: if flag(r, "HasValue")? {
                    Some(r.u32("Value")?)
                } else {
                    None
                },
            },
            operation::CLEAR_SETTINGS => Self::ClearSettings {
                service: text(r, "Service")?,
            },
            operation::STATUS => Self::Status,
            operation::CREATE => Self::Create(Create::parse(r)?),
            operation::CLEANUP => Self::Cleanup { file: file(r)? },
            operation::CLOSE => Self::Close { file: file(r)? },
            operation::READ => Self::Read {
                file: file(r)?,
                offset: signed(r, "Offset")?,
                length: amount(r, "Length")?,
            },
            operation::WRITE => Self::Write {
                file: file(r)?,
                offset: signed(r, "Offset")?,
                data: data(r, "Data")?,
            },
            operation::READ_MANY => Self::parse_read_many(r)?,
            operation::WRITE_MANY => Self::parse_write_many(r)?,
            operation::CANCEL => Self::Cancel { tag: r.u32("Tag")? },
            operation::CANCEL_ALL => Self::CancelAll { file: file(r)? },
            operation::QUERY_INFORMATION => Self::QueryInformation {
                file: file(r)?,
                class: r.u32("Class")?,
                length: amount(r, "Length")?,
            },
            operation::SET_INFORMATION => Self::SetInformation {
                file: file(r)?,
                class: r.u32("Class")?,
                data: data(r, "Data")?,
            },
            operation::QUERY_DIRECTORY => Self::QueryDirectory {
                file: file(r)?,
                class: r.u32("Class")?,
                flags: DirectoryFlags::from_bits(r.u8("Flags")?).ok_or(forbidden("Flags"))?,
                pattern: if flag(r, "HasPattern")? {
                    Some(text(r, "Pattern")?)
                } else {
                    None
                },
                length: amount(r, "Length")?,
            },
            operation::NOTIFY_DIRECTORY => Self::NotifyDirectory {
                file: file(r)?,
                filter: r.u32("Filter")?,
                tree: flag(r, "Tree")?,
                length: amount(r, "Length")?,
            },
            operation::QUERY_VOLUME => Self::QueryVolume {
                file: file(r)?,
                class: r.u32("Class")?,
                length: amount(r, "Length")?,
            },
            operation::SET_VOLUME => Self::SetVolume {
                file: file(r)?,
                class: r.u32("Class")?,
                data: data(r, "Data")?,
            },
            operation::FLUSH => Self::Flush { file: file(r)? },
            operation::FS_CONTROL => Self::FsControl {
                file: file(r)?,
                code: r.u32("Code")?,
                output: amount(r, "Output")?,
                input: data(r, "Input")?,
            },
            operation::DEVICE_CONTROL => Self::DeviceControl {
                file: if flag(r, "HasFile")? {
                    Some(file(r)?)
                } else {
                    None
                },
                code: r.u32("Code")?,
                output: amount(r, "Output")?,
                input: data(r, "Input")?,
            },
            operation::LOCK => Self::Lock {
                file: file(r)?,
                offset: signed(r, "Offset")?,
                length: signed(r, "Length")?,
                key: r.u32("Key")?,
                flags: LockFlags::from_bits(r.u8("Flags")?).ok_or(forbidden("Flags"))?,
            },
            operation::UNLOCK => Self::Unlock {
                file: file(r)?,
                offset: signed(r, "Offset")?,
                length: signed(r, "Length")?,
                key: r.u32("Key")?,
            },
            _ => return Err(forbidden("Operation")),
        })
    }

    fn parse_read_many(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let file = file(r)?;
        let offset = signed(r, "Offset")?;
        let length = amount(r, "Length")?;
        let stride = r.u32("Stride")?;
        let count = count(r)?;
        if u64::from(length).saturating_mul(u64::from(count)) > MAX_DATA as u64 {
            return Err(forbidden("Length"));
        }
        Ok(Self::ReadMany {
            file,
            offset,
            length,
            stride,
            count,
        })
    }

    fn parse_write_many(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let file = file(r)?;
        let offset = signed(r, "Offset")?;
        let stride = r.u32("Stride")?;
        let count = count(r)?;
        let data = data(r, "Data")?;
        if data.len().checked_rem(count as usize) != Some(0) {
            return Err(forbidden("Data"));
        }
        Ok(Self::WriteMany {
            file,
            offset,
            stride,
            count,
            data,
        })
    }

    /// Writes the request.
    pub(crate) fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match *self {
            Self::Hello { version, logon } => {
                w.u16(operation::HELLO)?;
                w.u32(version)?;
                w.u64(logon)
            }
            Self::LoadService { name } => {
                w.u16(operation::LOAD_SERVICE)?;
                emit_text(w, name, "Name")
            }
            Self::UnloadService { name } => {
                w.u16(operation::UNLOAD_SERVICE)?;
                emit_text(w, name, "Name")
            }
            Self::SetSetting {
                service,
                name,
                value,
            } => {
                w.u16(operation::SET_SETTING)?;
                emit_text(w, service, "Service")?;
                emit_text(w, name, "Name")?;
                w.u8(u8::from(value.is_some()))?;
                match value {
                    Some(value) => w.u32(value),
                    None => Ok(()),
                }
            }
            Self::ClearSettings { service } => {
                w.u16(operation::CLEAR_SETTINGS)?;
                emit_text(w, service, "Service")
            }
            Self::Status => w.u16(operation::STATUS),
            Self::Create(create) => {
                w.u16(operation::CREATE)?;
                create.emit(w)
            }
            Self::Cleanup { file } => begin(w, operation::CLEANUP, file),
            Self::Close { file } => begin(w, operation::CLOSE, file),
            Self::Read {
                file,
                offset,
                length,
            } => {
                begin(w, operation::READ, file)?;
                w.u64(offset.cast_unsigned())?;
                emit_amount(w, length, "Length")
            }
            Self::Write { file, offset, data } => {
                begin(w, operation::WRITE, file)?;
                w.u64(offset.cast_unsigned())?;
                emit_data(w, data, "Data")
            }
            Self::ReadMany {
                file,
                offset,
                length,
                stride,
                count,
            } => {
                begin(w, operation::READ_MANY, file)?;
                w.u64(offset.cast_unsigned())?;
                emit_amount(w, length, "Length")?;
                w.u32(stride)?;
                w.u32(count)
            }
            Self::WriteMany {
                file,
                offset,
                stride,
                count,
                data,
            } => {
                begin(w, operation::WRITE_MANY, file)?;
                w.u64(offset.cast_unsigned())?;
                w.u32(stride)?;
                w.u32(count)?;
                emit_data(w, data, "Data")
            }
            Self::Cancel { tag } => {
                w.u16(operation::CANCEL)?;
                w.u32(tag)
            }
            Self::CancelAll { file } => begin(w, operation::CANCEL_ALL, file),
            Self::QueryInformation {
                file,
                class,
                length,
            } => emit_query(w, operation::QUERY_INFORMATION, file, class, length),
            Self::SetInformation { file, class, data } => {
                emit_set(w, operation::SET_INFORMATION, file, class, data)
            }
            Self::QueryDirectory {
                file,
                class,
                flags,
                pattern,
                length,
            } => {
                begin(w, operation::QUERY_DIRECTORY, file)?;
                w.u32(class)?;
                w.u8(flags.bits())?;
                w.u8(u8::from(pattern.is_some()))?;
                if let Some(pattern) = pattern {
                    emit_text(w, pattern, "Pattern")?;
                }
                emit_amount(w, length, "Length")
            }
            Self::NotifyDirectory {
                file,
                filter,
                tree,
                length,
            } => {
                begin(w, operation::NOTIFY_DIRECTORY, file)?;
                w.u32(filter)?;
                w.u8(u8::from(tree))?;
                emit_amount(w, length, "Length")
            }
            Self::QueryVolume {
                file,
                class,
                length,
            } => emit_query(w, operation::QUERY_VOLUME, file, class, length),
            Self::SetVolume { file, class, data } => {
                emit_set(w, operation::SET_VOLUME, file, class, data)
            }
            Self::Flush { file } => begin(w, operation::FLUSH, file),
            Self::FsControl {
                file,
                code,
                output,
                input,
            } => {
                begin(w, operation::FS_CONTROL, file)?;
                emit_control(w, code, output, input)
            }
            Self::DeviceControl {
                file,
                code,
                output,
                input,
            } => {
                w.u16(operation::DEVICE_CONTROL)?;
                w.u8(u8::from(file.is_some()))?;
                if let Some(file) = file {
                    w.u32(file.0)?;
                }
                emit_control(w, code, output, input)
            }
            Self::Lock {
                file,
                offset,
                length,
                key,
                flags,
            } => {
                emit_range(w, operation::LOCK, file, offset, length, key)?;
                w.u8(flags.bits())
            }
            Self::Unlock {
                file,
                offset,
                length,
                key,
            } => emit_range(w, operation::UNLOCK, file, offset, length, key),
        }
    }
}

impl<'a> Create<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        Ok(Self {
            path: text(r, "Path")?,
            access: r.u32("Access")?,
            attributes: r.u32("Attributes")?,
            share: r.u32("Share")?,
            disposition: r.u32("Disposition")?,
            options: r.u32("Options")?,
            allocation_size: r.u64("AllocationSize")?,
            extended_attributes: data(r, "ExtendedAttributes")?,
        })
    }

    fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        emit_text(w, self.path, "Path")?;
        w.u32(self.access)?;
        w.u32(self.attributes)?;
        w.u32(self.share)?;
        w.u32(self.disposition)?;
        w.u32(self.options)?;
        w.u64(self.allocation_size)?;
        emit_data(w, self.extended_attributes, "ExtendedAttributes")
    }
}

fn file(r: &mut Reader<'_>) -> Result<Handle, ParseError> {
    r.u32("File").map(Handle)
}

fn signed(r: &mut Reader<'_>, field: &'static str) -> Result<i64, ParseError> {
    r.u64(field).map(u64::cast_signed)
}

fn count(r: &mut Reader<'_>) -> Result<u32, ParseError> {
    match r.u32("Count")? {
        count @ 1..=MAX_MANY => Ok(count),
        _ => Err(forbidden("Count")),
    }
}

/// An operation on a file.
fn begin(w: &mut Writer<'_>, operation: u16, file: Handle) -> Result<(), EmitError> {
    w.u16(operation)?;
    w.u32(file.0)
}

fn emit_query(
    w: &mut Writer<'_>,
    operation: u16,
    file: Handle,
    class: u32,
    length: u32,
) -> Result<(), EmitError> {
    begin(w, operation, file)?;
    w.u32(class)?;
    emit_amount(w, length, "Length")
}

fn emit_set(
    w: &mut Writer<'_>,
    operation: u16,
    file: Handle,
    class: u32,
    data: &[u8],
) -> Result<(), EmitError> {
    begin(w, operation, file)?;
    w.u32(class)?;
    emit_data(w, data, "Data")
}

fn emit_control(w: &mut Writer<'_>, code: u32, output: u32, input: &[u8]) -> Result<(), EmitError> {
    w.u32(code)?;
    emit_amount(w, output, "Output")?;
    emit_data(w, input, "Input")
}

fn emit_range(
    w: &mut Writer<'_>,
    operation: u16,
    file: Handle,
    offset: i64,
    length: i64,
    key: u32,
) -> Result<(), EmitError> {
    begin(w, operation, file)?;
    w.u64(offset.cast_unsigned())?;
    w.u64(length.cast_unsigned())?;
    w.u32(key)
}
