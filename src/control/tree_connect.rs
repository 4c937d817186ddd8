//! The open that a connection is made, found and ended by: a create of the connection's name, which RDBSS takes as a tree
//! connect.

use nt::file::{Create, Handle};
use nt::pool::{PoolVec, SecretBuf};
use nt::string::eq_ignore_case;
use nt::{Result, Status, sys};
use oxsmb_control::names::ConnectionName;
use oxsmb_control::{AddConnection, MAX_BUFFER, MAX_NAME, Utf16};
use smb_wire::fscc::{EaFlags, EntryPacker, FullEa};

use super::TAG;

const BACKSLASH: u16 = b'\\' as u16;

/// What to open.
pub struct TreeConnect {
    name: PoolVec<u16>,
    /// The credentials as RDBSS reads them from a create: as extended attributes, if there are any.
    attributes: Option<SecretBuf>,
}

impl TreeConnect {
    /// For a connection that there is, or one without credentials.
    ///
    /// # Errors
    /// STATUS_OBJECT_PATH_SYNTAX_BAD for what is not the name of a connection; STATUS_BAD_DEVICE_TYPE for the share of the
    /// server's pipes.
    pub fn to(name: Utf16<'_>) -> Result<Self> {
        let mut units = PoolVec::with_capacity(TAG, MAX_NAME)?;
        for unit in name.units() {
            units.push(unit)?;
        }
        // Or any caller could have the kernel open anything.
        let named = ConnectionName::parse(&units).ok_or(Status::OBJECT_PATH_SYNTAX_BAD)?;
        // What an open of it answers to Windows' DFS client would have RDBSS repeat a control for ever.
        let share = named.path.rsplit(|&unit| unit == BACKSLASH).next();
        if share.is_some_and(|share| eq_ignore_case(share, nt::utf16!("IPC$"))) {
            return Err(Status::BAD_DEVICE_TYPE);
        }
        Ok(Self {
            name: units,
            attributes: None,
        })
    }

    /// For a new connection.
    ///
    /// # Errors
    /// As [`Self::to`].
    pub fn with_credentials(request: &AddConnection<'_>) -> Result<Self> {
        let mut this = Self::to(request.name)?;
        let given = [
            (b"UserName".as_slice(), request.user),
            (b"Domain", request.domain),
            (b"Password", request.password),
        ];
        let mut buffer = SecretBuf::zeroed(TAG, MAX_BUFFER)?;
        this.attributes = match pack(given, &mut buffer)? {
            [] => None,
            attributes => Some(SecretBuf::copied(TAG, attributes)?),
        };
        Ok(this)
    }

    /// The connection's NT name.
    pub fn name(&self) -> &[u16] {
        &self.name
    }

    /// Opens the connection, which is made if there is none. IRQL: PASSIVE.
    ///
    /// # Errors
    /// The statuses of connecting.
    pub fn open_or_make(&self) -> Result<Handle> {
        self.create(sys::FILE_OPEN_IF)
    }

    /// Opens the connection that there is. IRQL: PASSIVE.
    ///
    /// # Errors
    /// As [`Self::open_or_make`].
    pub fn open(&self) -> Result<Handle> {
        self.create(sys::FILE_OPEN)
    }

    fn create(&self, disposition: u32) -> Result<Handle> {
        let create = Create {
            path: &self.name,
            access: sys::SYNCHRONIZE,
            attributes: sys::FILE_ATTRIBUTE_NORMAL,
            share: sys::FILE_SHARE_READ | sys::FILE_SHARE_WRITE | sys::FILE_SHARE_DELETE,
            disposition,
            options: sys::FILE_CREATE_TREE_CONNECTION | sys::FILE_SYNCHRONOUS_IO_NONALERT,
            extended_attributes: self.attributes.as_deref().unwrap_or_default(),
        };
        create.call().map(|(open, _)| open)
    }
}

fn pack<'b>(given: [(&[u8], Option<Utf16<'_>>); 3], buffer: &'b mut [u8]) -> Result<&'b [u8]> {
    let mut packer = EntryPacker::new(buffer);
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
    Ok(packer.into_bytes())
}
