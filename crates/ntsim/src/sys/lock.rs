//! ERESOURCE, FAST_MUTEX, queued spin locks, work items.

use super::basic::*;
use super::dispatcher::KEVENT;

pub type ERESOURCE_THREAD = ULONG_PTR;
pub type PERESOURCE_THREAD = *mut ERESOURCE_THREAD;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _OWNER_ENTRY {
    pub OwnerThread: ERESOURCE_THREAD,
    pub TableSize: ULONG,
}
pub type OWNER_ENTRY = _OWNER_ENTRY;
pub type POWNER_ENTRY = *mut OWNER_ENTRY;

#[repr(C)]
#[derive(Clone, Copy)]
pub union _ERESOURCE__bindgen_ty_2 {
    pub Address: PVOID,
    pub CreatorBackTraceIndex: ULONG_PTR,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _ERESOURCE {
    pub SystemResourcesList: LIST_ENTRY,
    pub OwnerTable: POWNER_ENTRY,
    pub ActiveCount: SHORT,
    pub Flag: USHORT,
    pub SharedWaiters: PVOID,
    pub ExclusiveWaiters: PVOID,
    pub OwnerEntry: OWNER_ENTRY,
    pub ActiveEntries: ULONG,
    pub ContentionCount: ULONG,
    pub NumberOfSharedWaiters: ULONG,
    pub NumberOfExclusiveWaiters: ULONG,
    pub MiscFlags: CHAR,
    pub Reserved1: [UCHAR; 3],
    pub ResourceTimeoutCount: ULONG,
    pub __bindgen_anon_2: _ERESOURCE__bindgen_ty_2,
    pub SpinLock: KSPIN_LOCK,
}
pub type ERESOURCE = _ERESOURCE;
pub type PERESOURCE = *mut ERESOURCE;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _FAST_MUTEX {
    pub Count: LONG,
    pub Owner: PVOID,
    pub Contention: ULONG,
    pub Event: KEVENT,
    pub OldIrql: ULONG,
}
pub type FAST_MUTEX = _FAST_MUTEX;
pub type PFAST_MUTEX = *mut FAST_MUTEX;

/// `Count` of a free fast mutex.
pub const FM_LOCK_BIT: u32 = 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _KSPIN_LOCK_QUEUE {
    pub Next: *mut _KSPIN_LOCK_QUEUE,
    pub Lock: PKSPIN_LOCK,
}
pub type KSPIN_LOCK_QUEUE = _KSPIN_LOCK_QUEUE;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _KLOCK_QUEUE_HANDLE {
    pub LockQueue: KSPIN_LOCK_QUEUE,
    pub OldIrql: KIRQL,
}
pub type KLOCK_QUEUE_HANDLE = _KLOCK_QUEUE_HANDLE;
pub type PKLOCK_QUEUE_HANDLE = *mut KLOCK_QUEUE_HANDLE;

/// Signature of a work item queued by ExQueueWorkItem.
pub type WORKER_THREAD_ROUTINE = unsafe extern "C" fn(Parameter: PVOID);
pub type PWORKER_THREAD_ROUTINE = Option<WORKER_THREAD_ROUTINE>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _WORK_QUEUE_ITEM {
    pub List: LIST_ENTRY,
    pub WorkerRoutine: PWORKER_THREAD_ROUTINE,
    pub Parameter: PVOID,
}
pub type WORK_QUEUE_ITEM = _WORK_QUEUE_ITEM;
pub type PWORK_QUEUE_ITEM = *mut WORK_QUEUE_ITEM;

pub mod _WORK_QUEUE_TYPE {
    pub type Type = i32;
    pub const CriticalWorkQueue: Type = 0;
    pub const DelayedWorkQueue: Type = 1;
    pub const HyperCriticalWorkQueue: Type = 2;
    pub const NormalWorkQueue: Type = 3;
}
pub use _WORK_QUEUE_TYPE::Type as WORK_QUEUE_TYPE;

/// Signature of a system thread.
pub type KSTART_ROUTINE = unsafe extern "C" fn(StartContext: PVOID);
pub type PKSTART_ROUTINE = Option<KSTART_ROUTINE>;

zeroed_default!(
    _OWNER_ENTRY,
    _ERESOURCE,
    _FAST_MUTEX,
    _KLOCK_QUEUE_HANDLE,
    _WORK_QUEUE_ITEM
);
