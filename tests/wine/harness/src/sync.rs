//! A mutex and a condition variable for the harness's own state, over Win32's.
//!
//! They are no part of what the driver sees: no IRQL, and never held while code of the driver runs.

use crate::kernelbase::{
    AcquireSRWLockExclusive, INFINITE, RawConditionVariable, RawSrwLock, ReleaseSRWLockExclusive,
    SleepConditionVariableSRW, WakeAllConditionVariable, WakeConditionVariable,
};
use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::time::Duration;

/// Data behind a lock. Locking twice in one thread never returns.
pub struct Mutex<T> {
    lock: UnsafeCell<RawSrwLock>,
    data: UnsafeCell<T>,
}

// SAFETY: the lock gives the data to one thread at a time.
unsafe impl<T: Send> Sync for Mutex<T> {}
// SAFETY: as above; an unlocked lock has no owner.
unsafe impl<T: Send> Send for Mutex<T> {}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    pub const fn new(data: T) -> Self {
        Self {
            lock: UnsafeCell::new(0),
            data: UnsafeCell::new(data),
        }
    }

    /// Waits for the lock and takes it.
    pub fn lock(&self) -> Guard<'_, T> {
        // SAFETY: the lock was initialised by `new` and does not move while borrowed.
        unsafe { AcquireSRWLockExclusive(self.lock.get()) };
        Guard { mutex: self }
    }
}

/// Access to the data; dropping it unlocks.
pub struct Guard<'a, T> {
    mutex: &'a Mutex<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and the guard is borrowed exclusively.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this thread took the lock.
        unsafe { ReleaseSRWLockExclusive(self.mutex.lock.get()) };
    }
}

/// Where threads wait for a change of data behind a [`Mutex`].
pub struct Condition {
    raw: UnsafeCell<RawConditionVariable>,
}

// SAFETY: made for use by many threads.
unsafe impl Sync for Condition {}
// SAFETY: nothing of it belongs to a thread.
unsafe impl Send for Condition {}

impl Condition {
    /// A condition that nobody waits for.
    pub const fn new() -> Self {
        Self {
            raw: UnsafeCell::new(0),
        }
    }

    /// Unlocks, waits to be woken, locks again. May wake for no reason.
    pub fn wait<T>(&self, guard: &mut Guard<'_, T>) {
        self.sleep(guard, INFINITE);
    }

    /// As [`Self::wait`], but no longer than the time-out. False says that the time has passed.
    pub fn wait_for<T>(&self, guard: &mut Guard<'_, T>, timeout: Duration) -> bool {
        // Rounded up, so that a waiter for a moment does not wake before it.
        let milliseconds = timeout.as_micros().div_ceil(1000);
        let milliseconds = u32::try_from(milliseconds).unwrap_or(INFINITE - 1);
        self.sleep(guard, milliseconds.min(INFINITE - 1))
    }

    /// Wakes one waiter.
    pub fn wake_one(&self) {
        // SAFETY: initialised by `new`.
        unsafe { WakeConditionVariable(self.raw.get()) };
    }

    /// Wakes all waiters.
    pub fn wake_all(&self) {
        // SAFETY: initialised by `new`.
        unsafe { WakeAllConditionVariable(self.raw.get()) };
    }

    fn sleep<T>(&self, guard: &mut Guard<'_, T>, milliseconds: u32) -> bool {
        let lock = guard.mutex.lock.get();
        // SAFETY: both were initialised by `new`, and this thread holds the lock exclusively.
        unsafe { SleepConditionVariableSRW(self.raw.get(), lock, milliseconds, 0) != 0 }
    }
}
