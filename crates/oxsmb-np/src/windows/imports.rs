//! What the DLL imports. There is no C runtime: kernel32 and ntdll are in every process.

use core::ffi::c_void;

/// `HANDLE`.
pub type Handle = *mut c_void;
/// `NTSTATUS`.
pub type Status = i32;

/// `UNICODE_STRING`.
#[repr(C)]
pub struct UnicodeString {
    pub length: u16,
    pub maximum_length: u16,
    pub buffer: *const u16,
}

/// `OBJECT_ATTRIBUTES`.
#[repr(C)]
pub struct ObjectAttributes {
    pub length: u32,
    pub root_directory: Handle,
    pub object_name: *const UnicodeString,
    pub attributes: u32,
    pub security_descriptor: *const c_void,
    pub security_quality_of_service: *const c_void,
}

/// `IO_STATUS_BLOCK`.
#[repr(C)]
pub struct IoStatusBlock {
    pub status: usize,
    pub information: usize,
}

/// `TOKEN_STATISTICS`.
#[repr(C)]
pub struct TokenStatistics {
    pub token_id: u64,
    /// In two halves of 32 bits, the low one first, and so one number here.
    pub authentication_id: u64,
    pub expiration_time: i64,
    pub token_type: u32,
    pub impersonation_level: u32,
    pub dynamic_charged: u32,
    pub dynamic_available: u32,
    pub group_count: u32,
    pub privilege_count: u32,
    pub modified_id: u64,
}

const _: () = {
    assert!(size_of::<ObjectAttributes>() == 6 * size_of::<usize>());
    assert!(size_of::<TokenStatistics>() == 56);
};

#[link(name = "kernel32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    pub fn QueryDosDeviceW(device: *const u16, targets: *mut u16, room: u32) -> u32;
    pub fn DefineDosDeviceW(flags: u32, device: *const u16, target: *const u16) -> i32;
    pub fn GetLastError() -> u32;
    pub fn GetEnvironmentVariableW(name: *const u16, value: *mut u16, room: u32) -> u32;
    pub fn CompareStringOrdinal(
        one: *const u16,
        one_length: i32,
        other: *const u16,
        other_length: i32,
        ignore_case: i32,
    ) -> i32;
    #[cfg(not(test))]
    pub fn RaiseFailFastException(
        exception: *const c_void,
        context: *const c_void,
        flags: u32,
    ) -> !;
}

#[link(name = "ntdll.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    pub fn NtOpenFile(
        file: *mut Handle,
        access: u32,
        attributes: *const ObjectAttributes,
        io_status: *mut IoStatusBlock,
        share: u32,
        options: u32,
    ) -> Status;
    pub fn NtDeviceIoControlFile(
        file: Handle,
        event: Handle,
        apc: *const c_void,
        apc_context: *const c_void,
        io_status: *mut IoStatusBlock,
        code: u32,
        input: *const u8,
        input_length: u32,
        output: *mut u8,
        output_length: u32,
    ) -> Status;
    pub fn NtClose(handle: Handle) -> Status;
    pub fn NtOpenKey(key: *mut Handle, access: u32, attributes: *const ObjectAttributes) -> Status;
    pub fn NtQueryValueKey(
        key: Handle,
        name: *const UnicodeString,
        class: u32,
        value: *mut u8,
        room: u32,
        length: *mut u32,
    ) -> Status;
    pub fn NtOpenThreadToken(
        thread: Handle,
        access: u32,
        as_self: u8,
        token: *mut Handle,
    ) -> Status;
    pub fn NtOpenProcessToken(process: Handle, access: u32, token: *mut Handle) -> Status;
    pub fn NtQueryInformationToken(
        token: Handle,
        class: u32,
        information: *mut c_void,
        room: u32,
        length: *mut u32,
    ) -> Status;
    pub fn RtlNtStatusToDosError(status: Status) -> u32;
}

// What the compiler calls by itself; a C runtime would have it.
#[cfg(not(test))]
#[link(name = "ntdll.dll", kind = "raw-dylib", modifiers = "+verbatim")]
#[allow(
    dead_code,
    reason = "no line of ours names them, but the linker must find them"
)]
unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8;
    fn memcmp(one: *const u8, other: *const u8, length: usize) -> i32;
    fn __chkstk();
}
