//! Growing arrays.

use std::ops::{Deref, DerefMut};

use super::{Block, Tag};
use crate::Result;

/// A growing array.
pub struct PoolVec<T> {
    items: Vec<T>,
    capacity: usize,
    _block: Block,
}

impl<T> PoolVec<T> {
    /// An empty array.
    pub fn new(tag: Tag) -> Self {
        Self {
            items: Vec::new(),
            capacity: 0,
            _block: Block::new(tag),
        }
    }

    /// An empty array with room for that many items.
    ///
    /// # Errors
    /// None, in the model.
    pub fn with_capacity(tag: Tag, capacity: usize) -> Result<Self> {
        let mut new = Self::new(tag);
        new.capacity = capacity;
        Ok(new)
    }

    /// Appends an item.
    ///
    /// # Errors
    /// None, in the model.
    pub fn push(&mut self, item: T) -> Result<()> {
        self.items.push(item);
        self.capacity = self.capacity.max(self.items.len());
        Ok(())
    }

    /// Appends an item without ever allocating; gives it back when the array is full.
    pub fn push_within_capacity(&mut self, item: T) -> std::result::Result<(), T> {
        if self.items.len() >= self.capacity {
            return Err(item);
        }
        self.items.push(item);
        Ok(())
    }

    /// Removes the last item.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// Removes an item and puts the last one in its place.
    pub fn swap_remove(&mut self, index: usize) -> Option<T> {
        (index < self.items.len()).then(|| self.items.swap_remove(index))
    }
}

impl<T: Copy> PoolVec<T> {
    /// Appends copies of items.
    ///
    /// # Errors
    /// None, in the model.
    pub fn extend_from_slice(&mut self, items: &[T]) -> Result<()> {
        self.items.extend_from_slice(items);
        self.capacity = self.capacity.max(self.items.len());
        Ok(())
    }
}

impl<T> Deref for PoolVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> DerefMut for PoolVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}
