//! The scavenger, which does delayed closes and finalizations (`scavengr.h`).

use super::*;

/// A place in the scavenger's work.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_SCAVENGER_ENTRY {
    pub List: LIST_ENTRY,
    pub Type: UCHAR,
    pub Operation: UCHAR,
    pub State: UCHAR,
    pub Flags: UCHAR,
    pub pContinuationEntry: *mut RX_SCAVENGER_ENTRY,
}
assert_layout!(RX_SCAVENGER_ENTRY, 32, { Type: 16, Operation: 17, State: 18, Flags: 19, pContinuationEntry: 24 });

/// The scavenger's `State`.
pub type RDBSS_SCAVENGER_STATE = i32;
/// Not set up.
pub const RDBSS_SCAVENGER_INACTIVE: RDBSS_SCAVENGER_STATE = 0;
/// Nothing to do.
pub const RDBSS_SCAVENGER_DORMANT: RDBSS_SCAVENGER_STATE = 1;
/// At work, or its timer is running.
pub const RDBSS_SCAVENGER_ACTIVE: RDBSS_SCAVENGER_STATE = 2;
/// Stopped for the moment.
pub const RDBSS_SCAVENGER_SUSPENDED: RDBSS_SCAVENGER_STATE = 3;

/// A device's scavenger.
#[repr(C)]
pub struct RDBSS_SCAVENGER {
    pub State: RDBSS_SCAVENGER_STATE,
    pub MaximumNumberOfDormantFiles: LONG,
    pub NumberOfDormantFiles: LONG,
    pub TimeLimit: LARGE_INTEGER,
    pub SrvCallsToBeFinalized: ULONG,
    pub NetRootsToBeFinalized: ULONG,
    pub VNetRootsToBeFinalized: ULONG,
    pub FcbsToBeFinalized: ULONG,
    pub SrvOpensToBeFinalized: ULONG,
    pub FobxsToBeFinalized: ULONG,
    pub SrvCallFinalizationList: LIST_ENTRY,
    pub NetRootFinalizationList: LIST_ENTRY,
    pub VNetRootFinalizationList: LIST_ENTRY,
    pub FcbFinalizationList: LIST_ENTRY,
    pub SrvOpenFinalizationList: LIST_ENTRY,
    pub FobxFinalizationList: LIST_ENTRY,
    pub ClosePendingFobxsList: LIST_ENTRY,
    pub WorkItem: RX_WORK_ITEM,
    pub SyncEvent: KEVENT,
    pub ScavengeEvent: KEVENT,
    pub CurrentScavengerThread: PETHREAD,
    pub CurrentNetRootForClosePendingProcessing: *mut NET_ROOT,
    pub CurrentFcbForClosePendingProcessing: *mut FCB,
    pub ClosePendingProcessingSyncEvent: KEVENT,
}
assert_layout!(RDBSS_SCAVENGER, 304, {
    MaximumNumberOfDormantFiles: 4, NumberOfDormantFiles: 8, TimeLimit: 16, SrvCallsToBeFinalized: 24, FobxsToBeFinalized: 44,
    SrvCallFinalizationList: 48, FobxFinalizationList: 128, ClosePendingFobxsList: 144, WorkItem: 160, SyncEvent: 208,
    ScavengeEvent: 232, CurrentScavengerThread: 256, CurrentNetRootForClosePendingProcessing: 264,
    CurrentFcbForClosePendingProcessing: 272, ClosePendingProcessingSyncEvent: 280,
});

/// RDBSS's own age of a delayed close, in 100 ns.
pub const RX_SCAVENGER_FINALIZATION_TIME_INTERVAL: i64 = 100_000_000;
/// The greatest age that the headers name, in seconds.
pub const RX_MAX_SCAVENGER_TIME_INTERVAL: ULONG = 120;
/// `RxPurgeRelatedFobxs`: only ask, do not finalize.
pub const DONT_ATTEMPT_FINALIZE_ON_PURGE: BOOLEAN = 0;
/// `RxPurgeRelatedFobxs`: finalize what is purged.
pub const ATTEMPT_FINALIZE_ON_PURGE: BOOLEAN = 1;
