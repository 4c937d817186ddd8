//! The pool: tagged blocks with a guard behind, poisoned and kept a while when freed.

mod allocator;
mod anchors;
mod block;
mod faults;
mod ledger;
mod quarantine;
mod secrets;
mod service;
#[cfg(test)]
mod tests;

pub use allocator::KernelAllocator;
pub(crate) use anchors::{Anchor, drop_anchor, lift_anchor};
pub(crate) use block::{Fill, place_of};
pub use faults::Faults;
pub(crate) use faults::{spare, strikes as fault_strikes};
pub use ledger::PoolLeak;
pub(crate) use ledger::{abandon, holder_of, leaks_by_tag, totals};
pub(crate) use secrets::watch as watch_secret;
pub use service::{ExAllocatePool2, ExAllocatePoolWithTag, ExFreePool, ExFreePoolWithTag};

use crate::verifier::Place;

/// Makes a tag from its four letters, in the order in which debuggers show them.
pub(crate) const fn tag(letters: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*letters)
}

/// Allocates for one of this kernel's own services on the driver's account. NULL when out of memory.
pub(crate) fn allocate(size: usize, tag: u32, fill: Fill, place: Place) -> *mut u8 {
    block::allocate(size, 16, tag, fill, place)
}

/// Frees what [`allocate`] gave.
pub(crate) fn free(memory: *mut u8, tag: u32, place: Place) {
    block::free(memory, Some(tag), place);
}

/// Starts anew, for a new kernel: empties the quarantine and sets its size in bytes.
pub(crate) fn reset(quarantine_bytes: usize) {
    quarantine::set_limit(quarantine_bytes);
    ledger::reset_peak();
    Faults::clear_all();
    secrets::forget_all();
}

/// Checks and releases everything in the quarantine.
pub(crate) fn flush_quarantine() {
    quarantine::flush();
}
