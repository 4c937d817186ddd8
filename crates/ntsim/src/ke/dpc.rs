//! DPCs: one thread runs them, at DISPATCH_LEVEL, in the order in which they were queued. It also watches the timers.

use super::timer::{self, Armed};
use crate::irql;
use crate::mode;
use crate::pool::{self, Anchor};
use crate::ps;
use crate::sys::*;
use crate::verifier::Place;
use core::panic::Location;
use parking_lot::{Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// A queued DPC.
pub(super) struct Queued {
    dpc: usize,
    arguments: (usize, usize),
    place: Place,
}

/// What the DPC thread works from.
pub(super) struct Table {
    pub(super) timers: Vec<Armed>,
    queue: Vec<Queued>,
    running: bool,
    stop: bool,
    thread: Option<JoinHandle<()>>,
}

static TABLE: Mutex<Table> = Mutex::new(Table {
    timers: Vec::new(),
    queue: Vec::new(),
    running: false,
    stop: false,
    thread: None,
});
/// Something for the DPC thread to do.
static WORK: Condvar = Condvar::new();
/// The queue has run empty.
static IDLE: Condvar = Condvar::new();

/// Does something with the table.
pub(super) fn with_table<R>(action: impl FnOnce(&mut Table) -> R) -> R {
    let _host = mode::host();
    action(&mut TABLE.lock())
}

/// Tells the DPC thread to look again.
pub(super) fn nudge() {
    WORK.notify_one();
}

/// Queues a DPC unless it is queued already.
pub(super) fn enqueue(queue: &mut Vec<Queued>, dpc: PKDPC, place: Place) -> bool {
    enqueue_with(queue, dpc, (0, 0), place)
}

fn enqueue_with(
    queue: &mut Vec<Queued>,
    dpc: PKDPC,
    arguments: (usize, usize),
    place: Place,
) -> bool {
    if queue.iter().any(|queued| queued.dpc == dpc as usize) {
        return false;
    }
    pool::drop_anchor(dpc as usize, Anchor::Dpc, place);
    queue.push(Queued {
        dpc: dpc as usize,
        arguments,
        place,
    });
    true
}

/// Starts the thread.
pub(crate) fn start() {
    let mut table = TABLE.lock();
    table.stop = false;
    table.thread = Some(ps::spawn_host("ntsim-dpc", run));
}

/// Ends the thread.
pub(crate) fn stop() {
    let thread = {
        let mut table = TABLE.lock();
        table.stop = true;
        table.thread.take()
    };
    WORK.notify_one();
    if let Some(thread) = thread {
        // A panic in the thread has ended the process already.
        let _ = thread.join();
    }
    let mut table = TABLE.lock();
    table.timers.clear();
    table.queue.clear();
}

fn run() {
    let _host = mode::host();
    let mut table = TABLE.lock();
    while !table.stop {
        let Table { timers, queue, .. } = &mut *table;
        let next: Option<Instant> = timer::expire(timers, queue);
        if table.queue.is_empty() {
            table.running = false;
            IDLE.notify_all();
            match next {
                Some(next) => {
                    WORK.wait_until(&mut table, next);
                }
                None => WORK.wait(&mut table),
            }
            continue;
        }
        table.running = true;
        let queued = table.queue.remove(0);
        pool::lift_anchor(queued.dpc);
        // SAFETY: a queued DPC is valid until it is taken out; the routine and context are copied before it may be freed.
        let dpc = unsafe { (queued.dpc as PKDPC).read() };
        parking_lot::MutexGuard::unlocked(&mut table, || deliver(queued, &dpc));
    }
}

fn deliver(queued: Queued, dpc: &KDPC) {
    let Some(routine) = dpc.DeferredRoutine else {
        return;
    };
    let (first, second) = queued.arguments;
    irql::run_at(irql::DISPATCH, "a DPC", queued.place, || {
        let _kernel = mode::kernel();
        // SAFETY: the driver's routine with the arguments that it asked for, at DISPATCH_LEVEL.
        unsafe {
            routine(
                queued.dpc as PKDPC,
                dpc.DeferredContext,
                first as PVOID,
                second as PVOID,
            )
        };
    });
}

/// Initialises a DPC.
pub unsafe fn KeInitializeDpc(
    Dpc: PRKDPC,
    DeferredRoutine: PKDEFERRED_ROUTINE,
    DeferredContext: PVOID,
) {
    /// `DpcObject`, the type of a normal DPC.
    const DPC_OBJECT: u8 = 19;
    let mut dpc = KDPC {
        DeferredRoutine,
        DeferredContext,
        ..KDPC::default()
    };
    dpc.__bindgen_anon_1.__bindgen_anon_1 = _KDPC__bindgen_ty_1__bindgen_ty_1 {
        Type: DPC_OBJECT,
        Importance: 1,
        Number: 0,
    };
    // SAFETY: the caller gives room for a DPC.
    unsafe { Dpc.write(dpc) };
}

/// Queues a DPC. FALSE if it is queued already.
#[track_caller]
pub unsafe fn KeInsertQueueDpc(
    Dpc: PRKDPC,
    SystemArgument1: PVOID,
    SystemArgument2: PVOID,
) -> BOOLEAN {
    let place = Location::caller();
    let arguments = (SystemArgument1 as usize, SystemArgument2 as usize);
    let queued = with_table(|table| enqueue_with(&mut table.queue, Dpc, arguments, place));
    nudge();
    BOOLEAN::from(queued)
}

/// Takes a DPC out of the queue. TRUE if it was queued.
pub unsafe fn KeRemoveQueueDpc(Dpc: PRKDPC) -> BOOLEAN {
    with_table(|table| {
        let before = table.queue.len();
        table.queue.retain(|queued| queued.dpc != Dpc as usize);
        let was_queued = before != table.queue.len();
        if was_queued {
            pool::lift_anchor(Dpc as usize);
        }
        BOOLEAN::from(was_queued)
    })
}

/// Waits until every queued DPC has run.
#[track_caller]
pub unsafe fn KeFlushQueuedDpcs() {
    irql::at_most(irql::PASSIVE, "KeFlushQueuedDpcs", Location::caller());
    let _host = mode::host();
    let mut table = TABLE.lock();
    while table.running || !table.queue.is_empty() {
        IDLE.wait(&mut table);
    }
}
