//! Waiting for an object that another request is making.

use crate::context::{self, Context};
use crate::kernel::event;
use crate::live::{Live, addr};
use crate::{data, list};
use nt::sys::{LIST_ENTRY, NTSTATUS, STATUS_SUCCESS};
use rdbss::raw::{Condition_Bad, Condition_Closed, Condition_Good, RX_BLOCK_CONDITION, RX_CONTEXT};

/// True if nobody is about to change the condition.
fn is_stable(condition: RX_BLOCK_CONDITION) -> bool {
    [Condition_Good, Condition_Bad, Condition_Closed].contains(&condition)
}

/// Sets the condition and wakes the requests that wait for it.
pub(crate) fn update(
    condition: Live<RX_BLOCK_CONDITION>,
    waiters: list::Link,
    new: RX_BLOCK_CONDITION,
) {
    let _held = data::lock();
    condition.write(new);
    if !is_stable(new) {
        return;
    }
    while let Some(member) = list::pop_front(waiters) {
        let waiter = list::container!(member, RX_CONTEXT, RxContextSerializationQLinks);
        event::set(addr!(waiter => SyncEvent));
    }
}

/// Waits until the condition is stable; true if it had to wait.
pub(crate) fn wait(
    condition: Live<RX_BLOCK_CONDITION>,
    waiters: list::Link,
    context: Context,
) -> bool {
    {
        let _held = data::lock();
        if is_stable(condition.read()) {
            return false;
        }
        list::push_back(waiters, addr!(context => RxContextSerializationQLinks));
    }
    event::wait(addr!(context => SyncEvent));
    true
}

/// True if the object is ready for use.
pub(crate) fn is_good(condition: Live<RX_BLOCK_CONDITION>) -> bool {
    let _held = data::lock();
    condition.read() == Condition_Good
}

/// Sets a condition and wakes those that wait for it.
///
/// # Safety
/// `Condition` and `TransitionWaitList` belong to one live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxUpdateCondition(
    NewConditionValue: RX_BLOCK_CONDITION,
    Condition: *mut RX_BLOCK_CONDITION,
    TransitionWaitList: *mut LIST_ENTRY,
) {
    // SAFETY: the caller's promise.
    let Some(condition) = (unsafe { Live::from_nullable(Condition) }) else {
        return;
    };
    // SAFETY: the caller's promise.
    if let Some(waiters) = unsafe { Live::from_nullable(TransitionWaitList) } {
        update(condition, waiters, NewConditionValue);
    }
}

/// Waits until a condition is stable; the outcome of the wait, always STATUS_SUCCESS, goes to `AsyncStatus`.
///
/// # Safety
/// As RxUpdateCondition; the request may wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxWaitForStableCondition(
    Condition: *mut RX_BLOCK_CONDITION,
    TransitionWaitList: *mut LIST_ENTRY,
    RxContext: *mut RX_CONTEXT,
    AsyncStatus: *mut NTSTATUS,
) {
    // SAFETY: the caller's promise.
    let condition = unsafe { Live::from_nullable(Condition) };
    // SAFETY: the caller's promise.
    let waiters = unsafe { Live::from_nullable(TransitionWaitList) };
    if let (Some(condition), Some(waiters), Some(context)) =
        (condition, waiters, context::check_live(RxContext))
    {
        wait(condition, waiters, context);
    }
    // SAFETY: the caller's promise.
    if let Some(status) = unsafe { Live::from_nullable(AsyncStatus) } {
        status.write(STATUS_SUCCESS);
    }
}

/// The condition of an object whose fields are `Condition` and `TransitionWaitList`.
macro_rules! of {
    ($object:expr) => {
        ($crate::live::addr!($object => Condition), $crate::live::addr!($object => TransitionWaitList))
    };
}
pub(crate) use of;
