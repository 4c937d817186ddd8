//! Spin locks.

use crate::sys;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

/// A value behind a KSPIN_LOCK. For short work only: while it is held the processor is at DISPATCH_LEVEL.
pub struct SpinLock<T> {
    lock: UnsafeCell<sys::KSPIN_LOCK>,
    value: UnsafeCell<T>,
}

// SAFETY: the lock lets one processor at the value at a time; it moves between threads, so it must be Send.
unsafe impl<T: Send> Sync for SpinLock<T> {}
// SAFETY: an unlocked lock is only a number next to the value.
unsafe impl<T: Send> Send for SpinLock<T> {}

impl<T> SpinLock<T> {
    /// A new lock, free.
    pub const fn new(value: T) -> Self {
        Self {
            lock: UnsafeCell::new(0),
            value: UnsafeCell::new(value),
        }
    }

    /// Raises to DISPATCH and takes the lock (`KeAcquireSpinLockRaiseToDpc`). Not recursive. IRQL: any.
    #[track_caller]
    pub fn lock(&self) -> SpinLockGuard<'_, T> {
        // SAFETY: the lock is initialised (zero is free) and lives as long as the borrow in the guard.
        let old_irql = unsafe { sys::KeAcquireSpinLockRaiseToDpc(self.lock.get()) };
        SpinLockGuard {
            owner: self,
            old_irql,
            not_send: PhantomData,
        }
    }

    /// Takes the lock where the processor is known to be at DISPATCH (`KeAcquireSpinLockAtDpcLevel`). IRQL: DISPATCH.
    #[track_caller]
    pub fn lock_at_dispatch(&self) -> SpinLockAtDispatchGuard<'_, T> {
        // SAFETY: as in `lock`.
        unsafe { sys::KeAcquireSpinLockAtDpcLevel(self.lock.get()) };
        SpinLockAtDispatchGuard {
            owner: self,
            not_send: PhantomData,
        }
    }

    /// The value, without locking: nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value, without locking.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

/// The lock is held; dropping restores the IRQL from before.
#[must_use = "the lock is released when the guard is dropped"]
pub struct SpinLockGuard<'a, T> {
    owner: &'a SpinLock<T>,
    old_irql: sys::KIRQL,
    not_send: PhantomData<*mut ()>,
}

impl<T> Drop for SpinLockGuard<'_, T> {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: this thread holds the lock, and came from that IRQL.
        unsafe { sys::KeReleaseSpinLock(self.owner.lock.get(), self.old_irql) };
    }
}

impl<T> Deref for SpinLockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.owner.value.get() }
    }
}

impl<T> DerefMut for SpinLockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and the guard is borrowed mutably.
        unsafe { &mut *self.owner.value.get() }
    }
}

/// The lock is held; dropping leaves the processor at DISPATCH.
#[must_use = "the lock is released when the guard is dropped"]
pub struct SpinLockAtDispatchGuard<'a, T> {
    owner: &'a SpinLock<T>,
    not_send: PhantomData<*mut ()>,
}

impl<T> Drop for SpinLockAtDispatchGuard<'_, T> {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: this thread holds the lock.
        unsafe { sys::KeReleaseSpinLockFromDpcLevel(self.owner.lock.get()) };
    }
}

impl<T> Deref for SpinLockAtDispatchGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.owner.value.get() }
    }
}

impl<T> DerefMut for SpinLockAtDispatchGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and the guard is borrowed mutably.
        unsafe { &mut *self.owner.value.get() }
    }
}
