//! RDBSS's worker threads (`rxworkq.h`).

use super::*;

/// One piece of work in the caller's storage.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_WORK_QUEUE_ITEM {
    pub List: LIST_ENTRY,
    pub WorkerRoutine: PRX_WORKERTHREAD_ROUTINE,
    pub Parameter: PVOID,
    pub pDeviceObject: *mut RDBSS_DEVICE_OBJECT,
}
assert_layout!(RX_WORK_QUEUE_ITEM, 40, { WorkerRoutine: 16, Parameter: 24, pDeviceObject: 32 });

/// One piece of work allocated by `RxDispatchToWorkerThread`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_WORK_DISPATCH_ITEM {
    pub WorkQueueItem: RX_WORK_QUEUE_ITEM,
    pub DispatchRoutine: PRX_WORKERTHREAD_ROUTINE,
    pub DispatchRoutineParameter: PVOID,
}
assert_layout!(RX_WORK_DISPATCH_ITEM, 56, { DispatchRoutine: 40, DispatchRoutineParameter: 48 });

/// One piece of timed work.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_WORK_ITEM {
    pub WorkQueueItem: RX_WORK_QUEUE_ITEM,
    pub LastTick: ULONG,
    pub Options: ULONG,
}
assert_layout!(RX_WORK_ITEM, 48, { LastTick: 40, Options: 44 });

/// A work queue's `State`.
pub type RX_WORK_QUEUE_STATE = USHORT;
/// Items are taken.
pub const RxWorkQueueActive: RX_WORK_QUEUE_STATE = 0;
/// No thread serves the queue.
pub const RxWorkQueueInactive: RX_WORK_QUEUE_STATE = 1;
/// The queue is being emptied for good.
pub const RxWorkQueueRundownInProgress: RX_WORK_QUEUE_STATE = 2;

/// One of the three work queues.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_WORK_QUEUE {
    pub State: RX_WORK_QUEUE_STATE,
    pub SpinUpRequestPending: BOOLEAN,
    pub Type: UCHAR,
    pub SpinLock: KSPIN_LOCK,
    pub pRundownContext: PVOID,
    pub NumberOfWorkItemsDispatched: LONG,
    pub NumberOfWorkItemsToBeDispatched: LONG,
    pub CumulativeQueueLength: LONG,
    pub NumberOfSpinUpRequests: LONG,
    pub MaximumNumberOfWorkerThreads: LONG,
    pub MinimumNumberOfWorkerThreads: LONG,
    pub NumberOfActiveWorkerThreads: LONG,
    pub NumberOfIdleWorkerThreads: LONG,
    pub NumberOfFailedSpinUpRequests: LONG,
    pub WorkQueueItemForSpinUpWorkerThreadInUse: LONG,
    pub WorkQueueItemForTearDownWorkQueue: RX_WORK_QUEUE_ITEM,
    pub WorkQueueItemForSpinUpWorkerThread: RX_WORK_QUEUE_ITEM,
    pub WorkQueueItemForSpinDownWorkerThread: RX_WORK_QUEUE_ITEM,
    pub Queue: KQUEUE,
    pub ThreadPointers: *mut PETHREAD,
}
assert_layout!(RX_WORK_QUEUE, 256, {
    SpinUpRequestPending: 2, Type: 3, SpinLock: 8, pRundownContext: 16, NumberOfWorkItemsDispatched: 24,
    NumberOfActiveWorkerThreads: 48, WorkQueueItemForTearDownWorkQueue: 64, Queue: 184, ThreadPointers: 248,
});
