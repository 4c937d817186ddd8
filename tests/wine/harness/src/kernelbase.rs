//! kernelbase.dll: the part of Win32 that a driver in Wine may import.
//!
//! An import of kernel32.dll or ntdll.dll would make Wine take the image for an ordinary DLL; kernelbase.dll does not.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "the names and their meaning are Win32's"
)]

use core::ffi::{c_char, c_void};

/// `HANDLE`.
pub type Handle = *mut c_void;

/// `SRWLOCK`; zero is unlocked.
pub type RawSrwLock = usize;
/// `CONDITION_VARIABLE`; zero is the initial state.
pub type RawConditionVariable = usize;

/// `OVERLAPPED`.
#[repr(C)]
#[derive(Debug)]
pub struct Overlapped {
    /// The NTSTATUS, STATUS_PENDING until the operation is over.
    pub internal: usize,
    /// How many bytes were moved.
    pub internal_high: usize,
    /// Position in a file.
    pub offset: u64,
    /// Set when the operation is over; may be NULL.
    pub event: Handle,
}

/// `MEMORY_BASIC_INFORMATION` of a 64-bit process.
#[repr(C)]
#[derive(Debug)]
pub struct MemoryRegion {
    pub base: *mut c_void,
    pub allocation_base: *mut c_void,
    pub allocation_protect: u32,
    pub partition: u16,
    pub size: usize,
    pub state: u32,
    pub protect: u32,
    pub kind: u32,
}

impl MemoryRegion {
    /// What says nothing yet.
    pub const EMPTY: Self = Self {
        base: core::ptr::null_mut(),
        allocation_base: core::ptr::null_mut(),
        allocation_protect: 0,
        partition: 0,
        size: 0,
        state: 0,
        protect: 0,
        kind: 0,
    };
}

pub const INFINITE: u32 = u32::MAX;
pub const INVALID_HANDLE_VALUE: Handle = core::ptr::without_provenance_mut(usize::MAX);
pub const PAGE_READWRITE: u32 = 0x04;
pub const TLS_OUT_OF_INDEXES: u32 = u32::MAX;

#[link(name = "kernelbase.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    pub fn AcquireSRWLockExclusive(lock: *mut RawSrwLock);
    pub fn AddVectoredExceptionHandler(
        first: u32,
        handler: unsafe extern "C" fn(*mut c_void) -> i32,
    ) -> *mut c_void;
    pub fn CancelIoEx(file: Handle, overlapped: *mut Overlapped) -> i32;
    pub fn CloseHandle(object: Handle) -> i32;
    pub fn CreateIoCompletionPort(file: Handle, port: Handle, key: usize, threads: u32) -> Handle;
    pub fn GetCurrentThreadId() -> u32;
    pub fn GetModuleHandleA(name: *const c_char) -> Handle;
    pub fn GetProcAddress(module: Handle, name: *const c_char) -> *mut c_void;
    pub fn GetProcessHeap() -> Handle;
    pub fn GetQueuedCompletionStatus(
        port: Handle,
        bytes: *mut u32,
        key: *mut usize,
        overlapped: *mut *mut Overlapped,
        milliseconds: u32,
    ) -> i32;
    pub fn GetSystemTimePreciseAsFileTime(time: *mut u64);
    pub fn HeapAlloc(heap: Handle, flags: u32, size: usize) -> *mut c_void;
    pub fn HeapFree(heap: Handle, flags: u32, block: *mut c_void) -> i32;
    pub fn PostQueuedCompletionStatus(
        port: Handle,
        bytes: u32,
        key: usize,
        overlapped: *mut Overlapped,
    ) -> i32;
    pub fn QueryUnbiasedInterruptTime(time: *mut u64) -> i32;
    pub fn ReleaseSRWLockExclusive(lock: *mut RawSrwLock);
    pub fn RemoveVectoredExceptionHandler(handler: *mut c_void) -> u32;
    pub fn Sleep(milliseconds: u32);
    pub fn SleepConditionVariableSRW(
        condition: *mut RawConditionVariable,
        lock: *mut RawSrwLock,
        milliseconds: u32,
        flags: u32,
    ) -> i32;
    pub fn SwitchToThread() -> i32;
    pub fn TlsAlloc() -> u32;
    pub fn TlsFree(slot: u32) -> i32;
    pub fn TlsGetValue(slot: u32) -> *mut c_void;
    pub fn TlsSetValue(slot: u32, value: *mut c_void) -> i32;
    pub fn VirtualProtect(address: *mut c_void, size: usize, protect: u32, old: *mut u32) -> i32;
    pub fn VirtualQuery(address: *const c_void, region: *mut MemoryRegion, size: usize) -> usize;
    pub fn WakeAllConditionVariable(condition: *mut RawConditionVariable);
    pub fn WakeConditionVariable(condition: *mut RawConditionVariable);
}

const _: () = {
    assert!(size_of::<Overlapped>() == 32);
    assert!(size_of::<MemoryRegion>() == 48);
};
