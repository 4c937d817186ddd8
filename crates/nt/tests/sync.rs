//! Locks and events against ntsim's dispatcher.

mod support;

use nt::Status;
use nt::irql::{self, Irql};
use nt::pool::{PoolArc, Tag};
use nt::sync::{Event, EventKind, FastMutex, Freelist, Resource, Rundown, SpinLock};
use nt::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const TAG: Tag = Tag::new(b"Test");

/// Runs the closure in four system threads at once and waits for them.
fn in_four_threads(run: impl Fn() + Clone + Send + 'static) {
    let threads: Vec<_> = (0..4)
        .map(|_| thread::spawn(run.clone()).unwrap())
        .collect();
    for thread in threads {
        thread.join();
    }
}

#[test]
fn a_spin_lock_lets_one_thread_in_at_dispatch() {
    let _kernel = support::boot();
    let count = Arc::new(SpinLock::new(0));
    let shared = Arc::clone(&count);
    in_four_threads(move || {
        for _ in 0..1000 {
            let mut count = shared.lock();
            assert_eq!(irql::current(), Irql::DISPATCH);
            *count += 1;
        }
    });
    assert_eq!(*count.lock(), 4000);
    assert_eq!(irql::current(), Irql::PASSIVE);
}

#[test]
fn a_lock_taken_at_dispatch_leaves_the_level_there() {
    let _kernel = support::boot();
    let (outer, inner) = (SpinLock::new(()), SpinLock::new(1));
    let guard = outer.lock();
    *inner.lock_at_dispatch() += 1;
    assert_eq!(irql::current(), Irql::DISPATCH);
    drop(guard);
    assert_eq!(irql::current(), Irql::PASSIVE);
    assert_eq!(inner.into_inner(), 2);
}

#[test]
fn a_notification_stays_set_until_it_is_reset() {
    let _kernel = support::boot();
    let event = Event::new(EventKind::Notification).unwrap();
    assert_eq!(event.wait_for(Duration::ZERO), Err(Status::TIMEOUT));
    assert!(!event.set());
    assert!(event.set());
    event.wait();
    event.wait();
    assert!(event.reset());
    assert!(!event.is_set());
}

#[test]
fn a_synchronization_event_satisfies_one_wait() {
    let _kernel = support::boot();
    let event = Event::new(EventKind::Synchronization).unwrap();
    event.set();
    event.wait();
    assert_eq!(
        event.wait_for(Duration::from_millis(1)),
        Err(Status::TIMEOUT)
    );
}

#[test]
fn an_event_may_be_moved() {
    let _kernel = support::boot();
    let event = Event::new(EventKind::Notification).unwrap();
    let moved = PoolArc::new(TAG, event).unwrap();
    let other = moved.clone();
    let thread = thread::spawn(move || {
        other.set();
    });
    moved.wait();
    thread.unwrap().join();
}

#[test]
fn a_fast_mutex_lets_one_thread_in() {
    let _kernel = support::boot();
    let count = Arc::new(FastMutex::new(0).unwrap());
    let shared = Arc::clone(&count);
    in_four_threads(move || {
        for _ in 0..1000 {
            let mut count = shared.lock();
            assert_eq!(irql::current(), Irql::APC);
            *count += 1;
        }
    });
    assert_eq!(*count.lock(), 4000);
}

#[test]
fn a_resource_has_many_readers_or_one_writer() {
    let _kernel = support::boot();
    let resource = Arc::new(Resource::new().unwrap());
    let try_both = |resource: &Arc<Resource>| {
        let found = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let (resource, report) = (Arc::clone(resource), Arc::clone(&found));
        let thread = thread::spawn(move || {
            let shared = resource.by_ref().try_acquire_shared().is_some();
            report.0.store(shared, Ordering::Relaxed);
            let exclusive = resource.by_ref().try_acquire_exclusive().is_some();
            report.1.store(exclusive, Ordering::Relaxed);
        });
        thread.unwrap().join();
        (
            found.0.load(Ordering::Relaxed),
            found.1.load(Ordering::Relaxed),
        )
    };
    assert_eq!(try_both(&resource), (true, true));
    let shared = resource.shared();
    assert!(resource.by_ref().is_held() && !resource.by_ref().is_held_exclusive());
    assert_eq!(try_both(&resource), (true, false));
    drop(shared);
    let mut exclusive = resource.exclusive();
    assert!(resource.by_ref().is_held_exclusive());
    assert_eq!(try_both(&resource), (false, false));
    exclusive.downgrade();
    assert_eq!(try_both(&resource), (true, false));
}

#[test]
fn a_rundown_lets_nobody_in_once_closed_and_waits_for_the_last() {
    let _kernel = support::boot();
    let rundown = Arc::new(Rundown::new().unwrap());
    let entered = Arc::new(Event::new(EventKind::Notification).unwrap());
    let left = Arc::new(AtomicBool::new(false));
    let thread = {
        let (rundown, entered, left) = (rundown.clone(), entered.clone(), left.clone());
        thread::spawn(move || {
            let _user = rundown.enter().unwrap();
            entered.set();
            while !rundown.is_closed() {
                nt::time::sleep(Duration::from_millis(1));
            }
            left.store(true, Ordering::Relaxed);
        })
    };
    entered.wait();
    rundown.close_and_wait();
    assert!(left.load(Ordering::Relaxed));
    assert!(rundown.enter().is_none());
    rundown.close_and_wait();
    thread.unwrap().join();
}

#[test]
fn a_freelist_is_bounded_and_gives_the_last_one_first() {
    let _kernel = support::boot();
    let list = Freelist::filled(TAG, 2, || Ok(0)).unwrap();
    assert_eq!(list.put(1), Err(1));
    assert_eq!(list.take(), Some(0));
    list.put(2).unwrap();
    assert_eq!(
        (list.take(), list.take(), list.take()),
        (Some(2), Some(0), None)
    );
    assert!(list.is_empty());
}

#[test]
fn waiting_with_a_spin_lock_is_found_out() {
    let _kernel = support::boot();
    let (lock, event) = (
        SpinLock::new(()),
        Event::new(EventKind::Notification).unwrap(),
    );
    let found = ntsim::verifier::catch(|| {
        let _guard = lock.lock();
        let _ = event.wait_for(Duration::from_millis(1));
    });
    // The place is this file's, not the wrapper's.
    assert!(found.unwrap().place.file().ends_with("sync.rs"));
}
