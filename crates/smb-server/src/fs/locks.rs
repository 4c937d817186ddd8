//! Byte-range locks (MS-FSA 2.1.5.8 and 2.1.5.9).

use super::FsError;

/// Locks that one file can have; each new one is compared with all of them.
const MAX_LOCKS: usize = 65_536;

/// A range to lock or unlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRange {
    /// The first byte.
    pub offset: u64,
    /// The number of bytes; zero locks a point that nobody else's range may contain.
    pub length: u64,
    /// Whether others may not lock it at all; else they may share it.
    pub exclusive: bool,
}

/// What became of a wish to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockOutcome {
    /// The lock is held.
    Granted,
    /// The waiter will be called.
    Waiting,
}

/// Called once, on any thread, when a lock that was waited for is held, or never will be.
pub type LockWaiter = Box<dyn FnOnce(Result<(), FsError>) + Send>;

/// The locks of one file.
#[derive(Default)]
pub(super) struct LockTable {
    held: Vec<Held>,
    waiting: Vec<Waiting>,
}

#[derive(Clone, Copy)]
struct Held {
    handle: u64,
    range: LockRange,
}

struct Waiting {
    wish: Held,
    token: u64,
    waiter: LockWaiter,
}

impl LockRange {
    fn end(&self) -> u128 {
        u128::from(self.offset) + u128::from(self.length)
    }

    fn overlaps(&self, other: &Self) -> bool {
        u128::from(self.offset) < other.end() && u128::from(other.offset) < self.end()
    }

    pub(super) fn check(&self) -> Result<(), FsError> {
        if self.length != 0 && self.end() > u128::from(u64::MAX) + 1 {
            return Err(FsError::InvalidLockRange);
        }
        Ok(())
    }
}

impl LockTable {
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.waiting.is_empty()
    }

    /// Takes all of `ranges` or none.
    pub(super) fn lock_all(&mut self, handle: u64, ranges: &[LockRange]) -> Result<(), FsError> {
        if self.held.len() + ranges.len() > MAX_LOCKS {
            return Err(FsError::LockNotGranted);
        }
        let before = self.held.len();
        for range in ranges {
            let wish = Held {
                handle,
                range: *range,
            };
            if self.conflicts(&wish) {
                self.held.truncate(before);
                return Err(FsError::LockNotGranted);
            }
            self.held.push(wish);
        }
        Ok(())
    }

    /// Takes `range`, or remembers who to call when it is free.
    pub(super) fn lock_or_wait(
        &mut self,
        handle: u64,
        range: LockRange,
        token: u64,
        waiter: LockWaiter,
    ) -> Option<LockWaiter> {
        let wish = Held { handle, range };
        if self.conflicts(&wish) {
            self.waiting.push(Waiting {
                wish,
                token,
                waiter,
            });
            return None;
        }
        self.held.push(wish);
        Some(waiter)
    }

    /// Releases one lock that `handle` took with exactly this range.
    pub(super) fn unlock(&mut self, handle: u64, offset: u64, length: u64) -> Result<(), FsError> {
        let found = self
            .held
            .iter()
            .position(|held| {
                held.handle == handle && held.range.offset == offset && held.range.length == length
            })
            .ok_or(FsError::RangeNotLocked)?;
        self.held.remove(found);
        Ok(())
    }

    /// Forgets a waiter; false if it is not there (any more).
    pub(super) fn cancel(&mut self, token: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.token != token);
        before != self.waiting.len()
    }

    /// Releases all that `handle` holds and gives back its waiters.
    pub(super) fn release(&mut self, handle: u64) -> Vec<LockWaiter> {
        self.held.retain(|held| held.handle != handle);
        let (gone, kept) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| waiting.wish.handle == handle);
        self.waiting = kept;
        Vec::into_iter(gone)
            .map(|waiting: Waiting| waiting.waiter)
            .collect()
    }

    /// Grants what has become free, first come first served; the caller calls the waiters without the lock.
    pub(super) fn grant_waiting(&mut self) -> Vec<LockWaiter> {
        let mut granted = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            if self.conflicts(&waiting.wish) {
                self.waiting.push(waiting);
            } else {
                self.held.push(waiting.wish);
                granted.push(waiting.waiter);
            }
        }
        granted
    }

    fn conflicts(&self, wish: &Held) -> bool {
        self.held.iter().any(|held| {
            let blocks = if wish.range.exclusive {
                true
            } else {
                held.range.exclusive && held.handle != wish.handle
            };
            blocks && held.range.overlaps(&wish.range)
        })
    }

    /// Reading is stopped by others' exclusive locks; writing also by anybody's shared ones.
    pub(super) fn allows(&self, handle: u64, offset: u64, length: u64, writing: bool) -> bool {
        let touched = LockRange {
            offset,
            length,
            exclusive: writing,
        };
        !self.held.iter().any(|held| {
            let stops = if held.range.exclusive {
                held.handle != handle
            } else {
                writing
            };
            stops && length != 0 && held.range.overlaps(&touched)
        })
    }
}
