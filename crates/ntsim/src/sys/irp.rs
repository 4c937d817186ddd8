//! IRP and IO_STACK_LOCATION.

use super::basic::*;
use super::dispatcher::PKEVENT;
use super::file::{FILE_INFORMATION_CLASS, FS_INFORMATION_CLASS};
use super::mdl::PMDL;
use super::object::{_DEVICE_OBJECT, KDEVICE_QUEUE_ENTRY, PDEVICE_OBJECT, PETHREAD, PFILE_OBJECT};
use super::security::{PIO_SECURITY_CONTEXT, PSECURITY_DESCRIPTOR, PSID, SECURITY_INFORMATION};

/// Signature of a dispatch routine.
pub type DRIVER_DISPATCH =
    unsafe extern "C" fn(DeviceObject: *mut _DEVICE_OBJECT, Irp: *mut _IRP) -> NTSTATUS;
pub type PDRIVER_DISPATCH = Option<DRIVER_DISPATCH>;
/// Signature of a cancel routine.
pub type DRIVER_CANCEL = unsafe extern "C" fn(DeviceObject: *mut _DEVICE_OBJECT, Irp: *mut _IRP);
pub type PDRIVER_CANCEL = Option<DRIVER_CANCEL>;
/// Signature of a completion routine.
pub type IO_COMPLETION_ROUTINE =
    unsafe extern "C" fn(DeviceObject: PDEVICE_OBJECT, Irp: PIRP, Context: PVOID) -> NTSTATUS;
pub type PIO_COMPLETION_ROUTINE = Option<IO_COMPLETION_ROUTINE>;
pub type PIO_APC_ROUTINE = Option<
    unsafe extern "C" fn(ApcContext: PVOID, IoStatusBlock: PIO_STATUS_BLOCK, Reserved: ULONG),
>;

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_1 {
    pub MasterIrp: *mut _IRP,
    pub IrpCount: LONG,
    pub SystemBuffer: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_2 {
    pub UserIosb: PIO_STATUS_BLOCK,
    pub IoRingContext: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_3__bindgen_ty_1__bindgen_ty_1 {
    pub UserApcRoutine: PIO_APC_ROUTINE,
    pub IssuingProcess: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_3__bindgen_ty_1__bindgen_ty_2 {
    pub UserApcContext: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IRP__bindgen_ty_3__bindgen_ty_1 {
    pub __bindgen_anon_1: _IRP__bindgen_ty_3__bindgen_ty_1__bindgen_ty_1,
    pub __bindgen_anon_2: _IRP__bindgen_ty_3__bindgen_ty_1__bindgen_ty_2,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_3 {
    pub AsynchronousParameters: _IRP__bindgen_ty_3__bindgen_ty_1,
    pub AllocationSize: LARGE_INTEGER,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_1__bindgen_ty_1 {
    pub DriverContext: [PVOID; 4],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_1 {
    pub DeviceQueueEntry: KDEVICE_QUEUE_ENTRY,
    pub __bindgen_anon_1: _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_1__bindgen_ty_1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_2__bindgen_ty_1 {
    pub CurrentStackLocation: *mut _IO_STACK_LOCATION,
    pub PacketType: ULONG,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_2 {
    pub ListEntry: LIST_ENTRY,
    pub __bindgen_anon_1: _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_2__bindgen_ty_1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IRP__bindgen_ty_4__bindgen_ty_1 {
    pub __bindgen_anon_1: _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_1,
    pub Thread: PETHREAD,
    pub AuxiliaryBuffer: *mut CHAR,
    pub __bindgen_anon_2: _IRP__bindgen_ty_4__bindgen_ty_1__bindgen_ty_2,
    pub OriginalFileObject: PFILE_OBJECT,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct _KAPC {
    pub Reserved: [u64; 11],
}
pub type KAPC = _KAPC;

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IRP__bindgen_ty_4 {
    pub Overlay: _IRP__bindgen_ty_4__bindgen_ty_1,
    pub Apc: KAPC,
    pub CompletionKey: PVOID,
}

#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct _IRP {
    pub Type: CSHORT,
    pub Size: USHORT,
    pub MdlAddress: PMDL,
    pub Flags: ULONG,
    pub AssociatedIrp: _IRP__bindgen_ty_1,
    pub ThreadListEntry: LIST_ENTRY,
    pub IoStatus: IO_STATUS_BLOCK,
    pub RequestorMode: KPROCESSOR_MODE,
    pub PendingReturned: BOOLEAN,
    pub StackCount: CHAR,
    pub CurrentLocation: CHAR,
    pub Cancel: BOOLEAN,
    pub CancelIrql: KIRQL,
    pub ApcEnvironment: CCHAR,
    pub AllocationFlags: UCHAR,
    pub __bindgen_anon_1: _IRP__bindgen_ty_2,
    pub UserEvent: PKEVENT,
    pub Overlay: _IRP__bindgen_ty_3,
    pub CancelRoutine: PDRIVER_CANCEL,
    pub UserBuffer: PVOID,
    pub Tail: _IRP__bindgen_ty_4,
}
pub type IRP = _IRP;
pub type PIRP = *mut IRP;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_1 {
    pub SecurityContext: PIO_SECURITY_CONTEXT,
    pub Options: ULONG,
    pub __bindgen_padding_0: u32,
    pub FileAttributes: USHORT,
    pub ShareAccess: USHORT,
    pub __bindgen_padding_1: u32,
    pub EaLength: ULONG,
    pub __bindgen_padding_2: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_4 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub Key: ULONG,
    pub Flags: ULONG,
    pub ByteOffset: LARGE_INTEGER,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_6 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub FileName: PUNICODE_STRING,
    pub FileInformationClass: FILE_INFORMATION_CLASS,
    pub __bindgen_padding_1: u32,
    pub FileIndex: ULONG,
    pub __bindgen_padding_2: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_7 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub CompletionFilter: ULONG,
    pub __bindgen_padding_1: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_9 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub FileInformationClass: FILE_INFORMATION_CLASS,
    pub __bindgen_padding_1: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10__bindgen_ty_1__bindgen_ty_1 {
    pub ReplaceIfExists: BOOLEAN,
    pub AdvanceOnly: BOOLEAN,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10__bindgen_ty_1 {
    pub __bindgen_anon_1:
        _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10__bindgen_ty_1__bindgen_ty_1,
    pub ClusterCount: ULONG,
    pub DeleteHandle: HANDLE,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub FileInformationClass: FILE_INFORMATION_CLASS,
    pub __bindgen_padding_1: u32,
    pub FileObject: PFILE_OBJECT,
    pub __bindgen_anon_1: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10__bindgen_ty_1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_11 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub EaList: PVOID,
    pub EaListLength: ULONG,
    pub __bindgen_padding_1: u32,
    pub EaIndex: ULONG,
    pub __bindgen_padding_2: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_12 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_13 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub FsInformationClass: FS_INFORMATION_CLASS,
    pub __bindgen_padding_1: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_15 {
    pub OutputBufferLength: ULONG,
    pub __bindgen_padding_0: u32,
    pub InputBufferLength: ULONG,
    pub __bindgen_padding_1: u32,
    pub FsControlCode: ULONG,
    pub __bindgen_padding_2: u32,
    pub Type3InputBuffer: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_16 {
    pub Length: PLARGE_INTEGER,
    pub Key: ULONG,
    pub __bindgen_padding_0: u32,
    pub ByteOffset: LARGE_INTEGER,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_18 {
    pub OutputBufferLength: ULONG,
    pub __bindgen_padding_0: u32,
    pub InputBufferLength: ULONG,
    pub __bindgen_padding_1: u32,
    pub IoControlCode: ULONG,
    pub __bindgen_padding_2: u32,
    pub Type3InputBuffer: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_19 {
    pub SecurityInformation: SECURITY_INFORMATION,
    pub __bindgen_padding_0: u32,
    pub Length: ULONG,
    pub __bindgen_padding_1: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_20 {
    pub SecurityInformation: SECURITY_INFORMATION,
    pub __bindgen_padding_0: u32,
    pub SecurityDescriptor: PSECURITY_DESCRIPTOR,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_24 {
    pub Length: ULONG,
    pub __bindgen_padding_0: u32,
    pub StartSid: PSID,
    pub SidList: PVOID,
    pub SidListLength: ULONG,
    pub __bindgen_padding_1: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_26 {
    pub Type: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_40 {
    pub Argument1: PVOID,
    pub Argument2: PVOID,
    pub Argument3: PVOID,
    pub Argument4: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IO_STACK_LOCATION__bindgen_ty_1 {
    pub Create: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_1,
    pub Read: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_4,
    pub Write: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_4,
    pub QueryDirectory: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_6,
    pub NotifyDirectory: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_7,
    pub QueryFile: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_9,
    pub SetFile: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10,
    pub QueryEa: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_11,
    pub SetEa: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_12,
    pub QueryVolume: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_13,
    pub SetVolume: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_13,
    pub FileSystemControl: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_15,
    pub LockControl: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_16,
    pub DeviceIoControl: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_18,
    pub QuerySecurity: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_19,
    pub SetSecurity: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_20,
    pub QueryQuota: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_24,
    pub SetQuota: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_12,
    pub QueryDeviceRelations: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_26,
    pub Others: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_40,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STACK_LOCATION {
    pub MajorFunction: UCHAR,
    pub MinorFunction: UCHAR,
    pub Flags: UCHAR,
    pub Control: UCHAR,
    pub Parameters: _IO_STACK_LOCATION__bindgen_ty_1,
    pub DeviceObject: PDEVICE_OBJECT,
    pub FileObject: PFILE_OBJECT,
    pub CompletionRoutine: PIO_COMPLETION_ROUTINE,
    pub Context: PVOID,
}
pub type IO_STACK_LOCATION = _IO_STACK_LOCATION;
pub type PIO_STACK_LOCATION = *mut IO_STACK_LOCATION;

pub const IO_TYPE_DEVICE: i16 = 3;
pub const IO_TYPE_DRIVER: i16 = 4;
pub const IO_TYPE_FILE: i16 = 5;
pub const IO_TYPE_IRP: i16 = 6;

pub const IRP_NOCACHE: u32 = 0x1;
pub const IRP_PAGING_IO: u32 = 0x2;
pub const IRP_SYNCHRONOUS_API: u32 = 0x4;
pub const IRP_BUFFERED_IO: u32 = 0x10;
pub const IRP_DEALLOCATE_BUFFER: u32 = 0x20;
pub const IRP_INPUT_OPERATION: u32 = 0x40;
pub const IRP_SYNCHRONOUS_PAGING_IO: u32 = 0x40;
pub const IRP_CREATE_OPERATION: u32 = 0x80;
pub const IRP_READ_OPERATION: u32 = 0x100;
pub const IRP_WRITE_OPERATION: u32 = 0x200;
pub const IRP_CLOSE_OPERATION: u32 = 0x400;
pub const IRP_DEFER_IO_COMPLETION: u32 = 0x800;
pub const IRP_OB_QUERY_NAME: u32 = 0x1000;

pub const SL_PENDING_RETURNED: u32 = 0x1;
pub const SL_ERROR_RETURNED: u32 = 0x2;
pub const SL_INVOKE_ON_CANCEL: u32 = 0x20;
pub const SL_INVOKE_ON_SUCCESS: u32 = 0x40;
pub const SL_INVOKE_ON_ERROR: u32 = 0x80;
pub const SL_FORCE_ACCESS_CHECK: u32 = 0x1;
pub const SL_OPEN_PAGING_FILE: u32 = 0x2;
pub const SL_OPEN_TARGET_DIRECTORY: u32 = 0x4;
pub const SL_STOP_ON_SYMLINK: u32 = 0x8;
pub const SL_CASE_SENSITIVE: u32 = 0x80;
pub const SL_KEY_SPECIFIED: u32 = 0x1;
pub const SL_OVERRIDE_VERIFY_VOLUME: u32 = 0x2;
pub const SL_WRITE_THROUGH: u32 = 0x4;
pub const SL_FAIL_IMMEDIATELY: u32 = 0x1;
pub const SL_EXCLUSIVE_LOCK: u32 = 0x2;
pub const SL_RESTART_SCAN: u32 = 0x1;
pub const SL_RETURN_SINGLE_ENTRY: u32 = 0x2;
pub const SL_INDEX_SPECIFIED: u32 = 0x4;
pub const SL_WATCH_TREE: u32 = 0x1;

pub const IRP_MJ_CREATE: u32 = 0x00;
pub const IRP_MJ_CREATE_NAMED_PIPE: u32 = 0x01;
pub const IRP_MJ_CLOSE: u32 = 0x02;
pub const IRP_MJ_READ: u32 = 0x03;
pub const IRP_MJ_WRITE: u32 = 0x04;
pub const IRP_MJ_QUERY_INFORMATION: u32 = 0x05;
pub const IRP_MJ_SET_INFORMATION: u32 = 0x06;
pub const IRP_MJ_QUERY_EA: u32 = 0x07;
pub const IRP_MJ_SET_EA: u32 = 0x08;
pub const IRP_MJ_FLUSH_BUFFERS: u32 = 0x09;
pub const IRP_MJ_QUERY_VOLUME_INFORMATION: u32 = 0x0a;
pub const IRP_MJ_SET_VOLUME_INFORMATION: u32 = 0x0b;
pub const IRP_MJ_DIRECTORY_CONTROL: u32 = 0x0c;
pub const IRP_MJ_FILE_SYSTEM_CONTROL: u32 = 0x0d;
pub const IRP_MJ_DEVICE_CONTROL: u32 = 0x0e;
pub const IRP_MJ_INTERNAL_DEVICE_CONTROL: u32 = 0x0f;
pub const IRP_MJ_SHUTDOWN: u32 = 0x10;
pub const IRP_MJ_LOCK_CONTROL: u32 = 0x11;
pub const IRP_MJ_CLEANUP: u32 = 0x12;
pub const IRP_MJ_CREATE_MAILSLOT: u32 = 0x13;
pub const IRP_MJ_QUERY_SECURITY: u32 = 0x14;
pub const IRP_MJ_SET_SECURITY: u32 = 0x15;
pub const IRP_MJ_POWER: u32 = 0x16;
pub const IRP_MJ_SYSTEM_CONTROL: u32 = 0x17;
pub const IRP_MJ_DEVICE_CHANGE: u32 = 0x18;
pub const IRP_MJ_QUERY_QUOTA: u32 = 0x19;
pub const IRP_MJ_SET_QUOTA: u32 = 0x1a;
pub const IRP_MJ_PNP: u32 = 0x1b;
pub const IRP_MJ_MAXIMUM_FUNCTION: u32 = 0x1b;

pub const IRP_MN_NORMAL: u32 = 0x00;
pub const IRP_MN_QUERY_DIRECTORY: u32 = 0x01;
pub const IRP_MN_NOTIFY_CHANGE_DIRECTORY: u32 = 0x02;
pub const IRP_MN_USER_FS_REQUEST: u32 = 0x00;
pub const IRP_MN_MOUNT_VOLUME: u32 = 0x01;
pub const IRP_MN_KERNEL_CALL: u32 = 0x04;
pub const IRP_MN_LOCK: u32 = 0x01;
pub const IRP_MN_UNLOCK_SINGLE: u32 = 0x02;
pub const IRP_MN_UNLOCK_ALL: u32 = 0x03;
pub const IRP_MN_UNLOCK_ALL_BY_KEY: u32 = 0x04;

zeroed_default!(_IRP, _IO_STACK_LOCATION);
