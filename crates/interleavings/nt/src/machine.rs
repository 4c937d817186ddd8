//! Who runs, who sleeps, what time it is, and what is allocated.
//!
//! Time stands still while a thread can run. When all sleep, it passes to the next moment for which one waits; so a thread that
//! sleeps too long is seen by the time at which it wakes. [`pass`] moves it at any moment, which is as if a thread was slow.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use interleavings_core::step;
use shuttle::rand::Rng as _;

use crate::irql::Irql;
use crate::pool::Tag;

#[derive(Default)]
struct Machine {
    now: u64,
    /// Threads that do not sleep.
    awake: usize,
    alarms: Vec<(u64, Sleeper)>,
    /// Levels of the threads that are not at PASSIVE.
    levels: BTreeMap<usize, Irql>,
    /// Blocks of pool by tag.
    blocks: BTreeMap<u32, usize>,
}

thread_local! {
    // All threads of the model are coroutines of one.
    static MACHINE: RefCell<Machine> = RefCell::default();
}

fn with<R>(work: impl FnOnce(&mut Machine) -> R) -> R {
    MACHINE.with_borrow_mut(work)
}

/// When a machine is started, in units of 100 ns.
const START: u64 = 1_000_000_000;

/// Runs a program on a new machine, whose first thread is the caller's, and sees that nothing is left of it in the end.
///
/// # Panics
/// If a thread still runs or something is still allocated.
pub fn run(program: impl FnOnce()) {
    with(|machine| {
        *machine = Machine {
            now: START,
            awake: 1,
            ..Machine::default()
        }
    });
    program();
    with(|machine| {
        assert_eq!(machine.awake, 1, "threads that are still running");
        machine.blocks.retain(|_, count| *count > 0);
        let left: Vec<_> = machine.blocks.iter().collect();
        assert!(left.is_empty(), "left in pool, by tag: {left:x?}");
        assert!(machine.levels.is_empty(), "a thread ended at DISPATCH");
    });
}

/// The time, in units of 100 ns.
pub fn now() -> u64 {
    with(|machine| machine.now)
}

/// Lets time pass.
pub fn pass(ticks: u64) {
    step();
    let now = with(|machine| {
        machine.now += ticks;
        machine.now
    });
    ring(now);
    step();
}

/// Has the thread sleep.
pub fn sleep(ticks: u64) {
    let nothing: Option<()> = Waiters::default().wait_until(now().saturating_add(ticks), || None);
    assert_eq!(nothing, None);
}

/// One of `count` possibilities, as the scheduler likes.
pub fn choose(count: usize) -> usize {
    shuttle::rand::thread_rng().gen_range(0..count)
}

/// Threads that wait for the same thing.
#[derive(Default)]
pub struct Waiters(Mutex<Vec<Sleeper>>);

/// A thread that waits, once for each time.
#[derive(Clone)]
struct Sleeper {
    waker: Waker,
    asleep: Arc<AtomicBool>,
}

impl Sleeper {
    fn wake(self) {
        if self.rise() {
            self.waker.wake();
        }
    }

    /// Whether it was asleep.
    fn rise(&self) -> bool {
        let was_asleep = self.asleep.swap(false, Ordering::Relaxed);
        if was_asleep {
            with(|machine| machine.awake += 1);
        }
        was_asleep
    }
}

impl Waiters {
    /// Has all of them look again.
    pub fn wake(&self) {
        let sleepers = std::mem::take(&mut *self.0.lock().expect("one thread runs at a time"));
        sleepers.into_iter().for_each(Sleeper::wake);
    }

    /// Sleeps until there is what is waited for.
    pub fn wait<R>(&self, ready: impl FnMut() -> Option<R>) -> R {
        self.wait_until(u64::MAX, ready)
            .expect("nobody lives that long")
    }

    /// Sleeps until there is what is waited for, or it is so late; None then.
    ///
    /// # Panics
    /// At DISPATCH.
    pub fn wait_until<R>(&self, latest: u64, mut ready: impl FnMut() -> Option<R>) -> Option<R> {
        assert!(level() < Irql::DISPATCH, "a wait at DISPATCH");
        step();
        let mut asleep: Option<Sleeper> = None;
        shuttle::future::block_on(poll_fn(|context| {
            if let Some(sleeper) = asleep.take() {
                // Should somebody else have woken it.
                sleeper.rise();
            }
            if let Some(result) = ready() {
                return Poll::Ready(Some(result));
            }
            if latest <= now() {
                return Poll::Ready(None);
            }
            let sleeper = Sleeper {
                waker: context.waker().clone(),
                asleep: Arc::new(AtomicBool::new(true)),
            };
            if latest < u64::MAX {
                with(|machine| machine.alarms.push((latest, sleeper.clone())));
            }
            asleep = Some(sleeper.clone());
            let mut sleepers = self.0.lock().expect("one thread runs at a time");
            sleepers.retain(|other| other.asleep.load(Ordering::Relaxed));
            sleepers.push(sleeper);
            drop(sleepers);
            fall_asleep();
            Poll::Pending
        }))
    }
}

/// One more thread runs.
pub(crate) fn born() {
    with(|machine| machine.awake += 1);
}

/// One thread less does: it sleeps or has ended. If it was the last, time passes.
pub(crate) fn fall_asleep() {
    let next = with(|machine| {
        machine.awake -= 1;
        machine
            .alarms
            .retain(|(_, sleeper)| sleeper.asleep.load(Ordering::Relaxed));
        if machine.awake > 0 {
            return None;
        }
        let next = machine.alarms.iter().map(|(time, _)| *time).min()?;
        machine.now = machine.now.max(next);
        Some(machine.now)
    });
    if let Some(now) = next {
        ring(now);
    }
}

/// Wakes those whose time has come.
fn ring(now: u64) {
    let due: Vec<_> = with(|machine| {
        machine
            .alarms
            .extract_if(.., |(time, _)| *time <= now)
            .collect()
    });
    due.into_iter().for_each(|(_, sleeper)| sleeper.wake());
}

pub(crate) fn level() -> Irql {
    let thread = usize::from(shuttle::current::me());
    with(|machine| machine.levels.get(&thread).copied()).unwrap_or(Irql::PASSIVE)
}

/// Gives the old level.
pub(crate) fn set_level(level: Irql) -> Irql {
    let thread = usize::from(shuttle::current::me());
    let old = with(|machine| match level {
        Irql::PASSIVE => machine.levels.remove(&thread),
        level => machine.levels.insert(thread, level),
    });
    old.unwrap_or(Irql::PASSIVE)
}

pub(crate) fn allocated(tag: Tag) {
    with(|machine| *machine.blocks.entry(tag.to_u32()).or_default() += 1);
}

pub(crate) fn freed(tag: Tag) {
    with(|machine| {
        if let Some(count) = machine.blocks.get_mut(&tag.to_u32()) {
            *count -= 1;
        }
    });
}
