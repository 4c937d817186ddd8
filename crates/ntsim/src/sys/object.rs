//! Device, driver and file objects, and the opaque executive objects.

use super::basic::*;
use super::dispatcher::{KDPC, KEVENT, PKDPC};
use super::irp::{PDRIVER_DISPATCH, PIRP};

/// A process; opaque to drivers.
#[repr(C)]
pub struct _KPROCESS {
    _unused: [u8; 0],
}
pub type PEPROCESS = *mut _KPROCESS;
pub type PRKPROCESS = *mut _KPROCESS;

/// A thread; opaque to drivers, but waitable.
#[repr(C)]
pub struct _KTHREAD {
    _unused: [u8; 0],
}
pub type PETHREAD = *mut _KTHREAD;
pub type PKTHREAD = *mut _KTHREAD;

/// An object type; opaque.
#[repr(C)]
pub struct _OBJECT_TYPE {
    _unused: [u8; 0],
}
pub type POBJECT_TYPE = *mut _OBJECT_TYPE;

/// What ObReferenceObjectByHandle tells about the handle.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct _OBJECT_HANDLE_INFORMATION {
    pub HandleAttributes: ULONG,
    pub GrantedAccess: ACCESS_MASK,
}
pub type POBJECT_HANDLE_INFORMATION = *mut _OBJECT_HANDLE_INFORMATION;

/// A work item made by IoAllocateWorkItem; opaque.
#[repr(C)]
pub struct _IO_WORKITEM {
    _unused: [u8; 0],
}
pub type PIO_WORKITEM = *mut _IO_WORKITEM;
/// Signature of a work item queued by IoQueueWorkItem.
pub type IO_WORKITEM_ROUTINE = unsafe extern "C" fn(DeviceObject: PDEVICE_OBJECT, Context: PVOID);
pub type PIO_WORKITEM_ROUTINE = Option<IO_WORKITEM_ROUTINE>;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _KDEVICE_QUEUE_ENTRY {
    pub DeviceListEntry: LIST_ENTRY,
    pub SortKey: ULONG,
    pub Inserted: BOOLEAN,
}
pub type KDEVICE_QUEUE_ENTRY = _KDEVICE_QUEUE_ENTRY;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _KDEVICE_QUEUE {
    pub Type: CSHORT,
    pub Size: CSHORT,
    pub DeviceListHead: LIST_ENTRY,
    pub Lock: KSPIN_LOCK,
    pub Busy: LONG64,
}
pub type KDEVICE_QUEUE = _KDEVICE_QUEUE;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _WAIT_CONTEXT_BLOCK {
    pub DmaWaitEntry: LIST_ENTRY,
    pub NumberOfChannels: ULONG,
    pub Reserved: ULONG,
    pub DeviceRoutine: PVOID,
    pub DeviceContext: PVOID,
    pub NumberOfMapRegisters: ULONG,
    pub DeviceObject: PVOID,
    pub CurrentIrp: PVOID,
    pub BufferChainingDpc: PKDPC,
}
pub type WAIT_CONTEXT_BLOCK = _WAIT_CONTEXT_BLOCK;

#[repr(C)]
#[derive(Clone, Copy)]
pub union _DEVICE_OBJECT__bindgen_ty_1 {
    pub ListEntry: LIST_ENTRY,
    pub Wcb: WAIT_CONTEXT_BLOCK,
}

#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct _DEVICE_OBJECT {
    pub Type: CSHORT,
    pub Size: USHORT,
    pub ReferenceCount: LONG,
    pub DriverObject: *mut _DRIVER_OBJECT,
    pub NextDevice: *mut _DEVICE_OBJECT,
    pub AttachedDevice: *mut _DEVICE_OBJECT,
    pub CurrentIrp: PIRP,
    pub Timer: PVOID,
    pub Flags: ULONG,
    pub Characteristics: ULONG,
    pub Vpb: PVOID,
    pub DeviceExtension: PVOID,
    pub DeviceType: DEVICE_TYPE,
    pub StackSize: CCHAR,
    pub Queue: _DEVICE_OBJECT__bindgen_ty_1,
    pub AlignmentRequirement: ULONG,
    pub DeviceQueue: KDEVICE_QUEUE,
    pub Dpc: KDPC,
    pub ActiveThreadCount: ULONG,
    pub SecurityDescriptor: PVOID,
    pub DeviceLock: KEVENT,
    pub SectorSize: USHORT,
    pub Spare1: USHORT,
    pub DeviceObjectExtension: PVOID,
    pub Reserved: PVOID,
}
pub type DEVICE_OBJECT = _DEVICE_OBJECT;
pub type PDEVICE_OBJECT = *mut DEVICE_OBJECT;

/// Signature of DriverEntry.
pub type DRIVER_INITIALIZE = unsafe extern "C" fn(
    DriverObject: *mut _DRIVER_OBJECT,
    RegistryPath: PUNICODE_STRING,
) -> NTSTATUS;
pub type PDRIVER_INITIALIZE = Option<DRIVER_INITIALIZE>;
/// Signature of DriverUnload.
pub type DRIVER_UNLOAD = unsafe extern "C" fn(DriverObject: *mut _DRIVER_OBJECT);
pub type PDRIVER_UNLOAD = Option<DRIVER_UNLOAD>;
pub type PDRIVER_STARTIO =
    Option<unsafe extern "C" fn(DeviceObject: *mut _DEVICE_OBJECT, Irp: PIRP)>;

/// The fast I/O table. ntsim never calls it: every request is an IRP.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct _FAST_IO_DISPATCH {
    pub SizeOfFastIoDispatch: ULONG,
    pub Routines: [PVOID; 27],
}
pub type FAST_IO_DISPATCH = _FAST_IO_DISPATCH;
pub type PFAST_IO_DISPATCH = *mut FAST_IO_DISPATCH;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _DRIVER_EXTENSION {
    pub DriverObject: *mut _DRIVER_OBJECT,
    pub AddDevice: PVOID,
    pub Count: ULONG,
    pub ServiceKeyName: UNICODE_STRING,
}
pub type DRIVER_EXTENSION = _DRIVER_EXTENSION;
pub type PDRIVER_EXTENSION = *mut DRIVER_EXTENSION;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _DRIVER_OBJECT {
    pub Type: CSHORT,
    pub Size: CSHORT,
    pub DeviceObject: PDEVICE_OBJECT,
    pub Flags: ULONG,
    pub DriverStart: PVOID,
    pub DriverSize: ULONG,
    pub DriverSection: PVOID,
    pub DriverExtension: PDRIVER_EXTENSION,
    pub DriverName: UNICODE_STRING,
    pub HardwareDatabase: PUNICODE_STRING,
    pub FastIoDispatch: PFAST_IO_DISPATCH,
    pub DriverInit: PDRIVER_INITIALIZE,
    pub DriverStartIo: PDRIVER_STARTIO,
    pub DriverUnload: PDRIVER_UNLOAD,
    pub MajorFunction: [PDRIVER_DISPATCH; 28],
}
pub type DRIVER_OBJECT = _DRIVER_OBJECT;
pub type PDRIVER_OBJECT = *mut DRIVER_OBJECT;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _SECTION_OBJECT_POINTERS {
    pub DataSectionObject: PVOID,
    pub SharedCacheMap: PVOID,
    pub ImageSectionObject: PVOID,
}
pub type SECTION_OBJECT_POINTERS = _SECTION_OBJECT_POINTERS;
pub type PSECTION_OBJECT_POINTERS = *mut SECTION_OBJECT_POINTERS;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _FILE_OBJECT {
    pub Type: CSHORT,
    pub Size: CSHORT,
    pub DeviceObject: PDEVICE_OBJECT,
    pub Vpb: PVOID,
    pub FsContext: PVOID,
    pub FsContext2: PVOID,
    pub SectionObjectPointer: PSECTION_OBJECT_POINTERS,
    pub PrivateCacheMap: PVOID,
    pub FinalStatus: NTSTATUS,
    pub RelatedFileObject: *mut _FILE_OBJECT,
    pub LockOperation: BOOLEAN,
    pub DeletePending: BOOLEAN,
    pub ReadAccess: BOOLEAN,
    pub WriteAccess: BOOLEAN,
    pub DeleteAccess: BOOLEAN,
    pub SharedRead: BOOLEAN,
    pub SharedWrite: BOOLEAN,
    pub SharedDelete: BOOLEAN,
    pub Flags: ULONG,
    pub FileName: UNICODE_STRING,
    pub CurrentByteOffset: LARGE_INTEGER,
    pub Waiters: ULONG,
    pub Busy: ULONG,
    pub LastLock: PVOID,
    pub Lock: KEVENT,
    pub Event: KEVENT,
    pub CompletionContext: PVOID,
    pub IrpListLock: KSPIN_LOCK,
    pub IrpList: LIST_ENTRY,
    pub FileObjectExtension: PVOID,
}
pub type FILE_OBJECT = _FILE_OBJECT;
pub type PFILE_OBJECT = *mut FILE_OBJECT;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct _SHARE_ACCESS {
    pub OpenCount: ULONG,
    pub Readers: ULONG,
    pub Writers: ULONG,
    pub Deleters: ULONG,
    pub SharedRead: ULONG,
    pub SharedWrite: ULONG,
    pub SharedDelete: ULONG,
}
pub type SHARE_ACCESS = _SHARE_ACCESS;
pub type PSHARE_ACCESS = *mut SHARE_ACCESS;

pub const DO_BUFFERED_IO: u32 = 0x4;
pub const DO_EXCLUSIVE: u32 = 0x8;
pub const DO_DIRECT_IO: u32 = 0x10;
pub const DO_DEVICE_INITIALIZING: u32 = 0x80;
pub const DO_DEVICE_HAS_NAME: u32 = 0x40;

pub const FO_FILE_OPEN: u32 = 0x1;
pub const FO_SYNCHRONOUS_IO: u32 = 0x2;
pub const FO_ALERTABLE_IO: u32 = 0x4;
pub const FO_NO_INTERMEDIATE_BUFFERING: u32 = 0x8;
pub const FO_WRITE_THROUGH: u32 = 0x10;
pub const FO_SEQUENTIAL_ONLY: u32 = 0x20;
pub const FO_CACHE_SUPPORTED: u32 = 0x40;
pub const FO_NAMED_PIPE: u32 = 0x80;
pub const FO_STREAM_FILE: u32 = 0x100;
pub const FO_MAILSLOT: u32 = 0x200;
pub const FO_FILE_MODIFIED: u32 = 0x1000;
pub const FO_FILE_SIZE_CHANGED: u32 = 0x2000;
pub const FO_CLEANUP_COMPLETE: u32 = 0x4000;
pub const FO_TEMPORARY_FILE: u32 = 0x8000;
pub const FO_DELETE_ON_CLOSE: u32 = 0x1_0000;
pub const FO_OPENED_CASE_SENSITIVE: u32 = 0x2_0000;
pub const FO_HANDLE_CREATED: u32 = 0x4_0000;
pub const FO_RANDOM_ACCESS: u32 = 0x10_0000;
pub const FO_REMOTE_ORIGIN: u32 = 0x100_0000;

pub const FILE_DEVICE_DISK: u32 = 0x7;
pub const FILE_DEVICE_NAMED_PIPE: u32 = 0x11;
pub const FILE_DEVICE_MULTI_UNC_PROVIDER: u32 = 0x10;
pub const FILE_DEVICE_NETWORK: u32 = 0x12;
pub const FILE_DEVICE_NETWORK_FILE_SYSTEM: u32 = 0x14;
pub const FILE_DEVICE_UNKNOWN: u32 = 0x22;
pub const FILE_DEVICE_NETWORK_REDIRECTOR: u32 = 0x28;
pub const FILE_REMOTE_DEVICE: u32 = 0x10;
pub const FILE_DEVICE_SECURE_OPEN: u32 = 0x100;

zeroed_default!(
    _KDEVICE_QUEUE,
    _DEVICE_OBJECT,
    _FAST_IO_DISPATCH,
    _DRIVER_EXTENSION,
    _DRIVER_OBJECT,
    _SECTION_OBJECT_POINTERS,
    _FILE_OBJECT
);
