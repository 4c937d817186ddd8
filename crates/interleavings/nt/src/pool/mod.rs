//! Memory, counted by tag so that what is left in the end is seen.

mod arc;
mod boxed;
mod vec;

pub use arc::{ArcStock, PoolArc};
pub use boxed::PoolBox;
pub use kernel::pool::Tag;
pub use vec::PoolVec;

use crate::machine;

/// A block's entry in the books.
pub(crate) struct Block(Tag);

impl Block {
    pub(crate) fn new(tag: Tag) -> Self {
        machine::allocated(tag);
        Self(tag)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        machine::freed(self.0);
    }
}
