//! What `wdk_sys` and `wdk_sys::ntddk` offer, as far as this project uses it: the same names, the same x64 layout, and
//! functions that a user-mode kernel stands behind. The functions keep the Rust ABI so that the verifier can name the
//! caller's place.

#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "the names and their meaning are the WDK's"
)]

/// Gives structures the all-zero default that bindgen derives for them.
macro_rules! zeroed_default {
    ($($type:ty),* $(,)?) => {
        $(impl Default for $type {
            fn default() -> Self {
                // SAFETY: plain C data made of integers, raw pointers and optional functions; all zeroes is a value.
                unsafe { core::mem::zeroed() }
            }
        })*
    };
}

mod basic;
mod dispatcher;
mod file;
mod irp;
mod layout;
mod lock;
mod mdl;
mod mup;
mod object;
mod pool;
mod registry;
mod security;
mod status;

pub use basic::*;
pub use dispatcher::*;
pub use file::*;
pub use irp::*;
pub use lock::*;
pub use mdl::*;
pub use mup::*;
pub use object::*;
pub use pool::*;
pub use registry::*;
pub use security::*;
pub use status::*;

pub use crate::ex::{
    ExAcquireFastMutex, ExAcquireFastMutexUnsafe, ExAcquireResourceExclusiveLite,
    ExAcquireResourceSharedLite, ExAcquireSharedStarveExclusive, ExAcquireSharedWaitForExclusive,
    ExConvertExclusiveToSharedLite, ExDeleteResourceLite, ExGetExclusiveWaiterCount,
    ExGetSharedWaiterCount, ExInitializeResourceLite, ExIsResourceAcquiredExclusiveLite,
    ExIsResourceAcquiredSharedLite, ExQueueWorkItem, ExReinitializeResourceLite,
    ExReleaseFastMutex, ExReleaseFastMutexUnsafe, ExReleaseResourceForThreadLite,
    ExReleaseResourceLite, ExSetResourceOwnerPointer, ExTryToAcquireFastMutex, IoAllocateWorkItem,
    IoFreeWorkItem, IoQueueWorkItem,
};
pub use crate::io::{
    FsRtlIsTotalDeviceFailure, IoAcquireCancelSpinLock, IoAllocateIrp,
    IoBuildDeviceIoControlRequest, IoCancelIrp, IoCheckEaBufferValidity, IoCheckShareAccess,
    IoCreateDevice, IoCreateSymbolicLink, IoDeleteDevice, IoDeleteSymbolicLink, IoFreeIrp,
    IoGetRelatedDeviceObject, IoGetRequestorProcess, IoGetRequestorProcessId,
    IoGetRequestorSessionId, IoGetTopLevelIrp, IoInitializeIrp, IoIsOperationSynchronous,
    IoReleaseCancelSpinLock, IoRemoveShareAccess, IoReuseIrp, IoSetShareAccess, IoSetTopLevelIrp,
    IoUpdateShareAccess, IofCallDriver, IofCompleteRequest, ZwCreateFile, ZwDeviceIoControlFile,
    ZwReadFile, ZwWriteFile,
};
pub use crate::irql::{KeGetCurrentIrql, KeLowerIrql, KfRaiseIrql};
pub use crate::ke::{
    KeAcquireInStackQueuedSpinLock, KeAcquireSpinLockAtDpcLevel, KeAcquireSpinLockRaiseToDpc,
    KeAreAllApcsDisabled, KeAreApcsDisabled, KeBugCheckEx, KeCancelTimer, KeClearEvent,
    KeDelayExecutionThread, KeEnterCriticalRegion, KeFlushQueuedDpcs, KeInitializeDpc,
    KeInitializeEvent, KeInitializeSemaphore, KeInitializeSpinLock, KeInitializeTimer,
    KeInitializeTimerEx, KeInsertQueueDpc, KeLeaveCriticalRegion, KeQueryInterruptTime,
    KeQueryInterruptTimePrecise, KeQueryPerformanceCounter, KeQuerySystemTimePrecise,
    KeQueryTimeIncrement, KeReadStateEvent, KeReadStateSemaphore, KeReadStateTimer,
    KeReleaseInStackQueuedSpinLock, KeReleaseSemaphore, KeReleaseSpinLock,
    KeReleaseSpinLockFromDpcLevel, KeRemoveQueueDpc, KeResetEvent, KeSetEvent, KeSetTimer,
    KeSetTimerEx, KeTryToAcquireSpinLockAtDpcLevel, KeWaitForMultipleObjects,
    KeWaitForSingleObject,
};
pub use crate::log::DbgPrint;
pub use crate::mdl::{
    IoAllocateMdl, IoBuildPartialMdl, IoFreeMdl, MmBuildMdlForNonPagedPool,
    MmMapLockedPagesSpecifyCache, MmProbeAndLockPages, MmSizeOfMdl, MmUnlockPages,
    MmUnmapLockedPages, try_probe_and_lock_pages,
};
pub use crate::mup::{FsRtlDeregisterUncProvider, FsRtlRegisterUncProviderEx};
pub use crate::ob::{
    ExEventObjectType, IoFileObjectType, ObReferenceObjectByHandle, ObfDereferenceObject,
    ObfReferenceObject, PsThreadType, ZwClose, ZwCreateEvent, ZwSetEvent, ZwWaitForSingleObject,
};
pub use crate::pool::{ExAllocatePool2, ExAllocatePoolWithTag, ExFreePool, ExFreePoolWithTag};
pub use crate::ps::{
    IoGetCurrentProcess, IoIsSystemThread, IoThreadToProcess, KeGetCurrentThread,
    KeSetPriorityThread, PsCreateSystemThread, PsGetCurrentProcess, PsGetCurrentProcessId,
    PsGetCurrentThread, PsGetCurrentThreadId, PsGetProcessId, PsInitialSystemProcess,
    PsIsSystemThread, PsTerminateSystemThread, SeCaptureSubjectContext,
    SeMarkLogonSessionForTerminationNotification, SeQueryAuthenticationIdToken,
    SeQuerySessionIdToken, SeRegisterLogonSessionTerminatedRoutine, SeReleaseSubjectContext,
    SeTokenIsRestricted, SeUnregisterLogonSessionTerminatedRoutine,
};
pub use crate::registry::{
    ZwCreateKey, ZwDeleteKey, ZwDeleteValueKey, ZwEnumerateKey, ZwOpenKey, ZwQueryValueKey,
    ZwSetValueKey,
};
pub use crate::rtl::{
    BCRYPT_USE_SYSTEM_PREFERRED_RNG, BCryptGenRandom, RtlCompareUnicodeString,
    RtlCopyUnicodeString, RtlDowncaseUnicodeChar, RtlEqualUnicodeString, RtlFreeUnicodeString,
    RtlInitUnicodeString, RtlPrefixUnicodeString, RtlUpcaseUnicodeChar, RtlUpcaseUnicodeString,
};
pub use crate::wsk::{WskCaptureProviderNPI, WskDeregister, WskRegister, WskReleaseProviderNPI};
