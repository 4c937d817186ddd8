extern crate std;

use super::*;
use crate::bench::{Bench, device, wait_until};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

static GATE: AtomicBool = AtomicBool::new(false);
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// Work that lasts until the gate is open.
unsafe extern "C" fn wait_at_gate(_: PVOID) {
    RUNNING.fetch_add(1, SeqCst);
    while !GATE.load(SeqCst) {
        std::thread::yield_now();
    }
    RUNNING.fetch_sub(1, SeqCst);
}

/// Holds the queue's lock.
pub(crate) fn hold_queue() -> spin::Held {
    let data = data::get().unwrap();
    spin::acquire(addr!(data => workers.lock))
}

fn dispatch() {
    // SAFETY: the device is registered, and the routine needs no parameter.
    let status = unsafe {
        RxDispatchToWorkerThread(
            device().as_ptr(),
            rdbss::raw::DelayedWorkQueue,
            Some(wait_at_gate),
            core::ptr::null_mut(),
        )
    };
    assert_eq!(status, STATUS_SUCCESS);
}

#[test]
fn everybody_who_waits_for_the_end_of_a_devices_work_is_told() {
    let bench = Bench::new(|_| ());
    GATE.store(false, SeqCst);
    bench.run(dispatch);
    let ended = AtomicU32::new(0);
    let waiting = || {
        let _held = data::lock();
        get!(device() => DispatcherContext.pTearDownEvent) as usize
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let before = waiting();
            scope.spawn(|| {
                bench.run(|| spin_down(device()));
                ended.fetch_add(1, SeqCst);
            });
            wait_until("one more waits", || waiting() != before);
        }
        assert_eq!(ended.load(SeqCst), 0);
        GATE.store(true, SeqCst);
        wait_until("all have been told", || ended.load(SeqCst) == 3);
    });
}

#[test]
fn a_thread_that_could_not_be_made_costs_no_place_in_the_pool() {
    let bench = Bench::new(|_| ());
    GATE.store(false, SeqCst);
    bench.run(|| {
        let data = data::get().unwrap();
        let workers = addr!(data => workers);
        for _ in 0..MAX_THREADS {
            bench.kernel.faults().fail_nth_of(b"Thre", 1);
            assert_eq!(add_thread(workers), Err(STATUS_INSUFFICIENT_RESOURCES));
        }
        bench.kernel.faults().clear();
        for _ in 0..MAX_THREADS {
            dispatch();
        }
        // Only if every place is taken do they all run at once.
        wait_until("all run", || RUNNING.load(SeqCst) == MAX_THREADS as u32);
        GATE.store(true, SeqCst);
        spin_down(device());
    });
}
