//! Spin locks.

use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;

use shuttle::sync::{Mutex, MutexGuard};

use crate::irql::{self, Irql};

/// A value behind a spin lock.
pub struct SpinLock<T>(Mutex<T>);

impl<T> SpinLock<T> {
    /// A new lock, free.
    pub fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Raises to DISPATCH and takes the lock.
    pub fn lock(&self) -> SpinLockGuard<'_, T> {
        let old = irql::raise();
        SpinLockGuard {
            held: Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)),
            old,
        }
    }

    /// The value, without locking: nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lock is held; dropping restores the IRQL from before.
#[must_use = "the lock is released when the guard is dropped"]
pub struct SpinLockGuard<'a, T> {
    held: Option<MutexGuard<'a, T>>,
    old: Irql,
}

impl<T> Drop for SpinLockGuard<'_, T> {
    fn drop(&mut self) {
        self.held = None;
        irql::lower(self.old);
    }
}

const HELD: &str = "held until it is dropped";

impl<T> Deref for SpinLockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_deref().expect(HELD)
    }
}

impl<T> DerefMut for SpinLockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_deref_mut().expect(HELD)
    }
}
