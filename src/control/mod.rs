//! Controls of the device itself: what a network provider or a tool asks of OxSMB.

mod format;

pub use format::{
    AddConnection, DeleteConnection, FormatError, IOCTL_OXSMB_ADD_CONNECTION,
    IOCTL_OXSMB_DELETE_CONNECTION, MAX_BUFFER, MAX_DOMAIN, MAX_NAME, MAX_PASSWORD, MAX_USER,
    encode_add_connection, encode_delete_connection,
};

use nt::file::{Create, Handle};
use nt::pool::{PoolBuf, PoolVec, Tag};
use nt::{Result, Status, string, sys};
use rdbss::connect::{Finalize, delete_connection};
use rdbss::{Controlled, DeviceControl};
use smb_wire::fscc::{EaFlags, EntryPacker, FullEa};
use zeroize::Zeroize;

use crate::dispatch::Redirector;
use crate::driver::{DEVICE_NAME, utf16};

const TAG: Tag = Tag::new(b"OxCt");

/// MRxDevFcbXXXControlFile. Runs in the caller's thread even if that has to wait: on a worker thread, the connection would be the
/// system's and not the caller's.
pub fn control(control: &DeviceControl<'_, Redirector>) -> Result<Controlled> {
    if !control.is_device_control() {
        return Err(Status::INVALID_DEVICE_REQUEST);
    }
    match control.parameters().code {
        IOCTL_OXSMB_ADD_CONNECTION => {
            let request = AddConnection::parse(control.input()?).map_err(from_format)?;
            add_connection(&request).map(|()| Controlled::Done)
        }
        IOCTL_OXSMB_DELETE_CONNECTION => {
            let request = DeleteConnection::parse(control.input()?).map_err(from_format)?;
            let open = open_connection(request.name, sys::FILE_OPEN, &[])?;
            let how = if request.force {
                Finalize::CloseFiles
            } else {
                Finalize::IfUnused
            };
            delete_connection(control.device(), &open, how).map(|()| Controlled::Done)
        }
        _ => Err(Status::INVALID_DEVICE_REQUEST),
    }
}

/// Opens the connection as a tree connect and closes it at once: RDBSS keeps its view of the share.
fn add_connection(request: &AddConnection<'_>) -> Result<()> {
    let mut attributes = attributes(request)?;
    let opened = open_connection(request.name, sys::FILE_OPEN_IF, &attributes.bytes);
    attributes.bytes.zeroize();
    opened.map(drop)
}

fn open_connection(name: format::Utf16<'_>, disposition: u32, attributes: &[u8]) -> Result<Handle> {
    let mut path = PoolVec::with_capacity(TAG, MAX_NAME)?;
    for unit in name.units() {
        path.push(unit)?;
    }
    // Or any caller could have the kernel open anything.
    let device = utf16(DEVICE_NAME)?;
    let below = path.get(device.len()..).unwrap_or_default();
    if !string::starts_with_ignore_case(&path, &device)
        || !below.starts_with(&[BACKSLASH, SEMICOLON])
    {
        return Err(Status::OBJECT_PATH_SYNTAX_BAD);
    }
    let create = Create {
        path: &path,
        access: sys::SYNCHRONIZE,
        attributes: sys::FILE_ATTRIBUTE_NORMAL,
        share: sys::FILE_SHARE_READ | sys::FILE_SHARE_WRITE | sys::FILE_SHARE_DELETE,
        disposition,
        options: sys::FILE_CREATE_TREE_CONNECTION | sys::FILE_SYNCHRONOUS_IO_NONALERT,
        extended_attributes: attributes,
    };
    create.call().map(|(open, _)| open)
}

/// The credentials as RDBSS reads them from a create.
struct Attributes {
    bytes: PoolVec<u8>,
}

impl Drop for Attributes {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

fn attributes(request: &AddConnection<'_>) -> Result<Attributes> {
    let given = [
        (b"UserName".as_slice(), request.user),
        (b"Domain", request.domain),
        (b"Password", request.password),
    ];
    let mut buffer = PoolBuf::zeroed(TAG, MAX_BUFFER)?;
    let mut packer = EntryPacker::new(&mut buffer);
    for (name, value) in given {
        let Some(value) = value else { continue };
        let entry = FullEa {
            flags: EaFlags::empty(),
            name,
            value: value.bytes(),
        };
        if !packer.push(&entry).map_err(|_| Status::INVALID_PARAMETER)? {
            return Err(Status::INVALID_PARAMETER);
        }
    }
    let mut bytes = PoolVec::new(TAG);
    let copied = bytes.extend_from_slice(packer.into_bytes());
    buffer.zeroize();
    copied.map(|()| Attributes { bytes })
}

fn from_format(error: FormatError) -> Status {
    match error {
        FormatError::Length => Status::INVALID_BUFFER_SIZE,
        FormatError::Version => Status::REVISION_MISMATCH,
        FormatError::TooLong(_) => Status::NAME_TOO_LONG,
        FormatError::NoSpace => Status::BUFFER_TOO_SMALL,
    }
}

const BACKSLASH: u16 = b'\\' as u16;
const SEMICOLON: u16 = b';' as u16;
