//! Timed work: RxPostOneShotTimerRequest, RxPostRecurrentTimerRequest, RxCancelTimerRequest.
//!
//! One kernel timer ticks while anything is waiting. Its DPC hands what is due to the worker threads.

use crate::kernel::{pool, spin};
use crate::live::{Live, addr, follow, get, set};
use crate::{data, list, worker};
use core::ffi::c_void;
use nt::sys::{
    KDPC, KSPIN_LOCK, KTIMER, LARGE_INTEGER, LIST_ENTRY, NTSTATUS, PVOID,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_FOUND, STATUS_SUCCESS,
};
use rdbss::raw::{PRX_WORKERTHREAD_ROUTINE, RDBSS_DEVICE_OBJECT, RX_TIMER_POOLTAG, RX_WORK_ITEM};

/// Length of a tick, in milliseconds and in 100-ns units.
const TICK_MS: i32 = 50;
const TICK: i64 = 500_000;

/// `RX_WORK_ITEM.Options` of an item that runs again and again; the bits below hold its period in ticks.
const RECURRENT: u32 = 0x8000_0000;

/// What is waiting for its time. `lock` may be taken under the library's general lock, not the other way round.
#[repr(C)]
pub(crate) struct Timers {
    lock: KSPIN_LOCK,
    /// RX_WORK_ITEMs by `WorkQueueItem.List`; `LastTick` counts down to 0.
    waiting: LIST_ENTRY,
    /// Recurrent work that is queued or running, by `Recurrent.link`.
    running: LIST_ENTRY,
    timer: KTIMER,
    dpc: KDPC,
    ticking: bool,
    /// Nothing is going to wait any more.
    stopped: bool,
}

/// Makes an idle timer.
pub(crate) fn init(timers: Live<Timers>) {
    list::init(addr!(timers => waiting));
    list::init(addr!(timers => running));
    // SAFETY: the timer's memory lives.
    unsafe { nt::sys::KeInitializeTimer(addr!(timers => timer).as_ptr()) };
    // SAFETY: the DPC's memory lives, and so does its context.
    unsafe {
        nt::sys::KeInitializeDpc(
            addr!(timers => dpc).as_ptr(),
            Some(tick),
            timers.as_ptr().cast(),
        )
    };
}

/// Ends the timer; recurrent items that nobody cancelled are freed, those of runs under way at the end of their run.
pub(crate) fn stop(timers: Live<Timers>) {
    {
        let _held = spin::acquire(addr!(timers => lock));
        set!(timers => stopped, true);
    }
    // SAFETY: initialised in `init`.
    unsafe { nt::sys::KeCancelTimer(addr!(timers => timer).as_ptr()) };
    flush();
    while let Some(member) = list::pop_front(addr!(timers => waiting)) {
        free_if_recurrent(item_of(member));
    }
}

/// Waits until the DPC has queued all that it has taken off the list: on its way from there to the worker threads it can be neither
/// taken back nor waited for. PASSIVE_LEVEL.
pub(crate) fn flush() {
    // SAFETY: no precondition at PASSIVE_LEVEL.
    unsafe { nt::sys::KeFlushQueuedDpcs() };
}

fn item_of(member: list::Link) -> Live<RX_WORK_ITEM> {
    let item = list::container!(member, rdbss::raw::RX_WORK_QUEUE_ITEM, List);
    // SAFETY: a RX_WORK_ITEM begins with its work queue item, and only such are in the list.
    unsafe { item.cast() }
}

fn free_if_recurrent(item: Live<RX_WORK_ITEM>) {
    if get!(item => Options) & RECURRENT != 0 {
        pool::free(item, RX_TIMER_POOLTAG);
    }
}

unsafe extern "C" fn tick(_: *mut KDPC, context: *mut c_void, _: *mut c_void, _: *mut c_void) {
    // SAFETY: `init` passed the timers, which outlive their DPC because `stop` flushes it.
    let Some(timers) = (unsafe { Live::from_nullable(context.cast::<Timers>()) }) else {
        return;
    };
    let mut due = LIST_ENTRY::default();
    // SAFETY: a local, used in this function only.
    let Some(due) = (unsafe { Live::from_nullable(&raw mut due) }) else {
        return;
    };
    list::init(due);
    {
        let _held = spin::acquire(addr!(timers => lock));
        for member in list::iter(addr!(timers => waiting)) {
            let item = item_of(member);
            let left = get!(item => LastTick).saturating_sub(1);
            set!(item => LastTick, left);
            if left == 0 {
                list::remove(member);
                list::push_back(due, member);
                if let Some(work) = recurrence(item) {
                    list::push_back(addr!(timers => running), addr!(work => link));
                }
            }
        }
        if list::is_empty(addr!(timers => waiting)) {
            set!(timers => ticking, false);
            // SAFETY: initialised in `init`.
            unsafe { nt::sys::KeCancelTimer(addr!(timers => timer).as_ptr()) };
        }
    }
    while let Some(member) = list::pop_front(due) {
        let item = addr!(item_of(member) => WorkQueueItem);
        let device = follow!(item => pDeviceObject);
        worker::queue(
            item,
            device,
            get!(item => WorkerRoutine),
            get!(item => Parameter),
        );
    }
}

/// Lets `item` run after `interval` 100-ns units (at least one tick).
fn start(item: Live<RX_WORK_ITEM>, interval: i64, options: u32) {
    let Some(data) = data::get() else { return };
    let timers = addr!(data => timers);
    set!(item => Options, options);
    let _held = spin::acquire(addr!(timers => lock));
    wait(timers, item, interval);
}

/// Puts `item` into the list. The timers are locked.
fn wait(timers: Live<Timers>, item: Live<RX_WORK_ITEM>, interval: i64) {
    set!(item => LastTick, ticks_in(interval));
    list::push_back(addr!(timers => waiting), addr!(item => WorkQueueItem.List));
    if !get!(timers => ticking) {
        set!(timers => ticking, true);
        let due = LARGE_INTEGER {
            QuadPart: TICK.saturating_neg(),
        };
        // SAFETY: timer and DPC were initialised in `init`.
        unsafe {
            nt::sys::KeSetTimerEx(
                addr!(timers => timer).as_ptr(),
                due,
                TICK_MS,
                addr!(timers => dpc).as_ptr(),
            )
        };
    }
}

/// Intervals are given as durations or, in the manner of kernel timers, negative.
fn ticks_in(interval: i64) -> u32 {
    let ticks = interval.unsigned_abs().div_ceil(TICK.unsigned_abs()).max(1);
    u32::try_from(ticks)
        .unwrap_or(RECURRENT.wrapping_sub(1))
        .min(RECURRENT.wrapping_sub(1))
}

/// Sees to it that the item with this routine and parameter does not run any more; false if there is none.
fn cancel(routine: PRX_WORKERTHREAD_ROUTINE, parameter: PVOID) -> bool {
    let Some(data) = data::get() else {
        return false;
    };
    let timers = addr!(data => timers);
    let wanted = (routine.map(|routine| routine as usize), parameter);
    let found = {
        let _held = spin::acquire(addr!(timers => lock));
        let found = list::iter(addr!(timers => waiting))
            .map(item_of)
            .find(|item| work_of(*item) == wanted);
        let Some(found) = found else {
            return cancel_run(timers, wanted);
        };
        list::remove(addr!(found => WorkQueueItem.List));
        found
    };
    free_if_recurrent(found);
    true
}

/// Lets a run of recurrent work be the last one. The timers are locked.
fn cancel_run(timers: Live<Timers>, wanted: (Option<usize>, PVOID)) -> bool {
    let run = list::iter(addr!(timers => running))
        .map(|member| list::container!(member, Recurrent, link))
        .find(|run| !get!(*run => cancelled) && work_of(addr!(*run => item)) == wanted);
    if let Some(run) = run {
        set!(run => cancelled, true);
    }
    run.is_some()
}

/// What an item does: the address of the routine, and its parameter.
fn work_of(item: Live<RX_WORK_ITEM>) -> (Option<usize>, PVOID) {
    let (routine, parameter) = match recurrence(item) {
        Some(recurrent) => (get!(recurrent => routine), get!(recurrent => parameter)),
        None => (
            get!(item => WorkQueueItem.WorkerRoutine),
            get!(item => WorkQueueItem.Parameter),
        ),
    };
    (routine.map(|routine| routine as usize), parameter)
}

/// Work that runs again and again: the item and what to run.
#[repr(C)]
struct Recurrent {
    item: RX_WORK_ITEM,
    routine: PRX_WORKERTHREAD_ROUTINE,
    parameter: PVOID,
    interval: i64,
    /// In the list of what is running.
    link: LIST_ENTRY,
    /// This run is the last one.
    cancelled: bool,
}

fn recurrence(item: Live<RX_WORK_ITEM>) -> Option<Live<Recurrent>> {
    // SAFETY: only `RxPostRecurrentTimerRequest` sets the option, on the item inside a `Recurrent`.
    (get!(item => Options) & RECURRENT != 0).then(|| unsafe { item.cast() })
}

unsafe extern "C" fn run_recurrent(context: *mut c_void) {
    // SAFETY: `RxPostRecurrentTimerRequest` passes its own block.
    let Some(work) = (unsafe { Live::from_nullable(context.cast::<Recurrent>()) }) else {
        return;
    };
    if let Some(routine) = get!(work => routine) {
        // SAFETY: the caller of RxPostRecurrentTimerRequest promised the routine its parameter.
        unsafe { routine(get!(work => parameter)) };
    }
    let Some(data) = data::get() else { return };
    let timers = addr!(data => timers);
    {
        let _held = spin::acquire(addr!(timers => lock));
        list::remove(addr!(work => link));
        if !get!(work => cancelled) && !get!(timers => stopped) {
            return wait(timers, addr!(work => item), get!(work => interval));
        }
    }
    pool::free(work, RX_TIMER_POOLTAG);
}

/// Runs `Routine(pContext)` once on a worker thread after `TimeInterval` (100-ns units; at any IRQL <= DISPATCH_LEVEL).
///
/// # Safety
/// The device is registered; the item stays untouched until its routine runs or it is cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPostOneShotTimerRequest(
    pDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    pWorkItem: *mut RX_WORK_ITEM,
    Routine: PRX_WORKERTHREAD_ROUTINE,
    pContext: PVOID,
    TimeInterval: LARGE_INTEGER,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let Some(item) = (unsafe { Live::from_nullable(pWorkItem) }) else {
        return nt::sys::STATUS_INVALID_PARAMETER;
    };
    set!(item => WorkQueueItem.WorkerRoutine, Routine);
    set!(item => WorkQueueItem.Parameter, pContext);
    set!(item => WorkQueueItem.pDeviceObject, pDeviceObject);
    start(item, quad(TimeInterval), 0);
    STATUS_SUCCESS
}

/// Runs `Routine(pContext)` again and again, `TimeInterval` after the end of the run before.
///
/// # Safety
/// The device is registered until the request is cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPostRecurrentTimerRequest(
    pDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    Routine: PRX_WORKERTHREAD_ROUTINE,
    pContext: PVOID,
    TimeInterval: LARGE_INTEGER,
) -> NTSTATUS {
    let Some(work) = pool::allocate::<Recurrent>(0, RX_TIMER_POOLTAG) else {
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    set!(work => routine, Routine);
    set!(work => parameter, pContext);
    set!(work => interval, quad(TimeInterval));
    set!(work => item.WorkQueueItem.WorkerRoutine, Some(run_recurrent));
    set!(work => item.WorkQueueItem.Parameter, work.as_ptr().cast());
    set!(work => item.WorkQueueItem.pDeviceObject, pDeviceObject);
    start(addr!(work => item), quad(TimeInterval), RECURRENT);
    STATUS_SUCCESS
}

/// Takes back a timer request: it does not start to run any more, and recurrent work that is running does not come again.
/// RxSpinDownMRxDispatcher waits for the end of such a run. STATUS_NOT_FOUND if nothing is to be taken back.
///
/// # Safety
/// The device is registered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxCancelTimerRequest(
    _pDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    Routine: PRX_WORKERTHREAD_ROUTINE,
    pContext: PVOID,
) -> NTSTATUS {
    if cancel(Routine, pContext) {
        STATUS_SUCCESS
    } else {
        STATUS_NOT_FOUND
    }
}

fn quad(value: LARGE_INTEGER) -> i64 {
    // SAFETY: every bit pattern of the union is a number.
    unsafe { value.QuadPart }
}

#[cfg(test)]
pub(crate) mod tests;
