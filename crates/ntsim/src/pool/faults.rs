//! Injected failures of allocations.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

static COUNTDOWN: AtomicI64 = AtomicI64::new(0);
static REPEAT: AtomicU32 = AtomicU32::new(0);
static TAG: AtomicU32 = AtomicU32::new(0);
static STRUCK: AtomicU64 = AtomicU64::new(0);

/// Makes allocations fail on purpose. Counts pool and Rust allocations of the driver, IRPs, MDLs and work items. There is
/// one plan at a time; a new kernel begins with none.
#[derive(Clone, Copy, Debug)]
pub struct Faults(());

impl Faults {
    pub(crate) const HANDLE: Self = Self(());

    /// The `n`-th allocation from now on fails, counting from 1; the ones after it succeed.
    pub fn fail_nth(&self, n: u64) {
        self.plan(n, 0, 0);
    }

    /// The `n`-th allocation with this tag from now on fails.
    pub fn fail_nth_of(&self, tag: &[u8; 4], n: u64) {
        self.plan(n, super::tag(tag), 0);
    }

    /// Every allocation from the `n`-th on fails.
    pub fn fail_from(&self, n: u64) {
        self.plan(n, 0, 1);
    }

    /// No more failures.
    pub fn clear(&self) {
        Self::clear_all();
    }

    /// How many allocations were made to fail since the plan was set. Zero after a run means that the plan's number was
    /// never reached, and a loop over all numbers can end.
    #[must_use]
    pub fn struck(&self) -> u64 {
        STRUCK.load(Ordering::SeqCst)
    }

    /// Makes nothing fail, but counts the allocations that could: [`Self::counted`].
    pub fn count(&self) {
        self.plan(u64::MAX, 0, 0);
    }

    /// How many allocations there were since [`Self::count`].
    #[must_use]
    pub fn counted(&self) -> u64 {
        i64::MAX.abs_diff(COUNTDOWN.load(Ordering::SeqCst))
    }

    fn plan(&self, n: u64, tag: u32, repeat: u32) {
        COUNTDOWN.store(0, Ordering::SeqCst);
        STRUCK.store(0, Ordering::SeqCst);
        TAG.store(tag, Ordering::SeqCst);
        REPEAT.store(repeat, Ordering::SeqCst);
        COUNTDOWN.store(i64::try_from(n).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    pub(super) fn clear_all() {
        COUNTDOWN.store(0, Ordering::SeqCst);
    }
}

thread_local! {
    static SPARED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what NT itself sees to it that it has memory for.
pub(crate) fn spare<R>(action: impl FnOnce() -> R) -> R {
    let before = SPARED.replace(true);
    let result = action();
    SPARED.set(before);
    result
}

/// Whether the allocation now asked for must fail.
pub(crate) fn strikes(tag: u32) -> bool {
    if COUNTDOWN.load(Ordering::Relaxed) <= 0 || SPARED.get() {
        return false;
    }
    let only = TAG.load(Ordering::Relaxed);
    if only != 0 && only != tag {
        return false;
    }
    let repeat = REPEAT.load(Ordering::Relaxed) != 0;
    let before = COUNTDOWN.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
        ..=0 => None,
        1 if repeat => Some(1),
        _ => Some(left - 1),
    });
    let strikes = before == Ok(1);
    if strikes {
        STRUCK.fetch_add(1, Ordering::SeqCst);
    }
    strikes
}
