//! The device object of a mini-redirector (`mrx.h`, `rxstruc.h`).

use super::*;

/// A mini-redirector's device. The mini's own extension begins right behind it, not at `DeviceObject.DeviceExtension`.
#[repr(C)]
pub struct RDBSS_DEVICE_OBJECT {
    pub DeviceObject: DEVICE_OBJECT,
    /// `RX_REGISTERMINI_FLAG_*`.
    pub RegistrationControls: ULONG,
    pub RdbssExports: *mut RDBSS_EXPORTS,
    pub RDBSSDeviceObject: *mut DEVICE_OBJECT,
    pub Dispatch: *mut MINIRDR_DISPATCH,
    pub DeviceName: UNICODE_STRING,
    pub NetworkProviderPriority: ULONG,
    pub MupHandle: HANDLE,
    pub RegisterUncProvider: BOOLEAN,
    pub RegisterMailSlotProvider: BOOLEAN,
    pub RegisteredAsFileSystem: BOOLEAN,
    pub Unused: BOOLEAN,
    pub MiniRdrListLinks: LIST_ENTRY,
    pub NumberOfActiveFcbs: ULONG,
    pub NumberOfActiveContexts: ULONG,
    pub Statistics: RDBSS_DEVICE_STATISTICS,
    pub PostedRequestCount: [LONG; RxMaximumWorkQueue],
    pub OverflowQueueCount: [LONG; RxMaximumWorkQueue],
    pub OverflowQueue: [LIST_ENTRY; RxMaximumWorkQueue],
    pub OverflowQueueSpinLock: KSPIN_LOCK,
    pub AsynchronousRequestsPending: LONG,
    pub pAsynchronousRequestsCompletionEvent: *mut KEVENT,
    pub StartStopContext: RDBSS_STARTSTOP_CONTEXT,
    pub DispatcherContext: RX_DISPATCHER_CONTEXT,
    pub pRxNetNameTable: *mut RX_PREFIX_TABLE,
    pub RxNetNameTableInDeviceObject: RX_PREFIX_TABLE,
    pub pRdbssScavenger: *mut RDBSS_SCAVENGER,
    pub RdbssScavengerInDeviceObject: RDBSS_SCAVENGER,
}
assert_layout!(RDBSS_DEVICE_OBJECT, 1648, {
    RegistrationControls: 336, RdbssExports: 344, RDBSSDeviceObject: 352, Dispatch: 360, DeviceName: 368, NetworkProviderPriority: 384,
    MupHandle: 392, RegisterUncProvider: 400, RegisterMailSlotProvider: 401, RegisteredAsFileSystem: 402, MiniRdrListLinks: 408,
    NumberOfActiveFcbs: 424, NumberOfActiveContexts: 428, Statistics: 432, PostedRequestCount: 544, OverflowQueueCount: 556,
    OverflowQueue: 568, OverflowQueueSpinLock: 616, AsynchronousRequestsPending: 624, pAsynchronousRequestsCompletionEvent: 632,
    StartStopContext: 640, DispatcherContext: 656, pRxNetNameTable: 672, RxNetNameTableInDeviceObject: 680, pRdbssScavenger: 1336,
    RdbssScavengerInDeviceObject: 1344,
});

/// What RDBSS counts of a device's traffic. The headers have these fields in the device object itself.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RDBSS_DEVICE_STATISTICS {
    pub PagingReadBytesRequested: LARGE_INTEGER,
    pub NonPagingReadBytesRequested: LARGE_INTEGER,
    pub CacheReadBytesRequested: LARGE_INTEGER,
    pub FastReadBytesRequested: LARGE_INTEGER,
    pub NetworkReadBytesRequested: LARGE_INTEGER,
    pub ReadOperations: ULONG,
    pub FastReadOperations: ULONG,
    pub RandomReadOperations: ULONG,
    pub PagingWriteBytesRequested: LARGE_INTEGER,
    pub NonPagingWriteBytesRequested: LARGE_INTEGER,
    pub CacheWriteBytesRequested: LARGE_INTEGER,
    pub FastWriteBytesRequested: LARGE_INTEGER,
    pub NetworkWriteBytesRequested: LARGE_INTEGER,
    pub WriteOperations: ULONG,
    pub FastWriteOperations: ULONG,
    pub RandomWriteOperations: ULONG,
}
assert_layout!(RDBSS_DEVICE_STATISTICS, 112, {
    ReadOperations: 40, RandomReadOperations: 48, PagingWriteBytesRequested: 56, WriteOperations: 96, RandomWriteOperations: 104,
});

/// What the RDBSS driver of old exported to mini-redirectors.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RDBSS_EXPORTS {
    pub pRxStrucSupSpinLock: *mut KSPIN_LOCK,
    pub pRxDebugTraceIndent: *mut LONG,
}
assert_layout!(RDBSS_EXPORTS, 16, { pRxDebugTraceIndent: 8 });

/// A mini-redirector's `State` in its [`RDBSS_STARTSTOP_CONTEXT`].
pub type RX_RDBSS_STATE = i32;
/// Registered; not started, or stopped.
pub const RDBSS_STARTABLE: RX_RDBSS_STATE = 0;
/// Started.
pub const RDBSS_STARTED: RX_RDBSS_STATE = 1;
/// Being stopped: only cleanup and close pass.
pub const RDBSS_STOP_IN_PROGRESS: RX_RDBSS_STATE = 2;

/// Where a mini-redirector is between start and stop.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RDBSS_STARTSTOP_CONTEXT {
    pub State: RX_RDBSS_STATE,
    pub Version: ULONG,
    pub pStopContext: *mut RX_CONTEXT,
}
assert_layout!(RDBSS_STARTSTOP_CONTEXT, 16, { Version: 4, pStopContext: 8 });

/// A device's use of the worker threads.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RX_DISPATCHER_CONTEXT {
    pub NumberOfWorkerThreads: LONG,
    pub pTearDownEvent: *mut KEVENT,
}
assert_layout!(RX_DISPATCHER_CONTEXT, 16, { pTearDownEvent: 8 });
