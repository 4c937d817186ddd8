//! Values in blocks of their own.

use std::ops::{Deref, DerefMut};

use super::{Block, Tag};
use crate::Result;

/// A value in a block of its own.
pub struct PoolBox<T> {
    value: Box<T>,
    _block: Block,
}

impl<T> PoolBox<T> {
    /// Moves a value into a block.
    ///
    /// # Errors
    /// None, in the model.
    pub fn new(tag: Tag, value: T) -> Result<Self> {
        Ok(Self {
            value: Box::new(value),
            _block: Block::new(tag),
        })
    }

    /// Moves the value out.
    pub fn into_inner(this: Self) -> T {
        *this.value
    }
}

impl<T> Deref for PoolBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for PoolBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
