//! Shared values. Who lets go last is what the driver's completions hang on, so threads may be switched there.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use interleavings_core::step;

use super::{Block, Tag};
use crate::Result;

/// A value that lives as long as its last reference.
pub struct PoolArc<T>(Arc<Shared<T>>);

struct Shared<T> {
    value: T,
    _block: Block,
}

impl<T> PoolArc<T> {
    /// Shares a value.
    ///
    /// # Errors
    /// None, in the model.
    pub fn new(tag: Tag, value: T) -> Result<Self> {
        Ok(Self(Arc::new(Shared {
            value,
            _block: Block::new(tag),
        })))
    }

    /// Whether both refer to the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Arc::ptr_eq(&this.0, &other.0)
    }
}

impl<T> Clone for PoolArc<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for PoolArc<T> {
    fn drop(&mut self) {
        step();
    }
}

impl<T> Deref for PoolArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

/// A maker of shared values.
pub struct ArcStock<T> {
    tag: Tag,
    makes: PhantomData<fn(T) -> T>,
}

impl<T> ArcStock<T> {
    /// A maker.
    ///
    /// # Errors
    /// None, in the model.
    pub fn new(tag: Tag, _capacity: usize) -> Result<Self> {
        Ok(Self {
            tag,
            makes: PhantomData,
        })
    }

    /// Shares a value.
    ///
    /// # Errors
    /// None, in the model.
    pub fn arc(&self, value: T) -> Result<PoolArc<T>> {
        PoolArc::new(self.tag, value)
    }
}
