//! The exported functions (npapi.h). Each only turns its caller's pointers into what the portable function takes.
#![allow(non_snake_case)]

use core::ffi::c_void;
use core::ptr::{null_mut, without_provenance_mut};

use oxsmb_control::{MAX_DOMAIN, MAX_NAME, MAX_PASSWORD, MAX_USER};

use super::caller::{self, NetResource};
use super::system::Windows;
use crate::provider::{self, Code, Credentials, Enumerations, Failure, MAX_PATH, Room};

/// The process's enumerations.
static ENUMERATIONS: Enumerations = Enumerations::new();

/// NPGetCaps.
#[unsafe(no_mangle)]
extern "system" fn NPGetCaps(index: u32) -> u32 {
    provider::get_caps(index)
}

/// NPAddConnection.
///
/// # Safety
/// As the DDI says: each pointer is NULL or leads to what it is for.
#[unsafe(no_mangle)]
unsafe extern "system" fn NPAddConnection(
    resource: *const NetResource,
    password: *const u16,
    user: *const u16,
) -> u32 {
    // SAFETY: by the DDI.
    unsafe { NPAddConnection3(null_mut(), resource, password, user, 0) }
}

/// NPAddConnection3. Whether the connection is remembered is mpr's affair, there are no dialogs, and no connection is deferred: so the
/// flags and the window do not matter.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPAddConnection3(
    _window: *mut c_void,
    resource: *const NetResource,
    password: *const u16,
    user: *const u16,
    _flags: u32,
) -> u32 {
    // SAFETY: by the DDI.
    caller::code(unsafe { add_connection(resource, password, user) })
}

/// # Safety
/// As for [`NPAddConnection`].
unsafe fn add_connection(
    resource: *const NetResource,
    password: *const u16,
    user: *const u16,
) -> Result<(), Code> {
    // SAFETY: by the contract.
    let resource = unsafe { caller::resource(resource) }?;
    // SAFETY: by the contract.
    let user = unsafe { caller::text(user, MAX_DOMAIN + 1 + MAX_USER, Code::BAD_USER) }?;
    // SAFETY: by the contract.
    let password = unsafe { caller::text(password, MAX_PASSWORD, Code::BAD_PASSWORD) }?;
    provider::add_connection(&Windows, resource, Credentials { user, password })
}

/// NPCancelConnection.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPCancelConnection(name: *const u16, force: i32) -> u32 {
    // SAFETY: by the DDI.
    match unsafe { caller::required(name, MAX_NAME, Code::NOT_CONNECTED) } {
        Ok(name) => caller::code(provider::cancel_connection(&Windows, name, force != 0)),
        Err(code) => code.0,
    }
}

/// NPCancelConnection2: the flags say whether mpr forgets the connection too.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPCancelConnection2(name: *const u16, force: i32, _flags: u32) -> u32 {
    // SAFETY: by the DDI.
    unsafe { NPCancelConnection(name, force) }
}

/// NPGetConnection.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPGetConnection(
    local: *const u16,
    remote: *mut u16,
    length: *mut u32,
) -> u32 {
    // SAFETY: by the DDI.
    let local = match unsafe { caller::required(local, MAX_NAME, Code::NOT_CONNECTED) } {
        Ok(local) => local,
        Err(code) => return code.0,
    };
    let fill = |buffer: &mut [u16]| provider::get_connection(&Windows, local, buffer);
    // SAFETY: by the DDI.
    unsafe { caller::characters(Some(local), remote, length, fill) }
}

/// NPGetUniversalName.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPGetUniversalName(
    path: *const u16,
    level: u32,
    buffer: *mut c_void,
    size: *mut u32,
) -> u32 {
    // SAFETY: by the DDI.
    let path = match unsafe { caller::required(path, MAX_PATH, Code::BAD_LOCALNAME) } {
        Ok(path) => path,
        Err(code) => return code.0,
    };
    let fill = |room: Room<'_>| provider::get_universal_name(&Windows, path, level, room);
    // SAFETY: by the DDI.
    unsafe { caller::structures(Some(path), buffer, size, fill) }
}

/// NPGetResourceInformation.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPGetResourceInformation(
    resource: *const NetResource,
    buffer: *mut c_void,
    size: *mut u32,
    below: *mut *mut u16,
) -> u32 {
    if below.is_null() {
        return Code::BAD_POINTER.0;
    }
    // SAFETY: by the DDI.
    let resource = match unsafe { caller::resource(resource) } {
        Ok(resource) => resource,
        Err(code) => return code.0,
    };
    let mut address = None;
    let fill = |room: Room<'_>| {
        address = provider::get_resource_information(&Windows, resource, room)?;
        Ok(())
    };
    // SAFETY: by the DDI.
    let code = unsafe { caller::structures(resource.remote, buffer, size, fill) };
    if code == Code::SUCCESS.0 {
        let string = address.map_or(null_mut(), core::ptr::with_exposed_provenance_mut);
        // SAFETY: by the DDI.
        unsafe { below.write_unaligned(string) };
    }
    code
}

/// NPGetResourceParent.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPGetResourceParent(
    resource: *const NetResource,
    buffer: *mut c_void,
    size: *mut u32,
) -> u32 {
    // SAFETY: by the DDI.
    let resource = match unsafe { caller::resource(resource) } {
        Ok(resource) => resource,
        Err(code) => return code.0,
    };
    let fill = |room: Room<'_>| provider::get_resource_parent(&Windows, resource, room);
    // SAFETY: by the DDI.
    unsafe { caller::structures(resource.remote, buffer, size, fill) }
}

/// NPOpenEnum. What is connected has no container and one usage only.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPOpenEnum(
    scope: u32,
    kind: u32,
    _usage: u32,
    _container: *const NetResource,
    handle: *mut *mut c_void,
) -> u32 {
    if handle.is_null() {
        return Code::BAD_POINTER.0;
    }
    match provider::open_enum(&Windows, &ENUMERATIONS, scope, kind) {
        Ok(opened) => {
            let number = usize::try_from(opened.get()).unwrap_or(0);
            // SAFETY: by the DDI.
            unsafe { handle.write_unaligned(without_provenance_mut(number)) };
            Code::SUCCESS.0
        }
        Err(code) => code.0,
    }
}

/// NPEnumResource.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPEnumResource(
    handle: *mut c_void,
    count: *mut u32,
    buffer: *mut c_void,
    size: *mut u32,
) -> u32 {
    if count.is_null() {
        return Code::BAD_POINTER.0;
    }
    // SAFETY: by the DDI.
    let asked = unsafe { count.read_unaligned() };
    let mut told = 0;
    let fill = |room: Room<'_>| {
        let handle = caller::handle(handle);
        told = provider::enum_resource(&Windows, &ENUMERATIONS, handle, asked, room)?;
        Ok::<(), Failure>(())
    };
    // SAFETY: by the DDI.
    let code = unsafe { caller::structures(None, buffer, size, fill) };
    if code == Code::SUCCESS.0 {
        // SAFETY: by the DDI.
        unsafe { count.write_unaligned(told) };
    }
    code
}

/// NPCloseEnum.
#[unsafe(no_mangle)]
extern "system" fn NPCloseEnum(handle: *mut c_void) -> u32 {
    caller::code(provider::close_enum(&ENUMERATIONS, caller::handle(handle)))
}

/// NPGetUser.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPGetUser(name: *const u16, user: *mut u16, length: *mut u32) -> u32 {
    // SAFETY: by the DDI.
    let name = match unsafe { caller::text(name, MAX_NAME, Code::NOT_CONNECTED) } {
        Ok(name) => name,
        Err(code) => return code.0,
    };
    let fill = |buffer: &mut [u16]| provider::get_user(&Windows, name, buffer);
    // SAFETY: by the DDI.
    unsafe { caller::characters(name, user, length, fill) }
}

/// NPFormatNetworkName.
///
/// # Safety
/// As for [`NPAddConnection`].
#[unsafe(no_mangle)]
unsafe extern "system" fn NPFormatNetworkName(
    remote: *const u16,
    formatted: *mut u16,
    length: *mut u32,
    flags: u32,
    line: u32,
) -> u32 {
    // SAFETY: by the DDI.
    let remote = match unsafe { caller::required(remote, MAX_PATH, Code::BAD_NETNAME) } {
        Ok(remote) => remote,
        Err(code) => return code.0,
    };
    let fill = |buffer: &mut [u16]| provider::format_network_name(remote, flags, line, buffer);
    // SAFETY: by the DDI.
    unsafe { caller::characters(Some(remote), formatted, length, fill) }
}
