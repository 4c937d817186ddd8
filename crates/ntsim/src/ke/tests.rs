use crate::irql;
use crate::sys::*;
use crate::verifier::{Rule, catch};
use crate::{Config, Kernel};
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

fn boot() -> Kernel {
    Kernel::boot(Config::default())
}

fn milliseconds(count: i64) -> LARGE_INTEGER {
    LARGE_INTEGER {
        QuadPart: -10_000 * count,
    }
}

fn wait(object: PVOID, timeout: Option<LARGE_INTEGER>) -> NTSTATUS {
    let mut timeout = timeout;
    let timeout = timeout.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
    // SAFETY: tests wait on live objects, or break a rule on purpose.
    unsafe { KeWaitForSingleObject(object, _KWAIT_REASON::Executive, 0, 0, timeout) }
}

fn event(kind: EVENT_TYPE) -> Box<KEVENT> {
    let mut event = Box::<KEVENT>::default();
    // SAFETY: room for an event, which stays in its box.
    unsafe { KeInitializeEvent(&raw mut *event, kind, 0) };
    event
}

fn set(event: *mut KEVENT) {
    // SAFETY: a live event.
    unsafe { KeSetEvent(event, 0, 0) };
}

#[test]
fn a_synchronization_event_lets_one_waiter_through() {
    let _kernel = boot();
    let mut event = event(_EVENT_TYPE::SynchronizationEvent);
    let raw = &raw mut *event;
    set(raw);
    assert_eq!(wait(raw.cast(), None), STATUS_SUCCESS);
    assert_eq!(wait(raw.cast(), Some(milliseconds(1))), STATUS_TIMEOUT);
}

#[test]
fn a_waiter_is_woken_by_another_thread() {
    let _kernel = boot();
    let mut event = event(_EVENT_TYPE::NotificationEvent);
    let address = &raw mut *event as usize;
    let setter = std::thread::spawn(move || set(address as *mut KEVENT));
    assert_eq!(wait(address as PVOID, None), STATUS_SUCCESS);
    setter.join().unwrap();
}

#[test]
fn waiting_for_any_names_the_object_and_for_all_takes_all() {
    let _kernel = boot();
    let mut events = [
        event(_EVENT_TYPE::SynchronizationEvent),
        event(_EVENT_TYPE::SynchronizationEvent),
    ];
    let mut objects = events
        .each_mut()
        .map(|event| (&raw mut **event).cast::<core::ffi::c_void>());
    let mut wait_for = |kind| {
        let mut timeout = milliseconds(1);
        // SAFETY: two live events.
        unsafe {
            KeWaitForMultipleObjects(
                2,
                objects.as_mut_ptr(),
                kind,
                0,
                0,
                0,
                &raw mut timeout,
                ptr::null_mut(),
            )
        }
    };
    set(&raw mut *events[1]);
    assert_eq!(wait_for(_WAIT_TYPE::WaitAll), STATUS_TIMEOUT);
    assert_eq!(wait_for(_WAIT_TYPE::WaitAny), STATUS_WAIT_1);
    for event in &mut events {
        set(&raw mut **event);
    }
    assert_eq!(wait_for(_WAIT_TYPE::WaitAll), STATUS_SUCCESS);
    assert_eq!(wait_for(_WAIT_TYPE::WaitAny), STATUS_TIMEOUT);
}

#[test]
fn a_semaphore_counts() {
    let _kernel = boot();
    let mut semaphore = KSEMAPHORE::default();
    let raw = &raw mut semaphore;
    // SAFETY: room for a semaphore.
    unsafe { KeInitializeSemaphore(raw, 1, 2) };
    // SAFETY: a live semaphore.
    assert_eq!(unsafe { KeReleaseSemaphore(raw, 0, 1, 0) }, 1);
    assert_eq!(wait(raw.cast(), None), STATUS_SUCCESS);
    assert_eq!(wait(raw.cast(), None), STATUS_SUCCESS);
    assert_eq!(wait(raw.cast(), Some(milliseconds(0))), STATUS_TIMEOUT);
}

#[test]
fn an_uninitialised_event_cannot_be_waited_on() {
    let _kernel = boot();
    let mut event = KEVENT::default();
    let raw = &raw mut event;
    let violation = catch(|| {
        wait(raw.cast(), None);
    });
    assert_eq!(violation.unwrap().rule, Rule::Uninitialised);
}

#[test]
fn waiting_at_dispatch_level_is_refused_unless_it_only_looks() {
    let _kernel = boot();
    let mut event = event(_EVENT_TYPE::NotificationEvent);
    let raw = &raw mut *event;
    set(raw);
    let at_dispatch = |timeout| {
        irql::set(irql::DISPATCH);
        let violation = catch(|| {
            wait(raw.cast(), timeout);
        });
        irql::set(irql::PASSIVE);
        violation.map(|violation| violation.rule)
    };
    assert_eq!(at_dispatch(None), Some(Rule::WrongIrql));
    assert_eq!(at_dispatch(Some(milliseconds(0))), None);
}

#[test]
fn a_spin_lock_raises_and_restores() {
    let _kernel = boot();
    let mut lock: KSPIN_LOCK = 0;
    let raw = &raw mut lock;
    // SAFETY: a live lock.
    let before = unsafe { KeAcquireSpinLockRaiseToDpc(raw) };
    assert_eq!((before, irql::current()), (0, irql::DISPATCH));
    // SAFETY: taken above.
    unsafe { KeReleaseSpinLock(raw, before) };
    assert_eq!(irql::current(), irql::PASSIVE);
}

#[test]
fn spin_locks_are_neither_recursive_nor_released_by_others() {
    let _kernel = boot();
    let mut lock: KSPIN_LOCK = 0;
    let raw = &raw mut lock;
    // SAFETY: a live lock; the rules are broken on purpose.
    let twice = catch(|| unsafe {
        KeAcquireSpinLockRaiseToDpc(raw);
        KeAcquireSpinLockAtDpcLevel(raw);
        KeReleaseSpinLock(raw, 0);
    });
    assert_eq!(twice.unwrap().rule, Rule::Recursion);
    // SAFETY: as above.
    let free = catch(|| unsafe {
        irql::set(irql::DISPATCH);
        KeReleaseSpinLock(raw, 0);
    });
    assert_eq!(free.unwrap().rule, Rule::NotOwner);
}

#[test]
fn two_orders_of_two_locks_are_an_inversion() {
    let _kernel = boot();
    let mut locks: [KSPIN_LOCK; 2] = [0; 2];
    let first = &raw mut locks[0];
    let second = first.wrapping_add(1);
    let take = |outer, inner| {
        // SAFETY: live locks, released in turn.
        unsafe {
            let before = KeAcquireSpinLockRaiseToDpc(outer);
            KeAcquireSpinLockAtDpcLevel(inner);
            KeReleaseSpinLockFromDpcLevel(inner);
            KeReleaseSpinLock(outer, before);
        }
    };
    assert!(catch(|| take(first, second)).is_none());
    assert_eq!(catch(|| take(second, first)).unwrap().rule, Rule::LockOrder);
}

#[test]
fn the_irql_only_goes_the_way_that_is_said() {
    let _kernel = boot();
    // SAFETY: breaks the rule on purpose.
    let violation = catch(|| unsafe { KeLowerIrql(2) });
    irql::set(irql::PASSIVE);
    assert_eq!(violation.unwrap().rule, Rule::IrqlDirection);
}

#[test]
fn critical_regions_must_be_even() {
    let _kernel = boot();
    // SAFETY: breaks the rule on purpose.
    let violation = catch(|| unsafe { KeLeaveCriticalRegion() });
    assert_eq!(violation.unwrap().rule, Rule::UnevenCriticalRegion);
}

static RAN_AT: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn note_irql(_dpc: *mut KDPC, context: PVOID, _first: PVOID, _second: PVOID) {
    RAN_AT.store(u32::from(irql::current()), Ordering::SeqCst);
    set(context.cast());
}

#[test]
fn a_timer_signals_and_its_dpc_runs_at_dispatch_level() {
    let _kernel = boot();
    let mut done = event(_EVENT_TYPE::NotificationEvent);
    let done = &raw mut *done;
    let (mut timer, mut dpc) = (KTIMER::default(), KDPC::default());
    let (timer, dpc) = (&raw mut timer, &raw mut dpc);
    // SAFETY: room for a timer.
    unsafe { KeInitializeTimer(timer) };
    // SAFETY: room for a DPC.
    unsafe { KeInitializeDpc(dpc, Some(note_irql), done.cast()) };
    // SAFETY: a live timer and DPC, which outlast the test.
    unsafe { KeSetTimer(timer, milliseconds(1), dpc) };
    assert_eq!(wait(done.cast(), None), STATUS_SUCCESS);
    assert_eq!(wait(timer.cast(), None), STATUS_SUCCESS);
    assert_eq!(RAN_AT.load(Ordering::SeqCst), DISPATCH_LEVEL);
    // SAFETY: no DPC is queued at this level.
    unsafe { KeFlushQueuedDpcs() };
}

#[test]
fn a_cancelled_timer_does_not_run_and_a_forgotten_one_is_a_leak() {
    let kernel = boot();
    let mut timer = KTIMER::default();
    let timer = &raw mut timer;
    let hour = milliseconds(3_600_000);
    // SAFETY: room for a timer.
    unsafe { KeInitializeTimer(timer) };
    // SAFETY: a live timer.
    assert_eq!(unsafe { KeSetTimer(timer, hour, ptr::null_mut()) }, 0);
    assert_eq!(kernel.leaks().timers.len(), 1);
    // SAFETY: as above.
    assert_eq!(unsafe { KeCancelTimer(timer) }, 1);
    // SAFETY: as above.
    assert_eq!(unsafe { KeCancelTimer(timer) }, 0);
    assert!(kernel.leaks().is_clean());
}
