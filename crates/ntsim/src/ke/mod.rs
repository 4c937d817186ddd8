//! The kernel's core: locks at DISPATCH_LEVEL, objects to wait on, timers, DPCs, time.

mod apc;
mod bugcheck;
mod dispatcher;
mod dpc;
mod event;
mod sleep;
mod spin_lock;
#[cfg(test)]
mod tests;
mod time;
mod timer;

pub use apc::*;
pub(crate) use apc::{depth as apc_depth, require_depth as require_apc_depth};
pub use bugcheck::*;
pub use dispatcher::{KeWaitForMultipleObjects, KeWaitForSingleObject};
pub(crate) use dispatcher::{TYPE_THREAD, initialise_header, signal, wait_on};
pub use dpc::{KeFlushQueuedDpcs, KeInitializeDpc, KeInsertQueueDpc, KeRemoveQueueDpc};
pub(crate) use dpc::{start, stop};
pub use event::*;
pub use sleep::*;
pub use spin_lock::*;
pub(crate) use time::deadline_of;
pub use time::*;
pub(crate) use timer::live as live_timers;
pub use timer::{
    KeCancelTimer, KeInitializeTimer, KeInitializeTimerEx, KeReadStateTimer, KeSetTimer,
    KeSetTimerEx,
};
