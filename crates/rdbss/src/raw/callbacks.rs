//! Types of the routines that RDBSS and a mini-redirector call in each other (`mrx.h`, `rxcontx.h`, `rxworkq.h`).

use super::*;

/// The usual callback: everything is in the context.
pub type PMRX_CALLDOWN = Option<unsafe extern "C" fn(RxContext: *mut RX_CONTEXT) -> NTSTATUS>;
/// `MRxStart`, `MRxStop`.
pub type PMRX_CALLDOWN_CTX = Option<
    unsafe extern "C" fn(
        RxContext: *mut RX_CONTEXT,
        RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    ) -> NTSTATUS,
>;
/// `MRxIsValidDirectory`.
pub type PMRX_CHKDIR_CALLDOWN = Option<
    unsafe extern "C" fn(
        RxContext: *mut RX_CONTEXT,
        DirectoryName: *mut UNICODE_STRING,
    ) -> NTSTATUS,
>;
/// `MRxAreFilesAliased`.
pub type PMRX_CHKFCB_CALLDOWN =
    Option<unsafe extern "C" fn(Fcb1: *mut FCB, Fcb2: *mut FCB) -> NTSTATUS>;
/// Tells RDBSS that `MRxCreateVNetRoot` has finished.
pub type PMRX_NETROOT_CALLBACK =
    Option<unsafe extern "C" fn(CreateContext: *mut MRX_CREATENETROOT_CONTEXT)>;
/// `MRxExtractNetRootName`.
pub type PMRX_EXTRACT_NETROOT_NAME = Option<
    unsafe extern "C" fn(
        FilePathName: *mut UNICODE_STRING,
        SrvCall: *mut MRX_SRV_CALL,
        NetRootName: *mut UNICODE_STRING,
        RestOfName: *mut UNICODE_STRING,
    ),
>;
/// `MRxCreateVNetRoot`.
pub type PMRX_CREATE_V_NET_ROOT =
    Option<unsafe extern "C" fn(Context: *mut MRX_CREATENETROOT_CONTEXT) -> NTSTATUS>;
/// `MRxUpdateNetRootState`.
pub type PMRX_UPDATE_NETROOT_STATE =
    Option<unsafe extern "C" fn(NetRoot: *mut MRX_NET_ROOT) -> NTSTATUS>;
/// Tells RDBSS that `MRxCreateSrvCall` has finished.
pub type PMRX_SRVCALL_CALLBACK =
    Option<unsafe extern "C" fn(Context: *mut MRX_SRVCALL_CALLBACK_CONTEXT)>;
/// `MRxCreateSrvCall`, `MRxCancelCreateSrvCall`.
pub type PMRX_CREATE_SRVCALL = Option<
    unsafe extern "C" fn(
        SrvCall: *mut MRX_SRV_CALL,
        SrvCallCallBackContext: *mut MRX_SRVCALL_CALLBACK_CONTEXT,
    ) -> NTSTATUS,
>;
/// `MRxSrvCallWinnerNotify`.
pub type PMRX_SRVCALL_WINNER_NOTIFY = Option<
    unsafe extern "C" fn(
        SrvCall: *mut MRX_SRV_CALL,
        ThisMinirdrIsTheWinner: BOOLEAN,
        RecommunicateContext: PVOID,
    ) -> NTSTATUS,
>;
/// `MRxDeallocateForFcb`.
pub type PMRX_DEALLOCATE_FOR_FCB = Option<unsafe extern "C" fn(Fcb: *mut MRX_FCB) -> NTSTATUS>;
/// `MRxDeallocateForFobx`.
pub type PMRX_DEALLOCATE_FOR_FOBX = Option<unsafe extern "C" fn(Fobx: *mut MRX_FOBX) -> NTSTATUS>;
/// `MRxIsLockRealizable`.
pub type PMRX_IS_LOCK_REALIZABLE = Option<
    unsafe extern "C" fn(
        Fcb: *mut MRX_FCB,
        ByteOffset: *mut LARGE_INTEGER,
        Length: *mut LARGE_INTEGER,
        LowIoLockFlags: ULONG,
    ) -> NTSTATUS,
>;
/// `MRxForceClosed`.
pub type PMRX_FORCECLOSED_CALLDOWN =
    Option<unsafe extern "C" fn(SrvOpen: *mut MRX_SRV_OPEN) -> NTSTATUS>;
/// `MRxFinalizeSrvCall`.
pub type PMRX_FINALIZE_SRVCALL_CALLDOWN =
    Option<unsafe extern "C" fn(SrvCall: *mut MRX_SRV_CALL, Force: BOOLEAN) -> NTSTATUS>;
/// `MRxFinalizeVNetRoot`.
pub type PMRX_FINALIZE_V_NET_ROOT_CALLDOWN = Option<
    unsafe extern "C" fn(VirtualNetRoot: *mut MRX_V_NET_ROOT, Force: *mut BOOLEAN) -> NTSTATUS,
>;
/// `MRxFinalizeNetRoot`.
pub type PMRX_FINALIZE_NET_ROOT_CALLDOWN =
    Option<unsafe extern "C" fn(NetRoot: *mut MRX_NET_ROOT, Force: *mut BOOLEAN) -> NTSTATUS>;
/// `MRxExtendForCache`, `MRxExtendForNonCache`. The result is a ULONG in the headers, and carries an NTSTATUS.
pub type PMRX_EXTENDFILE_CALLDOWN = Option<
    unsafe extern "C" fn(
        RxContext: *mut RX_CONTEXT,
        NewFileSize: *mut LARGE_INTEGER,
        NewAllocationSize: *mut LARGE_INTEGER,
    ) -> ULONG,
>;
/// `MRxCompleteBufferingStateChangeRequest`.
pub type PMRX_CHANGE_BUFFERING_STATE_CALLDOWN = Option<
    unsafe extern "C" fn(
        RxContext: *mut RX_CONTEXT,
        SrvOpen: *mut MRX_SRV_OPEN,
        MRxContext: PVOID,
    ) -> NTSTATUS,
>;
/// `MRxPreparseName`.
pub type PMRX_PREPARSE_NAME =
    Option<unsafe extern "C" fn(RxContext: *mut RX_CONTEXT, Name: *mut UNICODE_STRING) -> NTSTATUS>;
/// `MRxGetConnectionId`.
pub type PMRX_GET_CONNECTION_ID = Option<
    unsafe extern "C" fn(RxContext: *mut RX_CONTEXT, UniqueId: *mut RX_CONNECTION_ID) -> NTSTATUS,
>;
/// `MRxComputeNewBufferingState`.
pub type PMRX_COMPUTE_NEW_BUFFERING_STATE = Option<
    unsafe extern "C" fn(
        SrvOpen: *mut MRX_SRV_OPEN,
        MRxContext: PVOID,
        NewBufferingState: *mut ULONG,
    ) -> NTSTATUS,
>;

/// RDBSS's own step after a low I/O operation.
pub type PLOWIO_COMPLETION_ROUTINE = PMRX_CALLDOWN;
/// How RDBSS resumes a context on a worker thread.
pub type PRX_DISPATCH =
    Option<unsafe extern "C" fn(RxContext: *mut RX_CONTEXT, Irp: *mut IRP) -> NTSTATUS>;
/// A routine for one of RDBSS's worker threads.
pub type PRX_WORKERTHREAD_ROUTINE = Option<unsafe extern "C" fn(Context: PVOID)>;
/// A routine run for every mini-redirector.
pub type PMRX_CALLDOWN_ROUTINE = Option<unsafe extern "C" fn(CalldownParameter: PVOID) -> NTSTATUS>;
