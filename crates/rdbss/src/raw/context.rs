//! `RX_CONTEXT`: one request on its way through RDBSS and a mini-redirector (`rxcontx.h`).

use super::*;

/// How many pointers of a context belong to the mini-redirector.
pub const MRX_CONTEXT_FIELD_COUNT: usize = 4;
/// How many lock operations a context remembers.
pub const RDBSS_TRACKER_HISTORY_SIZE: usize = 32;

/// One request.
#[repr(C)]
pub struct RX_CONTEXT {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub ReferenceCount: ULONG,
    pub ContextListEntry: LIST_ENTRY,
    pub MajorFunction: UCHAR,
    pub MinorFunction: UCHAR,
    pub PendingReturned: BOOLEAN,
    /// A callback that cannot block sets this and returns STATUS_PENDING; RDBSS calls it again on a worker thread.
    pub PostRequest: BOOLEAN,
    pub RealDevice: *mut DEVICE_OBJECT,
    /// NULL in a context that RDBSS made itself, as for a delayed close.
    pub CurrentIrp: *mut IRP,
    pub CurrentIrpSp: *mut IO_STACK_LOCATION,
    pub pFcb: *mut MRX_FCB,
    pub pFobx: *mut MRX_FOBX,
    pub pRelevantSrvOpen: *mut MRX_SRV_OPEN,
    pub NonPagedFcb: *mut NON_PAGED_FCB,
    pub RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    pub OriginalThread: PETHREAD,
    pub LastExecutionThread: PETHREAD,
    pub LockManagerContext: PVOID,
    pub RdbssDbgExtension: PVOID,
    pub ScavengerEntry: RX_SCAVENGER_ENTRY,
    pub SerialNumber: ULONG,
    pub FobxSerialNumber: ULONG,
    /// `RX_CONTEXT_FLAG_*`.
    pub Flags: ULONG,
    pub FcbResourceAcquired: BOOLEAN,
    pub FcbPagingIoResourceAcquired: BOOLEAN,
    pub MustSucceedDescriptorNumber: UCHAR,
    /// Status of a low I/O operation that finished later.
    pub StoredStatus: NTSTATUS,
    /// What goes to `IoStatus.Information`.
    pub InformationToReturn: usize,
    /// The mini-redirector's own during one callback; zeroed before each.
    pub MRxContext: [PVOID; MRX_CONTEXT_FIELD_COUNT],
    pub WriteOnlyOpenRetryContext: PVOID,
    pub MRxCancelRoutine: PMRX_CALLDOWN,
    pub ResumeRoutine: PRX_DISPATCH,
    pub WorkQueueItem: RX_WORK_QUEUE_ITEM,
    pub OverflowListEntry: LIST_ENTRY,
    /// Signalled by `RxLowIoCompletion` of a synchronous request.
    pub SyncEvent: KEVENT,
    pub BlockedOperations: LIST_ENTRY,
    pub BlockedOpsMutex: *mut FAST_MUTEX,
    pub RxContextSerializationQLinks: LIST_ENTRY,
    pub Common: RX_CONTEXT_COMMON,
    pub Params: RX_CONTEXT_PARAMS,
    pub AlsoCanonicalNameBuffer: *mut u16,
    pub LoudCompletionString: *mut UNICODE_STRING,
    pub AcquireReleaseFcbTrackerX: LONG,
    pub TrackerHistoryPointer: ULONG,
    pub TrackerHistory: [RX_FCBTRACKER_CALLINFO; RDBSS_TRACKER_HISTORY_SIZE],
}
assert_layout!(RX_CONTEXT, 1408, {
    ReferenceCount: 4, ContextListEntry: 8, MajorFunction: 24, MinorFunction: 25, PendingReturned: 26, PostRequest: 27, RealDevice: 32,
    CurrentIrp: 40, CurrentIrpSp: 48, pFcb: 56, pFobx: 64, pRelevantSrvOpen: 72, NonPagedFcb: 80, RxDeviceObject: 88,
    OriginalThread: 96, LastExecutionThread: 104, LockManagerContext: 112, RdbssDbgExtension: 120, ScavengerEntry: 128,
    SerialNumber: 160, FobxSerialNumber: 164, Flags: 168, FcbResourceAcquired: 172, FcbPagingIoResourceAcquired: 173,
    MustSucceedDescriptorNumber: 174, StoredStatus: 176, InformationToReturn: 184, MRxContext: 192, WriteOnlyOpenRetryContext: 224,
    MRxCancelRoutine: 232, ResumeRoutine: 240, WorkQueueItem: 248, OverflowListEntry: 288, SyncEvent: 304, BlockedOperations: 328,
    BlockedOpsMutex: 344, RxContextSerializationQLinks: 352, Common: 368, Params: 400, AlsoCanonicalNameBuffer: 616,
    LoudCompletionString: 624, AcquireReleaseFcbTrackerX: 632, TrackerHistoryPointer: 636, TrackerHistory: 640,
});

/// Parameters of query and set requests, or of MUP's path query.
#[repr(C)]
#[derive(Clone, Copy)]
pub union RX_CONTEXT_COMMON {
    pub Info: RX_INFO,
    pub PrefixClaim: RX_PREFIX_CLAIM,
}
assert_layout!(RX_CONTEXT_COMMON, 32, {});

/// What is queried or set, and the buffer.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_INFO {
    /// A FILE_INFORMATION_CLASS, or for a volume an FS_INFORMATION_CLASS.
    pub InformationClass: ULONG,
    pub Buffer: PVOID,
    /// Set requests: the buffer's length. Queries: what is left of it, which the mini-redirector counts down.
    pub LengthRemaining: LONG,
    pub ReplaceIfExists: BOOLEAN,
    pub AdvanceOnly: BOOLEAN,
}
assert_layout!(RX_INFO, 24, { Buffer: 8, LengthRemaining: 16, ReplaceIfExists: 20, AdvanceOnly: 21 });

/// MUP's path query.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_PREFIX_CLAIM {
    pub SuppliedPathName: UNICODE_STRING,
    pub NetRootType: UCHAR,
    pub pSecurityContext: *mut IO_SECURITY_CONTEXT,
}
assert_layout!(RX_PREFIX_CLAIM, 32, { NetRootType: 16, pSecurityContext: 24 });

/// Parameters by kind of request.
#[repr(C)]
#[derive(Clone, Copy)]
pub union RX_CONTEXT_PARAMS {
    pub Create: RX_CREATE,
    pub QueryDirectory: RX_QUERY_DIRECTORY,
    pub NotifyChangeDirectory: RX_NOTIFY_CHANGE_DIRECTORY,
    pub QueryEa: RX_QUERY_EA,
    pub QuerySecurity: RX_QUERY_SECURITY,
    pub SetSecurity: RX_SET_SECURITY,
    pub QueryQuota: RX_QUERY_QUOTA,
    pub SetQuota: RX_SET_QUOTA,
    pub DosVolumeFunction: RX_DOS_VOLUME_FUNCTION,
    pub LowIo: RX_LOW_IO,
}
assert_layout!(RX_CONTEXT_PARAMS, 216, {});

/// Parameters of a create.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_CREATE {
    pub NtCreateParameters: NT_CREATE_PARAMETERS,
    /// FILE_OPENED, FILE_CREATED, ...: what the mini-redirector did.
    pub ReturnedCreateInformation: ULONG,
    pub CanonicalNameBuffer: *mut u16,
    pub NetNamePrefixEntry: *mut RX_PREFIX_ENTRY,
    pub pSrvCall: *mut MRX_SRV_CALL,
    pub pNetRoot: *mut MRX_NET_ROOT,
    pub pVNetRoot: *mut MRX_V_NET_ROOT,
    pub EaBuffer: PVOID,
    pub EaLength: ULONG,
    pub SdLength: ULONG,
    pub PipeType: ULONG,
    pub PipeReadMode: ULONG,
    pub PipeCompletionMode: ULONG,
    /// `RX_CONTEXT_CREATE_FLAG_*`.
    pub Flags: USHORT,
    /// `NET_ROOT_*`, guessed from the name.
    pub Type: UCHAR,
    pub RdrFlags: UCHAR,
    pub FcbAcquired: BOOLEAN,
    pub TryForScavengingOnSharingViolation: BOOLEAN,
    pub ScavengingAlreadyTried: BOOLEAN,
    pub ThisIsATreeConnectOpen: BOOLEAN,
    pub TreeConnectOpenDeferred: BOOLEAN,
    pub TransportName: UNICODE_STRING,
    pub UserName: UNICODE_STRING,
    pub Password: UNICODE_STRING,
    pub UserDomainName: UNICODE_STRING,
}
assert_layout!(RX_CREATE, 216, {
    ReturnedCreateInformation: 64, CanonicalNameBuffer: 72, NetNamePrefixEntry: 80, pSrvCall: 88, pNetRoot: 96, pVNetRoot: 104,
    EaBuffer: 112, EaLength: 120, SdLength: 124, PipeType: 128, PipeReadMode: 132, PipeCompletionMode: 136, Flags: 140, Type: 142,
    RdrFlags: 143, FcbAcquired: 144, TryForScavengingOnSharingViolation: 145, ScavengingAlreadyTried: 146, ThisIsATreeConnectOpen: 147,
    TreeConnectOpenDeferred: 148, TransportName: 152, UserName: 168, Password: 184, UserDomainName: 200,
});

/// What NtCreateFile was asked for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NT_CREATE_PARAMETERS {
    pub DesiredAccess: ACCESS_MASK,
    pub AllocationSize: LARGE_INTEGER,
    pub FileAttributes: ULONG,
    pub ShareAccess: ULONG,
    pub Disposition: ULONG,
    /// FILE_* options; the high byte may still hold the disposition.
    pub CreateOptions: ULONG,
    pub SecurityContext: *mut IO_SECURITY_CONTEXT,
    pub ImpersonationLevel: i32,
    pub DfsContext: PVOID,
    pub DfsNameContext: PVOID,
}
assert_layout!(NT_CREATE_PARAMETERS, 64, {
    AllocationSize: 8, FileAttributes: 16, ShareAccess: 20, Disposition: 24, CreateOptions: 28, SecurityContext: 32,
    ImpersonationLevel: 40, DfsContext: 48, DfsNameContext: 56,
});

/// Parameters of a directory query.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_QUERY_DIRECTORY {
    pub FileIndex: ULONG,
    pub RestartScan: BOOLEAN,
    pub ReturnSingleEntry: BOOLEAN,
    pub IndexSpecified: BOOLEAN,
    pub InitialQuery: BOOLEAN,
}
assert_layout!(RX_QUERY_DIRECTORY, 8, { RestartScan: 4, ReturnSingleEntry: 5, IndexSpecified: 6, InitialQuery: 7 });

/// RDBSS's note on a change notification.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_NOTIFY_CHANGE_DIRECTORY {
    pub pVNetRoot: *mut MRX_V_NET_ROOT,
}
assert_layout!(RX_NOTIFY_CHANGE_DIRECTORY, 8, {});

/// Parameters of a query of extended attributes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_QUERY_EA {
    /// FILE_GET_EA_INFORMATION entries: which attributes are wanted; NULL for all.
    pub UserEaList: *mut u8,
    pub UserEaListLength: ULONG,
    pub UserEaIndex: ULONG,
    pub RestartScan: BOOLEAN,
    pub ReturnSingleEntry: BOOLEAN,
    pub IndexSpecified: BOOLEAN,
}
assert_layout!(RX_QUERY_EA, 24, { UserEaListLength: 8, UserEaIndex: 12, RestartScan: 16, ReturnSingleEntry: 17, IndexSpecified: 18 });

/// Parameters of a query of a security descriptor.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_QUERY_SECURITY {
    pub SecurityInformation: ULONG,
    pub Length: ULONG,
}
assert_layout!(RX_QUERY_SECURITY, 8, { Length: 4 });

/// Parameters of the setting of a security descriptor.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_SET_SECURITY {
    pub SecurityInformation: ULONG,
    pub SecurityDescriptor: PVOID,
}
assert_layout!(RX_SET_SECURITY, 16, { SecurityDescriptor: 8 });

/// Parameters of a query of quotas.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_QUERY_QUOTA {
    pub Length: ULONG,
    pub StartSid: PVOID,
    pub SidList: PVOID,
    pub SidListLength: ULONG,
    pub RestartScan: BOOLEAN,
    pub ReturnSingleEntry: BOOLEAN,
    pub IndexSpecified: BOOLEAN,
}
assert_layout!(RX_QUERY_QUOTA, 32, { StartSid: 8, SidList: 16, SidListLength: 24, RestartScan: 28, ReturnSingleEntry: 29, IndexSpecified: 30 });

/// Parameters of the setting of quotas.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_SET_QUOTA {
    pub Length: ULONG,
}
assert_layout!(RX_SET_QUOTA, 4, {});

/// Whose DOS name is asked for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_DOS_VOLUME_FUNCTION {
    pub VNetRoot: *mut V_NET_ROOT,
    pub SrvCall: *mut SRV_CALL,
    pub NetRoot: *mut NET_ROOT,
}
assert_layout!(RX_DOS_VOLUME_FUNCTION, 24, { SrvCall: 8, NetRoot: 16 });

/// A low I/O operation.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_LOW_IO {
    /// `RXCONTEXT_FLAG4LOWIO_*`.
    pub FlagsForLowIo: ULONG,
    pub LowIoContext: LOWIO_CONTEXT,
}
assert_layout!(RX_LOW_IO, 88, { LowIoContext: 8 });

/// One remembered lock operation.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_FCBTRACKER_CALLINFO {
    pub AcquireRelease: ULONG,
    pub SavedTrackerValue: USHORT,
    pub LineNumber: USHORT,
    pub FileName: *const u8,
    pub Flags: ULONG,
}
assert_layout!(RX_FCBTRACKER_CALLINFO, 24, { SavedTrackerValue: 4, LineNumber: 6, FileName: 8, Flags: 16 });

/// What a thread inside RDBSS leaves in its top-level IRP slot.
#[repr(C)]
pub struct RX_TOPLEVELIRP_CONTEXT {
    pub ListEntry: LIST_ENTRY,
    /// [`RX_TOPLEVELIRP_CONTEXT_SIGNATURE`].
    pub Signature: ULONG,
    pub RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    pub RxContext: *mut RX_CONTEXT,
    pub Irp: *mut IRP,
    pub Flags: ULONG,
    pub Previous: PVOID,
    pub Thread: PETHREAD,
}
assert_layout!(RX_TOPLEVELIRP_CONTEXT, 72, { Signature: 16, RxDeviceObject: 24, RxContext: 32, Irp: 40, Flags: 48, Previous: 56, Thread: 64 });

/// Marks an [`RX_TOPLEVELIRP_CONTEXT`].
pub const RX_TOPLEVELIRP_CONTEXT_SIGNATURE: ULONG = 0x4c54_7852;
