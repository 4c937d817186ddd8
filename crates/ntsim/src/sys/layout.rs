//! The x64 sizes and offsets of the WDK headers, checked when this crate is compiled.

use super::*;
use core::mem::{align_of, offset_of, size_of};

macro_rules! layout {
    ($($type:ty: size $size:literal $(, $field:ident at $offset:literal)*;)*) => {
        $(
            const _: () = assert!(size_of::<$type>() == $size);
            $(const _: () = assert!(offset_of!($type, $field) == $offset);)*
        )*
    };
}

layout! {
    _IRP: size 208, MdlAddress at 8, Flags at 16, AssociatedIrp at 24, ThreadListEntry at 32, IoStatus at 48,
        RequestorMode at 64, PendingReturned at 65, StackCount at 66, CurrentLocation at 67, Cancel at 68,
        CancelIrql at 69, ApcEnvironment at 70, AllocationFlags at 71, __bindgen_anon_1 at 72, UserEvent at 80,
        Overlay at 88, CancelRoutine at 104, UserBuffer at 112, Tail at 120;
    _IRP__bindgen_ty_4__bindgen_ty_1: size 80, Thread at 32, AuxiliaryBuffer at 40, __bindgen_anon_2 at 48,
        OriginalFileObject at 72;
    _IO_STACK_LOCATION: size 72, Parameters at 8, DeviceObject at 40, FileObject at 48, CompletionRoutine at 56,
        Context at 64;
    _IO_STACK_LOCATION__bindgen_ty_1: size 32;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_1: size 32, Options at 8, FileAttributes at 16, ShareAccess at 18,
        EaLength at 24;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_4: size 24, Key at 8, Flags at 12, ByteOffset at 16;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_6: size 32, FileName at 8, FileInformationClass at 16, FileIndex at 24;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_7: size 16, CompletionFilter at 8;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_9: size 16, FileInformationClass at 8;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_10: size 32, FileInformationClass at 8, FileObject at 16,
        __bindgen_anon_1 at 24;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_11: size 32, EaList at 8, EaListLength at 16, EaIndex at 24;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_13: size 16, FsInformationClass at 8;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_15: size 32, InputBufferLength at 8, FsControlCode at 16,
        Type3InputBuffer at 24;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_16: size 24, Key at 8, ByteOffset at 16;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_18: size 32, InputBufferLength at 8, IoControlCode at 16,
        Type3InputBuffer at 24;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_19: size 16, Length at 8;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_20: size 16, SecurityDescriptor at 8;
    _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_24: size 32, StartSid at 8, SidList at 16, SidListLength at 24;
    _DEVICE_OBJECT: size 336, ReferenceCount at 4, DriverObject at 8, NextDevice at 16, AttachedDevice at 24,
        CurrentIrp at 32, Timer at 40, Flags at 48, Characteristics at 52, Vpb at 56, DeviceExtension at 64,
        DeviceType at 72, StackSize at 76, Queue at 80, AlignmentRequirement at 152, DeviceQueue at 160, Dpc at 200,
        ActiveThreadCount at 264, SecurityDescriptor at 272, DeviceLock at 280, SectorSize at 304, Spare1 at 306,
        DeviceObjectExtension at 312, Reserved at 320;
    _DRIVER_OBJECT: size 336, DeviceObject at 8, Flags at 16, DriverStart at 24, DriverSize at 32, DriverSection at 40,
        DriverExtension at 48, DriverName at 56, HardwareDatabase at 72, FastIoDispatch at 80, DriverInit at 88,
        DriverStartIo at 96, DriverUnload at 104, MajorFunction at 112;
    _FILE_OBJECT: size 216, DeviceObject at 8, Vpb at 16, FsContext at 24, FsContext2 at 32, SectionObjectPointer at 40,
        PrivateCacheMap at 48, FinalStatus at 56, RelatedFileObject at 64, LockOperation at 72, SharedDelete at 79,
        Flags at 80, FileName at 88, CurrentByteOffset at 104, Waiters at 112, Busy at 116, LastLock at 120,
        Lock at 128, Event at 152, CompletionContext at 176, IrpListLock at 184, IrpList at 192,
        FileObjectExtension at 208;
    _MDL: size 48, Size at 8, MdlFlags at 10, Process at 16, MappedSystemVa at 24, StartVa at 32, ByteCount at 40,
        ByteOffset at 44;
    _DISPATCHER_HEADER: size 24, SignalState at 4, WaitListHead at 8;
    _KEVENT: size 24;
    _KSEMAPHORE: size 32, Limit at 24;
    _KTIMER: size 64, DueTime at 24, TimerListEntry at 32, Dpc at 48, Processor at 56, TimerType at 58, Period at 60;
    _KDPC: size 64, DpcListEntry at 8, ProcessorHistory at 16, DeferredRoutine at 24, DeferredContext at 32,
        SystemArgument1 at 40, SystemArgument2 at 48, DpcData at 56;
    _ERESOURCE: size 104, OwnerTable at 16, ActiveCount at 24, Flag at 26, SharedWaiters at 32, ExclusiveWaiters at 40,
        OwnerEntry at 48, ActiveEntries at 64, ContentionCount at 68, NumberOfSharedWaiters at 72,
        NumberOfExclusiveWaiters at 76, MiscFlags at 80, ResourceTimeoutCount at 84, __bindgen_anon_2 at 88,
        SpinLock at 96;
    _FAST_MUTEX: size 56, Owner at 8, Contention at 16, Event at 24, OldIrql at 48;
    _KLOCK_QUEUE_HANDLE: size 24, OldIrql at 16;
    _WORK_QUEUE_ITEM: size 32, WorkerRoutine at 16, Parameter at 24;
    _KDEVICE_QUEUE: size 40, DeviceListHead at 8, Lock at 24, Busy at 32;
    _WAIT_CONTEXT_BLOCK: size 72, DeviceRoutine at 24, NumberOfMapRegisters at 40, BufferChainingDpc at 64;
    _FAST_IO_DISPATCH: size 224, Routines at 8;
    _SECTION_OBJECT_POINTERS: size 24;
    _SHARE_ACCESS: size 28;
    _UNICODE_STRING: size 16, Buffer at 8;
    _OBJECT_ATTRIBUTES: size 48, ObjectName at 16, Attributes at 24, SecurityQualityOfService at 40;
    _IO_STATUS_BLOCK: size 16, Information at 8;
    _IO_SECURITY_CONTEXT: size 24, AccessState at 8, DesiredAccess at 16, FullCreateOptions at 20;
    _ACCESS_STATE: size 160, Flags at 12, RemainingDesiredAccess at 16, PreviouslyGrantedAccess at 20,
        OriginalDesiredAccess at 24, SubjectSecurityContext at 32, SecurityDescriptor at 64, AuxData at 72,
        Privileges at 80, AuditPrivileges at 124, ObjectName at 128, ObjectTypeName at 144;
    _SECURITY_SUBJECT_CONTEXT: size 32, ImpersonationLevel at 8, PrimaryToken at 16, ProcessAuditId at 24;
    _SECURITY_QUALITY_OF_SERVICE: size 12, ImpersonationLevel at 4, ContextTrackingMode at 8, EffectiveOnly at 9;
    _QUERY_PATH_REQUEST: size 24, SecurityContext at 8, FilePathName at 16;
    _QUERY_PATH_REQUEST_EX: size 80, EaLength at 8, pEaBuffer at 16, PathName at 24, DomainServiceName at 40,
        EcpList at 56, Silo at 64, Reserved at 72;
    _QUERY_PATH_RESPONSE: size 4;
    _KEY_VALUE_PARTIAL_INFORMATION: size 16, Data at 12;
    _FILE_BASIC_INFORMATION: size 40;
    _FILE_STANDARD_INFORMATION: size 24;
    _FILE_FULL_EA_INFORMATION: size 12, EaName at 8;
    _FILE_RENAME_INFORMATION: size 24, RootDirectory at 8, FileNameLength at 16, FileName at 20;
}

const _: () = assert!(align_of::<_IRP>() == 16);
const _: () = assert!(align_of::<_DEVICE_OBJECT>() == 16);
