//! The whole objects as the library lays them out (`fcb.h`): the part that a mini-redirector sees, then the library's own.
//! A mini-redirector has no business behind `mrx`.

use super::*;

/// A server, whole.
#[repr(C)]
pub struct SRV_CALL {
    pub mrx: MRX_SRV_CALL,
    pub UpperFinalizationDone: BOOLEAN,
    pub PrefixEntry: RX_PREFIX_ENTRY,
    pub Condition: RX_BLOCK_CONDITION,
    pub SerialNumberForEnum: ULONG,
    pub NumberOfCloseDelayedFiles: LONG,
    pub TransitionWaitList: LIST_ENTRY,
    pub ScavengerFinalizationList: LIST_ENTRY,
    pub PurgeSyncronizationContext: PURGE_SYNCHRONIZATION_CONTEXT,
    pub BufferingManager: RX_BUFFERING_MANAGER,
}
assert_layout!(SRV_CALL, 520, {
    UpperFinalizationDone: 72, PrefixEntry: 80, Condition: 176, SerialNumberForEnum: 180, NumberOfCloseDelayedFiles: 184,
    TransitionWaitList: 192, ScavengerFinalizationList: 208, PurgeSyncronizationContext: 224, BufferingManager: 248,
});

/// A share, whole.
#[repr(C)]
pub struct NET_ROOT {
    pub mrx: MRX_NET_ROOT,
    pub UpperFinalizationDone: BOOLEAN,
    pub Condition: RX_BLOCK_CONDITION,
    pub TransitionWaitList: LIST_ENTRY,
    pub ScavengerFinalizationList: LIST_ENTRY,
    pub PurgeSyncronizationContext: PURGE_SYNCHRONIZATION_CONTEXT,
    pub DefaultVNetRoot: *mut V_NET_ROOT,
    pub VirtualNetRoots: LIST_ENTRY,
    pub NumberOfVirtualNetRoots: ULONG,
    pub SerialNumberForEnum: ULONG,
    pub PrefixEntry: RX_PREFIX_ENTRY,
    pub FcbTable: RX_FCB_TABLE,
}
assert_layout!(NET_ROOT, 960, {
    UpperFinalizationDone: 120, Condition: 124, TransitionWaitList: 128, ScavengerFinalizationList: 144,
    PurgeSyncronizationContext: 160, DefaultVNetRoot: 184, VirtualNetRoots: 192, NumberOfVirtualNetRoots: 208,
    SerialNumberForEnum: 212, PrefixEntry: 216, FcbTable: 312,
});

/// One user's view of a share, whole.
#[repr(C)]
pub struct V_NET_ROOT {
    pub mrx: MRX_V_NET_ROOT,
    pub UpperFinalizationDone: BOOLEAN,
    pub ConnectionFinalizationDone: BOOLEAN,
    pub Condition: RX_BLOCK_CONDITION,
    /// Set when a tree-connect open has taken the reference that `RxFinalizeConnection` drops.
    pub AdditionalReferenceForDeleteFsctlTaken: LONG,
    pub PrefixEntry: RX_PREFIX_ENTRY,
    pub NamePrefix: UNICODE_STRING,
    pub PrefixOffsetInBytes: ULONG,
    pub NetRootListEntry: LIST_ENTRY,
    pub SerialNumberForEnum: ULONG,
    pub TransitionWaitList: LIST_ENTRY,
    pub ScavengerFinalizationList: LIST_ENTRY,
}
assert_layout!(V_NET_ROOT, 288, {
    UpperFinalizationDone: 96, ConnectionFinalizationDone: 97, Condition: 100, AdditionalReferenceForDeleteFsctlTaken: 104,
    PrefixEntry: 112, NamePrefix: 208, PrefixOffsetInBytes: 224, NetRootListEntry: 232, SerialNumberForEnum: 248,
    TransitionWaitList: 256, ScavengerFinalizationList: 272,
});

/// An open as the server knows it, whole.
#[repr(C)]
pub struct SRV_OPEN {
    pub mrx: MRX_SRV_OPEN,
    pub UpperFinalizationDone: BOOLEAN,
    pub Condition: RX_BLOCK_CONDITION,
    pub BufferingToken: LONG,
    pub ScavengerFinalizationList: LIST_ENTRY,
    pub TransitionWaitList: LIST_ENTRY,
    pub FobxList: LIST_ENTRY,
    pub InternalFobx: *mut FOBX,
    /// Also `SequenceNumber` in the headers.
    pub SrvOpenKeyList: LIST_ENTRY,
    pub OpenStatus: NTSTATUS,
}
assert_layout!(SRV_OPEN, 216, {
    UpperFinalizationDone: 120, Condition: 124, BufferingToken: 128, ScavengerFinalizationList: 136, TransitionWaitList: 152,
    FobxList: 168, InternalFobx: 184, SrvOpenKeyList: 192, OpenStatus: 208,
});

/// A handle, whole.
#[repr(C)]
pub struct FOBX {
    pub mrx: MRX_FOBX,
    pub FobxSerialNumber: ULONG,
    pub FobxQLinks: LIST_ENTRY,
    pub ScavengerFinalizationList: LIST_ENTRY,
    pub ClosePendingList: LIST_ENTRY,
    pub CloseTime: LARGE_INTEGER,
    pub UpperFinalizationDone: BOOLEAN,
    pub ContainsWildCards: BOOLEAN,
    pub fOpenCountDecremented: BOOLEAN,
    pub Specific: FOBX_SPECIFIC,
    pub RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
}
assert_layout!(FOBX, 248, {
    FobxSerialNumber: 72, FobxQLinks: 80, ScavengerFinalizationList: 96, ClosePendingList: 112, CloseTime: 128,
    UpperFinalizationDone: 136, ContainsWildCards: 137, fOpenCountDecremented: 138, Specific: 144, RxDeviceObject: 240,
});

/// What a handle remembers, by the type of its share.
#[repr(C)]
#[derive(Clone, Copy)]
pub union FOBX_SPECIFIC {
    pub NamedPipe: FOBX_NAMED_PIPE,
    pub DiskFile: FOBX_DISK_FILE,
}
assert_layout!(FOBX_SPECIFIC, 96, {});

/// What a pipe's handle remembers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FOBX_NAMED_PIPE {
    pub PipeHandleInformation: MRX_PIPE_HANDLE_INFORMATION,
    pub CollectDataTime: LARGE_INTEGER,
    pub CollectDataSize: ULONG,
    pub ThrottlingState: THROTTLING_STATE,
    pub ReadSerializationQueue: LIST_ENTRY,
    pub WriteSerializationQueue: LIST_ENTRY,
}
assert_layout!(FOBX_NAMED_PIPE, 96, {
    CollectDataTime: 16, CollectDataSize: 24, ThrottlingState: 32, ReadSerializationQueue: 64, WriteSerializationQueue: 80,
});

/// What a file's handle remembers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FOBX_DISK_FILE {
    pub PredictedReadOffset: RXVBO,
    pub PredictedWriteOffset: RXVBO,
    pub LockThrottlingState: THROTTLING_STATE,
    pub LastLockOffset: LARGE_INTEGER,
    pub LastLockRange: LARGE_INTEGER,
}
assert_layout!(FOBX_DISK_FILE, 64, { PredictedWriteOffset: 8, LockThrottlingState: 16, LastLockOffset: 48, LastLockRange: 56 });

/// How far a repeated request has been slowed down.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct THROTTLING_STATE {
    pub NextTime: LARGE_INTEGER,
    pub CurrentIncrement: ULONG,
    pub MaximumDelay: ULONG,
    pub Increment: LARGE_INTEGER,
    pub NumberOfQueries: ULONG,
}
assert_layout!(THROTTLING_STATE, 32, { CurrentIncrement: 8, MaximumDelay: 12, Increment: 16, NumberOfQueries: 24 });

/// The part of an FCB that must not be paged out.
#[repr(C)]
pub struct NON_PAGED_FCB {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub SectionObjectPointers: SECTION_OBJECT_POINTERS,
    pub HeaderResource: ERESOURCE,
    pub PagingIoResource: ERESOURCE,
    pub TransitionWaitList: LIST_ENTRY,
    pub OutstandingAsyncWrites: ULONG,
    pub OutstandingAsyncEvent: *mut KEVENT,
    pub TheActualEvent: KEVENT,
    pub MiniRdrContext: [PVOID; 2],
    pub AdvancedFcbHeaderMutex: FAST_MUTEX,
    pub BufferedLocksResource: ERESOURCE,
}
assert_layout!(NON_PAGED_FCB, 472, {
    SectionObjectPointers: 8, HeaderResource: 32, PagingIoResource: 136, TransitionWaitList: 240, OutstandingAsyncWrites: 256,
    OutstandingAsyncEvent: 264, TheActualEvent: 272, MiniRdrContext: 296, AdvancedFcbHeaderMutex: 312, BufferedLocksResource: 368,
});

/// Who waits for the purge of a share or a server.
#[repr(C)]
pub struct PURGE_SYNCHRONIZATION_CONTEXT {
    pub ContextsAwaitingPurgeCompletion: LIST_ENTRY,
    pub PurgeInProgress: BOOLEAN,
}
assert_layout!(PURGE_SYNCHRONIZATION_CONTEXT, 24, { PurgeInProgress: 16 });

/// A server's pending buffering changes (`buffring.h`).
#[repr(C)]
pub struct RX_BUFFERING_MANAGER {
    pub DispatcherActive: BOOLEAN,
    pub HandlerInactive: BOOLEAN,
    pub LastChanceHandlerActive: BOOLEAN,
    pub Pad: UCHAR,
    pub SpinLock: KSPIN_LOCK,
    pub CumulativeNumberOfBufferingChangeRequests: LONG,
    pub NumberOfUnhandledRequests: LONG,
    pub NumberOfUndispatchedRequests: LONG,
    pub NumberOfOutstandingOpens: LONG,
    pub DispatcherList: LIST_ENTRY,
    pub HandlerList: LIST_ENTRY,
    pub LastChanceHandlerList: LIST_ENTRY,
    pub DispatcherWorkItem: RX_WORK_QUEUE_ITEM,
    pub HandlerWorkItem: RX_WORK_QUEUE_ITEM,
    pub LastChanceHandlerWorkItem: RX_WORK_QUEUE_ITEM,
    pub Mutex: FAST_MUTEX,
    pub SrvOpenLists: [LIST_ENTRY; 1],
}
assert_layout!(RX_BUFFERING_MANAGER, 272, {
    HandlerInactive: 1, LastChanceHandlerActive: 2, SpinLock: 8, CumulativeNumberOfBufferingChangeRequests: 16,
    NumberOfOutstandingOpens: 28, DispatcherList: 32, HandlerList: 48, LastChanceHandlerList: 64, DispatcherWorkItem: 80,
    HandlerWorkItem: 120, LastChanceHandlerWorkItem: 160, Mutex: 200, SrvOpenLists: 256,
});

/// One buffering change on its way to its open (`buffring.h`).
#[repr(C)]
pub struct CHANGE_BUFFERING_STATE_REQUEST {
    pub ListEntry: LIST_ENTRY,
    pub Flags: ULONG,
    pub SrvOpen: *mut SRV_OPEN,
    pub SrvOpenKey: PVOID,
    pub MRxContext: PVOID,
}
assert_layout!(CHANGE_BUFFERING_STATE_REQUEST, 48, { Flags: 16, SrvOpen: 24, SrvOpenKey: 32, MRxContext: 40 });

/// `CHANGE_BUFFERING_STATE_REQUEST`: its SRV_OPEN has been found.
pub const RX_REQUEST_PREPARED_FOR_HANDLING: ULONG = 0x1000_0000;
