//! Reading settings from the registry. IRQL: PASSIVE throughout.

use crate::file::{Handle, attributes};
use crate::pool::{PoolBuf, PoolVec, Tag};
use crate::string::{Unicode, UnicodeString};
use crate::{Result, Status, check, sys};
use core::ptr::null_mut;

const TAG: Tag = Tag::new(b"NtRg");

/// Values longer than this are refused, whoever wrote them.
const LONGEST_VALUE: u32 = 0x1_0000;

/// `KEY_READ`; the header's expression is one that bindings do not agree on.
const KEY_READ: u32 = 0x0002_0019;

/// `KeyValuePartialInformation`: type, length and data, without the name.
const PARTIAL_INFORMATION: sys::KEY_VALUE_INFORMATION_CLASS = 2;

/// Bytes before the data in a `KEY_VALUE_PARTIAL_INFORMATION`.
const HEADER: usize = 12;

/// An open key.
#[derive(Debug)]
pub struct Key(Handle);

impl Key {
    /// Opens a key for reading by its full path (`\Registry\Machine\...`).
    #[track_caller]
    pub fn open(path: &[u16]) -> Result<Self> {
        let name = Unicode::new(path)?;
        let mut attributes = attributes(name.as_ptr());
        let mut handle = null_mut();
        // SAFETY: the attributes and the name they point to outlive the call.
        check(unsafe { sys::ZwOpenKey(&mut handle, KEY_READ, &mut attributes) })?;
        // SAFETY: the handle was opened just now, as a kernel handle.
        Ok(Self(unsafe { Handle::from_raw(handle) }))
    }

    /// Opens a key below another path, such as `Parameters` below a service's key.
    #[track_caller]
    pub fn open_below(path: &[u16], name: &[u16]) -> Result<Self> {
        let mut full = UnicodeString::from_units(path)?;
        full.push_text("\\")?;
        full.push_units(name)?;
        Self::open(&full)
    }

    /// A REG_DWORD. [`Status::OBJECT_NAME_NOT_FOUND`] when there is no such value, [`Status::OBJECT_TYPE_MISMATCH`] when
    /// it is of another type, as for the other readers here, or not of four bytes.
    #[track_caller]
    pub fn read_u32(&self, name: &[u16]) -> Result<u32> {
        let value = self.read(name, &[sys::REG_DWORD])?;
        let bytes = value.as_array().ok_or(Status::OBJECT_TYPE_MISMATCH)?;
        Ok(u32::from_le_bytes(*bytes))
    }

    /// A REG_SZ or REG_EXPAND_SZ (not expanded), without its NUL.
    #[track_caller]
    pub fn read_string(&self, name: &[u16]) -> Result<UnicodeString> {
        let value = self.read(name, &[sys::REG_SZ, sys::REG_EXPAND_SZ])?;
        let mut text = UnicodeString::new();
        for unit in value.as_chunks().0 {
            match u16::from_le_bytes(*unit) {
                0 => break,
                unit => text.push_units(&[unit])?,
            }
        }
        Ok(text)
    }

    /// A REG_BINARY.
    #[track_caller]
    pub fn read_binary(&self, name: &[u16]) -> Result<PoolVec<u8>> {
        self.read(name, &[sys::REG_BINARY])
    }

    /// The data of a value that is of one of the types.
    #[track_caller]
    fn read(&self, name: &[u16], types: &[u32]) -> Result<PoolVec<u8>> {
        let name = Unicode::new(name)?;
        let mut length: u32 = 256;
        // The value may grow between asking how long it is and reading it, but hardly twice.
        for _ in 0..3 {
            let mut block = PoolBuf::zeroed(TAG, length as usize)?;
            match self.query(&name, &mut block) {
                Ok(()) => return data(&block, types),
                Err((Status::BUFFER_OVERFLOW | Status::BUFFER_TOO_SMALL, needed))
                    if (length.saturating_add(1)..=LONGEST_VALUE).contains(&needed) =>
                {
                    length = needed;
                }
                Err((status, _)) => return Err(status),
            }
        }
        Err(Status::INFO_LENGTH_MISMATCH)
    }

    /// `ZwQueryValueKey`; with the error comes the length that would do.
    #[track_caller]
    fn query(
        &self,
        name: &Unicode<'_>,
        block: &mut PoolBuf,
    ) -> core::result::Result<(), (Status, u32)> {
        let mut needed = 0;
        // No block is longer than LONGEST_VALUE.
        let length = block.len() as u32;
        // SAFETY: name and block outlive the call, and the block has the length given and pool's alignment.
        let status = unsafe {
            sys::ZwQueryValueKey(
                self.0.as_raw(),
                name.as_ptr(),
                PARTIAL_INFORMATION,
                block.as_mut_ptr().cast(),
                length,
                &mut needed,
            )
        };
        check(status).map_err(|status| (status, needed))
    }
}

/// Takes a `KEY_VALUE_PARTIAL_INFORMATION` apart.
#[track_caller]
fn data(block: &[u8], types: &[u32]) -> Result<PoolVec<u8>> {
    let field = |offset: usize| {
        let bytes = block.get(offset..).and_then(|rest| rest.first_chunk());
        bytes.map(|bytes| u32::from_le_bytes(*bytes))
    };
    let (Some(kind), Some(length)) = (field(4), field(8)) else {
        return Err(Status::INFO_LENGTH_MISMATCH);
    };
    if !types.contains(&kind) {
        return Err(Status::OBJECT_TYPE_MISMATCH);
    }
    let bytes = block
        .get(HEADER..)
        .and_then(|rest| rest.get(..length as usize))
        .ok_or(Status::INFO_LENGTH_MISMATCH)?;
    let mut data = PoolVec::with_capacity(TAG, bytes.len())?;
    data.extend_from_slice(bytes)?;
    Ok(data)
}
