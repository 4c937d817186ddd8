//! The objects of RDBSS as a mini-redirector sees them (`mrxfcb.h`). What the library keeps behind them is in
//! [`library_objects`], the FCB in [`fcb`].

use super::*;

/// How every RDBSS object begins.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_NORMAL_NODE_HEADER {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub NodeReferenceCount: ULONG,
}
assert_layout!(MRX_NORMAL_NODE_HEADER, 8, { NodeByteSize: 2, NodeReferenceCount: 4 });

/// A server.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_SRV_CALL {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub NodeReferenceCount: ULONG,
    /// The mini-redirector's own.
    pub Context: PVOID,
    /// The mini-redirector's own.
    pub Context2: PVOID,
    pub RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    /// The server's name with one leading backslash.
    pub pSrvCallName: *mut UNICODE_STRING,
    pub pPrincipalName: *mut UNICODE_STRING,
    pub pDomainName: *mut UNICODE_STRING,
    /// `SRVCALL_FLAG_*`.
    pub Flags: ULONG,
    pub MaximumNumberOfCloseDelayedFiles: LONG,
    pub Status: NTSTATUS,
}
assert_layout!(MRX_SRV_CALL, 72, {
    Context: 8, Context2: 16, RxDeviceObject: 24, pSrvCallName: 32, pPrincipalName: 40, pDomainName: 48, Flags: 56,
    MaximumNumberOfCloseDelayedFiles: 60, Status: 64,
});

/// A share.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_NET_ROOT {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub NodeReferenceCount: ULONG,
    pub pSrvCall: *mut MRX_SRV_CALL,
    /// The mini-redirector's own.
    pub Context: PVOID,
    /// The mini-redirector's own.
    pub Context2: PVOID,
    /// `NETROOT_FLAG_*`.
    pub Flags: ULONG,
    pub NumberOfFcbs: ULONG,
    pub NumberOfSrvOpens: ULONG,
    /// `MRX_NET_ROOT_STATE_*`.
    pub MRxNetRootState: UCHAR,
    /// `NET_ROOT_*`.
    pub Type: UCHAR,
    /// `MRX_PURGE_SAME_*`.
    pub PurgeRelationship: UCHAR,
    /// `MRX_PURGE_SYNC_AT_*`.
    pub PurgeSyncLocation: UCHAR,
    /// `FILE_DEVICE_*`.
    pub DeviceType: ULONG,
    /// Server and share: `\server\share`.
    pub pNetRootName: *mut UNICODE_STRING,
    pub InnerNamePrefix: UNICODE_STRING,
    pub ParameterValidationStamp: ULONG,
    pub Parameters: NET_ROOT_PARAMETERS,
}
assert_layout!(MRX_NET_ROOT, 120, {
    pSrvCall: 8, Context: 16, Context2: 24, Flags: 32, NumberOfFcbs: 36, NumberOfSrvOpens: 40, MRxNetRootState: 44, Type: 45,
    PurgeRelationship: 46, PurgeSyncLocation: 47, DeviceType: 48, pNetRootName: 56, InnerNamePrefix: 64, ParameterValidationStamp: 80,
    Parameters: 84,
});

/// What RDBSS must know of a share, by its type.
#[repr(C)]
#[derive(Clone, Copy)]
pub union NET_ROOT_PARAMETERS {
    pub NamedPipeParameters: NAMED_PIPE_PARAMETERS,
    pub DiskParameters: DISK_PARAMETERS,
}
assert_layout!(NET_ROOT_PARAMETERS, 36, {});

/// Parameters of a share of named pipes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NAMED_PIPE_PARAMETERS {
    pub DataCollectionSize: ULONG,
    pub PipeReadThrottlingParameters: NETROOT_THROTTLING_PARAMETERS,
}
assert_layout!(NAMED_PIPE_PARAMETERS, 12, { PipeReadThrottlingParameters: 4 });

/// Parameters of a share of files.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DISK_PARAMETERS {
    /// Bytes a cluster: a power of two, never 0, for RDBSS rounds sizes with it.
    pub ClusterSize: ULONG,
    pub ReadAheadGranularity: ULONG,
    pub LockThrottlingParameters: NETROOT_THROTTLING_PARAMETERS,
    pub RenameInfoOverallocationSize: ULONG,
    pub VolumeId: GUID,
}
assert_layout!(DISK_PARAMETERS, 36, { ReadAheadGranularity: 4, LockThrottlingParameters: 8, RenameInfoOverallocationSize: 16, VolumeId: 20 });

/// How requests that keep failing are slowed down; milliseconds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NETROOT_THROTTLING_PARAMETERS {
    pub Increment: ULONG,
    pub MaximumDelay: ULONG,
}
assert_layout!(NETROOT_THROTTLING_PARAMETERS, 8, { MaximumDelay: 4 });

/// One user's view of a share: a logon, a session, a drive letter.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_V_NET_ROOT {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub NodeReferenceCount: ULONG,
    pub pNetRoot: *mut MRX_NET_ROOT,
    /// The mini-redirector's own.
    pub Context: PVOID,
    /// The mini-redirector's own.
    pub Context2: PVOID,
    /// `VNETROOT_FLAG_*`.
    pub Flags: ULONG,
    pub NumberOfOpens: ULONG,
    pub NumberOfFobxs: ULONG,
    pub LogonId: LUID,
    pub pUserDomainName: *mut UNICODE_STRING,
    pub pUserName: *mut UNICODE_STRING,
    pub pPassword: *mut UNICODE_STRING,
    pub SessionId: ULONG,
    pub ConstructionStatus: NTSTATUS,
    /// The user connected on purpose (`net use`).
    pub IsExplicitConnection: BOOLEAN,
}
assert_layout!(MRX_V_NET_ROOT, 96, {
    pNetRoot: 8, Context: 16, Context2: 24, Flags: 32, NumberOfOpens: 36, NumberOfFobxs: 40, LogonId: 44, pUserDomainName: 56,
    pUserName: 64, pPassword: 72, SessionId: 80, ConstructionStatus: 84, IsExplicitConnection: 88,
});

/// An open as the server knows it; several handles may share one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_SRV_OPEN {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub NodeReferenceCount: ULONG,
    pub pFcb: *mut MRX_FCB,
    pub pVNetRoot: *mut MRX_V_NET_ROOT,
    /// The mini-redirector's own.
    pub Context: PVOID,
    /// The mini-redirector's own.
    pub Context2: PVOID,
    pub ShadowContext: *mut MRXSHADOW_SRV_OPEN,
    /// `SRVOPEN_FLAG_*`.
    pub Flags: ULONG,
    /// The file's name from the share on.
    pub pAlreadyPrefixedName: *mut UNICODE_STRING,
    pub UncleanFobxCount: LONG,
    pub OpenCount: LONG,
    /// Finds this open for a buffering change; unique in its SRV_CALL, neither 0 nor -1.
    pub Key: PVOID,
    pub DesiredAccess: ACCESS_MASK,
    pub ShareAccess: ULONG,
    pub CreateOptions: ULONG,
    /// What may be buffered: `FCB_STATE_*` in `FCB_STATE_BUFFERING_STATE_MASK`.
    pub BufferingFlags: ULONG,
    pub ulFileSizeVersion: ULONG,
    pub SrvOpenQLinks: LIST_ENTRY,
}
assert_layout!(MRX_SRV_OPEN, 120, {
    pFcb: 8, pVNetRoot: 16, Context: 24, Context2: 32, ShadowContext: 40, Flags: 48, pAlreadyPrefixedName: 56, UncleanFobxCount: 64,
    OpenCount: 68, Key: 72, DesiredAccess: 80, ShareAccess: 84, CreateOptions: 88, BufferingFlags: 92, ulFileSizeVersion: 96,
    SrvOpenQLinks: 104,
});

/// An open that goes to another file system on this machine.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRXSHADOW_SRV_OPEN {
    pub UnderlyingFileObject: *mut FILE_OBJECT,
    pub UnderlyingDeviceObject: *mut DEVICE_OBJECT,
    pub LockKey: ULONG,
    pub FastIoRead: PVOID,
    pub FastIoWrite: PVOID,
    pub DispatchRoutine: PMRX_CALLDOWN,
}
assert_layout!(MRXSHADOW_SRV_OPEN, 48, { UnderlyingDeviceObject: 8, LockKey: 16, FastIoRead: 24, FastIoWrite: 32, DispatchRoutine: 40 });

/// A handle: what a file object points to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_FOBX {
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    pub NodeReferenceCount: ULONG,
    pub pSrvOpen: *mut MRX_SRV_OPEN,
    /// NULL once closed.
    pub AssociatedFileObject: *mut FILE_OBJECT,
    /// The mini-redirector's own.
    pub Context: PVOID,
    /// The mini-redirector's own.
    pub Context2: PVOID,
    /// `FOBX_FLAG_*`.
    pub Flags: ULONG,
    pub Query: FOBX_QUERY,
    /// Where the next EA query goes on, from 1.
    pub OffsetOfNextEaToReturn: ULONG,
}
assert_layout!(MRX_FOBX, 72, {
    pSrvOpen: 8, AssociatedFileObject: 16, Context: 24, Context2: 32, Flags: 40, Query: 48, OffsetOfNextEaToReturn: 64,
});

/// A directory's search pattern, or what is known of a pipe.
#[repr(C)]
#[derive(Clone, Copy)]
pub union FOBX_QUERY {
    pub UnicodeQueryTemplate: UNICODE_STRING,
    pub PipeHandleInformation: *mut MRX_PIPE_HANDLE_INFORMATION,
}
assert_layout!(FOBX_QUERY, 16, {});

/// Modes of a named pipe's handle.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_PIPE_HANDLE_INFORMATION {
    pub TypeOfPipe: ULONG,
    pub ReadMode: ULONG,
    pub CompletionMode: ULONG,
}
assert_layout!(MRX_PIPE_HANDLE_INFORMATION, 12, { ReadMode: 4, CompletionMode: 8 });
