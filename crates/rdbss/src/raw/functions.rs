//! The routines of RDBSS that a mini-redirector calls (`rxprocs.h`, `mrx.h`, `rxcontx.h`, `fcb.h`, `lowio.h`, `rxworkq.h`, ...).
//!
//! Microsoft ships them in two archives, `rdbsslib.lib` and `rxce.lib`; `openrdbss` defines them where those are not.

use super::*;

// Start, stop, and the IRP layer: rdbsslib.lib.
unsafe extern "C" {
    /// Initialises the linked RDBSS. The first call in DriverEntry.
    pub fn RxDriverEntry(
        DriverObject: *mut DRIVER_OBJECT,
        RegistryPath: *mut UNICODE_STRING,
    ) -> NTSTATUS;
    /// Undoes [`RxDriverEntry`]. The last call of an unload.
    pub fn RxUnload(DriverObject: *mut DRIVER_OBJECT);
    /// Makes the device of a mini-redirector, and enters it with RDBSS.
    pub fn RxRegisterMinirdr(
        DeviceObject: *mut *mut RDBSS_DEVICE_OBJECT,
        DriverObject: *mut DRIVER_OBJECT,
        MrdrDispatch: *mut MINIRDR_DISPATCH,
        Controls: ULONG,
        DeviceName: *mut UNICODE_STRING,
        DeviceExtensionSize: ULONG,
        DeviceType: ULONG,
        DeviceCharacteristics: ULONG,
    ) -> NTSTATUS;
    /// Removes the device. The headers' `RxUnregisterMinirdr` is an inline function around this one.
    pub fn RxpUnregisterMinirdr(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT);
    /// Starts the mini-redirector: registers with MUP and calls `MRxStart`. STATUS_PENDING with `PostToFsp` set asks for a worker thread.
    pub fn RxStartMinirdr(RxContext: *mut RX_CONTEXT, PostToFsp: *mut BOOLEAN) -> NTSTATUS;
    /// Stops it: from then on only cleanup and close pass.
    pub fn RxStopMinirdr(RxContext: *mut RX_CONTEXT, PostToFsp: *mut BOOLEAN) -> NTSTATUS;
    /// Hands an IRP to RDBSS.
    pub fn RxFsdDispatch(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT, Irp: *mut IRP) -> NTSTATUS;
    /// Puts a request on a worker thread.
    pub fn RxFsdPostRequest(RxContext: *mut RX_CONTEXT) -> NTSTATUS;
    /// Makes a device known that RxRegisterMinirdr left for later.
    pub fn RxMakeLateDeviceAvailable(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT);
    /// Sets or clears what is called when the request is cancelled. STATUS_CANCELLED if it already has been.
    pub fn RxSetMinirdrCancelRoutine(
        RxContext: *mut RX_CONTEXT,
        MRxCancelRoutine: PMRX_CALLDOWN,
    ) -> NTSTATUS;
    /// Gives one buffered byte-range lock after another.
    pub fn RxLockEnumerator(
        SrvOpen: *mut MRX_SRV_OPEN,
        ContinuationHandle: *mut PVOID,
        FileOffset: *mut LARGE_INTEGER,
        LockRange: *mut LARGE_INTEGER,
        IsLockExclusive: *mut BOOLEAN,
    ) -> BOOLEAN;
    /// Sets the name that a create goes on with, before `MRxCreate` returns STATUS_REPARSE.
    pub fn RxPrepareToReparseSymbolicLink(
        RxContext: *mut RX_CONTEXT,
        SymbolicLinkEmbeddedInOldPath: BOOLEAN,
        NewPath: *mut UNICODE_STRING,
        NewPathIsAbsolute: BOOLEAN,
        ReparseRequired: *mut BOOLEAN,
    ) -> NTSTATUS;
    /// Writes the name that a file was opened by.
    pub fn RxConjureOriginalName(
        Fcb: *mut FCB,
        Fobx: *mut FOBX,
        ActualNameLength: *mut ULONG,
        OriginalName: *mut u16,
        LengthRemaining: *mut LONG,
        NameConjuringMethod: RX_NAME_CONJURING_METHODS,
    );
    /// Cancels a handle's change notifications.
    pub fn RxCancelNotifyChangeDirectoryRequestsForFobx(Fobx: *mut FOBX);
    /// Cancels a view's change notifications.
    pub fn RxCancelNotifyChangeDirectoryRequestsForVNetRoot(
        VNetRoot: *mut V_NET_ROOT,
        ForceFilesClosed: BOOLEAN,
    ) -> NTSTATUS;
}

// Contexts, and the completion of requests: rxce.lib.
unsafe extern "C" {
    /// Makes a context; `Irp` may be NULL. NULL when out of memory.
    pub fn RxCreateRxContext(
        Irp: *mut IRP,
        RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
        InitialContextFlags: ULONG,
    ) -> *mut RX_CONTEXT;
    /// Initialises a context in the caller's memory.
    pub fn RxInitializeContext(
        Irp: *mut IRP,
        RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
        InitialContextFlags: ULONG,
        RxContext: *mut RX_CONTEXT,
    );
    /// Drops a reference to a context.
    pub fn RxDereferenceAndDeleteRxContext_Real(RxContext: *mut RX_CONTEXT);
    /// Completes a context's IRP.
    pub fn RxCompleteRequest(pContext: *mut RX_CONTEXT, Status: NTSTATUS) -> NTSTATUS;
    /// Completes an IRP for a context.
    pub fn RxCompleteRequest_Real(RxContext: *mut RX_CONTEXT, Irp: *mut IRP, Status: NTSTATUS);
    /// Ends a low I/O operation that returned STATUS_PENDING. At DISPATCH_LEVEL or below.
    pub fn RxLowIoCompletion(RxContext: *mut RX_CONTEXT) -> NTSTATUS;
    /// System address of the buffer of a read or write; NULL when there is none or it cannot be mapped.
    pub fn RxLowIoGetBufferAddress(RxContext: *mut RX_CONTEXT) -> PVOID;
    /// Submits a low I/O operation.
    pub fn RxLowIoSubmit(
        RxContext: *mut RX_CONTEXT,
        Irp: *mut IRP,
        Fcb: *mut FCB,
        CompletionRoutine: PLOWIO_COMPLETION_ROUTINE,
    ) -> NTSTATUS;
    /// Locks a user's buffer into memory.
    pub fn RxLockUserBuffer(
        RxContext: *mut RX_CONTEXT,
        Irp: *mut IRP,
        Operation: LOCK_OPERATION,
        BufferLength: ULONG,
    );
    /// Maps a user's buffer.
    pub fn RxMapUserBuffer(RxContext: *mut RX_CONTEXT, Irp: *mut IRP) -> PVOID;
    /// Maps a request's buffer, user's or system's.
    pub fn RxMapSystemBuffer(RxContext: *mut RX_CONTEXT, Irp: *mut IRP) -> PVOID;
    /// Waits behind an operation of the same queue; drops the FCB if asked to.
    pub fn __RxSynchronizeBlockingOperations(
        RxContext: *mut RX_CONTEXT,
        Fcb: *mut FCB,
        BlockingIoQ: *mut LIST_ENTRY,
        DropFcbLock: BOOLEAN,
    ) -> NTSTATUS;
    /// Lets the next operation of a queue go on.
    pub fn RxResumeBlockedOperations_Serially(
        RxContext: *mut RX_CONTEXT,
        BlockingIoQ: *mut LIST_ENTRY,
    );
}

// Worker threads and timers: rxce.lib.
unsafe extern "C" {
    /// The process that RDBSS was initialised in.
    pub fn RxGetRDBSSProcess() -> PEPROCESS;
    /// Runs a routine on a worker thread. At DISPATCH_LEVEL or below.
    pub fn RxDispatchToWorkerThread(
        pMRxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
        WorkQueueType: WORK_QUEUE_TYPE,
        Routine: PRX_WORKERTHREAD_ROUTINE,
        pContext: PVOID,
    ) -> NTSTATUS;
    /// The same with an item of the caller's, which cannot fail for want of memory.
    pub fn RxPostToWorkerThread(
        pMRxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
        WorkQueueType: WORK_QUEUE_TYPE,
        pWorkQueueItem: *mut RX_WORK_QUEUE_ITEM,
        Routine: PRX_WORKERTHREAD_ROUTINE,
        pContext: PVOID,
    ) -> NTSTATUS;
    /// Waits until none of the device's work is left.
    pub fn RxSpinDownMRxDispatcher(pMRxDeviceObject: *mut RDBSS_DEVICE_OBJECT) -> NTSTATUS;
    /// Runs a routine after a time, in 100 ns.
    pub fn RxPostOneShotTimerRequest(
        pDeviceObject: *mut RDBSS_DEVICE_OBJECT,
        pWorkItem: *mut RX_WORK_ITEM,
        Routine: PRX_WORKERTHREAD_ROUTINE,
        pContext: PVOID,
        TimeInterval: LARGE_INTEGER,
    ) -> NTSTATUS;
    /// Runs a routine again and again.
    pub fn RxPostRecurrentTimerRequest(
        pDeviceObject: *mut RDBSS_DEVICE_OBJECT,
        Routine: PRX_WORKERTHREAD_ROUTINE,
        pContext: PVOID,
        TimeInterval: LARGE_INTEGER,
    ) -> NTSTATUS;
    /// Cancels a timed routine.
    pub fn RxCancelTimerRequest(
        pDeviceObject: *mut RDBSS_DEVICE_OBJECT,
        Routine: PRX_WORKERTHREAD_ROUTINE,
        pContext: PVOID,
    ) -> NTSTATUS;
}

// Objects: rxce.lib.
unsafe extern "C" {
    /// Makes the FOBX of an open. The FCB must be held exclusively. NULL when out of memory.
    pub fn RxCreateNetFobx(
        RxContext: *mut RX_CONTEXT,
        MrxSrvOpen: *mut MRX_SRV_OPEN,
    ) -> *mut MRX_FOBX;
    /// Tears down a FOBX.
    pub fn RxFinalizeNetFobx(
        ThisFobx: *mut FOBX,
        RecursiveFinalize: BOOLEAN,
        ForceFinalize: BOOLEAN,
    ) -> BOOLEAN;
    /// Tears down a SRV_OPEN.
    pub fn RxFinalizeSrvOpen(
        ThisSrvOpen: *mut SRV_OPEN,
        RecursiveFinalize: BOOLEAN,
        ForceFinalize: BOOLEAN,
    ) -> BOOLEAN;
    /// Gives an FCB its type, times and sizes.
    pub fn RxFinishFcbInitialization(
        Fcb: *mut MRX_FCB,
        FileType: RX_FILE_TYPE,
        InitPacket: *mut FCB_INIT_PACKET,
    );
    /// File, directory or not known, from a create's options.
    pub fn RxInferFileType(RxContext: *mut RX_CONTEXT) -> RX_FILE_TYPE;
    /// Reads a file's size whole.
    pub fn RxGetFileSizeWithLock(Fcb: *mut FCB, FileSize: *mut i64);
    /// Writes a file's size whole.
    pub fn RxSetFileSizeWithLock(Fcb: *mut FCB, FileSize: *mut i64);
    /// Notes the domain of a server.
    pub fn RxSetSrvCallDomainName(
        SrvCall: *mut MRX_SRV_CALL,
        DomainName: *mut UNICODE_STRING,
    ) -> NTSTATUS;
    /// Takes a reference to any object but an FCB.
    pub fn RxReference(Instance: PVOID);
    /// Drops a reference to any object but an FCB.
    pub fn RxDereference(Instance: PVOID, LockHoldingState: LOCK_HOLDING_STATE);
    /// Takes a reference to an FCB.
    pub fn RxpReferenceNetFcb(Fcb: *mut FCB) -> LONG;
    /// Drops a reference to an FCB.
    pub fn RxpDereferenceNetFcb(Fcb: *mut FCB) -> LONG;
    /// Notes a reference taken; goes with [`RxReference`].
    pub fn RxpTrackReference(TraceType: ULONG, FileName: *const u8, Line: ULONG, Instance: PVOID);
    /// Notes a reference dropped; goes with [`RxDereference`].
    pub fn RxpTrackDereference(
        TraceType: ULONG,
        FileName: *const u8,
        Line: ULONG,
        Instance: PVOID,
    ) -> BOOLEAN;
    /// Changes an object's condition and wakes those who wait for it.
    pub fn RxUpdateCondition(
        NewConditionValue: RX_BLOCK_CONDITION,
        Condition: *mut RX_BLOCK_CONDITION,
        TransitionWaitList: *mut LIST_ENTRY,
    );
    /// Waits until an object is no longer in transition.
    pub fn RxWaitForStableCondition(
        Condition: *mut RX_BLOCK_CONDITION,
        TransitionWaitList: *mut LIST_ENTRY,
        RxContext: *mut RX_CONTEXT,
        AsyncStatus: *mut NTSTATUS,
    );
    /// Finds an FCB by name; the caller holds the table's lock, and owes a dereference.
    pub fn RxFcbTableLookupFcb(FcbTable: *mut RX_FCB_TABLE, Path: *mut UNICODE_STRING) -> *mut FCB;
    /// Finds the longest matching name; the caller holds the table's lock, and owes a dereference.
    pub fn RxPrefixTableLookupName(
        ThisTable: *mut RX_PREFIX_TABLE,
        CanonicalName: *mut UNICODE_STRING,
        RemainingName: *mut UNICODE_STRING,
        ConnectionId: *mut RX_CONNECTION_ID,
    ) -> PVOID;
}

// Locks of an FCB: rxce.lib.
unsafe extern "C" {
    /// Takes the FCB exclusively.
    pub fn RxAcquireExclusiveFcbResourceInMRx(Fcb: *mut MRX_FCB) -> NTSTATUS;
    /// Takes the FCB shared.
    pub fn RxAcquireSharedFcbResourceInMRx(Fcb: *mut MRX_FCB) -> NTSTATUS;
    /// Takes the FCB shared, for a context.
    pub fn RxAcquireSharedFcbResourceInMRxEx(
        pRxContext: *mut RX_CONTEXT,
        Fcb: *mut MRX_FCB,
    ) -> NTSTATUS;
    /// Lets go of the FCB.
    pub fn RxReleaseFcbResourceInMRx(Fcb: *mut MRX_FCB);
    /// Lets go of the FCB in another thread's name.
    pub fn RxReleaseFcbResourceForThreadInMRx(
        pRxContext: *mut RX_CONTEXT,
        MrxFcb: *mut MRX_FCB,
        ResourceThreadId: ERESOURCE_THREAD,
    );
    /// Takes the FCB in a mode `FCB_MODE_*`, and notes where.
    pub fn __RxAcquireFcb(
        Fcb: *mut FCB,
        RxContext: *mut RX_CONTEXT,
        Mode: ULONG,
        LineNumber: ULONG,
        FileName: *const u8,
        SerialNumber: ULONG,
    ) -> NTSTATUS;
    /// Lets go of the FCB, and notes where.
    pub fn __RxReleaseFcb(
        RxContext: *mut RX_CONTEXT,
        MrxFcb: *mut MRX_FCB,
        LineNumber: ULONG,
        FileName: *const u8,
        SerialNumber: ULONG,
    );
    /// Lets go of the FCB in another thread's name, and notes where.
    pub fn __RxReleaseFcbForThread(
        RxContext: *mut RX_CONTEXT,
        MrxFcb: *mut MRX_FCB,
        ResourceThreadId: ERESOURCE_THREAD,
        LineNumber: ULONG,
        FileName: *const u8,
        SerialNumber: ULONG,
    );
    /// Notes who holds the paging I/O resource.
    pub fn RxTrackPagingIoResource(Instance: PVOID, Type: ULONG, Line: ULONG, File: *const u8);
}

// Caching, buffering, and what outlives its handle: rxce.lib.
unsafe extern "C" {
    /// Reports a change of the buffering state of the open with a key. At DISPATCH_LEVEL or below.
    pub fn RxIndicateChangeOfBufferingState(
        SrvCall: *mut MRX_SRV_CALL,
        SrvOpenKey: PVOID,
        Context: PVOID,
    );
    /// Reports a change of the buffering state of an open. At DISPATCH_LEVEL or below.
    pub fn RxIndicateChangeOfBufferingStateForSrvOpen(
        SrvCall: *mut MRX_SRV_CALL,
        SrvOpen: *mut MRX_SRV_OPEN,
        SrvOpenKey: PVOID,
        Context: PVOID,
    );
    /// Changes the buffering state now; the FCB is held.
    pub fn RxChangeBufferingState(
        SrvOpen: *mut SRV_OPEN,
        Context: PVOID,
        ComputeNewState: BOOLEAN,
    ) -> NTSTATUS;
    /// Writes a file's cached data.
    pub fn RxFlushFcbInSystemCache(Fcb: *mut FCB, SynchronizeWithLazyWriter: BOOLEAN) -> NTSTATUS;
    /// Throws away a file's cached data.
    pub fn RxPurgeFcbInSystemCache(
        Fcb: *mut FCB,
        FileOffset: *mut LARGE_INTEGER,
        Length: ULONG,
        UninitializeCacheMaps: BOOLEAN,
        FlushFile: BOOLEAN,
    ) -> NTSTATUS;
    /// Deletes a connection: 1 closes everything, 0 fails if something is open, 0xff drops only the reference of the connect.
    pub fn RxFinalizeConnection(
        NetRoot: *mut NET_ROOT,
        VNetRoot: *mut V_NET_ROOT,
        ForceFilesClosed: ULONG,
    ) -> NTSTATUS;
    /// Finalizes every view of a share.
    pub fn RxForceFinalizeAllVNetRoots(NetRoot: *mut NET_ROOT);
    /// Does the delayed closes of a share, and waits.
    pub fn RxPurgeRelatedFobxs(
        NetRoot: *mut NET_ROOT,
        RxContext: *mut RX_CONTEXT,
        AttemptFinalization: BOOLEAN,
        PurgingFcb: *mut FCB,
    ) -> NTSTATUS;
    /// Does the delayed closes of a share.
    pub fn RxScavengeFobxsForNetRoot(
        NetRoot: *mut NET_ROOT,
        PurgingFcb: *mut FCB,
        SynchronizeWithScavenger: BOOLEAN,
    );
    /// Does all delayed closes, and waits.
    pub fn RxPurgeAllFobxs(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT);
    /// Does all delayed closes.
    pub fn RxScavengeAllFobxs(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT);
}

/// [`__RxAcquireFcb`]: exclusively.
pub const FCB_MODE_EXCLUSIVE: ULONG = 1;
/// [`__RxAcquireFcb`]: shared.
pub const FCB_MODE_SHARED: ULONG = 2;
/// [`__RxAcquireFcb`]: shared, behind those who wait for exclusive.
pub const FCB_MODE_SHARED_WAIT_FOR_EXCLUSIVE: ULONG = 3;
/// [`__RxAcquireFcb`]: shared, before those who wait for exclusive.
pub const FCB_MODE_SHARED_STARVE_EXCLUSIVE: ULONG = 4;
