//! Blocks of shared values that are used again.

use super::{PoolArc, Tag, allocate, free};
use crate::Result;
use crate::sync::Freelist;
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A maker of [`PoolArc`]s that keeps the blocks of those that are gone, up to a number, for the next ones: in steady
/// state it allocates nothing. Its arcs are like any other, and may outlive it.
#[derive(Clone)]
pub struct ArcStock<T> {
    home: PoolArc<Home>,
    makes: PhantomData<fn(T) -> T>,
}

impl<T> ArcStock<T> {
    /// An empty stock that will keep up to that many blocks. IRQL: any.
    #[track_caller]
    pub fn new(tag: Tag, capacity: usize) -> Result<Self> {
        let home = Home {
            blocks: Freelist::new(tag, capacity)?,
            layout: PoolArc::<T>::LAYOUT,
            tag,
        };
        Ok(Self {
            home: PoolArc::new(tag, home)?,
            makes: PhantomData,
        })
    }

    /// Shares a value. Without a block in stock and without memory it is dropped. IRQL: any.
    #[track_caller]
    pub fn arc(&self, value: T) -> Result<PoolArc<T>> {
        let block = self.home.take()?;
        // SAFETY: the stock's blocks have the layout of this type's, and this one is ours.
        Ok(unsafe { PoolArc::in_block(block, self.home.tag, Some(self.home.clone()), value) })
    }
}

/// Where blocks come home to; all have one layout.
pub(super) struct Home {
    blocks: Freelist<Block>,
    layout: Layout,
    tag: Tag,
}

/// A block that nobody uses.
struct Block(NonNull<u8>);

// SAFETY: memory belongs to no thread.
unsafe impl Send for Block {}

impl Home {
    #[track_caller]
    fn take(&self) -> Result<NonNull<u8>> {
        match self.blocks.take() {
            Some(Block(block)) => Ok(block),
            None => allocate(self.tag, self.layout),
        }
    }

    /// Keeps a block, or frees it when there are enough.
    ///
    /// # Safety
    ///
    /// The block is one of [`Home::take`], and nobody uses it any more.
    #[track_caller]
    pub(super) unsafe fn put(&self, block: NonNull<u8>) {
        if let Err(Block(block)) = self.blocks.put(Block(block)) {
            // SAFETY: the caller vouches; all blocks have this tag.
            unsafe { free(self.tag, block) };
        }
    }
}

impl Drop for Home {
    #[track_caller]
    fn drop(&mut self) {
        while let Some(Block(block)) = self.blocks.take() {
            // SAFETY: the block is in stock, so nobody uses it; all blocks have this tag.
            unsafe { free(self.tag, block) };
        }
    }
}
