//! RDBSS's name tables (`prefix.h`, `fcbtable.h`).

use super::*;

/// How many buckets a prefix table has.
pub const RX_PREFIX_TABLE_DEFAULT_LENGTH: usize = 32;
/// How many buckets an FCB table has.
pub const RX_FCB_TABLE_NUMBER_OF_HASH_BUCKETS: usize = 32;

/// The entry of a server, a share or a view of one in the table of names.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_PREFIX_ENTRY {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    /// How many bytes of the prefix are compared without regard to case.
    pub CaseInsensitiveLength: USHORT,
    pub Spare1: USHORT,
    pub SavedHashValue: ULONG,
    pub HashLinks: LIST_ENTRY,
    pub MemberQLinks: LIST_ENTRY,
    pub Prefix: UNICODE_STRING,
    pub ContainerRefCount: *mut ULONG,
    pub ContainingRecord: PVOID,
    pub Context: PVOID,
    pub ConnectionId: RX_CONNECTION_ID,
}
assert_layout!(RX_PREFIX_ENTRY, 96, {
    CaseInsensitiveLength: 4, SavedHashValue: 8, HashLinks: 16, MemberQLinks: 32, Prefix: 48, ContainerRefCount: 64,
    ContainingRecord: 72, Context: 80, ConnectionId: 88,
});

/// The table of names of servers, shares and views.
#[repr(C)]
pub struct RX_PREFIX_TABLE {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub Version: ULONG,
    pub MemberQueue: LIST_ENTRY,
    pub TableLock: ERESOURCE,
    pub TableEntryForNull: *mut RX_PREFIX_ENTRY,
    pub CaseInsensitiveMatch: BOOLEAN,
    pub IsNetNameTable: BOOLEAN,
    pub TableSize: ULONG,
    pub HashBuckets: [LIST_ENTRY; RX_PREFIX_TABLE_DEFAULT_LENGTH],
}
assert_layout!(RX_PREFIX_TABLE, 656, {
    Version: 4, MemberQueue: 8, TableLock: 24, TableEntryForNull: 128, CaseInsensitiveMatch: 136, IsNetNameTable: 137, TableSize: 140,
    HashBuckets: 144,
});

/// An FCB's entry in its share's table.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_FCB_TABLE_ENTRY {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub HashValue: ULONG,
    pub Path: UNICODE_STRING,
    pub HashLinks: LIST_ENTRY,
    pub Lookups: LONG,
}
assert_layout!(RX_FCB_TABLE_ENTRY, 48, { HashValue: 4, Path: 8, HashLinks: 24, Lookups: 40 });

/// A share's table of FCBs by name.
#[repr(C)]
pub struct RX_FCB_TABLE {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub Version: ULONG,
    pub CaseInsensitiveMatch: BOOLEAN,
    pub NumberOfBuckets: USHORT,
    pub Lookups: LONG,
    pub FailedLookups: LONG,
    pub Compares: LONG,
    pub TableLock: ERESOURCE,
    pub TableEntryForNull: *mut RX_FCB_TABLE_ENTRY,
    pub HashBuckets: [LIST_ENTRY; RX_FCB_TABLE_NUMBER_OF_HASH_BUCKETS],
}
assert_layout!(RX_FCB_TABLE, 648, {
    CaseInsensitiveMatch: 8, NumberOfBuckets: 10, Lookups: 12, FailedLookups: 16, Compares: 20, TableLock: 24, TableEntryForNull: 128,
    HashBuckets: 136,
});
