//! A growing array in pool.

use super::{Tag, allocate, free};
use crate::{Result, Status};
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A growing array in nonpaged pool. Everything that may allocate is fallible.
pub struct PoolVec<T> {
    items: NonNull<T>,
    length: usize,
    /// Zero until memory is allocated.
    capacity: usize,
    tag: Tag,
    owns: PhantomData<T>,
}

// SAFETY: the vector owns its items as `T` fields would be.
unsafe impl<T: Send> Send for PoolVec<T> {}
// SAFETY: a shared vector gives out shared references only.
unsafe impl<T: Sync> Sync for PoolVec<T> {}

impl<T> PoolVec<T> {
    /// An empty vector; allocates nothing yet.
    pub const fn new(tag: Tag) -> Self {
        Self {
            items: NonNull::dangling(),
            length: 0,
            capacity: 0,
            tag,
            owns: PhantomData,
        }
    }

    /// An empty vector with room for that many items. IRQL: any.
    #[track_caller]
    pub fn with_capacity(tag: Tag, capacity: usize) -> Result<Self> {
        let mut new = Self::new(tag);
        new.grow(capacity)?;
        Ok(new)
    }

    /// How many items fit without allocating.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes room for that many more items. IRQL: any.
    #[track_caller]
    pub fn reserve(&mut self, additional: usize) -> Result<()> {
        let needed = self
            .length
            .checked_add(additional)
            .ok_or(Status::INSUFFICIENT_RESOURCES)?;
        if needed <= self.capacity {
            return Ok(());
        }
        // Doubling keeps the cost of repeated pushes linear.
        self.grow(needed.max(self.capacity.saturating_mul(2)).max(4))
    }

    /// Appends an item; it is dropped when there is no memory. IRQL: any.
    #[track_caller]
    pub fn push(&mut self, item: T) -> Result<()> {
        self.reserve(1)?;
        // There is room now, so the item cannot come back.
        self.push_within_capacity(item)
            .map_err(|_| Status::INSUFFICIENT_RESOURCES)
    }

    /// Appends an item without ever allocating; gives it back when the vector is full.
    pub fn push_within_capacity(&mut self, item: T) -> core::result::Result<(), T> {
        if self.length == self.capacity {
            return Err(item);
        }
        // SAFETY: the index is below the capacity.
        let end = unsafe { self.items.add(self.length) };
        // SAFETY: the place is allocated and holds no item.
        unsafe { end.write(item) };
        self.length = self.length.wrapping_add(1);
        Ok(())
    }

    /// Removes the last item.
    pub fn pop(&mut self) -> Option<T> {
        self.length = self.length.checked_sub(1)?;
        // SAFETY: the index is below the old length.
        let last = unsafe { self.items.add(self.length) };
        // SAFETY: the item is valid, and out of the vector's length now.
        Some(unsafe { last.read() })
    }

    /// Removes an item and puts the last one in its place; None when there is no such item.
    pub fn swap_remove(&mut self, index: usize) -> Option<T> {
        if index >= self.length {
            return None;
        }
        let last = self.length.wrapping_sub(1);
        self.swap(index, last);
        self.pop()
    }

    /// Keeps the items for which the closure says so; the order of the rest may change.
    pub fn retain_unordered(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        let mut index = 0;
        while let Some(item) = self.get_mut(index) {
            if keep(item) {
                index = index.wrapping_add(1);
            } else {
                drop(self.swap_remove(index));
            }
        }
    }

    /// Drops the items from an index on.
    pub fn truncate(&mut self, length: usize) {
        while self.length > length {
            drop(self.pop());
        }
    }

    /// Drops all items and keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Moves the items to a block of exactly that capacity, which is no less than the length.
    #[track_caller]
    fn grow(&mut self, capacity: usize) -> Result<()> {
        if capacity == 0 || size_of::<T>() == 0 {
            // Items without a size need no memory, only a count.
            self.capacity = if size_of::<T>() == 0 { usize::MAX } else { 0 };
            return Ok(());
        }
        let layout = Layout::array::<T>(capacity).map_err(|_| Status::INSUFFICIENT_RESOURCES)?;
        let items: NonNull<T> = allocate(self.tag, layout)?.cast();
        // SAFETY: both blocks hold at least `length` items, and the new one is not the old one.
        unsafe { items.copy_from_nonoverlapping(self.items, self.length) };
        self.release();
        self.items = items;
        self.capacity = capacity;
        Ok(())
    }

    /// Frees the block, without its items.
    #[track_caller]
    fn release(&mut self) {
        if self.capacity != 0 && size_of::<T>() != 0 {
            // SAFETY: the block is the vector's own; the caller has moved or dropped the items.
            unsafe { free(self.tag, self.items.cast()) };
        }
    }
}

impl<T: Copy> PoolVec<T> {
    /// Appends copies of the items; all or, without memory, none. IRQL: any.
    #[track_caller]
    pub fn extend_from_slice(&mut self, items: &[T]) -> Result<()> {
        self.reserve(items.len())?;
        // SAFETY: the length is no more than the capacity.
        let end = unsafe { self.items.add(self.length) };
        // SAFETY: there is room for all items, and no borrowed slice can lie in memory that is not in use yet.
        unsafe { end.copy_from_nonoverlapping(NonNull::from(items).cast(), items.len()) };
        self.length = self.length.wrapping_add(items.len());
        Ok(())
    }

    /// A copy with the same items. IRQL: any.
    #[track_caller]
    pub fn try_clone(&self) -> Result<Self> {
        let mut copy = Self::with_capacity(self.tag, self.length)?;
        copy.extend_from_slice(self)?;
        Ok(copy)
    }
}

impl PoolVec<u8> {
    /// That many zeroes: fresh pool is zeroed, so nothing is written. IRQL: any.
    #[track_caller]
    pub fn zeroed(tag: Tag, length: usize) -> Result<Self> {
        let mut new = Self::with_capacity(tag, length)?;
        new.length = length;
        Ok(new)
    }
}

impl<T> Drop for PoolVec<T> {
    #[track_caller]
    fn drop(&mut self) {
        self.clear();
        self.release();
    }
}

impl<T> Deref for PoolVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `length` valid items are there; without memory the pointer is dangling but aligned and the length 0.
        unsafe { core::slice::from_raw_parts(self.items.as_ptr(), self.length) }
    }
}

impl<T> DerefMut for PoolVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and the vector is borrowed mutably.
        unsafe { core::slice::from_raw_parts_mut(self.items.as_ptr(), self.length) }
    }
}

impl<'a, T> IntoIterator for &'a PoolVec<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for PoolVec<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}
