//! The registry, as far as tests set it and the agent needs it.

use alloc::vec::Vec;
use core::ptr::null_mut;
use wdk_sys::_KEY_VALUE_INFORMATION_CLASS::{KeyValueBasicInformation, KeyValuePartialInformation};
use wdk_sys::ntddk::{
    ZwClose, ZwCreateKey, ZwDeleteValueKey, ZwEnumerateValueKey, ZwOpenKey, ZwQueryValueKey,
    ZwSetValueKey,
};
use wdk_sys::{
    HANDLE, KEY_ALL_ACCESS, KEY_READ, NT_SUCCESS, NTSTATUS, OBJ_CASE_INSENSITIVE,
    OBJ_KERNEL_HANDLE, OBJECT_ATTRIBUTES, REG_DWORD, STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_ENTRIES, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH,
    UNICODE_STRING,
};

/// Where Windows keeps its services.
pub const SERVICES: &str = r"\Registry\Machine\System\CurrentControlSet\Services\";
/// Below a service's key: what an administrator has set.
pub const PARAMETERS: &str = r"\Parameters";

/// A string that a kernel routine only reads.
pub fn counted(units: &[u16]) -> Result<UNICODE_STRING, NTSTATUS> {
    let bytes = u16::try_from(units.len() * 2).map_err(|_| STATUS_INVALID_PARAMETER)?;
    Ok(UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_ptr().cast_mut(),
    })
}

/// An open key.
pub struct Key(HANDLE);

impl Key {
    /// Opens a key to read it.
    pub fn open(path: &[u16]) -> Result<Self, NTSTATUS> {
        let mut handle = null_mut();
        with_attributes(path, |attributes| {
            // SAFETY: the attributes and the handle outlive the call.
            unsafe { ZwOpenKey(&mut handle, KEY_READ, attributes) }
        })?;
        Ok(Self(handle))
    }

    /// Opens `Parameters` of a service to change it; makes it if it is not there.
    pub fn parameters(service: &str) -> Result<Self, NTSTATUS> {
        let path: Vec<u16> = [SERVICES, service, PARAMETERS]
            .iter()
            .flat_map(|part| part.encode_utf16())
            .collect();
        let mut handle = null_mut();
        with_attributes(&path, |attributes| {
            // SAFETY: the attributes and the handle outlive the call; the rest may be NULL.
            unsafe {
                ZwCreateKey(
                    &mut handle,
                    KEY_ALL_ACCESS,
                    attributes,
                    0,
                    null_mut(),
                    0,
                    null_mut(),
                )
            }
        })?;
        Ok(Self(handle))
    }

    /// Reads a REG_DWORD.
    pub fn read_u32(&self, name: &str) -> Result<u32, NTSTATUS> {
        /// KEY_VALUE_PARTIAL_INFORMATION: its title, type and length come before the data.
        const DATA: usize = 12;
        let units: Vec<u16> = name.encode_utf16().collect();
        let mut name = counted(&units)?;
        let mut value = [0u32; DATA / 4 + 1];
        let mut length = 0;
        // SAFETY: the value is written into a local of the length given.
        let status = unsafe {
            ZwQueryValueKey(
                self.0,
                &mut name,
                KeyValuePartialInformation,
                value.as_mut_ptr().cast(),
                size_of_val(&value) as u32,
                &mut length,
            )
        };
        check(status)?;
        let [_, kind, size, value] = value;
        if (kind, size) == (REG_DWORD, 4) {
            Ok(value)
        } else {
            Err(STATUS_OBJECT_TYPE_MISMATCH)
        }
    }

    /// Writes a REG_DWORD.
    pub fn write_u32(&self, name: &str, mut value: u32) -> Result<(), NTSTATUS> {
        let units: Vec<u16> = name.encode_utf16().collect();
        let mut name = counted(&units)?;
        // SAFETY: the value is a local of 4 bytes.
        check(unsafe { ZwSetValueKey(self.0, &mut name, 0, REG_DWORD, (&raw mut value).cast(), 4) })
    }

    /// Deletes a value; it need not be there.
    pub fn delete(&self, name: &[u16]) -> Result<(), NTSTATUS> {
        let mut name = counted(name)?;
        // SAFETY: the key is open and the name a local.
        match unsafe { ZwDeleteValueKey(self.0, &mut name) } {
            STATUS_OBJECT_NAME_NOT_FOUND => Ok(()),
            status => check(status),
        }
    }

    /// The name of the first value. None if there is none.
    pub fn first_value(&self) -> Result<Option<Vec<u16>>, NTSTATUS> {
        /// KEY_VALUE_BASIC_INFORMATION: its title, type and name's length come before the name.
        const NAME: usize = 6;
        const LONGEST_NAME: usize = 256;
        let mut value = [0u16; NAME + LONGEST_NAME];
        let mut length = 0;
        // SAFETY: the value is written into a local of the length given. Wine aligns nothing in it.
        let status = unsafe {
            ZwEnumerateValueKey(
                self.0,
                0,
                KeyValueBasicInformation,
                value.as_mut_ptr().cast(),
                size_of_val(&value) as u32,
                &mut length,
            )
        };
        if status == STATUS_NO_MORE_ENTRIES {
            return Ok(None);
        }
        check(status)?;
        let units = usize::from(value[4]) / 2;
        Ok(Some(value[NAME..NAME + units].into()))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the handle is open and ours. A failure has no remedy.
        let _ = unsafe { ZwClose(self.0) };
    }
}

fn check(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if NT_SUCCESS(status) {
        Ok(())
    } else {
        Err(status)
    }
}

fn with_attributes(
    path: &[u16],
    open: impl FnOnce(&mut OBJECT_ATTRIBUTES) -> NTSTATUS,
) -> Result<(), NTSTATUS> {
    let mut name = counted(path)?;
    let mut attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        ObjectName: &mut name,
        Attributes: OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
        ..OBJECT_ATTRIBUTES::default()
    };
    check(open(&mut attributes))
}
