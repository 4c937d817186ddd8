//! Work items, run by system worker threads at PASSIVE_LEVEL.

use crate::irql;
use crate::ke;
use crate::mode;
use crate::ob;
use crate::pool::{self, Anchor, Fill};
use crate::ps;
use crate::sys::*;
use crate::verifier::{Place, broken};
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::thread::JoinHandle;

const TAG: u32 = pool::tag(b"IoWI");
/// Workers that may run at once; a work item that waits for another must find a thread for it.
pub(super) const MOST_WORKERS: usize = 32;

type Job = Box<dyn FnOnce() + Send>;

struct Queue {
    jobs: VecDeque<Job>,
    threads: Vec<JoinHandle<()>>,
    idle: usize,
    stop: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: VecDeque::new(),
    threads: Vec::new(),
    idle: 0,
    stop: false,
});
static WORK: Condvar = Condvar::new();

/// Lets workers start again.
pub(crate) fn start() {
    QUEUE.lock().stop = false;
}

/// Ends the workers once they have run everything.
pub(crate) fn stop() {
    let threads = {
        let mut queue = QUEUE.lock();
        queue.stop = true;
        core::mem::take(&mut queue.threads)
    };
    WORK.notify_all();
    for thread in threads {
        // A panic in the thread has ended the process already.
        let _ = thread.join();
    }
}

/// Runs a job on a system worker thread.
pub(crate) fn post(job: impl FnOnce() + Send + 'static) {
    let _host = mode::host();
    let mut queue = QUEUE.lock();
    queue.jobs.push_back(Box::new(job));
    if queue.idle < queue.jobs.len() && queue.threads.len() < MOST_WORKERS {
        let thread = ps::spawn_host("ntsim-worker", work);
        queue.threads.push(thread);
    }
    drop(queue);
    WORK.notify_one();
}

fn work() {
    let _host = mode::host();
    let mut queue = QUEUE.lock();
    loop {
        if let Some(job) = queue.jobs.pop_front() {
            parking_lot::MutexGuard::unlocked(&mut queue, job);
        } else if queue.stop {
            return;
        } else {
            queue.idle += 1;
            WORK.wait(&mut queue);
            queue.idle -= 1;
        }
    }
}

/// Runs a driver's work routine and checks how it leaves.
fn run(place: Place, routine: impl FnOnce()) {
    let regions = ke::apc_depth();
    irql::run_at(irql::PASSIVE, "a work item", place, || {
        let _kernel = mode::kernel();
        routine();
    });
    ke::require_apc_depth(regions, "a work item", place);
}

/// A pointer that goes to another thread.
struct Sent<T>(*mut T);

// SAFETY: the driver hands the memory over with the work item.
unsafe impl<T> Send for Sent<T> {}

impl<T> Sent<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

/// Queues a work item in the caller's memory; that memory is the routine's from its start on.
#[track_caller]
pub unsafe fn ExQueueWorkItem(WorkItem: PWORK_QUEUE_ITEM, _QueueType: WORK_QUEUE_TYPE) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ExQueueWorkItem", place);
    if let Some(before) = pool::drop_anchor(WorkItem as usize, Anchor::WorkItem, place) {
        broken!(
            WorkItemState,
            place,
            Some(before),
            "this work item is queued already"
        );
        return;
    }
    let item = Sent(WorkItem);
    post(move || {
        let address = item.get();
        // SAFETY: the item is the queue's until its routine runs.
        let content = unsafe { address.read() };
        if !pool::lift_anchor(address as usize) {
            // Freed meanwhile, which has been reported.
            return;
        }
        if let Some(routine) = content.WorkerRoutine {
            // SAFETY: the driver's routine with the parameter that it asked for, at PASSIVE_LEVEL.
            run(place, || unsafe { routine(content.Parameter) });
        }
    });
}

/// What IoAllocateWorkItem makes.
struct IoWorkItem {
    device: PDEVICE_OBJECT,
    /// Where it was queued; NULL while it is not.
    queued: AtomicPtr<Location<'static>>,
}

/// Allocates a work item that keeps `DeviceObject` while queued. NULL when out of memory.
#[track_caller]
pub unsafe fn IoAllocateWorkItem(DeviceObject: PDEVICE_OBJECT) -> PIO_WORKITEM {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoAllocateWorkItem", place);
    let item = pool::allocate(size_of::<IoWorkItem>(), TAG, Fill::Zero, place).cast::<IoWorkItem>();
    if !item.is_null() {
        // SAFETY: new memory of the right size.
        unsafe {
            item.write(IoWorkItem {
                device: DeviceObject,
                queued: AtomicPtr::default(),
            })
        };
    }
    item.cast()
}

/// Queues a work item made by [`IoAllocateWorkItem`].
#[track_caller]
pub unsafe fn IoQueueWorkItem(
    IoWorkItem: PIO_WORKITEM,
    WorkerRoutine: PIO_WORKITEM_ROUTINE,
    _QueueType: WORK_QUEUE_TYPE,
    Context: PVOID,
) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoQueueWorkItem", place);
    // SAFETY: the caller gives a work item of IoAllocateWorkItem.
    let item = unsafe { &*IoWorkItem.cast::<self::IoWorkItem>() };
    let here = ptr::from_ref(place).cast_mut();
    let before =
        item.queued
            .compare_exchange(ptr::null_mut(), here, Ordering::SeqCst, Ordering::SeqCst);
    if let Err(before) = before {
        broken!(
            WorkItemState,
            place,
            as_place(before),
            "this work item is queued already"
        );
        return;
    }
    ob::reference(item.device.cast());
    let (item, context) = (Sent(IoWorkItem.cast::<self::IoWorkItem>()), Sent(Context));
    post(move || {
        // SAFETY: a queued item is not freed.
        let content = unsafe { &*item.get() };
        let device = content.device;
        // From here on the routine may free the item.
        content.queued.store(ptr::null_mut(), Ordering::SeqCst);
        if let Some(routine) = WorkerRoutine {
            // SAFETY: the driver's routine with the arguments that it asked for, at PASSIVE_LEVEL.
            run(place, || unsafe { routine(device, context.get()) });
        }
        ob::dereference(device.cast(), place);
    });
}

/// Frees a work item that is not queued.
#[track_caller]
pub unsafe fn IoFreeWorkItem(IoWorkItem: PIO_WORKITEM) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoFreeWorkItem", place);
    // SAFETY: the caller gives a work item of IoAllocateWorkItem.
    let item = unsafe { &*IoWorkItem.cast::<self::IoWorkItem>() };
    if let Some(queued) = as_place(item.queued.load(Ordering::SeqCst)) {
        broken!(
            WorkItemState,
            place,
            Some(queued),
            "freed a work item that is queued"
        );
        return;
    }
    pool::free(IoWorkItem.cast(), TAG, place);
}

/// The place that [`IoWorkItem::queued`] holds.
fn as_place(queued: *mut Location<'static>) -> Option<Place> {
    // SAFETY: NULL, or a place in the code, which lives forever.
    unsafe { queued.as_ref() }
}
