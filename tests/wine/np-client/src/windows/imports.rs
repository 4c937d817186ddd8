//! What the program imports.

use core::ffi::c_void;

use super::resource::NetResource;

/// `HANDLE`.
pub type Handle = *mut c_void;

#[link(name = "kernel32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    pub fn GetCommandLineW() -> *const u16;
    pub fn GetStdHandle(which: u32) -> Handle;
    pub fn WriteFile(
        file: Handle,
        bytes: *const u8,
        length: u32,
        written: *mut u32,
        overlapped: *mut c_void,
    ) -> i32;
    pub fn ExitProcess(code: u32) -> !;
    pub fn GetLastError() -> u32;
    pub fn QueryDosDeviceW(device: *const u16, targets: *mut u16, room: u32) -> u32;
}

#[link(name = "mpr.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    pub fn WNetAddConnection2W(
        resource: *const NetResource,
        password: *const u16,
        user: *const u16,
        flags: u32,
    ) -> u32;
    pub fn WNetCancelConnection2W(name: *const u16, flags: u32, force: i32) -> u32;
    pub fn WNetOpenEnumW(
        scope: u32,
        kind: u32,
        usage: u32,
        container: *const NetResource,
        handle: *mut Handle,
    ) -> u32;
    pub fn WNetEnumResourceW(
        handle: Handle,
        count: *mut u32,
        buffer: *mut c_void,
        size: *mut u32,
    ) -> u32;
    pub fn WNetCloseEnum(handle: Handle) -> u32;
    pub fn WNetGetConnectionW(local: *const u16, remote: *mut u16, length: *mut u32) -> u32;
    pub fn WNetGetUniversalNameW(
        path: *const u16,
        level: u32,
        buffer: *mut c_void,
        size: *mut u32,
    ) -> u32;
    pub fn WNetGetUserW(name: *const u16, user: *mut u16, length: *mut u32) -> u32;
}

#[link(name = "oxsmbnp.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    pub fn NPGetCaps(index: u32) -> u32;
    pub fn NPOpenEnum(
        scope: u32,
        kind: u32,
        usage: u32,
        container: *const NetResource,
        handle: *mut Handle,
    ) -> u32;
    pub fn NPEnumResource(
        handle: Handle,
        count: *mut u32,
        buffer: *mut c_void,
        size: *mut u32,
    ) -> u32;
    pub fn NPCloseEnum(handle: Handle) -> u32;
    pub fn NPCancelConnection2(name: *const u16, force: i32, flags: u32) -> u32;
    pub fn NPGetConnection(local: *const u16, remote: *mut u16, length: *mut u32) -> u32;
    pub fn NPGetUniversalName(
        path: *const u16,
        level: u32,
        buffer: *mut c_void,
        size: *mut u32,
    ) -> u32;
    pub fn NPGetUser(name: *const u16, user: *mut u16, length: *mut u32) -> u32;
    pub fn NPGetResourceInformation(
        resource: *const NetResource,
        buffer: *mut c_void,
        size: *mut u32,
        below: *mut *const u16,
    ) -> u32;
    pub fn NPGetResourceParent(
        resource: *const NetResource,
        buffer: *mut c_void,
        size: *mut u32,
    ) -> u32;
    pub fn NPFormatNetworkName(
        remote: *const u16,
        formatted: *mut u16,
        length: *mut u32,
        flags: u32,
        line: u32,
    ) -> u32;
}

// What the compiler calls by itself; a C runtime would have it.
#[link(name = "ntdll.dll", kind = "raw-dylib", modifiers = "+verbatim")]
#[allow(dead_code)]
unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8;
    fn memcmp(one: *const u8, other: *const u8, length: usize) -> i32;
    fn __chkstk();
}
