use crate::irql;
use crate::sys::*;
use crate::verifier::{self, Rule, catch};
use crate::{Config, Kernel};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use parking_lot::Mutex;
use std::sync::Arc;

fn boot() -> Kernel {
    Kernel::boot(Config::default())
}

/// A resource inside a critical region, until dropped.
struct Held(Box<ERESOURCE>);

impl Held {
    fn new() -> Self {
        let mut resource = Box::<ERESOURCE>::default();
        // SAFETY: room for a resource, which stays in its box.
        unsafe { ExInitializeResourceLite(&raw mut *resource) };
        // SAFETY: left when dropped.
        unsafe { KeEnterCriticalRegion() };
        Self(resource)
    }

    fn raw(&mut self) -> PERESOURCE {
        &raw mut *self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`.
        unsafe { ExDeleteResourceLite(self.raw()) };
        // SAFETY: entered in `new`.
        unsafe { KeLeaveCriticalRegion() };
    }
}

/// Calls a service from another thread, in a critical region.
fn elsewhere<R: Send>(action: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                // SAFETY: left below.
                unsafe { KeEnterCriticalRegion() };
                let result = action();
                // SAFETY: entered above.
                unsafe { KeLeaveCriticalRegion() };
                result
            })
            .join()
            .unwrap()
    })
}

#[test]
fn a_resource_is_exclusive_and_recursive() {
    let _kernel = boot();
    let mut held = Held::new();
    let raw = held.raw();
    let address = raw as usize;
    for _ in 0..2 {
        // SAFETY: a live resource.
        assert_eq!(unsafe { ExAcquireResourceExclusiveLite(raw, 1) }, 1);
    }
    // SAFETY: as above.
    assert_eq!(unsafe { ExIsResourceAcquiredSharedLite(raw) }, 2);
    // SAFETY: as above.
    let try_shared = move || unsafe { ExAcquireResourceSharedLite(address as PERESOURCE, 0) };
    assert_eq!(elsewhere(try_shared), 0);
    // SAFETY: as above; the owner goes from exclusive to shared.
    unsafe { ExConvertExclusiveToSharedLite(raw) };
    assert_eq!(
        elsewhere(move || {
            let taken = try_shared();
            // SAFETY: taken above.
            unsafe { ExReleaseResourceLite(address as PERESOURCE) };
            taken
        }),
        1
    );
    for _ in 0..2 {
        // SAFETY: taken twice above.
        unsafe { ExReleaseResourceLite(raw) };
    }
}

#[test]
fn another_thread_can_release_for_the_owner_pointer() {
    let _kernel = boot();
    let mut held = Held::new();
    let raw = held.raw();
    let address = raw as usize;
    let owner = 0x1003usize;
    // SAFETY: a live resource.
    unsafe { ExAcquireResourceSharedLite(raw, 1) };
    // SAFETY: as above.
    unsafe { ExSetResourceOwnerPointer(raw, owner as PVOID) };
    // SAFETY: as above.
    elsewhere(move || unsafe {
        ExReleaseResourceForThreadLite(address as PERESOURCE, owner as u64)
    });
    // SAFETY: as above.
    assert_eq!(unsafe { ExAcquireResourceExclusiveLite(raw, 0) }, 1);
    // SAFETY: taken above.
    unsafe { ExReleaseResourceLite(raw) };
}

#[test]
fn rules_of_resources() {
    let _kernel = boot();
    let mut held = Held::new();
    let raw = held.raw();
    // SAFETY: breaks the rule on purpose.
    let free = catch(|| unsafe { ExReleaseResourceLite(raw) });
    assert_eq!(free.unwrap().rule, Rule::NotOwner);
    // SAFETY: as above.
    let upgrade = catch(|| unsafe {
        ExAcquireResourceSharedLite(raw, 1);
        ExAcquireResourceExclusiveLite(raw, 1);
    });
    assert_eq!(upgrade.unwrap().rule, Rule::Recursion);
    verifier::mark_fcb_resource(raw);
    assert_eq!(
        catch(verifier::network_wait).unwrap().rule,
        Rule::LockOverNetworkWait
    );
    // SAFETY: shared above.
    unsafe { ExReleaseResourceLite(raw) };
    assert!(catch(verifier::network_wait).is_none());
    // SAFETY: breaks the rule on purpose.
    let outside = catch(|| unsafe {
        KeLeaveCriticalRegion();
        ExAcquireResourceSharedLite(raw, 1);
        ExReleaseResourceLite(raw);
        KeEnterCriticalRegion();
    });
    assert_eq!(outside.unwrap().rule, Rule::OutsideCriticalRegion);
    // SAFETY: breaks the rule on purpose.
    let twice = catch(|| unsafe {
        ExInitializeResourceLite(raw);
    });
    assert_eq!(twice.unwrap().rule, Rule::ResourceState);
}

#[test]
fn another_thread_can_release_for_the_owning_thread() {
    let _kernel = boot();
    let mut held = Held::new();
    let address = held.raw() as usize;
    verifier::mark_fcb_resource(address as PERESOURCE);
    // SAFETY: a live resource.
    unsafe { ExAcquireResourceSharedLite(address as PERESOURCE, 1) };
    // SAFETY: the present thread as an owner.
    let me = unsafe { KeGetCurrentThread() } as u64;
    // SAFETY: a live resource that this thread shares.
    elsewhere(move || unsafe { ExReleaseResourceForThreadLite(address as PERESOURCE, me) });
    assert!(catch(verifier::network_wait).is_none());
}

fn fast_mutex() -> Box<FAST_MUTEX> {
    let mut mutex = Box::new(FAST_MUTEX {
        Count: FM_LOCK_BIT as i32,
        ..FAST_MUTEX::default()
    });
    // SAFETY: room for an event, which stays in its box.
    unsafe { KeInitializeEvent(&raw mut mutex.Event, _EVENT_TYPE::SynchronizationEvent, 0) };
    mutex
}

#[test]
fn a_fast_mutex_excludes_and_raises() {
    let _kernel = boot();
    let mut mutex = fast_mutex();
    let address = &raw mut *mutex as usize;
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    // SAFETY: a live mutex.
                    unsafe { ExAcquireFastMutex(address as PFAST_MUTEX) };
                    assert_eq!(irql::current(), irql::APC);
                    assert_eq!(count.fetch_add(1, Ordering::SeqCst), 0);
                    count.fetch_sub(1, Ordering::SeqCst);
                    // SAFETY: taken above.
                    unsafe { ExReleaseFastMutex(address as PFAST_MUTEX) };
                }
            });
        }
    });
    assert_eq!(mutex.Count, FM_LOCK_BIT as i32);
}

#[test]
fn a_fast_mutex_is_not_recursive() {
    let _kernel = boot();
    let mut mutex = fast_mutex();
    let raw = &raw mut *mutex;
    // SAFETY: breaks the rule on purpose.
    let violation = catch(|| unsafe {
        ExAcquireFastMutex(raw);
        ExAcquireFastMutex(raw);
    });
    // SAFETY: taken above.
    unsafe { ExReleaseFastMutex(raw) };
    irql::set(irql::PASSIVE);
    assert_eq!(violation.unwrap().rule, Rule::Recursion);
}

unsafe extern "C" fn set_event(context: PVOID) {
    // SAFETY: the test's event.
    unsafe { KeSetEvent(context.cast(), 0, 0) };
}

unsafe extern "C" fn raise_and_set_event(context: PVOID) {
    // SAFETY: breaks the rule on purpose.
    unsafe { KfRaiseIrql(2) };
    // SAFETY: the test's event.
    unsafe { set_event(context) };
}

fn event() -> Box<KEVENT> {
    let mut event = Box::<KEVENT>::default();
    // SAFETY: room for an event, which stays in its box.
    unsafe { KeInitializeEvent(&raw mut *event, _EVENT_TYPE::NotificationEvent, 0) };
    event
}

fn wait(object: PVOID) {
    // SAFETY: a live object.
    unsafe { KeWaitForSingleObject(object, 0, 0, 0, ptr::null_mut()) };
}

#[test]
fn a_work_item_runs_and_must_restore_the_irql() {
    let kernel = boot();
    for (routine, rule) in [
        (set_event as WORKER_THREAD_ROUTINE, None),
        (raise_and_set_event, Some(Rule::IrqlNotRestored)),
    ] {
        let mut event = event();
        let context = &raw mut *event;
        let mut item = WORK_QUEUE_ITEM {
            WorkerRoutine: Some(routine),
            Parameter: context.cast(),
            ..WORK_QUEUE_ITEM::default()
        };
        let item = &raw mut item;
        let violation = catch(|| {
            // SAFETY: the item stays until the event says that it ran.
            unsafe { ExQueueWorkItem(item, _WORK_QUEUE_TYPE::DelayedWorkQueue) };
            wait(context.cast());
            if rule.is_some() {
                // The check comes after the event.
                crate::ex::stop();
                crate::ex::start();
            }
        });
        assert_eq!(violation.map(|violation| violation.rule), rule);
    }
    drop(kernel);
}

unsafe extern "C" fn thread_start(context: PVOID) {
    // SAFETY: the test's event.
    unsafe { set_event(context) };
    // SAFETY: on a system thread.
    assert_eq!(unsafe { PsIsSystemThread(PsGetCurrentThread()) }, 1);
}

#[test]
fn a_system_thread_can_be_waited_for() {
    let kernel = boot();
    let mut event = event();
    let context = &raw mut *event;
    let mut handle: HANDLE = ptr::null_mut();
    let mut attributes = OBJECT_ATTRIBUTES {
        Attributes: OBJ_KERNEL_HANDLE,
        ..OBJECT_ATTRIBUTES::default()
    };
    // SAFETY: all arguments are live.
    let status = unsafe {
        PsCreateSystemThread(
            &raw mut handle,
            THREAD_ALL_ACCESS,
            &raw mut attributes,
            ptr::null_mut(),
            ptr::null_mut(),
            Some(thread_start),
            context.cast(),
        )
    };
    assert_eq!(status, STATUS_SUCCESS);
    let mut thread = ptr::null_mut();
    // SAFETY: the handle is open.
    let status = unsafe {
        ObReferenceObjectByHandle(
            handle,
            0,
            ptr::null_mut(),
            0,
            &raw mut thread,
            ptr::null_mut(),
        )
    };
    assert_eq!(status, STATUS_SUCCESS);
    // SAFETY: the handle is open.
    assert_eq!(unsafe { ZwClose(handle) }, STATUS_SUCCESS);
    wait(thread);
    assert_eq!(event.Header.SignalState, 1);
    // SAFETY: referenced above.
    unsafe { ObfDereferenceObject(thread) };
    drop(kernel);
}

#[test]
fn a_handle_that_is_not_open_cannot_be_closed() {
    let _kernel = boot();
    // SAFETY: breaks the rule on purpose.
    let violation = catch(|| unsafe {
        ZwClose(0x1234 as HANDLE);
    });
    assert_eq!(violation.unwrap().rule, Rule::BadHandle);
}

/// Does `work` while every worker is busy, so that what it queues stays queued. Returns the rule that it broke, and whether
/// the report names the other place.
fn with_busy_workers(work: impl FnOnce()) -> Option<(Rule, bool)> {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock();
    for _ in 0..super::work::MOST_WORKERS {
        let gate = Arc::clone(&gate);
        crate::ex::post(move || drop(gate.lock()));
    }
    let violation = catch(work);
    drop(closed);
    // Runs everything that is queued.
    crate::ex::stop();
    crate::ex::start();
    violation.map(|violation| (violation.rule, violation.other.is_some()))
}

static RUNS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn count_run(_: PVOID) {
    RUNS.fetch_add(1, Ordering::SeqCst);
}

unsafe extern "C" fn count_io_run(_: PDEVICE_OBJECT, _: PVOID) {
    RUNS.fetch_add(1, Ordering::SeqCst);
}

fn work_item() -> WORK_QUEUE_ITEM {
    WORK_QUEUE_ITEM {
        WorkerRoutine: Some(count_run),
        ..WORK_QUEUE_ITEM::default()
    }
}

/// A device, and a work item of it.
fn io_work_item() -> (Box<DRIVER_OBJECT>, PDEVICE_OBJECT, PIO_WORKITEM) {
    let mut device: PDEVICE_OBJECT = ptr::null_mut();
    let mut driver = Box::<DRIVER_OBJECT>::default();
    // SAFETY: a driver object for the call, and a local.
    let status = unsafe {
        IoCreateDevice(
            &raw mut *driver,
            0,
            ptr::null_mut(),
            FILE_DEVICE_UNKNOWN,
            0,
            0,
            &raw mut device,
        )
    };
    assert_eq!(status, STATUS_SUCCESS);
    // SAFETY: the device lives.
    let item = unsafe { IoAllocateWorkItem(device) };
    (driver, device, item)
}

#[test]
fn a_queued_work_item_is_not_queued_again() {
    let _kernel = boot();
    RUNS.store(0, Ordering::SeqCst);
    let mut item = Box::new(work_item());
    let raw = &raw mut *item;
    let found = with_busy_workers(|| {
        for _ in 0..2 {
            // SAFETY: the item outlives its run; the second time breaks the rule on purpose.
            unsafe { ExQueueWorkItem(raw, _WORK_QUEUE_TYPE::DelayedWorkQueue) };
        }
    });
    assert_eq!(found, Some((Rule::WorkItemState, true)));
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
}

#[test]
fn a_queued_work_item_of_a_device_is_not_queued_again() {
    let _kernel = boot();
    RUNS.store(0, Ordering::SeqCst);
    let (_driver, device, item) = io_work_item();
    let found = with_busy_workers(|| {
        for _ in 0..2 {
            // SAFETY: the item outlives its run; the second time breaks the rule on purpose.
            unsafe { queue_io(item) };
        }
    });
    assert_eq!(found, Some((Rule::WorkItemState, true)));
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
    // SAFETY: it has run.
    unsafe { IoFreeWorkItem(item) };
    // SAFETY: made above.
    unsafe { IoDeleteDevice(device) };
}

/// # Safety
/// As for IoQueueWorkItem.
unsafe fn queue_io(item: PIO_WORKITEM) {
    let queue = _WORK_QUEUE_TYPE::DelayedWorkQueue;
    // SAFETY: by the contract.
    unsafe { IoQueueWorkItem(item, Some(count_io_run), queue, ptr::null_mut()) };
}

#[test]
fn a_queued_work_item_is_not_freed() {
    let _kernel = boot();
    RUNS.store(0, Ordering::SeqCst);
    let (_driver, device, item) = io_work_item();
    let found = with_busy_workers(|| {
        // SAFETY: the item outlives its run.
        unsafe { queue_io(item) };
        // SAFETY: breaks the rule on purpose.
        unsafe { IoFreeWorkItem(item) };
    });
    assert_eq!(found, Some((Rule::WorkItemState, true)));
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
    // SAFETY: it has run.
    unsafe { IoFreeWorkItem(item) };
    // SAFETY: made above.
    unsafe { IoDeleteDevice(device) };
}

#[test]
fn pool_with_a_queued_work_item_is_not_freed() {
    let _kernel = boot();
    RUNS.store(0, Ordering::SeqCst);
    let tag = u32::from_le_bytes(*b"Work");
    // SAFETY: at PASSIVE_LEVEL.
    let item = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, tag) }.cast::<WORK_QUEUE_ITEM>();
    // SAFETY: new memory that is long enough.
    unsafe { item.write(work_item()) };
    let found = with_busy_workers(|| {
        // SAFETY: a work item.
        unsafe { ExQueueWorkItem(item, _WORK_QUEUE_TYPE::DelayedWorkQueue) };
        // SAFETY: breaks the rule on purpose.
        unsafe { ExFreePoolWithTag(item.cast(), tag) };
    });
    assert_eq!(found, Some((Rule::FreedInUse, true)));
    assert_eq!(RUNS.load(Ordering::SeqCst), 0);
}
