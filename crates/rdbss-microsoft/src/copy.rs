//! Fast I/O between the cache and a user's buffer: `copysup.lib` of older kits.
//!
//! RDBSS calls these from its fast-I/O routines. "No" is an answer that every caller of fast I/O is ready for: the I/O
//! manager then sends an IRP (the DDI's page of FAST_IO_READ). OxSMB caches nothing, so there is nothing to copy from.
#![allow(non_snake_case)]

use core::ffi::c_void;
use nt::sys::{BOOLEAN, DEVICE_OBJECT, FILE_OBJECT, IO_STATUS_BLOCK, LARGE_INTEGER, ULONG};

/// Copies cached data of a file to `_Buffer`: never, so that the read comes as an IRP. IRQL: APC_LEVEL at most.
#[unsafe(no_mangle)]
pub extern "C" fn FsRtlCopyRead2(
    _FileObject: *mut FILE_OBJECT,
    _FileOffset: *mut LARGE_INTEGER,
    _Length: ULONG,
    _Wait: BOOLEAN,
    _LockKey: ULONG,
    _Buffer: *mut c_void,
    _IoStatus: *mut IO_STATUS_BLOCK,
    _DeviceObject: *mut DEVICE_OBJECT,
    _TopLevelContext: *mut c_void,
) -> BOOLEAN {
    0
}

/// Copies `_Buffer` to cached data of a file: never, so that the write comes as an IRP. IRQL: APC_LEVEL at most.
#[unsafe(no_mangle)]
pub extern "C" fn FsRtlCopyWrite2(
    _FileObject: *mut FILE_OBJECT,
    _FileOffset: *mut LARGE_INTEGER,
    _Length: ULONG,
    _Wait: BOOLEAN,
    _LockKey: ULONG,
    _Buffer: *mut c_void,
    _IoStatus: *mut IO_STATUS_BLOCK,
    _DeviceObject: *mut DEVICE_OBJECT,
    _TopLevelContext: *mut c_void,
) -> BOOLEAN {
    0
}
