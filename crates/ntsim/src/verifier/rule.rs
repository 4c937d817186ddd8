//! The rules.

/// A rule of the kernel that a driver can break. Each is one that Driver Verifier, the kernel itself or the field's
/// habits enforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A routine was called above the IRQL that it allows (or, for the AtDpcLevel kind, below).
    WrongIrql,
    /// A callback returned with another IRQL than it was entered with.
    IrqlNotRestored,
    /// The IRQL was lowered to above, or raised to below, the present one.
    IrqlDirection,
    /// Pageable memory was asked for or touched by a service at DISPATCH_LEVEL.
    PagedAtDispatch,
    /// A lock was released by a thread that does not hold it.
    NotOwner,
    /// A thread took a lock that it holds already and that cannot be taken twice.
    Recursion,
    /// Two locks are taken in both orders.
    LockOrder,
    /// A callback returned holding a lock that it did not hold when it was entered.
    LockLeftHeld,
    /// A lock that others need was held while waiting for the network.
    LockOverNetworkWait,
    /// An ERESOURCE was taken with normal kernel APCs enabled.
    OutsideCriticalRegion,
    /// Critical regions were entered and left unevenly.
    UnevenCriticalRegion,
    /// An object was waited on, or an ERESOURCE used, that was never initialised or is freed.
    Uninitialised,
    /// An ERESOURCE was deleted while held, or initialised twice.
    ResourceState,
    /// Pool was freed twice.
    DoubleFree,
    /// Pool was freed that was never allocated.
    BadFree,
    /// Pool was freed under another tag than it was allocated with.
    WrongTag,
    /// Memory behind the end of an allocation was written.
    Overrun,
    /// Pool was freed that holds a secret ([`Kernel::watch_secret`](crate::Kernel::watch_secret)).
    SecretFreed,
    /// Freed pool was written.
    TouchedFreed,
    /// Memory was freed that holds a set timer, a live ERESOURCE, a queued DPC or a queued work item.
    FreedInUse,
    /// An allocation asked for no bytes, no tag, or contradicting kinds of pool.
    BadAllocation,
    /// An IRP was completed a second time.
    DoubleCompletion,
    /// An IRP was completed with STATUS_PENDING (or with the placeholder of a repost).
    CompletedPending,
    /// An IRP was completed with a cancel routine still set.
    CancelRoutineLeft,
    /// A dispatch routine returned STATUS_PENDING without IoMarkIrpPending, or the reverse.
    PendingMismatch,
    /// A dispatch routine returned a final status without completing the IRP.
    NotCompleted,
    /// An IRP was used that is completed and gone, or that is no IRP.
    NotAnIrp,
    /// An IRP was passed on with no stack location left.
    NoStackLocation,
    /// An IRP was freed or reused while a driver owned it.
    IrpInUse,
    /// An IRP that a driver allocated reached its top without a completion routine taking it back.
    IrpNotTakenBack,
    /// The cancel routine did not release the cancel spin lock, or released it to the wrong IRQL.
    CancelLock,
    /// An MDL was unlocked, mapped, built or freed in a state that does not allow it.
    MdlState,
    /// An MDL was freed or unlocked while the network still used its memory.
    MdlInUse,
    /// A reference was dropped that nobody held.
    OverDereference,
    /// A handle was used that is not open.
    BadHandle,
    /// The kernel opened a user-mode handle in a process that is not the system's (no OBJ_KERNEL_HANDLE).
    UserHandle,
    /// A device was deleted twice, or used after it was deleted.
    DeviceState,
    /// The driver unloaded with requests outstanding.
    UnloadedBusy,
    /// Something the driver made is left after it unloaded.
    Leak,
    /// WSK was used against its contract.
    Wsk,
    /// TDI was used against its contract.
    Tdi,
    /// A work item was queued that is queued already, or freed while queued.
    WorkItemState,
    /// The driver stopped the system (KeBugCheckEx).
    BugCheck,
}
