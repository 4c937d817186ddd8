//! Every routine that the harness supplies to the driver, by the module that Windows has it in.

use crate::agent::shim as file;
use crate::{
    checked, dpc, fast_mutex, irp, irql, logon, mdl, pool, requestor, resource, security,
    share_access, spin_lock, system_thread, timer, uncprovider, wait, work_item, wsk,
};
use core::ffi::c_void;

/// A routine in the place of an import.
struct Shim {
    module: &'static str,
    name: &'static str,
    routine: *const c_void,
}

// SAFETY: addresses of code.
unsafe impl Sync for Shim {}

impl Shim {
    const fn new(module: &'static str, name: &'static str, routine: *const c_void) -> Self {
        Self {
            module,
            name,
            routine,
        }
    }
}

/// Routines that Wine has, but not so that a driver could build on them, and that the harness does not supply either.
const FAKED: &[&str] = &[
    "IoAllocateErrorLogEntry",
    "IoCsqInitialize",
    "IoGetDeviceObjectPointer",
    "IoRegisterFileSystem",
    "IoRegisterShutdownNotification",
    "FsRtlIsNameInExpression",
    "FsRtlRegisterUncProvider",
    "KeEnterGuardedRegion",
    "KeLeaveGuardedRegion",
    "KeLowerIrql",
    "KeQueryInterruptTime",
    "KeReleaseMutex",
    "KeSetPriorityThread",
    "KeSetTimer",
    "KfRaiseIrql",
    "MmCreateSection",
    "ObReferenceObjectByPointer",
    "ProbeForRead",
    "ProbeForWrite",
    "PsImpersonateClient",
    "PsRevertToSelf",
    "PsTerminateSystemThread",
    "SePrivilegeCheck",
    "SeSinglePrivilegeCheck",
];

/// Whether Wine only pretends to have a routine.
pub fn is_faked(name: &str) -> bool {
    FAKED.contains(&name)
}

/// The routine for an import, if the harness has one.
pub fn find(module: &str, name: &str) -> Option<*const c_void> {
    KERNEL
        .iter()
        .chain(OTHERS)
        .find(|shim| shim.module.eq_ignore_ascii_case(module) && shim.name == name)
        .map(|shim| shim.routine)
}

/// What has no declaration in `wdk_sys` to be checked against: it binds no `wsk.h` (the constants have `wsk_sys`'s types),
/// and does not say that a routine unwinds.
static OTHERS: &[Shim] = &[
    Shim::new(
        "ntoskrnl.exe",
        "MmProbeAndLockPages",
        mdl::probe_and_lock as _,
    ),
    Shim::new("netio.sys", "WskRegister", wsk::REGISTER as _),
    Shim::new("netio.sys", "WskDeregister", wsk::DEREGISTER as _),
    Shim::new("netio.sys", "WskCaptureProviderNPI", wsk::CAPTURE as _),
    Shim::new("netio.sys", "WskReleaseProviderNPI", wsk::RELEASE as _),
];

/// A table of routines of the kernel. Each is checked to have the type that `wdk_sys` declares for what it stands for: two
/// functions of one type make an array, others do not.
macro_rules! kernel_shims {
    ($($real:ident => $ours:path),* $(,)?) => {
        const _: fn() = || { $(let _ = [wdk_sys::ntddk::$real, $ours];)* };
        static KERNEL: &[Shim] = &[
            $(Shim::new("ntoskrnl.exe", stringify!($real), $ours as _),)*
        ];
    };
}

kernel_shims! {
    // Wine has no such pool; pool is counted by tag.
    ExAllocatePool2 => pool::allocate,
    ExFreePool => pool::free,
    ExFreePoolWithTag => pool::free_with_tag,

    // Wine has no IRQL.
    KeGetCurrentIrql => irql::get_current,
    KeEnterCriticalRegion => irql::enter_critical_region,
    KeLeaveCriticalRegion => irql::leave_critical_region,
    KeAcquireSpinLockRaiseToDpc => spin_lock::acquire_raise_to_dpc,
    KeReleaseSpinLock => spin_lock::release_to,
    KeAcquireSpinLockAtDpcLevel => spin_lock::acquire_at_dpc_level,
    KeReleaseSpinLockFromDpcLevel => spin_lock::release_from_dpc_level,
    IoAcquireCancelSpinLock => spin_lock::acquire_cancel,
    IoReleaseCancelSpinLock => spin_lock::release_cancel,

    // Wine's work; their IRQL is checked.
    KeWaitForSingleObject => wait::for_single_object,
    KeDelayExecutionThread => wait::delay,
    KeSetEvent => wait::set_event,
    ZwWaitForSingleObject => wait::for_handle,
    ZwOpenKey => checked::open_key,
    ZwQueryValueKey => checked::query_value_key,
    IoCreateDevice => checked::create_device,
    IoDeleteDevice => checked::delete_device,
    IoCreateSymbolicLink => checked::create_symbolic_link,
    IoDeleteSymbolicLink => checked::delete_symbolic_link,
    ExAcquireFastMutex => fast_mutex::acquire,
    ExReleaseFastMutex => fast_mutex::release,

    // Wine's lack conversion and owner pointers.
    ExInitializeResourceLite => resource::initialize,
    ExDeleteResourceLite => resource::delete,
    ExAcquireResourceExclusiveLite => resource::acquire_exclusive,
    ExAcquireResourceSharedLite => resource::acquire_shared,
    ExAcquireSharedStarveExclusive => resource::acquire_shared_starving,
    ExReleaseResourceLite => resource::release_own,
    ExReleaseResourceForThreadLite => resource::release_for_thread,
    ExConvertExclusiveToSharedLite => resource::convert_to_shared,
    ExSetResourceOwnerPointer => resource::set_owner_pointer,
    ExIsResourceAcquiredExclusiveLite => resource::is_acquired_exclusive,
    ExIsResourceAcquiredSharedLite => resource::is_acquired_shared,

    // Wine never runs a queued DPC, and deadlocks when a timer is set from its own.
    KeInsertQueueDpc => dpc::insert,
    KeFlushQueuedDpcs => dpc::flush,
    KeSetTimerEx => timer::set,
    KeCancelTimer => timer::cancel,

    // Wine locks and maps no pages.
    IoAllocateMdl => mdl::allocate,
    IoFreeMdl => mdl::free,
    IoBuildPartialMdl => mdl::build_partial,
    MmBuildMdlForNonPagedPool => mdl::build_for_nonpaged_pool,
    MmMapLockedPagesSpecifyCache => mdl::map,
    MmUnmapLockedPages => mdl::unmap,
    MmUnlockPages => mdl::unlock,

    // Wine's, but for completion and cancelling; IRPs are counted.
    IoAllocateIrp => irp::allocate_request,
    IoFreeIrp => irp::free_request,
    IofCallDriver => irp::call,
    IofCompleteRequest => irp::complete_request,
    IoCancelIrp => irp::cancel_request,
    IoGetRequestorProcessId => requestor::process_id,
    IoIsOperationSynchronous => requestor::is_synchronous,

    // Wine's, counted.
    PsCreateSystemThread => system_thread::create,
    IoAllocateWorkItem => work_item::allocate,
    IoFreeWorkItem => work_item::free,
    IoQueueWorkItem => work_item::queue,

    // Wine has none of these.
    FsRtlRegisterUncProviderEx => uncprovider::register,
    FsRtlDeregisterUncProvider => uncprovider::deregister,
    SeQueryAuthenticationIdToken => security::query_authentication_id,
    SeQuerySessionIdToken => security::query_session_id,
    SeCaptureSubjectContext => security::capture_subject,
    SeReleaseSubjectContext => security::release_subject,
    SeMarkLogonSessionForTerminationNotification => logon::mark,
    SeRegisterLogonSessionTerminatedRoutine => logon::register,
    SeUnregisterLogonSessionTerminatedRoutine => logon::unregister,
    IoGetRelatedDeviceObject => requestor::related_device,
    IoCheckShareAccess => share_access::check,
    IoRemoveShareAccess => share_access::remove,

    // Wine opens nothing below a device; the agent does.
    ZwCreateFile => file::zw_create_file,
    ZwClose => file::zw_close,
    ObReferenceObjectByHandle => file::ob_reference_object_by_handle,
}
