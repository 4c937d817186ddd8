//! Memory from nonpaged pool, by fallible owning types.
//!
//! Everything is nonpaged, because almost everything is touched under a spin lock or in a completion routine. Allocation
//! and release may happen at any IRQL up to DISPATCH. Each allocation carries a [`Tag`], by which leaks are reported.

mod arc;
mod boxed;
mod buf;
mod object;
mod secret;
mod stock;
mod vec;

pub use arc::PoolArc;
pub use boxed::PoolBox;
pub use buf::PoolBuf;
pub(crate) use object::KernelObject;
pub use secret::SecretBuf;
pub use stock::ArcStock;
pub use vec::PoolVec;

use crate::{Result, Status, sys};
use core::alloc::Layout;
use core::fmt;
use core::ptr::NonNull;

/// Four characters that say whose an allocation is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag(u32);

impl Tag {
    /// A tag of four ASCII characters, in the order in which debuggers show them.
    pub const fn new(text: &[u8; 4]) -> Self {
        Self(u32::from_le_bytes(*text))
    }

    /// As the pool routines take it.
    pub const fn to_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tag({})", self.0.to_le_bytes().escape_ascii())
    }
}

/// What pool blocks are aligned to on x64 at least (a page from a page on).
pub(crate) const ALIGNMENT: usize = 16;

/// A zeroed block (`ExAllocatePool2`), aligned to [`ALIGNMENT`]. A block of nothing still has an address.
#[track_caller]
pub(crate) fn allocate(tag: Tag, layout: Layout) -> Result<NonNull<u8>> {
    if layout.align() > ALIGNMENT {
        return Err(Status::NOT_SUPPORTED);
    }
    let size = layout.size().max(1);
    // SAFETY: any size and tag may be asked for; the result may be NULL.
    let block = unsafe { sys::ExAllocatePool2(sys::POOL_FLAG_NON_PAGED, size as _, tag.0) };
    NonNull::new(block.cast()).ok_or(Status::INSUFFICIENT_RESOURCES)
}

/// Gives a block back (`ExFreePoolWithTag`).
///
/// # Safety
///
/// The block is from [`allocate`] with the same tag, and nobody uses it any more.
#[track_caller]
pub(crate) unsafe fn free(tag: Tag, block: NonNull<u8>) {
    // SAFETY: the caller vouches for block and tag.
    unsafe { sys::ExFreePoolWithTag(block.as_ptr().cast(), tag.0) };
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn a_tag_reads_in_the_order_of_its_characters() {
        assert_eq!(std::format!("{:?}", Tag::new(b"OxSm")), "Tag(OxSm)");
    }
}
