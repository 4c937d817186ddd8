//! The NT types that RDBSS's structures contain.

pub use nt::sys::{
    ACCESS_MASK, BOOLEAN, DEVICE_OBJECT, DRIVER_OBJECT, ERESOURCE, FAST_MUTEX, FILE_OBJECT, GUID,
    HANDLE, IO_SECURITY_CONTEXT, IO_STACK_LOCATION, IRP, KEVENT, KSPIN_LOCK, LARGE_INTEGER,
    LIST_ENTRY, LONG, LUID, MDL, NTSTATUS, PEPROCESS, PETHREAD, PVOID, SECTION_OBJECT_POINTERS,
    SHARE_ACCESS, UCHAR, ULONG, UNICODE_STRING, USHORT,
};

/// A thread as an ERESOURCE names its owner (`ERESOURCE_THREAD`).
pub type ERESOURCE_THREAD = usize;

/// A signed byte offset in a file (`RXVBO`).
pub type RXVBO = i64;

/// Which executive work queue an item goes to (`WORK_QUEUE_TYPE`).
pub type WORK_QUEUE_TYPE = i32;
/// Work that must not wait behind other work.
pub const CriticalWorkQueue: WORK_QUEUE_TYPE = 0;
/// Ordinary work; may wait.
pub const DelayedWorkQueue: WORK_QUEUE_TYPE = 1;
/// Work of the highest urgency.
pub const HyperCriticalWorkQueue: WORK_QUEUE_TYPE = 2;
/// How many work queues a dispatcher has.
pub const RxMaximumWorkQueue: usize = 3;

/// Which access `RxLockUserBuffer` locks pages for (`LOCK_OPERATION`).
pub type LOCK_OPERATION = i32;

/// A byte-range lock table (`FILE_LOCK`, ntifs.h), opaque.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FILE_LOCK {
    opaque: [usize; 12],
}
assert_layout!(FILE_LOCK, 96, {});

/// A kernel queue object (`KQUEUE`, ntifs.h), opaque.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct KQUEUE {
    opaque: [usize; 8],
}
assert_layout!(KQUEUE, 64, {});

/// Input of `IOCTL_REDIR_QUERY_PATH_EX`: MUP asks whether a path is ours (ntifs.h).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct QUERY_PATH_REQUEST_EX {
    pub pSecurityContext: *mut IO_SECURITY_CONTEXT,
    pub EaLength: ULONG,
    pub pEaBuffer: PVOID,
    pub PathName: UNICODE_STRING,
    pub DomainServiceName: UNICODE_STRING,
    pub EcpList: PVOID,
    pub Silo: PVOID,
    pub Reserved: usize,
}
assert_layout!(QUERY_PATH_REQUEST_EX, 80, { EaLength: 8, pEaBuffer: 16, PathName: 24, DomainServiceName: 40, EcpList: 56, Silo: 64, Reserved: 72 });

/// Input of `IOCTL_REDIR_QUERY_PATH`, the older question; the name's UTF-16 follows at `FilePathName`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct QUERY_PATH_REQUEST {
    /// Length of the name in bytes.
    pub PathNameLength: ULONG,
    pub SecurityContext: *mut IO_SECURITY_CONTEXT,
    pub FilePathName: [u16; 1],
}
assert_layout!(QUERY_PATH_REQUEST, 24, { SecurityContext: 8, FilePathName: 16 });

/// Output of both path queries.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct QUERY_PATH_RESPONSE {
    /// How many bytes of the name are ours.
    pub LengthAccepted: ULONG,
}
assert_layout!(QUERY_PATH_RESPONSE, 4, { LengthAccepted: 0 });

/// MUP's older path query.
pub const IOCTL_REDIR_QUERY_PATH: ULONG = 0x0014_018f;
/// MUP's path query since Vista.
pub const IOCTL_REDIR_QUERY_PATH_EX: ULONG = 0x0014_0193;
