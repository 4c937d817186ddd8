extern crate std;

use super::*;
use crate::bench::{Bench, comes, device, wait_until};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use rdbss::raw::RX_WORK_ITEM;
use std::boxed::Box;

static GATE: AtomicBool = AtomicBool::new(true);
static BEGUN: AtomicU32 = AtomicU32::new(0);
static ENDED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn run(_: PVOID) {
    BEGUN.fetch_add(1, SeqCst);
    while !GATE.load(SeqCst) {
        std::thread::yield_now();
    }
    ENDED.fetch_add(1, SeqCst);
}

fn reset(gate: bool) {
    GATE.store(gate, SeqCst);
    BEGUN.store(0, SeqCst);
    ENDED.store(0, SeqCst);
}

fn timers() -> Live<Timers> {
    let data = data::get().unwrap();
    addr!(data => timers)
}

/// Holds the timers' lock.
pub(crate) fn hold() -> spin::Held {
    spin::acquire(addr!(timers() => lock))
}

/// True if nothing waits for its time.
pub(crate) fn is_idle() -> bool {
    let _held = hold();
    list::is_empty(addr!(timers() => waiting))
}

/// Work that `run` does again and again, for the bench's device; gives when the first run has begun.
fn begin_recurrent() {
    let soon = LARGE_INTEGER { QuadPart: 1 };
    // SAFETY: the device is registered.
    let posted = unsafe {
        RxPostRecurrentTimerRequest(device().as_ptr(), Some(run), core::ptr::null_mut(), soon)
    };
    assert_eq!(posted, STATUS_SUCCESS);
    wait_until("the first run", || BEGUN.load(SeqCst) == 1);
}

fn cancel_run() -> NTSTATUS {
    // SAFETY: the device is registered.
    unsafe { RxCancelTimerRequest(device().as_ptr(), Some(run), core::ptr::null_mut()) }
}

#[test]
fn recurrent_work_that_is_cancelled_during_a_run_does_not_come_again() {
    let bench = Bench::new(|_| ());
    reset(false);
    bench.run(|| {
        begin_recurrent();
        assert_eq!(cancel_run(), STATUS_SUCCESS);
        assert_eq!(cancel_run(), STATUS_NOT_FOUND);
        GATE.store(true, SeqCst);
        worker::spin_down(device());
        assert!(is_idle());
        assert_eq!(ENDED.load(SeqCst), 1);
    });
}

#[test]
fn a_run_that_outlasts_the_timer_does_not_start_it_again() {
    let bench = Bench::new(|_| ());
    reset(false);
    bench.run(|| {
        begin_recurrent();
        stop(timers());
        GATE.store(true, SeqCst);
        worker::spin_down(device());
        assert!(is_idle());
        assert!(!get!(timers() => ticking));
    });
}

/// Work that is due at the next tick.
fn post(item: &mut RX_WORK_ITEM, device: *mut RDBSS_DEVICE_OBJECT) {
    let soon = LARGE_INTEGER { QuadPart: 1 };
    // SAFETY: the item outlives its run.
    unsafe { RxPostOneShotTimerRequest(device, item, Some(run), core::ptr::null_mut(), soon) };
}

/// Keeps the DPC thread busy until the gate is open.
unsafe extern "C" fn busy(_: *mut KDPC, _: PVOID, _: PVOID, _: PVOID) {
    BEGUN.fetch_add(1, SeqCst);
    while !GATE.load(SeqCst) {
        std::thread::yield_now();
    }
}

#[test]
fn work_that_the_timer_has_let_go_is_waited_for() {
    let bench = Bench::new(|_| ());
    reset(false);
    // SAFETY: an item of zeroes is not queued.
    let mut items: Box<[RX_WORK_ITEM; 2]> = Box::new(unsafe { core::mem::zeroed() });
    let mut dpc = Box::new(KDPC::default());
    let ran_when_told = AtomicU32::new(u32::MAX);
    let told = || ran_when_told.load(SeqCst) != u32::MAX;
    std::thread::scope(|scope| {
        bench.run(|| {
            // SAFETY: the DPC outlives its run.
            unsafe { nt::sys::KeInitializeDpc(&raw mut *dpc, Some(busy), core::ptr::null_mut()) };
            // SAFETY: as above.
            unsafe {
                nt::sys::KeInsertQueueDpc(
                    &raw mut *dpc,
                    core::ptr::null_mut(),
                    core::ptr::null_mut(),
                )
            };
            wait_until("no tick comes", || BEGUN.load(SeqCst) == 1);
            let [first, second] = &mut *items;
            post(first, core::ptr::null_mut());
            post(second, device().as_ptr());
            // One tick finds both due. It hands over the first, which is of no device, and gets no further.
            let held = worker::tests::hold_queue();
            GATE.store(true, SeqCst);
            wait_until("both are due", is_idle);
            scope.spawn(|| {
                bench.run(|| worker::spin_down(device()));
                ran_when_told.store(ENDED.load(SeqCst), SeqCst);
            });
            let too_early = comes(Duration::from_millis(100), told);
            drop(held);
            assert!(!too_early);
        });
        wait_until("the end", told);
    });
    wait_until("both have run", || ENDED.load(SeqCst) == 2);
}
