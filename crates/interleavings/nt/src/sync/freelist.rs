//! Stocks of objects.

use super::SpinLock;
use crate::Result;
use crate::pool::{PoolVec, Tag};

/// A bounded stock of objects behind a spin lock.
pub struct Freelist<T> {
    stock: SpinLock<PoolVec<T>>,
}

impl<T> Freelist<T> {
    /// An empty stock with room for that many.
    ///
    /// # Errors
    /// None, in the model.
    pub fn new(tag: Tag, capacity: usize) -> Result<Self> {
        Ok(Self {
            stock: SpinLock::new(PoolVec::with_capacity(tag, capacity)?),
        })
    }

    /// A stock with room for that many, made by calling the closure: but for one object only, so that a stock runs dry too.
    ///
    /// # Errors
    /// The closure's.
    pub fn filled(tag: Tag, count: usize, mut make: impl FnMut() -> Result<T>) -> Result<Self> {
        let mut stock = PoolVec::with_capacity(tag, count)?;
        stock.push(make()?)?;
        Ok(Self {
            stock: SpinLock::new(stock),
        })
    }

    /// Takes an object.
    pub fn take(&self) -> Option<T> {
        self.stock.lock().pop()
    }

    /// Puts an object back; it is returned when the stock is full.
    pub fn put(&self, object: T) -> std::result::Result<(), T> {
        self.stock.lock().push_within_capacity(object)
    }
}
