//! The registry's services for drivers.

use super::tree::{self, fold};
use crate::irql;
use crate::mode;
use crate::ob::{self, Kind};
use crate::rtl;
use crate::sys::*;
use crate::verifier::Place;
use core::ffi::c_void;
use core::panic::Location;

/// The body of a key object: the path of the key, on the simulator's account.
#[repr(C)]
struct OpenKey {
    path: *mut Vec<u16>,
}

/// Deletes what an open key holds.
pub(crate) fn delete_object(object: *mut c_void) {
    // SAFETY: a key object's body, which nobody refers to any more.
    let key = unsafe { &*object.cast::<OpenKey>() };
    // SAFETY: made by `Box::into_raw` in `open_key`.
    drop(unsafe { Box::from_raw(key.path) });
}

/// The path behind a key handle.
fn path_of(handle: HANDLE) -> Result<Vec<u16>, NTSTATUS> {
    let entry =
        ob::look_up(handle, _MODE::KernelMode as KPROCESSOR_MODE).ok_or(STATUS_INVALID_HANDLE)?;
    if ob::kind_of(entry.object) != Some(Kind::Key) {
        return Err(STATUS_OBJECT_TYPE_MISMATCH);
    }
    // SAFETY: the handle keeps the key object.
    let key = unsafe { &*entry.object.cast::<OpenKey>() };
    // SAFETY: the path lives as long as the object.
    Ok(unsafe { &*key.path }.clone())
}

/// The full path that attributes name.
fn full_path(attributes: &OBJECT_ATTRIBUTES) -> Result<Vec<u16>, NTSTATUS> {
    // SAFETY: the attributes of a service call name a valid string.
    let name = unsafe { rtl::units(attributes.ObjectName) };
    if attributes.RootDirectory.is_null() {
        return Ok(name.to_vec());
    }
    let mut path = path_of(attributes.RootDirectory)?;
    path.push(u16::from(b'\\'));
    path.extend_from_slice(name);
    Ok(path)
}

fn open_key(
    path: Vec<u16>,
    access: ACCESS_MASK,
    attributes: ULONG,
    place: Place,
) -> Result<HANDLE, NTSTATUS> {
    let object = ob::create(Kind::Key, size_of::<OpenKey>(), place).cast::<OpenKey>();
    if object.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    // SAFETY: new memory of the right size.
    unsafe {
        object.write(OpenKey {
            path: Box::into_raw(Box::new(path)),
        })
    };
    let handle = ob::open_handle(object.cast(), access, attributes, place);
    ob::dereference(object.cast(), place);
    Ok(handle)
}

fn open(
    attributes: POBJECT_ATTRIBUTES,
    access: ACCESS_MASK,
    create: bool,
    service: &str,
    place: Place,
) -> Result<(HANDLE, bool), NTSTATUS> {
    // SAFETY: the caller of the service gives attributes.
    let attributes = unsafe { &*attributes };
    ob::require_kernel_handle(attributes.Attributes, service, place);
    let path = full_path(attributes)?;
    let created = tree::with(|tree| {
        if create {
            Ok(tree::create(tree, &path))
        } else if tree.contains_key(&fold(&path)) {
            Ok(false)
        } else {
            Err(STATUS_OBJECT_NAME_NOT_FOUND)
        }
    })?;
    Ok((
        open_key(path, access, attributes.Attributes, place)?,
        created,
    ))
}

/// Opens a key.
#[track_caller]
pub unsafe fn ZwOpenKey(
    KeyHandle: PHANDLE,
    DesiredAccess: ACCESS_MASK,
    ObjectAttributes: POBJECT_ATTRIBUTES,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwOpenKey", place);
    let _host = mode::host();
    match open(ObjectAttributes, DesiredAccess, false, "ZwOpenKey", place) {
        Ok((handle, _)) => {
            // SAFETY: the caller gives room for the handle.
            unsafe { KeyHandle.write(handle) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Opens or creates a key.
#[track_caller]
pub unsafe fn ZwCreateKey(
    KeyHandle: PHANDLE,
    DesiredAccess: ACCESS_MASK,
    ObjectAttributes: POBJECT_ATTRIBUTES,
    _TitleIndex: ULONG,
    _Class: PUNICODE_STRING,
    _CreateOptions: ULONG,
    Disposition: PULONG,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwCreateKey", place);
    let _host = mode::host();
    match open(ObjectAttributes, DesiredAccess, true, "ZwCreateKey", place) {
        Ok((handle, created)) => {
            // SAFETY: the caller gives room for the handle.
            unsafe { KeyHandle.write(handle) };
            // SAFETY: the caller gives NULL or room.
            if let Some(disposition) = unsafe { Disposition.as_mut() } {
                *disposition = if created {
                    REG_CREATED_NEW_KEY
                } else {
                    REG_OPENED_EXISTING_KEY
                };
            }
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Writes as much of `answer` as fits; `fixed` bytes must fit at least.
fn give(answer: &[u8], fixed: usize, to: PVOID, room: ULONG, needed: PULONG) -> NTSTATUS {
    // SAFETY: the caller of the service gives room for the length.
    unsafe { needed.write(answer.len() as ULONG) };
    let room = room as usize;
    if room < fixed {
        return STATUS_BUFFER_TOO_SMALL;
    }
    let count = answer.len().min(room);
    // SAFETY: the caller of the service gives so much room.
    unsafe {
        to.cast::<u8>()
            .copy_from_nonoverlapping(answer.as_ptr(), count)
    };
    if count < answer.len() {
        STATUS_BUFFER_OVERFLOW
    } else {
        STATUS_SUCCESS
    }
}

/// Reads a value, as partial or full information.
#[track_caller]
pub unsafe fn ZwQueryValueKey(
    KeyHandle: HANDLE,
    ValueName: PUNICODE_STRING,
    KeyValueInformationClass: KEY_VALUE_INFORMATION_CLASS,
    KeyValueInformation: PVOID,
    Length: ULONG,
    ResultLength: PULONG,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwQueryValueKey", Location::caller());
    let _host = mode::host();
    let path = match path_of(KeyHandle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    // SAFETY: the caller gives a string.
    let name = unsafe { rtl::units(ValueName) };
    let value = tree::with(|tree| {
        tree.get(&fold(&path))
            .and_then(|key| key.values.get(&fold(name)).cloned())
    });
    let Some((kind, data)) = value else {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    };
    let word = |number: usize| (number as u32).to_le_bytes();
    let (mut answer, fixed) = match KeyValueInformationClass {
        _KEY_VALUE_INFORMATION_CLASS::KeyValuePartialInformation => {
            ([[0; 4], kind.to_le_bytes(), word(data.len())].concat(), 12)
        }
        _KEY_VALUE_INFORMATION_CLASS::KeyValueFullInformation => {
            let offset = (20 + name.len() * 2).next_multiple_of(4);
            let mut answer = [
                [0; 4],
                kind.to_le_bytes(),
                word(offset),
                word(data.len()),
                word(name.len() * 2),
            ]
            .concat();
            answer.extend(name.iter().flat_map(|unit| unit.to_le_bytes()));
            answer.resize(offset, 0);
            (answer, 20)
        }
        _ => return STATUS_INVALID_PARAMETER,
    };
    answer.extend_from_slice(&data);
    give(&answer, fixed, KeyValueInformation, Length, ResultLength)
}

/// Sets a value.
#[track_caller]
pub unsafe fn ZwSetValueKey(
    KeyHandle: HANDLE,
    ValueName: PUNICODE_STRING,
    _TitleIndex: ULONG,
    Type: ULONG,
    Data: PVOID,
    DataSize: ULONG,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwSetValueKey", Location::caller());
    let _host = mode::host();
    let path = match path_of(KeyHandle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    let data = if DataSize == 0 {
        Vec::new()
    } else {
        // SAFETY: the caller gives data of that length.
        unsafe { core::slice::from_raw_parts(Data.cast::<u8>(), DataSize as usize) }.to_vec()
    };
    // SAFETY: the caller gives a string.
    let name = unsafe { rtl::units(ValueName) };
    tree::with(|tree| match tree.get_mut(&fold(&path)) {
        Some(key) => {
            key.values.insert(fold(name), (Type, data));
            STATUS_SUCCESS
        }
        None => STATUS_OBJECT_NAME_NOT_FOUND,
    })
}

/// Removes a value.
#[track_caller]
pub unsafe fn ZwDeleteValueKey(KeyHandle: HANDLE, ValueName: PUNICODE_STRING) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwDeleteValueKey", Location::caller());
    let _host = mode::host();
    let path = match path_of(KeyHandle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    // SAFETY: the caller gives a string.
    let name = fold(unsafe { rtl::units(ValueName) });
    let removed = tree::with(|tree| {
        tree.get_mut(&fold(&path))
            .and_then(|key| key.values.remove(&name))
    });
    if removed.is_some() {
        STATUS_SUCCESS
    } else {
        STATUS_OBJECT_NAME_NOT_FOUND
    }
}

/// Subkeys of a key, in order.
fn children(path: &[u16]) -> Vec<Vec<u16>> {
    let mut start = fold(path);
    start.push(u16::from(b'\\'));
    tree::with(|tree| {
        tree.iter()
            .filter(|(child, _)| {
                child
                    .strip_prefix(start.as_slice())
                    .is_some_and(|rest| !rest.contains(&u16::from(b'\\')))
            })
            .map(|(_, key)| key.name.clone())
            .collect()
    })
}

/// Removes a key that has no subkeys.
#[track_caller]
pub unsafe fn ZwDeleteKey(KeyHandle: HANDLE) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwDeleteKey", Location::caller());
    let _host = mode::host();
    match path_of(KeyHandle) {
        Ok(path) if children(&path).is_empty() => {
            tree::with(|tree| tree.remove(&fold(&path)));
            STATUS_SUCCESS
        }
        Ok(_) => STATUS_CANNOT_DELETE,
        Err(status) => status,
    }
}

/// Names a key's subkeys, one by one.
#[track_caller]
pub unsafe fn ZwEnumerateKey(
    KeyHandle: HANDLE,
    Index: ULONG,
    KeyInformationClass: KEY_INFORMATION_CLASS,
    KeyInformation: PVOID,
    Length: ULONG,
    ResultLength: PULONG,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwEnumerateKey", Location::caller());
    let _host = mode::host();
    if KeyInformationClass != _KEY_INFORMATION_CLASS::KeyBasicInformation {
        return STATUS_INVALID_PARAMETER;
    }
    let path = match path_of(KeyHandle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    let Some(name) = children(&path).get(Index as usize).cloned() else {
        return STATUS_NO_MORE_ENTRIES;
    };
    let mut answer = vec![0; 12];
    answer.extend(((name.len() * 2) as u32).to_le_bytes());
    answer.extend(name.iter().flat_map(|unit| unit.to_le_bytes()));
    give(&answer, 16, KeyInformation, Length, ResultLength)
}
