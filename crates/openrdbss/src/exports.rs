//! The exported routines have exactly the signatures that `rdbss` declares for them.
//!
//! The linker joins the two by name alone, so nothing else would notice a difference. Two functions are elements of one
//! array only if their types are the same.

use rdbss::raw;

/// Compares pairs of functions.
macro_rules! as_declared {
    ($($pair:expr;)+) => {
        const _: fn() = || { $(let _ = $pair;)+ };
    };
}

as_declared! {
    [crate::buffer::RxLockUserBuffer, raw::RxLockUserBuffer];
    [crate::buffer::RxLowIoGetBufferAddress, raw::RxLowIoGetBufferAddress];
    [crate::buffer::RxMapSystemBuffer, raw::RxMapSystemBuffer];
    [crate::buffer::RxMapUserBuffer, raw::RxMapUserBuffer];
    [crate::buffering::RxChangeBufferingState, raw::RxChangeBufferingState];
    [crate::buffering::RxFlushFcbInSystemCache, raw::RxFlushFcbInSystemCache];
    [crate::buffering::RxIndicateChangeOfBufferingState, raw::RxIndicateChangeOfBufferingState];
    [crate::buffering::RxIndicateChangeOfBufferingStateForSrvOpen, raw::RxIndicateChangeOfBufferingStateForSrvOpen];
    [crate::buffering::RxPurgeFcbInSystemCache, raw::RxPurgeFcbInSystemCache];
    [crate::cancel::RxCancelNotifyChangeDirectoryRequestsForFobx, raw::RxCancelNotifyChangeDirectoryRequestsForFobx];
    [crate::cancel::RxCancelNotifyChangeDirectoryRequestsForVNetRoot, raw::RxCancelNotifyChangeDirectoryRequestsForVNetRoot];
    [crate::cancel::RxSetMinirdrCancelRoutine, raw::RxSetMinirdrCancelRoutine];
    [crate::connection::RxFinalizeConnection, raw::RxFinalizeConnection];
    [crate::connection::RxForceFinalizeAllVNetRoots, raw::RxForceFinalizeAllVNetRoots];
    [crate::context::RxCompleteRequest, raw::RxCompleteRequest];
    [crate::context::RxCompleteRequest_Real, raw::RxCompleteRequest_Real];
    [crate::context::RxCreateRxContext, raw::RxCreateRxContext];
    [crate::context::RxDereferenceAndDeleteRxContext_Real, raw::RxDereferenceAndDeleteRxContext_Real];
    [crate::context::RxInitializeContext, raw::RxInitializeContext];
    [crate::dispatch::RxFsdDispatch, raw::RxFsdDispatch];
    [crate::dispatch::RxFsdPostRequest, raw::RxFsdPostRequest];
    [crate::fcb::RxpDereferenceNetFcb, raw::RxpDereferenceNetFcb];
    [crate::fcb::RxpReferenceNetFcb, raw::RxpReferenceNetFcb];
    [crate::fcb::init::RxFinishFcbInitialization, raw::RxFinishFcbInitialization];
    [crate::fcb::init::RxInferFileType, raw::RxInferFileType];
    [crate::fcb::lock::RxAcquireExclusiveFcbResourceInMRx, raw::RxAcquireExclusiveFcbResourceInMRx];
    [crate::fcb::lock::RxAcquireSharedFcbResourceInMRx, raw::RxAcquireSharedFcbResourceInMRx];
    [crate::fcb::lock::RxAcquireSharedFcbResourceInMRxEx, raw::RxAcquireSharedFcbResourceInMRxEx];
    [crate::fcb::lock::RxReleaseFcbResourceForThreadInMRx, raw::RxReleaseFcbResourceForThreadInMRx];
    [crate::fcb::lock::RxReleaseFcbResourceInMRx, raw::RxReleaseFcbResourceInMRx];
    [crate::fcb::lock::RxTrackPagingIoResource, raw::RxTrackPagingIoResource];
    [crate::fcb::lock::__RxAcquireFcb, raw::__RxAcquireFcb];
    [crate::fcb::lock::__RxReleaseFcb, raw::__RxReleaseFcb];
    [crate::fcb::lock::__RxReleaseFcbForThread, raw::__RxReleaseFcbForThread];
    [crate::fcb::size::RxGetFileSizeWithLock, raw::RxGetFileSizeWithLock];
    [crate::fcb::size::RxSetFileSizeWithLock, raw::RxSetFileSizeWithLock];
    [crate::fcb::table::RxFcbTableLookupFcb, raw::RxFcbTableLookupFcb];
    [crate::fobx::RxCreateNetFobx, raw::RxCreateNetFobx];
    [crate::fobx::RxFinalizeNetFobx, raw::RxFinalizeNetFobx];
    [crate::lock_control::RxLockEnumerator, raw::RxLockEnumerator];
    [crate::low_io::RxLowIoCompletion, raw::RxLowIoCompletion];
    [crate::low_io::RxLowIoSubmit, raw::RxLowIoSubmit];
    [crate::net::condition::RxUpdateCondition, raw::RxUpdateCondition];
    [crate::net::condition::RxWaitForStableCondition, raw::RxWaitForStableCondition];
    [crate::net::prefix::RxPrefixTableLookupName, raw::RxPrefixTableLookupName];
    [crate::net::srv_call::RxSetSrvCallDomainName, raw::RxSetSrvCallDomainName];
    [crate::original_name::RxConjureOriginalName, raw::RxConjureOriginalName];
    [crate::reference::RxDereference, raw::RxDereference];
    [crate::reference::RxReference, raw::RxReference];
    [crate::reference::RxpTrackDereference, raw::RxpTrackDereference];
    [crate::reference::RxpTrackReference, raw::RxpTrackReference];
    [crate::register::RxDriverEntry, raw::RxDriverEntry];
    [crate::register::RxMakeLateDeviceAvailable, raw::RxMakeLateDeviceAvailable];
    [crate::register::RxRegisterMinirdr, raw::RxRegisterMinirdr];
    [crate::register::RxStartMinirdr, raw::RxStartMinirdr];
    [crate::register::RxStopMinirdr, raw::RxStopMinirdr];
    [crate::register::RxUnload, raw::RxUnload];
    [crate::register::RxpUnregisterMinirdr, raw::RxpUnregisterMinirdr];
    [crate::reparse::RxPrepareToReparseSymbolicLink, raw::RxPrepareToReparseSymbolicLink];
    [crate::scavenger::RxPurgeAllFobxs, raw::RxPurgeAllFobxs];
    [crate::scavenger::RxPurgeRelatedFobxs, raw::RxPurgeRelatedFobxs];
    [crate::scavenger::RxScavengeAllFobxs, raw::RxScavengeAllFobxs];
    [crate::scavenger::RxScavengeFobxsForNetRoot, raw::RxScavengeFobxsForNetRoot];
    [crate::serialize::RxResumeBlockedOperations_Serially, raw::RxResumeBlockedOperations_Serially];
    [crate::serialize::__RxSynchronizeBlockingOperations, raw::__RxSynchronizeBlockingOperations];
    [crate::srv_open::RxFinalizeSrvOpen, raw::RxFinalizeSrvOpen];
    [crate::timer::RxCancelTimerRequest, raw::RxCancelTimerRequest];
    [crate::timer::RxPostOneShotTimerRequest, raw::RxPostOneShotTimerRequest];
    [crate::timer::RxPostRecurrentTimerRequest, raw::RxPostRecurrentTimerRequest];
    [crate::worker::RxDispatchToWorkerThread, raw::RxDispatchToWorkerThread];
    [crate::worker::RxGetRDBSSProcess, raw::RxGetRDBSSProcess];
    [crate::worker::RxPostToWorkerThread, raw::RxPostToWorkerThread];
    [crate::worker::RxSpinDownMRxDispatcher, raw::RxSpinDownMRxDispatcher];
}
