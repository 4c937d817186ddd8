//! Threads, timers and work items.

mod support;

use nt::irql::{self, Irql};
use nt::sync::{Event, EventKind};
use nt::timer::Timer;
use nt::{thread, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn event() -> Arc<Event> {
    Arc::new(Event::new(EventKind::Synchronization).unwrap())
}

#[test]
fn joining_waits_for_the_thread() {
    let _kernel = support::boot();
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let thread = thread::spawn(move || {
        time::sleep(Duration::from_millis(5));
        count.fetch_add(1, Ordering::Relaxed);
    });
    thread.unwrap().join();
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[test]
fn a_timer_calls_once_at_dispatch() {
    let _kernel = support::boot();
    let (fired, count) = (event(), Arc::new(AtomicUsize::new(0)));
    let timer = {
        let (fired, count) = (fired.clone(), count.clone());
        Timer::new(move || {
            assert_eq!(irql::current(), Irql::DISPATCH);
            count.fetch_add(1, Ordering::Relaxed);
            fired.set();
        })
    };
    let timer = timer.unwrap();
    timer.set(Duration::from_millis(1));
    fired.wait();
    timer.cancel();
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[test]
fn a_periodic_timer_calls_again_and_again() {
    let _kernel = support::boot();
    let fired = event();
    let ring = fired.clone();
    let timer = Timer::new(move || {
        ring.set();
    });
    let timer = timer.unwrap();
    timer.set_periodic(Duration::ZERO, Duration::from_millis(1));
    for _ in 0..3 {
        fired.wait();
    }
}

#[test]
fn a_disarmed_timer_never_calls() {
    let _kernel = support::boot();
    let count = Arc::new(AtomicUsize::new(0));
    let calls = count.clone();
    let timer = Timer::new(move || {
        calls.fetch_add(1, Ordering::Relaxed);
    });
    let timer = timer.unwrap();
    timer.set(Duration::from_secs(3600));
    assert!(timer.disarm());
    assert!(!timer.disarm());
    drop(timer);
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn clocks_go_forward() {
    let _kernel = support::boot();
    let (before, start) = (time::interrupt_time(), time::system_time());
    time::sleep(Duration::from_millis(2));
    assert!(time::interrupt_time() > before);
    assert!(time::system_time() > start);
    // 2020 in file time: the epoch is 1601.
    assert!(start > 132_223_104_000_000_000);
}

#[test]
fn random_bytes_differ() {
    let _kernel = support::boot();
    let (mut one, mut other) = ([0; 32], [0; 32]);
    nt::random::fill(&mut one).unwrap();
    nt::random::fill(&mut other).unwrap();
    assert_ne!(one, other);
}
