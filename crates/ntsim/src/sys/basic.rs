//! Integer names, strings, lists and other small structures of `ntdef.h`.

use core::ffi::c_void;

pub type CHAR = i8;
pub type CCHAR = i8;
pub type UCHAR = u8;
pub type PUCHAR = *mut UCHAR;
pub type BOOLEAN = UCHAR;
pub type PBOOLEAN = *mut BOOLEAN;
pub type SHORT = i16;
pub type CSHORT = i16;
pub type USHORT = u16;
pub type PUSHORT = *mut USHORT;
pub type LONG = i32;
pub type PLONG = *mut LONG;
pub type ULONG = u32;
pub type PULONG = *mut ULONG;
pub type LONGLONG = i64;
pub type LONG64 = i64;
pub type ULONGLONG = u64;
pub type ULONG64 = u64;
pub type PULONG64 = *mut ULONG64;
pub type ULONG_PTR = u64;
pub type LONG_PTR = i64;
pub type SIZE_T = ULONG_PTR;
pub type PSIZE_T = *mut SIZE_T;
pub type WCHAR = u16;
pub type PWCH = *mut WCHAR;
pub type PWSTR = *mut WCHAR;
pub type PCWSTR = *const WCHAR;
pub type PCSTR = *const CHAR;
pub type PVOID = *mut c_void;
pub type HANDLE = PVOID;
pub type PHANDLE = *mut HANDLE;
pub type NTSTATUS = LONG;
pub type PNTSTATUS = *mut NTSTATUS;
pub type KPRIORITY = LONG;
pub type KIRQL = UCHAR;
pub type PKIRQL = *mut KIRQL;
pub type KAFFINITY = ULONG_PTR;
pub type KPROCESSOR_MODE = CCHAR;
pub type KSPIN_LOCK = ULONG_PTR;
pub type PKSPIN_LOCK = *mut KSPIN_LOCK;
pub type ACCESS_MASK = ULONG;
pub type PACCESS_MASK = *mut ACCESS_MASK;
pub type LOGICAL = ULONG;
pub type DEVICE_TYPE = ULONG;
pub type PFN_NUMBER = ULONG_PTR;

pub const TRUE: u32 = 1;
pub const FALSE: u32 = 0;
pub const PASSIVE_LEVEL: u32 = 0;
pub const APC_LEVEL: u32 = 1;
pub const DISPATCH_LEVEL: u32 = 2;
pub const HIGH_LEVEL: u32 = 15;
pub const PAGE_SIZE: u32 = 4096;
pub const PAGE_SHIFT: u32 = 12;
pub const IO_NO_INCREMENT: u32 = 0;
pub const IO_NETWORK_INCREMENT: u32 = 2;
pub const IO_DISK_INCREMENT: u32 = 1;
pub const EVENT_INCREMENT: u32 = 1;
pub const MAXIMUM_WAIT_OBJECTS: u32 = 64;
pub const THREAD_WAIT_OBJECTS: u32 = 3;
pub const THREAD_ALL_ACCESS: u32 = 0x001f_ffff;
pub const EVENT_ALL_ACCESS: u32 = 0x001f_0003;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _LARGE_INTEGER__bindgen_ty_1 {
    pub LowPart: ULONG,
    pub HighPart: LONG,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union _LARGE_INTEGER {
    pub __bindgen_anon_1: _LARGE_INTEGER__bindgen_ty_1,
    pub u: _LARGE_INTEGER__bindgen_ty_1,
    pub QuadPart: LONGLONG,
}
pub type LARGE_INTEGER = _LARGE_INTEGER;
pub type PLARGE_INTEGER = *mut LARGE_INTEGER;

#[repr(C)]
#[derive(Clone, Copy)]
pub union _ULARGE_INTEGER {
    pub QuadPart: ULONGLONG,
}
pub type ULARGE_INTEGER = _ULARGE_INTEGER;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct _LUID {
    pub LowPart: ULONG,
    pub HighPart: LONG,
}
pub type LUID = _LUID;
pub type PLUID = *mut LUID;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct _GUID {
    pub Data1: u32,
    pub Data2: u16,
    pub Data3: u16,
    pub Data4: [u8; 8],
}
pub type GUID = _GUID;
pub type LPGUID = *mut GUID;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _LIST_ENTRY {
    pub Flink: *mut _LIST_ENTRY,
    pub Blink: *mut _LIST_ENTRY,
}
pub type LIST_ENTRY = _LIST_ENTRY;
pub type PLIST_ENTRY = *mut LIST_ENTRY;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _SINGLE_LIST_ENTRY {
    pub Next: *mut _SINGLE_LIST_ENTRY,
}
pub type SINGLE_LIST_ENTRY = _SINGLE_LIST_ENTRY;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _UNICODE_STRING {
    pub Length: USHORT,
    pub MaximumLength: USHORT,
    pub Buffer: PWCH,
}
pub type UNICODE_STRING = _UNICODE_STRING;
pub type PUNICODE_STRING = *mut UNICODE_STRING;
pub type PCUNICODE_STRING = *const UNICODE_STRING;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _OBJECT_ATTRIBUTES {
    pub Length: ULONG,
    pub RootDirectory: HANDLE,
    pub ObjectName: PUNICODE_STRING,
    pub Attributes: ULONG,
    pub SecurityDescriptor: PVOID,
    pub SecurityQualityOfService: PVOID,
}
pub type OBJECT_ATTRIBUTES = _OBJECT_ATTRIBUTES;
pub type POBJECT_ATTRIBUTES = *mut OBJECT_ATTRIBUTES;
pub type PCOBJECT_ATTRIBUTES = *const OBJECT_ATTRIBUTES;

pub const OBJ_INHERIT: u32 = 0x2;
pub const OBJ_PERMANENT: u32 = 0x10;
pub const OBJ_EXCLUSIVE: u32 = 0x20;
pub const OBJ_CASE_INSENSITIVE: u32 = 0x40;
pub const OBJ_OPENIF: u32 = 0x80;
pub const OBJ_KERNEL_HANDLE: u32 = 0x200;
pub const OBJ_FORCE_ACCESS_CHECK: u32 = 0x400;

#[repr(C)]
#[derive(Clone, Copy)]
pub union _IO_STATUS_BLOCK__bindgen_ty_1 {
    pub Status: NTSTATUS,
    pub Pointer: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _IO_STATUS_BLOCK {
    pub __bindgen_anon_1: _IO_STATUS_BLOCK__bindgen_ty_1,
    pub Information: ULONG_PTR,
}
pub type IO_STATUS_BLOCK = _IO_STATUS_BLOCK;
pub type PIO_STATUS_BLOCK = *mut IO_STATUS_BLOCK;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _CLIENT_ID {
    pub UniqueProcess: HANDLE,
    pub UniqueThread: HANDLE,
}
pub type CLIENT_ID = _CLIENT_ID;
pub type PCLIENT_ID = *mut CLIENT_ID;

pub mod _MODE {
    pub type Type = i32;
    pub const KernelMode: Type = 0;
    pub const UserMode: Type = 1;
    pub const MaximumMode: Type = 2;
}
pub use _MODE::Type as MODE;

zeroed_default!(
    _LARGE_INTEGER,
    _ULARGE_INTEGER,
    _LIST_ENTRY,
    _SINGLE_LIST_ENTRY,
    _UNICODE_STRING,
    _OBJECT_ATTRIBUTES,
    _IO_STATUS_BLOCK,
    _CLIENT_ID
);
