//! Memory descriptor lists.

use super::basic::*;
use super::object::PEPROCESS;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _MDL {
    pub Next: *mut _MDL,
    pub Size: CSHORT,
    pub MdlFlags: CSHORT,
    pub Process: PEPROCESS,
    pub MappedSystemVa: PVOID,
    pub StartVa: PVOID,
    pub ByteCount: ULONG,
    pub ByteOffset: ULONG,
}
pub type MDL = _MDL;
pub type PMDL = *mut MDL;

pub const MDL_MAPPED_TO_SYSTEM_VA: u32 = 0x1;
pub const MDL_PAGES_LOCKED: u32 = 0x2;
pub const MDL_SOURCE_IS_NONPAGED_POOL: u32 = 0x4;
pub const MDL_ALLOCATED_FIXED_SIZE: u32 = 0x8;
pub const MDL_PARTIAL: u32 = 0x10;
pub const MDL_PARTIAL_HAS_BEEN_MAPPED: u32 = 0x20;
pub const MDL_IO_PAGE_READ: u32 = 0x40;
pub const MDL_WRITE_OPERATION: u32 = 0x80;
pub const MDL_LOCKED_PAGE_TABLES: u32 = 0x100;
pub const MDL_MAPPING_CAN_FAIL: u32 = 0x2000;
pub const MdlMappingNoExecute: u32 = 0x4000_0000;

pub mod _MM_PAGE_PRIORITY {
    pub type Type = i32;
    pub const LowPagePriority: Type = 0;
    pub const NormalPagePriority: Type = 16;
    pub const HighPagePriority: Type = 32;
}
pub use _MM_PAGE_PRIORITY::Type as MM_PAGE_PRIORITY;

pub mod _MEMORY_CACHING_TYPE {
    pub type Type = i32;
    pub const MmNonCached: Type = 0;
    pub const MmCached: Type = 1;
    pub const MmWriteCombined: Type = 2;
}
pub use _MEMORY_CACHING_TYPE::Type as MEMORY_CACHING_TYPE;

pub mod _LOCK_OPERATION {
    pub type Type = i32;
    pub const IoReadAccess: Type = 0;
    pub const IoWriteAccess: Type = 1;
    pub const IoModifyAccess: Type = 2;
}
pub use _LOCK_OPERATION::Type as LOCK_OPERATION;

zeroed_default!(_MDL);
