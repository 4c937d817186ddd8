//! Faults that are made on purpose: the model notices them.

use std::sync::Arc;

use interleavings::explore::explore;
use interleavings::machine::spawn;
use interleavings_core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use nt::irql;
use nt::machine::sleep;
use nt::mdl::{MdlCell, Memory};
use nt::pool::{PoolArc, Tag};
use nt::sync::{Event, EventKind, SpinLock};

const TAG: Tag = Tag::new(b"OxIn");

fn event() -> Event {
    Event::new(EventKind::Synchronization).unwrap()
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_wake_up_that_is_lost() {
    explore(400, || {
        let shared = Arc::new((AtomicBool::new(false), SpinLock::new(0), event()));
        let other = Arc::clone(&shared);
        let thread = spawn(move || {
            let (waits, work, news) = &*other;
            *work.lock() += 1;
            // Whoever is about to wait has not said so yet.
            if waits.load(Ordering::Acquire) {
                news.set();
            }
        });
        let (waits, work, news) = &*shared;
        if *work.lock() == 0 {
            waits.store(true, Ordering::Release);
            news.wait();
        }
        drop(thread);
    });
}

#[test]
#[should_panic(expected = "a count that is lost")]
fn a_count_that_is_read_and_written_in_two_steps() {
    explore(400, || {
        let count = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&count);
        let add = |count: &AtomicU32| {
            let old = count.load(Ordering::Acquire);
            count.store(old + 1, Ordering::Release);
        };
        let thread = spawn(move || add(&other));
        add(&count);
        drop(thread);
        assert_eq!(count.load(Ordering::Acquire), 2, "a count that is lost");
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn two_locks_that_are_taken_in_either_order() {
    explore(400, || {
        let locks = Arc::new((SpinLock::new(()), SpinLock::new(())));
        let other = Arc::clone(&locks);
        let thread = spawn(move || {
            let _second = other.1.lock();
            let _first = other.0.lock();
        });
        {
            let _first = locks.0.lock();
            let _second = locks.1.lock();
        }
        drop(thread);
    });
}

#[test]
#[should_panic(expected = "a sleeper that wakes too late")]
fn a_sleeper_that_nobody_tells_of_an_earlier_deadline() {
    explore(400, || {
        let begun = nt::machine::now();
        let wake = Arc::new(event());
        let sleeper = Arc::clone(&wake);
        let thread = spawn(move || {
            let _ = sleeper.wait_for(std::time::Duration::from_secs(60));
            let slept = nt::machine::now() - begun;
            assert!(slept <= 10_000_000, "a sleeper that wakes too late");
        });
        sleep(10_000_000);
        drop((thread, wake));
    });
}

#[test]
#[should_panic(expected = "left in pool")]
fn a_reference_that_is_never_dropped() {
    explore(4, || {
        let value = PoolArc::new(TAG, ()).unwrap();
        std::mem::forget(PoolArc::clone(&value));
    });
}

#[test]
#[should_panic(expected = "a buffer touched after its request was answered")]
fn a_buffer_that_is_written_when_it_has_been_given_back() {
    explore(4, || {
        let memory = Memory::lend(vec![0; 8]);
        let cell = MdlCell::new(&memory);
        memory.take_back();
        let _ = cell.copy_from(0, &[1]);
    });
}

#[test]
#[should_panic(expected = "a wait at DISPATCH")]
fn a_completion_that_waits() {
    explore(4, || irql::at_dispatch(|| event().wait()));
}
