//! What RDBSS hands to `MRxCreateSrvCall` and `MRxCreateVNetRoot` (`mrx.h`).

use super::*;

/// One mini-redirector's share of the making of a SRV_CALL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MRX_SRVCALL_CALLBACK_CONTEXT {
    pub SrvCalldownStructure: *mut MRX_SRVCALLDOWN_STRUCTURE,
    pub CallbackContextOrdinal: ULONG,
    pub RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    /// The outcome; RDBSS presets STATUS_BAD_NETWORK_PATH.
    pub Status: NTSTATUS,
    /// Given back to the mini-redirector in `MRxSrvCallWinnerNotify`.
    pub RecommunicateContext: PVOID,
}
assert_layout!(MRX_SRVCALL_CALLBACK_CONTEXT, 40, { CallbackContextOrdinal: 8, RxDeviceObject: 16, Status: 24, RecommunicateContext: 32 });

/// The making of a SRV_CALL. RDBSS may free it as soon as the callback has been called.
#[repr(C)]
pub struct MRX_SRVCALLDOWN_STRUCTURE {
    pub FinishEvent: KEVENT,
    pub SrvCalldownList: LIST_ENTRY,
    pub RxContext: *mut RX_CONTEXT,
    pub SrvCall: *mut MRX_SRV_CALL,
    pub CallBack: PMRX_SRVCALL_CALLBACK,
    pub CalldownCancelled: BOOLEAN,
    pub NumberRemaining: ULONG,
    pub NumberToWait: ULONG,
    pub BestFinisherOrdinal: ULONG,
    pub BestFinisher: *mut RDBSS_DEVICE_OBJECT,
    pub CallbackContexts: [MRX_SRVCALL_CALLBACK_CONTEXT; 1],
}
assert_layout!(MRX_SRVCALLDOWN_STRUCTURE, 128, {
    SrvCalldownList: 24, RxContext: 40, SrvCall: 48, CallBack: 56, CalldownCancelled: 64, NumberRemaining: 68, NumberToWait: 72,
    BestFinisherOrdinal: 76, BestFinisher: 80, CallbackContexts: 88,
});

/// The making of a NET_ROOT, a V_NET_ROOT, or both.
#[repr(C)]
pub struct MRX_CREATENETROOT_CONTEXT {
    pub RxContext: *mut RX_CONTEXT,
    pub pVNetRoot: *mut V_NET_ROOT,
    pub FinishEvent: KEVENT,
    pub VirtualNetRootStatus: NTSTATUS,
    pub NetRootStatus: NTSTATUS,
    /// Free for the mini-redirector's use.
    pub WorkQueueItem: RX_WORK_QUEUE_ITEM,
    pub Callback: PMRX_NETROOT_CALLBACK,
}
assert_layout!(MRX_CREATENETROOT_CONTEXT, 96, {
    pVNetRoot: 8, FinishEvent: 16, VirtualNetRootStatus: 40, NetRootStatus: 44, WorkQueueItem: 48, Callback: 88,
});

/// A key that keeps apart connections of the same name; see `MRxGetConnectionId`.
#[repr(C)]
#[derive(Clone, Copy)]
pub union RX_CONNECTION_ID {
    pub SessionID: ULONG,
    pub Luid: LUID,
}
assert_layout!(RX_CONNECTION_ID, 8, {});

/// State of an object that others may have to wait for (`RX_BLOCK_CONDITION`).
pub type RX_BLOCK_CONDITION = i32;
/// Not yet in use.
pub const Condition_Uninitialized: RX_BLOCK_CONDITION = 0;
/// Being made; others wait.
pub const Condition_InTransition: RX_BLOCK_CONDITION = 1;
/// Being closed.
pub const Condition_Closing: RX_BLOCK_CONDITION = 2;
/// Ready for use.
pub const Condition_Good: RX_BLOCK_CONDITION = 3;
/// Its making failed.
pub const Condition_Bad: RX_BLOCK_CONDITION = 4;
/// Closed.
pub const Condition_Closed: RX_BLOCK_CONDITION = 5;
