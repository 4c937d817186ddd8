//! RDBSS's worker threads: RxDispatchToWorkerThread, RxPostToWorkerThread, RxSpinDownMRxDispatcher.
//!
//! All three queue types are served by one set of system threads. A few threads are there from the start; whenever
//! the last idle one takes work, another is made, up to [`MAX_THREADS`], so that work which waits for other work
//! cannot starve it.

use crate::kernel::{event, pool, region, spin};
use crate::live::{Live, addr, field, follow, get, set};
use crate::{data, list, timer};
use core::ffi::c_void;
use nt::sys::{
    HANDLE, KEVENT, KSPIN_LOCK, LIST_ENTRY, NTSTATUS, OBJECT_ATTRIBUTES, PVOID,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS,
};
use rdbss::raw::{
    PRX_WORKERTHREAD_ROUTINE, RDBSS_DEVICE_OBJECT, RDBSS_STARTED, RX_WORK_DISPATCH_ITEM,
    RX_WORK_QUEUE_ITEM, RX_WORKQ_POOLTAG, WORK_QUEUE_TYPE,
};

/// As many as `Workers.taken` has bits.
const MAX_THREADS: usize = 32;
const FIRST_THREADS: usize = 2;

/// The threads and their queue.
#[repr(C)]
pub(crate) struct Workers {
    lock: KSPIN_LOCK,
    queue: LIST_ENTRY,
    /// Wakes one idle thread.
    wake: KEVENT,
    idle: usize,
    /// A bit for each place in `threads` that has a thread, or for which one is being made.
    taken: u32,
    stopping: bool,
    /// Handles of the threads, to wait for their end.
    threads: [HANDLE; MAX_THREADS],
}

/// Starts the first threads.
pub(crate) fn start(workers: Live<Workers>) -> Result<(), NTSTATUS> {
    list::init(addr!(workers => queue));
    event::init_synchronization(addr!(workers => wake));
    for _ in 0..FIRST_THREADS {
        if let Err(status) = add_thread(workers) {
            stop(workers);
            return Err(status);
        }
    }
    Ok(())
}

/// Lets the threads finish what is queued, ends them and waits for their end.
pub(crate) fn stop(workers: Live<Workers>) {
    {
        let _held = spin::acquire(addr!(workers => lock));
        set!(workers => stopping, true);
    }
    event::set(addr!(workers => wake));
    // A thread writes down one that it makes before its own end. So as long as there is one that is not written down yet, the one
    // that makes it is, or in turn the one that makes that one.
    while let Some(thread) = take_thread(workers) {
        // It can only end in success: nothing alerts this wait, and it has no end in time.
        // SAFETY: the handle of `create_thread`, which is open.
        let _ = unsafe { nt::sys::ZwWaitForSingleObject(thread, 0, core::ptr::null_mut()) };
        // SAFETY: as above; nobody else closes it.
        let _closed = unsafe { nt::sys::ZwClose(thread) };
    }
}

/// Takes one of the handles out.
fn take_thread(workers: Live<Workers>) -> Option<HANDLE> {
    let _held = spin::acquire(addr!(workers => lock));
    let place = (0..MAX_THREADS)
        .map(|place| place_of(workers, place))
        .find(|place| !place.read().is_null())?;
    let thread = place.read();
    place.write(core::ptr::null_mut());
    Some(thread)
}

/// The place of a thread's handle; `place` is below MAX_THREADS.
fn place_of(workers: Live<Workers>, place: usize) -> Live<HANDLE> {
    field(
        addr!(workers => threads)
            .as_ptr()
            .cast::<HANDLE>()
            .wrapping_add(place),
    )
}

/// Makes a thread, if there is room for one.
fn add_thread(workers: Live<Workers>) -> Result<(), NTSTATUS> {
    let (place, bit) = {
        let _held = spin::acquire(addr!(workers => lock));
        let taken = get!(workers => taken);
        let place = taken.trailing_ones();
        let Some(bit) = 1u32.checked_shl(place) else {
            return Ok(());
        };
        if get!(workers => stopping) {
            return Ok(());
        }
        set!(workers => taken, taken | bit);
        (place as usize, bit)
    };
    let made = create_thread(workers);
    let _held = spin::acquire(addr!(workers => lock));
    match made {
        Ok(thread) => place_of(workers, place).write(thread),
        Err(_) => set!(workers => taken, get!(workers => taken) & !bit),
    }
    made.map(drop)
}

fn create_thread(workers: Live<Workers>) -> Result<HANDLE, NTSTATUS> {
    let mut thread: HANDLE = core::ptr::null_mut();
    // A handle that `stop` can use in whatever process it runs.
    let mut attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        Attributes: nt::sys::OBJ_KERNEL_HANDLE,
        ..OBJECT_ATTRIBUTES::default()
    };
    // SAFETY: the attributes and the out pointer are locals, and `workers` outlives the thread because `stop` waits for it.
    let status = unsafe {
        nt::sys::PsCreateSystemThread(
            &raw mut thread,
            nt::sys::THREAD_ALL_ACCESS,
            &raw mut attributes,
            core::ptr::null_mut(),
            core::ptr::null_mut(),
            Some(thread_main),
            workers.as_ptr().cast(),
        )
    };
    if status < 0 {
        return Err(status);
    }
    Ok(thread)
}

unsafe extern "C" fn thread_main(context: *mut c_void) {
    // SAFETY: `create_thread` passes the workers, which outlive their threads.
    let Some(workers) = (unsafe { Live::from_nullable(context.cast::<Workers>()) }) else {
        return;
    };
    while let Some(item) = next_item(workers) {
        run(item);
    }
    // The next thread that sleeps must learn of the end too.
    event::set(addr!(workers => wake));
}

/// Takes the next item, sleeping until there is one; `None` at the end.
fn next_item(workers: Live<Workers>) -> Option<Live<RX_WORK_QUEUE_ITEM>> {
    loop {
        let taken = {
            let _held = spin::acquire(addr!(workers => lock));
            let taken = list::pop_front(addr!(workers => queue));
            if taken.is_none() {
                if get!(workers => stopping) {
                    return None;
                }
                set!(workers => idle, get!(workers => idle).saturating_add(1));
            }
            taken.map(|link| {
                (
                    link,
                    !list::is_empty(addr!(workers => queue)),
                    get!(workers => idle),
                )
            })
        };
        match taken {
            Some((link, more, idle)) => {
                if idle == 0 {
                    // Without another thread the work only takes longer.
                    let _no_memory = add_thread(workers);
                } else if more {
                    event::set(addr!(workers => wake));
                }
                return Some(list::container!(link, RX_WORK_QUEUE_ITEM, List));
            }
            None => {
                event::wait(addr!(workers => wake));
                let _held = spin::acquire(addr!(workers => lock));
                set!(workers => idle, get!(workers => idle).saturating_sub(1));
            }
        }
    }
}

fn run(item: Live<RX_WORK_QUEUE_ITEM>) {
    let routine = get!(item => WorkerRoutine);
    let parameter = get!(item => Parameter);
    // The item may be gone once its routine has run.
    let device = follow!(item => pDeviceObject);
    let region = region::enter();
    if let Some(routine) = routine {
        // SAFETY: whoever queued the item promised the routine its parameter.
        unsafe { routine(parameter) };
    }
    drop(region);
    if let Some(device) = device {
        finished(device);
    }
}

/// Queues an item in the caller's storage. With a device, RxSpinDownMRxDispatcher of that device waits for it.
#[track_caller]
pub(crate) fn queue(
    item: Live<RX_WORK_QUEUE_ITEM>,
    device: Option<Live<RDBSS_DEVICE_OBJECT>>,
    routine: PRX_WORKERTHREAD_ROUTINE,
    parameter: PVOID,
) {
    let Some(data) = data::get() else { return };
    set!(item => WorkerRoutine, routine);
    set!(item => Parameter, parameter);
    set!(item => pDeviceObject, device.map_or(core::ptr::null_mut(), Live::as_ptr));
    if let Some(device) = device {
        let _held = spin::acquire(addr!(data => lock));
        let count = get!(device => DispatcherContext.NumberOfWorkerThreads);
        set!(device => DispatcherContext.NumberOfWorkerThreads, count.saturating_add(1));
    }
    let workers = addr!(data => workers);
    {
        let _held = spin::acquire(addr!(workers => lock));
        list::push_back(addr!(workers => queue), addr!(item => List));
    }
    event::set(addr!(workers => wake));
}

/// One item of the device has run.
fn finished(device: Live<RDBSS_DEVICE_OBJECT>) {
    let _held = data::lock();
    let count = get!(device => DispatcherContext.NumberOfWorkerThreads).saturating_sub(1);
    set!(device => DispatcherContext.NumberOfWorkerThreads, count);
    if count == 0
        && let Some(waiter) = follow!(device => DispatcherContext.pTearDownEvent)
    {
        set!(device => DispatcherContext.pTearDownEvent, core::ptr::null_mut());
        event::set(waiter);
    }
}

/// Work of the library's own, for a device. It may hold files and connections for a moment, so a stop waits for it; for the
/// mini-redirector's work it cannot, since that may go on until MRxStop.
pub(crate) struct LibraryWork(Live<RDBSS_DEVICE_OBJECT>);

impl LibraryWork {
    /// Begins for an open, or for a question of MUP's, unless the mini-redirector is not started: a stop that comes later waits for it.
    pub fn begin_if_started(device: Live<RDBSS_DEVICE_OBJECT>) -> Option<Self> {
        let _held = data::lock();
        let started = get!(device => StartStopContext.State) == RDBSS_STARTED;
        started.then(|| LibraryWork::count(device))
    }

    /// Begins, before the work is queued or at its start.
    pub fn begin(device: Live<RDBSS_DEVICE_OBJECT>) -> Self {
        let _held = data::lock();
        LibraryWork::count(device)
    }

    /// The library's general lock is held.
    fn count(device: Live<RDBSS_DEVICE_OBJECT>) -> Self {
        let count = get!(device => AsynchronousRequestsPending);
        set!(device => AsynchronousRequestsPending, count.saturating_add(1));
        LibraryWork(device)
    }

    /// Leaves the count to the routine that the work is queued for.
    pub fn hand_over(self) {
        core::mem::forget(self);
    }

    /// Takes the count over in that routine.
    pub fn take_over(device: Live<RDBSS_DEVICE_OBJECT>) -> Self {
        LibraryWork(device)
    }
}

impl Drop for LibraryWork {
    fn drop(&mut self) {
        let _held = data::lock();
        let count = get!(self.0 => AsynchronousRequestsPending);
        set!(self.0 => AsynchronousRequestsPending, count.saturating_sub(1));
    }
}

/// How often [`wait_for_library`] looks.
const LOOK: core::time::Duration = core::time::Duration::from_millis(1);

/// Waits until no work of the library's own is queued or running for the device.
pub(crate) fn wait_for_library(device: Live<RDBSS_DEVICE_OBJECT>) {
    let busy = || {
        let _held = data::lock();
        get!(device => AsynchronousRequestsPending) != 0
    };
    while busy() {
        nt::time::sleep(LOOK);
    }
}

/// Waits until no work that was queued for the device is queued or running; PASSIVE_LEVEL.
pub(crate) fn spin_down(device: Live<RDBSS_DEVICE_OBJECT>) {
    timer::flush();
    let mut done = KEVENT::default();
    // SAFETY: a local that outlives the wait below; whoever sets it has taken it, under the lock, from where it was known.
    let Some(done) = (unsafe { Live::from_nullable(&raw mut done) }) else {
        return;
    };
    event::init_notification(done, false);
    let earlier = {
        let _held = data::lock();
        if get!(device => DispatcherContext.NumberOfWorkerThreads) == 0 {
            return;
        }
        let earlier = follow!(device => DispatcherContext.pTearDownEvent);
        set!(device => DispatcherContext.pTearDownEvent, done.as_ptr());
        earlier
    };
    event::wait(done);
    // The event is set under the lock: once the lock is free, nobody touches the event any more.
    let _held = data::lock();
    if let Some(earlier) = earlier {
        // There is room for one event only; whoever waited already is told from here.
        event::set(earlier);
    }
}

/// Runs the item of RxDispatchToWorkerThread.
unsafe extern "C" fn run_dispatched(context: *mut c_void) {
    // SAFETY: RxDispatchToWorkerThread passes its own item.
    let Some(item) = (unsafe { Live::from_nullable(context.cast::<RX_WORK_DISPATCH_ITEM>()) })
    else {
        return;
    };
    let routine = get!(item => DispatchRoutine);
    let parameter = get!(item => DispatchRoutineParameter);
    pool::free(item, RX_WORKQ_POOLTAG);
    if let Some(routine) = routine {
        // SAFETY: the caller of RxDispatchToWorkerThread promised the routine its parameter.
        unsafe { routine(parameter) };
    }
}

/// Runs `Routine(pContext)` on a worker thread; IRQL <= DISPATCH_LEVEL. STATUS_INSUFFICIENT_RESOURCES without memory.
///
/// # Safety
/// The device is registered; the routine may be called with that parameter once, later, at PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxDispatchToWorkerThread(
    pMRxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    _WorkQueueType: WORK_QUEUE_TYPE,
    Routine: PRX_WORKERTHREAD_ROUTINE,
    pContext: PVOID,
) -> NTSTATUS {
    let Some(item) = pool::allocate::<RX_WORK_DISPATCH_ITEM>(0, RX_WORKQ_POOLTAG) else {
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    set!(item => DispatchRoutine, Routine);
    set!(item => DispatchRoutineParameter, pContext);
    // SAFETY: the caller's promise.
    let device = unsafe { Live::from_nullable(pMRxDeviceObject) };
    queue(
        addr!(item => WorkQueueItem),
        device,
        Some(run_dispatched),
        item.as_ptr().cast(),
    );
    STATUS_SUCCESS
}

/// As RxDispatchToWorkerThread, with the caller's storage; cannot fail.
///
/// # Safety
/// As RxDispatchToWorkerThread; the item stays untouched until its routine runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPostToWorkerThread(
    pMRxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    _WorkQueueType: WORK_QUEUE_TYPE,
    pWorkQueueItem: *mut RX_WORK_QUEUE_ITEM,
    Routine: PRX_WORKERTHREAD_ROUTINE,
    pContext: PVOID,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let device = unsafe { Live::from_nullable(pMRxDeviceObject) };
    // SAFETY: the caller's promise.
    if let Some(item) = unsafe { Live::from_nullable(pWorkQueueItem) } {
        queue(item, device, Routine, pContext);
    }
    STATUS_SUCCESS
}

/// Waits until no work of the device is queued or running. Not for a thread that runs such work itself.
///
/// # Safety
/// The device is registered; PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxSpinDownMRxDispatcher(
    pMRxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    if let Some(device) = unsafe { Live::from_nullable(pMRxDeviceObject) } {
        spin_down(device);
    }
    STATUS_SUCCESS
}

/// The process that RxDriverEntry ran in.
///
/// # Safety
/// None is needed; the headers declare it so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxGetRDBSSProcess() -> nt::sys::PEPROCESS {
    data::get().map_or(core::ptr::null_mut(), |data| get!(data => process))
}

#[cfg(test)]
pub(crate) mod tests;
