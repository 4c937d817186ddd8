//! Preallocated objects, so that steady work allocates nothing.

use super::SpinLock;
use crate::Result;
use crate::pool::{PoolVec, Tag};

/// A bounded stock of objects behind a spin lock. The last one put back is the first one taken, while it is warm.
pub struct Freelist<T> {
    stock: SpinLock<PoolVec<T>>,
}

impl<T> Freelist<T> {
    /// An empty stock with room for that many. IRQL: any.
    #[track_caller]
    pub fn new(tag: Tag, capacity: usize) -> Result<Self> {
        Ok(Self {
            stock: SpinLock::new(PoolVec::with_capacity(tag, capacity)?),
        })
    }

    /// A full stock, made by calling the closure that many times. IRQL: any, as far as the closure allows.
    #[track_caller]
    pub fn filled(tag: Tag, count: usize, mut make: impl FnMut() -> Result<T>) -> Result<Self> {
        let mut stock = PoolVec::with_capacity(tag, count)?;
        for _ in 0..count {
            stock.push(make()?)?;
        }
        Ok(Self {
            stock: SpinLock::new(stock),
        })
    }

    /// Takes an object; None when the stock is empty. IRQL: any.
    #[track_caller]
    pub fn take(&self) -> Option<T> {
        self.stock.lock().pop()
    }

    /// Puts an object back; it is returned when the stock is full. IRQL: any.
    #[track_caller]
    pub fn put(&self, object: T) -> core::result::Result<(), T> {
        self.stock.lock().push_within_capacity(object)
    }

    /// How many objects there are now. IRQL: any.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.stock.lock().len()
    }

    /// Whether there is none now. IRQL: any.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
