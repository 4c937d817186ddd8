//! One value in pool.

use super::{Tag, allocate, free};
use crate::Result;
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// An owned value in nonpaged pool. Its address stays the same when the box moves.
pub struct PoolBox<T> {
    value: NonNull<T>,
    tag: Tag,
    owns: PhantomData<T>,
}

// SAFETY: the box owns its value as a `T` field would.
unsafe impl<T: Send> Send for PoolBox<T> {}
// SAFETY: a shared box gives out shared references only.
unsafe impl<T: Sync> Sync for PoolBox<T> {}

impl<T> PoolBox<T> {
    /// Moves a value into pool. When there is no memory the value is dropped. IRQL: any.
    #[track_caller]
    pub fn new(tag: Tag, value: T) -> Result<Self> {
        Ok(PoolBox::new_zeroed(tag)?.write(value))
    }

    /// Zeroed memory for a value, for types too large to be built on the stack first.
    #[track_caller]
    pub fn new_zeroed(tag: Tag) -> Result<PoolBox<MaybeUninit<T>>> {
        let block = allocate(tag, Layout::new::<T>())?;
        Ok(PoolBox {
            value: block.cast(),
            tag,
            owns: PhantomData,
        })
    }

    /// Gives the value up as a pointer, for a context field. [`PoolBox::from_raw`] takes it back.
    pub fn into_raw(this: Self) -> NonNull<T> {
        ManuallyDrop::new(this).value
    }

    /// Takes back what [`PoolBox::into_raw`] gave up.
    ///
    /// # Safety
    ///
    /// The pointer is from `into_raw` of a box of this type with this tag, and was not taken back yet.
    pub unsafe fn from_raw(tag: Tag, value: NonNull<T>) -> Self {
        Self {
            value,
            tag,
            owns: PhantomData,
        }
    }

    /// The value's address.
    pub fn as_ptr(this: &Self) -> NonNull<T> {
        this.value
    }

    /// Moves the value out and frees its memory.
    #[track_caller]
    pub fn into_inner(this: Self) -> T {
        let this = ManuallyDrop::new(this);
        // SAFETY: the box owns a valid value, and is forgotten.
        let value = unsafe { this.value.read() };
        // SAFETY: the block is the box's own, and its value is gone.
        unsafe { free(this.tag, this.value.cast()) };
        value
    }
}

impl<T> PoolBox<MaybeUninit<T>> {
    /// Puts the value in.
    pub fn write(mut self, value: T) -> PoolBox<T> {
        (*self).write(value);
        // SAFETY: the value was written just now.
        unsafe { self.assume_init() }
    }

    /// Says that the value is there.
    ///
    /// # Safety
    ///
    /// The memory holds a valid `T`; it was all zeroes when it was allocated.
    pub unsafe fn assume_init(self) -> PoolBox<T> {
        let this = ManuallyDrop::new(self);
        PoolBox {
            value: this.value.cast(),
            tag: this.tag,
            owns: PhantomData,
        }
    }
}

impl<T> Drop for PoolBox<T> {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the box owns a valid value and is never used again.
        unsafe { self.value.drop_in_place() };
        // SAFETY: the block is the box's own, and its value is gone.
        unsafe { free(self.tag, self.value.cast()) };
    }
}

impl<T> Deref for PoolBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the box owns a valid value.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for PoolBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the box owns a valid value and is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for PoolBox<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}
