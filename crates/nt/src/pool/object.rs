//! Kernel objects that must not move.

use super::{PoolBox, Tag};
use crate::Result;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

/// Room for a kernel object at a fixed address, reached only by pointer, since the kernel changes it at will.
pub(crate) struct KernelObject<T>(PoolBox<UnsafeCell<MaybeUninit<T>>>);

// SAFETY: kernel objects belong to no thread; every access goes through kernel routines that synchronise.
unsafe impl<T> Send for KernelObject<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for KernelObject<T> {}

impl<T> KernelObject<T> {
    /// Zeroed room, not yet initialised as an object.
    #[track_caller]
    pub(crate) fn zeroed(tag: Tag) -> Result<Self> {
        let room = PoolBox::<UnsafeCell<MaybeUninit<T>>>::new_zeroed(tag)?;
        // SAFETY: an UnsafeCell of MaybeUninit is valid whatever it holds.
        Ok(Self(unsafe { room.assume_init() }))
    }

    /// Where the object is.
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.0.get().cast()
    }
}
