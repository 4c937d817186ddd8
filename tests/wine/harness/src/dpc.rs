//! Deferred procedure calls. Wine queues them and never runs them; here one thread does, one after the other, at
//! DISPATCH_LEVEL, as if the machine had a single processor.

use crate::irql;
use crate::ledger::violation;
use crate::sync::{Condition, Mutex};
use crate::thread::Thread;
use alloc::collections::VecDeque;
use wdk_sys::{BOOLEAN, NTSTATUS, PRKDPC, PVOID};

struct Queued {
    dpc: PRKDPC,
    arguments: [PVOID; 2],
}

// SAFETY: a queued DPC belongs to the queue until its routine runs.
unsafe impl Send for Queued {}

struct Queue {
    waiting: VecDeque<Queued>,
    running: bool,
    stopping: bool,
    thread: Option<Thread>,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    waiting: VecDeque::new(),
    running: false,
    stopping: false,
    thread: None,
});
/// The queue has something to run, or has become idle.
static CHANGED: Condition = Condition::new();

/// Starts the thread.
pub fn start() -> Result<(), NTSTATUS> {
    let thread = Thread::spawn(run)?;
    QUEUE.lock().thread = Some(thread);
    Ok(())
}

/// Ends the thread; what is queued is not run any more.
pub fn stop() {
    let thread = {
        let mut queue = QUEUE.lock();
        queue.stopping = true;
        queue.thread.take()
    };
    CHANGED.wake_all();
    if let Some(thread) = thread {
        thread.join();
    }
}

/// Queues a DPC. False when it is queued already.
pub fn queue(dpc: PRKDPC, arguments: [PVOID; 2]) -> bool {
    let mut queue = QUEUE.lock();
    if queue.waiting.iter().any(|queued| queued.dpc == dpc) {
        return false;
    }
    queue.waiting.push_back(Queued { dpc, arguments });
    CHANGED.wake_all();
    true
}

fn run() {
    let mut queue = QUEUE.lock();
    while !queue.stopping {
        let Some(next) = queue.waiting.pop_front() else {
            CHANGED.wait(&mut queue);
            continue;
        };
        queue.running = true;
        drop(queue);
        call(&next);
        queue = QUEUE.lock();
        queue.running = false;
        CHANGED.wake_all();
    }
}

fn call(queued: &Queued) {
    // SAFETY: the driver keeps its DPC until the routine has begun.
    let dpc = unsafe { queued.dpc.read() };
    let [first, second] = queued.arguments;
    match dpc.DeferredRoutine {
        Some(routine) => irql::call_at(irql::DISPATCH, "a DPC routine", || {
            // SAFETY: the driver's routine with the driver's arguments.
            unsafe { routine(queued.dpc, dpc.DeferredContext, first, second) };
        }),
        None => violation!("a DPC without a routine was queued"),
    }
}

/// `KeInsertQueueDpc`.
pub unsafe extern "C" fn insert(dpc: PRKDPC, first: PVOID, second: PVOID) -> BOOLEAN {
    queue(dpc, [first, second]).into()
}

/// `KeFlushQueuedDpcs`.
pub unsafe extern "C" fn flush() {
    irql::at_most(irql::PASSIVE, "KeFlushQueuedDpcs");
    let mut queue = QUEUE.lock();
    while queue.running || !queue.waiting.is_empty() {
        CHANGED.wait(&mut queue);
    }
}
