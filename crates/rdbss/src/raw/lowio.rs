//! Low I/O: the operations that may be answered later (`mrx.h`, `lowio.h`).

use super::*;

/// What one low I/O operation is about.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LOWIO_CONTEXT {
    /// `LOWIO_OP_*`.
    pub Operation: USHORT,
    /// `LOWIO_CONTEXT_FLAG_*`.
    pub Flags: USHORT,
    pub CompletionRoutine: PLOWIO_COMPLETION_ROUTINE,
    /// The FCB resource that RDBSS holds during the operation.
    pub Resource: *mut ERESOURCE,
    /// In whose name RDBSS holds it.
    pub ResourceThreadId: ERESOURCE_THREAD,
    pub ParamsFor: LOWIO_PARAMS,
}
assert_layout!(LOWIO_CONTEXT, 80, { Flags: 2, CompletionRoutine: 8, Resource: 16, ResourceThreadId: 24, ParamsFor: 32 });

/// The operation's parameters; which one is said by `LOWIO_CONTEXT::Operation`.
#[repr(C)]
#[derive(Clone, Copy)]
pub union LOWIO_PARAMS {
    pub ReadWrite: LOWIO_READ_WRITE,
    pub Locks: LOWIO_LOCKS,
    pub FsCtl: XXCTL_LOWIO_COMPONENT,
    pub IoCtl: XXCTL_LOWIO_COMPONENT,
    pub NotifyChangeDirectory: LOWIO_NOTIFY_CHANGE_DIRECTORY,
}
assert_layout!(LOWIO_PARAMS, 48, {});

/// A read or a write.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LOWIO_READ_WRITE {
    /// `LOWIO_READWRITEFLAG_*`.
    pub Flags: ULONG,
    /// The locked buffer; NULL for a write of nothing.
    pub Buffer: *mut MDL,
    /// -1 appends.
    pub ByteOffset: RXVBO,
    pub ByteCount: ULONG,
    pub Key: ULONG,
    pub NonPagedFcb: *mut NON_PAGED_FCB,
}
assert_layout!(LOWIO_READ_WRITE, 40, { Buffer: 8, ByteOffset: 16, ByteCount: 24, Key: 28, NonPagedFcb: 32 });

/// A byte-range lock or unlock.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LOWIO_LOCKS {
    pub Range: LOWIO_LOCKS_RANGE,
    /// `LOWIO_LOCKSFLAG_*`.
    pub Flags: ULONG,
    pub ByteOffset: RXVBO,
    pub Key: ULONG,
}
assert_layout!(LOWIO_LOCKS, 32, { Flags: 8, ByteOffset: 16, Key: 24 });

/// A length, or for `LOWIO_OP_UNLOCK_MULTIPLE` a list.
#[repr(C)]
#[derive(Clone, Copy)]
pub union LOWIO_LOCKS_RANGE {
    pub LockList: *mut LOWIO_LOCK_LIST,
    pub Length: i64,
}
assert_layout!(LOWIO_LOCKS_RANGE, 8, {});

/// One range of an unlock of several.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LOWIO_LOCK_LIST {
    pub Next: *mut LOWIO_LOCK_LIST,
    pub LockNumber: ULONG,
    pub ByteOffset: RXVBO,
    pub Length: i64,
    pub ExclusiveLock: BOOLEAN,
    pub Key: ULONG,
}
assert_layout!(LOWIO_LOCK_LIST, 40, { LockNumber: 8, ByteOffset: 16, Length: 24, ExclusiveLock: 32, Key: 36 });

/// A device or file system control.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct XXCTL_LOWIO_COMPONENT {
    pub Flags: ULONG,
    /// `FsControlCode` and `IoControlCode` of the headers: one place with two names.
    pub ControlCode: ULONG,
    pub InputBufferLength: ULONG,
    pub pInputBuffer: PVOID,
    pub OutputBufferLength: ULONG,
    pub pOutputBuffer: PVOID,
    pub MinorFunction: UCHAR,
}
assert_layout!(XXCTL_LOWIO_COMPONENT, 48, {
    ControlCode: 4, InputBufferLength: 8, pInputBuffer: 16, OutputBufferLength: 24, pOutputBuffer: 32, MinorFunction: 40,
});

/// A wait for a change of a directory.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LOWIO_NOTIFY_CHANGE_DIRECTORY {
    pub WatchTree: BOOLEAN,
    pub CompletionFilter: ULONG,
    pub NotificationBufferLength: ULONG,
    pub pNotificationBuffer: PVOID,
}
assert_layout!(LOWIO_NOTIFY_CHANGE_DIRECTORY, 24, { CompletionFilter: 4, NotificationBufferLength: 8, pNotificationBuffer: 16 });

/// Paging I/O under way on an FCB.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LOWIO_PER_FCB_INFO {
    pub PagingIoReadsOutstanding: LIST_ENTRY,
    pub PagingIoWritesOutstanding: LIST_ENTRY,
}
assert_layout!(LOWIO_PER_FCB_INFO, 32, { PagingIoWritesOutstanding: 16 });

/// Index of read in `MRxLowIOSubmit`.
pub const LOWIO_OP_READ: USHORT = 0;
/// Index of write.
pub const LOWIO_OP_WRITE: USHORT = 1;
/// Index of a shared byte-range lock.
pub const LOWIO_OP_SHAREDLOCK: USHORT = 2;
/// Index of an exclusive byte-range lock.
pub const LOWIO_OP_EXCLUSIVELOCK: USHORT = 3;
/// Index of the unlock of one range.
pub const LOWIO_OP_UNLOCK: USHORT = 4;
/// Index of the unlock of a list of ranges.
pub const LOWIO_OP_UNLOCK_MULTIPLE: USHORT = 5;
/// Index of file system controls.
pub const LOWIO_OP_FSCTL: USHORT = 6;
/// Index of device controls on a file.
pub const LOWIO_OP_IOCTL: USHORT = 7;
/// Index of change notification.
pub const LOWIO_OP_NOTIFY_CHANGE_DIRECTORY: USHORT = 8;
/// Index that no known mini-redirector fills.
pub const LOWIO_OP_CLEAROUT: USHORT = 9;
/// The last index, spare.
pub const LOWIO_OP_MAXIMUM: USHORT = 10;

/// The submitter waits for the completion.
pub const LOWIO_CONTEXT_FLAG_SYNCCALL: USHORT = 0x1;
/// Unlocks are kept for later.
pub const LOWIO_CONTEXT_FLAG_SAVEUNLOCKS: USHORT = 0x2;
/// The operation is to be logged.
pub const LOWIO_CONTEXT_FLAG_LOUDOPS: USHORT = 0x4;
/// `RxLowIoCompletion` need not post when called at DISPATCH_LEVEL.
pub const LOWIO_CONTEXT_FLAG_CAN_COMPLETE_AT_DPC_LEVEL: USHORT = 0x8;

/// The transfer is paging I/O.
pub const LOWIO_READWRITEFLAG_PAGING_IO: ULONG = 0x1;
/// The write moves the end of file.
pub const LOWIO_READWRITEFLAG_EXTENDING_FILESIZE: ULONG = 0x2;
/// The write moves the valid data length.
pub const LOWIO_READWRITEFLAG_EXTENDING_VDL: ULONG = 0x4;

/// A lock that is not free at once fails.
pub const LOWIO_LOCKSFLAG_FAIL_IMMEDIATELY: ULONG = 0x1;
/// The lock is exclusive.
pub const LOWIO_LOCKSFLAG_EXCLUSIVELOCK: ULONG = 0x2;
