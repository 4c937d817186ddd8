//! Flags and small enumerations of the objects (`mrxfcb.h`, `fcb.h`).

use super::*;

/// The server takes mailslot messages.
pub const SRVCALL_FLAG_MAILSLOT_SERVER: ULONG = 0x1;
/// The server serves files.
pub const SRVCALL_FLAG_FILE_SERVER: ULONG = 0x2;
/// Names of shares are compared without regard to case.
pub const SRVCALL_FLAG_CASE_INSENSITIVE_NETROOTS: ULONG = 0x4;
/// Names of files are compared without regard to case.
pub const SRVCALL_FLAG_CASE_INSENSITIVE_FILENAMES: ULONG = 0x8;
/// The server knows DFS.
pub const SRVCALL_FLAG_DFS_AWARE_SERVER: ULONG = 0x10;
/// The SRV_CALL is being finalized by force.
pub const SRVCALL_FLAG_FORCE_FINALIZED: ULONG = 0x20;
/// The server knows light-weight I/O.
pub const SRVCALL_FLAG_LWIO_AWARE_SERVER: ULONG = 0x40;
/// The server is this machine.
pub const SRVCALL_FLAG_LOOPBACK_SERVER: ULONG = 0x80;
/// No connection may be made.
pub const SRVCALL_FLAG_NO_CONNECTION_ALLOWED: ULONG = 0x0001_0000;
/// Nothing may be written.
pub const SRVCALL_FLAG_NO_WRITES_ALLOWED: ULONG = 0x0002_0000;
/// Nothing may be deleted.
pub const SRVCALL_FLAG_NO_DELETES_ALLOWED: ULONG = 0x0004_0000;

/// Type of a share: files.
pub const NET_ROOT_DISK: UCHAR = 0;
/// Type of a share: named pipes.
pub const NET_ROOT_PIPE: UCHAR = 1;
/// Type of a share: a serial line.
pub const NET_ROOT_COMM: UCHAR = 2;
/// Type of a share: a printer.
pub const NET_ROOT_PRINT: UCHAR = 3;
/// Type of a share: not known.
pub const NET_ROOT_WILD: UCHAR = 4;
/// Type of a share: mailslots.
pub const NET_ROOT_MAILSLOT: UCHAR = 5;

/// State of a share: in use.
pub const MRX_NET_ROOT_STATE_GOOD: UCHAR = 0;
/// State of a share: paused by the server.
pub const MRX_NET_ROOT_STATE_PAUSED: UCHAR = 1;
/// State of a share: connection lost.
pub const MRX_NET_ROOT_STATE_DISCONNECTED: UCHAR = 2;
/// State of a share: broken.
pub const MRX_NET_ROOT_STATE_ERROR: UCHAR = 3;
/// State of a share: connected.
pub const MRX_NET_ROOT_STATE_CONNECTED: UCHAR = 4;
/// State of a share: being connected again.
pub const MRX_NET_ROOT_STATE_RECONN: UCHAR = 5;

/// A purge covers the share.
pub const MRX_PURGE_SAME_NETROOT: UCHAR = 0;
/// A purge covers the server.
pub const MRX_PURGE_SAME_SRVCALL: UCHAR = 1;
/// Purges wait for each other in the share.
pub const MRX_PURGE_SYNC_AT_NETROOT: UCHAR = 0;
/// Purges wait for each other in the server.
pub const MRX_PURGE_SYNC_AT_SRVCALL: UCHAR = 1;

/// The share has symbolic links.
pub const NETROOT_FLAG_SUPPORTS_SYMBOLIC_LINKS: ULONG = 0x1;
/// The share is in a DFS name space.
pub const NETROOT_FLAG_DFS_AWARE_NETROOT: ULONG = 0x2;
/// Read-ahead starts with the first read.
pub const NETROOT_FLAG_DEFER_READAHEAD: ULONG = 0x4;
/// `DiskParameters.VolumeId` is valid.
pub const NETROOT_FLAG_VOLUMEID_INITIALIZED: ULONG = 0x8;
/// `MRxFinalizeNetRoot` has been called.
pub const NETROOT_FLAG_FINALIZE_INVOKED: ULONG = 0x10;
/// A file has one name only.
pub const NETROOT_FLAG_UNIQUE_FILE_NAME: ULONG = 0x20;
/// The default V_NET_ROOT is allocated with the NET_ROOT.
pub const NETROOT_FLAG_ENCLOSED_ALLOCATED: ULONG = 0x0001_0000;
/// The NET_ROOT stands for the device itself.
pub const NETROOT_FLAG_DEVICE_NETROOT: ULONG = 0x0002_0000;
/// The NET_ROOT is being finalized.
pub const NETROOT_FLAG_FINALIZATION_IN_PROGRESS: ULONG = 0x0004_0000;
/// The name is no longer in the table.
pub const NETROOT_FLAG_NAME_ALREADY_REMOVED: ULONG = 0x0008_0000;

/// Bytes by which the cache manager reads ahead.
pub const DEFAULT_READ_AHEAD_GRANULARITY: ULONG = 0x8000;

/// The view belongs to the client-side cache.
pub const VNETROOT_FLAG_CSCAGENT_INSTANCE: ULONG = 0x1;
/// `MRxFinalizeVNetRoot` has been called.
pub const VNETROOT_FLAG_FINALIZE_INVOKED: ULONG = 0x2;
/// The view is being finalized by force.
pub const VNETROOT_FLAG_FORCED_FINALIZE: ULONG = 0x4;
/// The view has not been finalized.
pub const VNETROOT_FLAG_NOT_FINALIZED: ULONG = 0x8;

/// Reads by this open bypass the cache.
pub const SRVOPEN_FLAG_DONTUSE_READ_CACHING: ULONG = 0x1;
/// Writes by this open bypass the cache.
pub const SRVOPEN_FLAG_DONTUSE_WRITE_CACHING: ULONG = 0x2;
/// Closed at the server.
pub const SRVOPEN_FLAG_CLOSED: ULONG = 0x4;
/// Its close waits.
pub const SRVOPEN_FLAG_CLOSE_DELAYED: ULONG = 0x8;
/// The file has been renamed.
pub const SRVOPEN_FLAG_FILE_RENAMED: ULONG = 0x10;
/// The file has been deleted.
pub const SRVOPEN_FLAG_FILE_DELETED: ULONG = 0x20;
/// A change of the buffering state waits.
pub const SRVOPEN_FLAG_BUFFERING_STATE_CHANGE_PENDING: ULONG = 0x40;
/// No other open may use it.
pub const SRVOPEN_FLAG_COLLAPSING_DISABLED: ULONG = 0x80;
/// Waiting changes have been dropped.
pub const SRVOPEN_FLAG_BUFFERING_STATE_CHANGE_REQUESTS_PURGED: ULONG = 0x100;
/// Buffering changes do not concern it.
pub const SRVOPEN_FLAG_NO_BUFFERING_STATE_CHANGE: ULONG = 0x200;
/// Its file is no longer reachable.
pub const SRVOPEN_FLAG_ORPHANED: ULONG = 0x400;
/// Allocated with its FCB.
pub const SRVOPEN_FLAG_ENCLOSED_ALLOCATED: ULONG = 0x0001_0000;
/// The FOBX allocated with it is in use.
pub const SRVOPEN_FLAG_FOBX_USED: ULONG = 0x0002_0000;
/// Its share access has been counted.
pub const SRVOPEN_FLAG_SHAREACCESS_UPDATED: ULONG = 0x0004_0000;

/// Opened by a DFS name.
pub const FOBX_FLAG_DFS_OPEN: ULONG = 0x1;
/// The handle can no longer be used.
pub const FOBX_FLAG_BAD_HANDLE: ULONG = 0x2;
/// Opened for backup.
pub const FOBX_FLAG_BACKUP_INTENT: ULONG = 0x4;
/// Not used.
pub const FOBX_FLAG_NOT_USED: ULONG = 0x8;
/// Reads flush first, even from the cache.
pub const FOBX_FLAG_FLUSH_EVEN_CACHED_READS: ULONG = 0x10;
/// Paging I/O is refused.
pub const FOBX_FLAG_DONT_ALLOW_PAGING_IO: ULONG = 0x20;
/// Fast reads are refused.
pub const FOBX_FLAG_DONT_ALLOW_FASTIO_READ: ULONG = 0x40;
/// The search pattern matches everything.
pub const FOBX_FLAG_MATCH_ALL: ULONG = 0x0001_0000;
/// The search pattern is allocated.
pub const FOBX_FLAG_FREE_UNICODE: ULONG = 0x0002_0000;
/// The user has set the time of last write.
pub const FOBX_FLAG_USER_SET_LAST_WRITE: ULONG = 0x0004_0000;
/// The user has set the time of last access.
pub const FOBX_FLAG_USER_SET_LAST_ACCESS: ULONG = 0x0008_0000;
/// The user has set the time of creation.
pub const FOBX_FLAG_USER_SET_CREATION: ULONG = 0x0010_0000;
/// The user has set the time of last change.
pub const FOBX_FLAG_USER_SET_LAST_CHANGE: ULONG = 0x0020_0000;
/// The handle may only read.
pub const FOBX_FLAG_READ_ONLY: ULONG = 0x0040_0000;
/// Closing this handle deletes the file.
pub const FOBX_FLAG_DELETE_ON_CLOSE: ULONG = 0x0080_0000;
/// Its SRV_OPEN has been closed.
pub const FOBX_FLAG_SRVOPEN_CLOSED: ULONG = 0x0100_0000;
/// Opened by a UNC name.
pub const FOBX_FLAG_UNC_NAME: ULONG = 0x0200_0000;
/// Allocated with its SRV_OPEN.
pub const FOBX_FLAG_ENCLOSED_ALLOCATED: ULONG = 0x0400_0000;
/// Counted as closed but kept.
pub const FOBX_FLAG_MARKED_AS_DORMANT: ULONG = 0x0800_0000;
/// Something has been written by this handle.
pub const FOBX_FLAG_WRITES_ISSUED: ULONG = 0x1000_0000;

/// Reference tracking of SRV_CALLs.
pub const RDBSS_REF_TRACK_SRVCALL: ULONG = 0x1;
/// Reference tracking of NET_ROOTs.
pub const RDBSS_REF_TRACK_NETROOT: ULONG = 0x2;
/// Reference tracking of V_NET_ROOTs.
pub const RDBSS_REF_TRACK_VNETROOT: ULONG = 0x4;
/// Reference tracking of FOBXs.
pub const RDBSS_REF_TRACK_NETFOBX: ULONG = 0x8;
/// Reference tracking of FCBs.
pub const RDBSS_REF_TRACK_NETFCB: ULONG = 0x10;
/// Reference tracking of SRV_OPENs.
pub const RDBSS_REF_TRACK_SRVOPEN: ULONG = 0x20;

/// What an opener is told by `RxInferFileType`, and `RxFinishFcbInitialization` is told (`RX_FILE_TYPE`).
pub type RX_FILE_TYPE = i32;
/// Not known yet.
pub const FileTypeNotYetKnown: RX_FILE_TYPE = 0;
/// A directory.
pub const FileTypeDirectory: RX_FILE_TYPE = 2;
/// A file.
pub const FileTypeFile: RX_FILE_TYPE = 3;

/// Which lock the caller of `RxDereference` holds (`LOCK_HOLDING_STATE`).
pub type LOCK_HOLDING_STATE = i32;
/// No lock.
pub const LHS_LockNotHeld: LOCK_HOLDING_STATE = 0;
/// The name table, shared.
pub const LHS_SharedLockHeld: LOCK_HOLDING_STATE = 1;
/// The name table, exclusive.
pub const LHS_ExclusiveLockHeld: LOCK_HOLDING_STATE = 2;

/// How `RxConjureOriginalName` begins a name (`RX_NAME_CONJURING_METHODS`).
pub type RX_NAME_CONJURING_METHODS = i32;
/// With the prefix that the V_NET_ROOT was made by.
pub const VNetRoot_As_Prefix: RX_NAME_CONJURING_METHODS = 0;
/// As a UNC name.
pub const VNetRoot_As_UNC_Name: RX_NAME_CONJURING_METHODS = 1;
/// With a drive letter.
pub const VNetRoot_As_DriveLetter: RX_NAME_CONJURING_METHODS = 2;
