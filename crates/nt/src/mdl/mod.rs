//! Memory descriptor lists: memory as drivers hand it to each other.
//!
//! Memory behind an MDL may be a user's, who writes to it meanwhile, so bytes are copied in and out rather than
//! borrowed, except where the memory is our own ([`Mdl`]).
//!
//! * [`MdlRef`] and [`MdlCell`] look at an MDL chain, for reading and for reading and writing;
//! * [`Mdl`] owns a buffer and describes it;
//! * [`PartialMdl`] is preallocated and aimed at a part of somebody else's memory, again and again.

mod copy;
mod lock;
mod owned;
mod partial;
mod view;

pub use lock::probe_and_lock;
pub use owned::Mdl;
pub use partial::PartialMdl;
pub use view::{MdlCell, MdlRef};

use crate::pool::PoolArc;

/// Memory that an MDL describes, and that stays valid and locked for as long as the value lives.
///
/// # Safety
///
/// Moving the value moves neither the MDL nor the memory, and the chain stays the same while the value is borrowed or
/// lent to an operation.
pub unsafe trait LockedMemory: Send + 'static {
    /// The memory, for reading.
    fn mdl(&self) -> MdlRef<'_>;
}

/// Memory that may be written through a shared borrow, since nobody holds Rust references to it: a user's buffer.
///
/// # Safety
///
/// [`LockedCell::cell`] is the same memory as [`LockedMemory::mdl`], and it may be written to.
pub unsafe trait LockedCell: LockedMemory {
    /// The memory, for reading and writing.
    fn cell(&self) -> MdlCell<'_>;
}

// SAFETY: the value stays in its block, and is only ever borrowed there.
unsafe impl<T: LockedMemory + Sync> LockedMemory for PoolArc<T> {
    fn mdl(&self) -> MdlRef<'_> {
        (**self).mdl()
    }
}

// SAFETY: as above.
unsafe impl<T: LockedCell + Sync> LockedCell for PoolArc<T> {
    fn cell(&self) -> MdlCell<'_> {
        (**self).cell()
    }
}
