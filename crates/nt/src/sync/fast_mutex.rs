//! Fast mutexes.

use crate::pool::{KernelObject, Tag};
use crate::{Result, sys};
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

const TAG: Tag = Tag::new(b"NtFm");

/// `SynchronizationEvent`: the event inside a fast mutex wakes one waiter at a time.
const SYNCHRONIZATION_EVENT: sys::EVENT_TYPE = 1;

/// A value behind a FAST_MUTEX, for work of threads that may allocate but not wait long. Holding it raises to APC_LEVEL.
pub struct FastMutex<T> {
    mutex: KernelObject<sys::FAST_MUTEX>,
    value: UnsafeCell<T>,
}

// SAFETY: the mutex lets one thread at the value at a time; it moves between threads, so it must be Send.
unsafe impl<T: Send> Sync for FastMutex<T> {}
// SAFETY: a free mutex belongs to no thread.
unsafe impl<T: Send> Send for FastMutex<T> {}

impl<T> FastMutex<T> {
    /// A new mutex, free. IRQL: any.
    #[track_caller]
    pub fn new(value: T) -> Result<Self> {
        let mutex = KernelObject::<sys::FAST_MUTEX>::zeroed(TAG)?;
        // SAFETY: the object is zeroed room for a mutex that nobody knows yet.
        unsafe { initialize_fast_mutex(mutex.as_ptr()) };
        Ok(Self {
            mutex,
            value: UnsafeCell::new(value),
        })
    }

    /// Waits for the mutex (`ExAcquireFastMutex`). Not recursive: a second time by the same thread never returns.
    /// IRQL: below DISPATCH.
    #[track_caller]
    pub fn lock(&self) -> FastMutexGuard<'_, T> {
        // SAFETY: the mutex is initialised and lives as long as the borrow in the guard.
        unsafe { sys::ExAcquireFastMutex(self.mutex.as_ptr()) };
        FastMutexGuard {
            owner: self,
            not_send: PhantomData,
        }
    }

    /// The value, without locking: nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value, without locking.
    #[track_caller]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

/// Initialises a mutex inside somebody's structure (what the inline `ExInitializeFastMutex` does). IRQL: any.
///
/// # Safety
///
/// The memory is room for a mutex, and nobody uses it as one yet.
#[track_caller]
pub unsafe fn initialize_fast_mutex(mutex: *mut sys::FAST_MUTEX) {
    // SAFETY: the caller vouches for the memory.
    unsafe { mutex.write_bytes(0, 1) };
    // A count of one is free.
    // SAFETY: as above.
    unsafe { (*mutex).Count = 1 };
    // SAFETY: as above; only the field's address is made.
    let event = unsafe { &raw mut (*mutex).Event };
    // SAFETY: the event is a field of the new mutex.
    unsafe { sys::KeInitializeEvent(event, SYNCHRONIZATION_EVENT, 0) };
}

/// The mutex is held; dropping restores the IRQL from before.
#[must_use = "the mutex is released when the guard is dropped"]
pub struct FastMutexGuard<'a, T> {
    owner: &'a FastMutex<T>,
    not_send: PhantomData<*mut ()>,
}

impl<T> Drop for FastMutexGuard<'_, T> {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: this thread holds the mutex, for the guard cannot change threads.
        unsafe { sys::ExReleaseFastMutex(self.owner.mutex.as_ptr()) };
    }
}

impl<T> Deref for FastMutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the mutex is held.
        unsafe { &*self.owner.value.get() }
    }
}

impl<T> DerefMut for FastMutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the mutex is held, and the guard is borrowed mutably.
        unsafe { &mut *self.owner.value.get() }
    }
}
