//! `MINIRDR_DISPATCH`: what a mini-redirector registers (`mrx.h`).

use super::*;

/// The table of a mini-redirector's callbacks and settings.
///
/// RDBSS calls `MRxCreateSrvCall`, `MRxExtractNetRootName`, `MRxShouldTryToCollapseThisOpen`, `MRxDeallocateForFcb` and
/// `MRxDevFcbXXXControlFile` without looking whether they are NULL; a NULL elsewhere means STATUS_NOT_IMPLEMENTED.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MINIRDR_DISPATCH {
    /// [`RDBSS_NTC_MINIRDR_DISPATCH`].
    pub NodeTypeCode: USHORT,
    /// Size of this structure.
    pub NodeByteSize: USHORT,
    /// Which extensions RDBSS allocates: `RDBSS_MANAGE_*_EXTENSION`.
    pub MRxFlags: ULONG,
    pub MRxSrvCallSize: ULONG,
    pub MRxNetRootSize: ULONG,
    pub MRxVNetRootSize: ULONG,
    pub MRxFcbSize: ULONG,
    pub MRxSrvOpenSize: ULONG,
    pub MRxFobxSize: ULONG,
    pub MRxStart: PMRX_CALLDOWN_CTX,
    pub MRxStop: PMRX_CALLDOWN_CTX,
    pub MRxCancel: PMRX_CALLDOWN,
    pub MRxCreate: PMRX_CALLDOWN,
    pub MRxCollapseOpen: PMRX_CALLDOWN,
    pub MRxShouldTryToCollapseThisOpen: PMRX_CALLDOWN,
    pub MRxFlush: PMRX_CALLDOWN,
    pub MRxZeroExtend: PMRX_CALLDOWN,
    pub MRxTruncate: PMRX_CALLDOWN,
    pub MRxCleanupFobx: PMRX_CALLDOWN,
    pub MRxCloseSrvOpen: PMRX_CALLDOWN,
    pub MRxDeallocateForFcb: PMRX_DEALLOCATE_FOR_FCB,
    pub MRxDeallocateForFobx: PMRX_DEALLOCATE_FOR_FOBX,
    pub MRxIsLockRealizable: PMRX_IS_LOCK_REALIZABLE,
    pub MRxForceClosed: PMRX_FORCECLOSED_CALLDOWN,
    pub MRxAreFilesAliased: PMRX_CHKFCB_CALLDOWN,
    pub MRxOpenPrintFile: PMRX_CALLDOWN,
    pub MRxClosePrintFile: PMRX_CALLDOWN,
    pub MRxWritePrintFile: PMRX_CALLDOWN,
    pub MRxEnumeratePrintQueue: PMRX_CALLDOWN,
    pub MRxClosedSrvOpenTimeOut: PMRX_CALLDOWN,
    pub MRxClosedFcbTimeOut: PMRX_CALLDOWN,
    pub MRxQueryDirectory: PMRX_CALLDOWN,
    pub MRxQueryFileInfo: PMRX_CALLDOWN,
    pub MRxSetFileInfo: PMRX_CALLDOWN,
    pub MRxSetFileInfoAtCleanup: PMRX_CALLDOWN,
    pub MRxQueryEaInfo: PMRX_CALLDOWN,
    pub MRxSetEaInfo: PMRX_CALLDOWN,
    pub MRxQuerySdInfo: PMRX_CALLDOWN,
    pub MRxSetSdInfo: PMRX_CALLDOWN,
    pub MRxQueryQuotaInfo: PMRX_CALLDOWN,
    pub MRxSetQuotaInfo: PMRX_CALLDOWN,
    pub MRxQueryVolumeInfo: PMRX_CALLDOWN,
    pub MRxSetVolumeInfo: PMRX_CALLDOWN,
    pub MRxIsValidDirectory: PMRX_CHKDIR_CALLDOWN,
    pub MRxComputeNewBufferingState: PMRX_COMPUTE_NEW_BUFFERING_STATE,
    /// Indexed by `LOWIO_OP_*`; the last one is spare.
    pub MRxLowIOSubmit: [PMRX_CALLDOWN; LOWIO_OP_MAXIMUM as usize + 1],
    pub MRxExtendForCache: PMRX_EXTENDFILE_CALLDOWN,
    pub MRxExtendForNonCache: PMRX_EXTENDFILE_CALLDOWN,
    pub MRxCompleteBufferingStateChangeRequest: PMRX_CHANGE_BUFFERING_STATE_CALLDOWN,
    pub MRxCreateVNetRoot: PMRX_CREATE_V_NET_ROOT,
    pub MRxFinalizeVNetRoot: PMRX_FINALIZE_V_NET_ROOT_CALLDOWN,
    pub MRxFinalizeNetRoot: PMRX_FINALIZE_NET_ROOT_CALLDOWN,
    pub MRxUpdateNetRootState: PMRX_UPDATE_NETROOT_STATE,
    pub MRxExtractNetRootName: PMRX_EXTRACT_NETROOT_NAME,
    pub MRxCreateSrvCall: PMRX_CREATE_SRVCALL,
    pub MRxCancelCreateSrvCall: PMRX_CREATE_SRVCALL,
    pub MRxSrvCallWinnerNotify: PMRX_SRVCALL_WINNER_NOTIFY,
    pub MRxFinalizeSrvCall: PMRX_FINALIZE_SRVCALL_CALLDOWN,
    pub MRxDevFcbXXXControlFile: PMRX_CALLDOWN,
    pub MRxPreparseName: PMRX_PREPARSE_NAME,
    pub MRxGetConnectionId: PMRX_GET_CONNECTION_ID,
    /// Age in seconds at which a delayed close is done; 0 for RDBSS's own 10 s.
    pub ScavengerTimeout: ULONG,
}

assert_layout!(MINIRDR_DISPATCH, 536, {
    MRxFlags: 4, MRxSrvCallSize: 8, MRxNetRootSize: 12, MRxVNetRootSize: 16, MRxFcbSize: 20, MRxSrvOpenSize: 24, MRxFobxSize: 28,
    MRxStart: 32, MRxStop: 40, MRxCancel: 48, MRxCreate: 56, MRxCollapseOpen: 64, MRxShouldTryToCollapseThisOpen: 72, MRxFlush: 80,
    MRxZeroExtend: 88, MRxTruncate: 96, MRxCleanupFobx: 104, MRxCloseSrvOpen: 112, MRxDeallocateForFcb: 120,
    MRxDeallocateForFobx: 128, MRxIsLockRealizable: 136, MRxForceClosed: 144, MRxAreFilesAliased: 152, MRxOpenPrintFile: 160,
    MRxEnumeratePrintQueue: 184, MRxClosedSrvOpenTimeOut: 192, MRxClosedFcbTimeOut: 200, MRxQueryDirectory: 208,
    MRxQueryFileInfo: 216, MRxSetFileInfo: 224, MRxSetFileInfoAtCleanup: 232, MRxQueryEaInfo: 240, MRxSetEaInfo: 248,
    MRxQuerySdInfo: 256, MRxSetSdInfo: 264, MRxQueryQuotaInfo: 272, MRxSetQuotaInfo: 280, MRxQueryVolumeInfo: 288,
    MRxSetVolumeInfo: 296, MRxIsValidDirectory: 304, MRxComputeNewBufferingState: 312, MRxLowIOSubmit: 320, MRxExtendForCache: 408,
    MRxExtendForNonCache: 416, MRxCompleteBufferingStateChangeRequest: 424, MRxCreateVNetRoot: 432, MRxFinalizeVNetRoot: 440,
    MRxFinalizeNetRoot: 448, MRxUpdateNetRootState: 456, MRxExtractNetRootName: 464, MRxCreateSrvCall: 472,
    MRxCancelCreateSrvCall: 480, MRxSrvCallWinnerNotify: 488, MRxFinalizeSrvCall: 496, MRxDevFcbXXXControlFile: 504,
    MRxPreparseName: 512, MRxGetConnectionId: 520, ScavengerTimeout: 528,
});

/// RDBSS allocates an extension behind a SRV_CALL. No known library honours it.
pub const RDBSS_MANAGE_SRV_CALL_EXTENSION: ULONG = 0x1;
/// RDBSS allocates an extension behind a NET_ROOT.
pub const RDBSS_MANAGE_NET_ROOT_EXTENSION: ULONG = 0x2;
/// RDBSS allocates an extension behind a V_NET_ROOT.
pub const RDBSS_MANAGE_V_NET_ROOT_EXTENSION: ULONG = 0x4;
/// RDBSS allocates an extension behind an FCB.
pub const RDBSS_MANAGE_FCB_EXTENSION: ULONG = 0x8;
/// RDBSS allocates an extension behind a SRV_OPEN.
pub const RDBSS_MANAGE_SRV_OPEN_EXTENSION: ULONG = 0x10;
/// RDBSS allocates an extension behind a FOBX.
pub const RDBSS_MANAGE_FOBX_EXTENSION: ULONG = 0x20;
/// Read-ahead is not put off until the first read.
pub const RDBSS_NO_DEFERRED_CACHE_READAHEAD: ULONG = 0x1000;

/// `RxRegisterMinirdr`: do not register with MUP.
pub const RX_REGISTERMINI_FLAG_DONT_PROVIDE_UNCS: ULONG = 0x1;
/// `RxRegisterMinirdr`: mailslots are not served.
pub const RX_REGISTERMINI_FLAG_DONT_PROVIDE_MAILSLOTS: ULONG = 0x2;
/// `RxRegisterMinirdr`: leave the driver object's dispatch routines alone.
pub const RX_REGISTERMINI_FLAG_DONT_INIT_DRIVER_DISPATCH: ULONG = 0x4;
/// `RxRegisterMinirdr`: the mini-redirector brings its own name table and scavenger.
pub const RX_REGISTERMINI_FLAG_DONT_INIT_PREFIX_N_SCAVENGER: ULONG = 0x8;
/// `RxRegisterMinirdr`: register with MUP in the way before Vista.
pub const RX_REGISTERMINI_FLAG_DONT_USE_VISTA_REDIRECTOR: ULONG = 0x10;

/// An RDBSS device is of this type.
pub const FILE_DEVICE_NETWORK_FILE_SYSTEM: ULONG = 0x14;
/// MUP's device is of this type.
pub const FILE_DEVICE_MULTI_UNC_PROVIDER: ULONG = 0x10;
/// Base of private control codes. `FILE_DEVICE_NETWORK_FILE_SYSTEM` as a base would collide with MUP's path queries.
pub const FILE_DEVICE_NETWORK_REDIRECTOR: ULONG = 0x28;
/// Device characteristic of a network file system.
pub const FILE_REMOTE_DEVICE: ULONG = 0x10;

/// `MRxComputeNewBufferingState`'s argument asks for a purge of everything buffered.
pub const MINIRDR_BUFSTATE_COMMAND_FORCEPURGE: ULONG = 0x1;
