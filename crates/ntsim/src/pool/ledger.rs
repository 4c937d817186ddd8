//! The list of live blocks, and the totals.

use super::block::{self, Header};
use crate::verifier::Place;
use core::ptr;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// What lives in the pool.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) bytes: usize,
    pub(crate) blocks: usize,
    pub(crate) peak: usize,
    pub(crate) allocations: u64,
}

struct Ledger {
    first: *mut Header,
    totals: Totals,
    epoch: u32,
}

// SAFETY: headers are linked and unlinked under the ledger's lock only.
unsafe impl Send for Ledger {}

static LEDGER: Mutex<Ledger> = Mutex::new(Ledger {
    first: ptr::null_mut(),
    totals: Totals {
        bytes: 0,
        blocks: 0,
        peak: 0,
        allocations: 0,
    },
    epoch: 0,
});

/// Links a new block.
pub(super) fn add(header: &mut Header) {
    let mut ledger = LEDGER.lock();
    header.epoch = ledger.epoch;
    header.next = ledger.first;
    // SAFETY: the first block is valid while linked.
    if let Some(first) = unsafe { ledger.first.as_mut() } {
        first.previous = header;
    }
    ledger.first = header;
    let totals = &mut ledger.totals;
    totals.bytes += header.size;
    totals.blocks += 1;
    totals.allocations += 1;
    totals.peak = totals.peak.max(totals.bytes);
}

/// Unlinks a block that is about to be freed.
pub(super) fn remove(header: &mut Header) {
    let mut ledger = LEDGER.lock();
    if header.epoch != ledger.epoch {
        return;
    }
    // SAFETY: neighbours are valid while linked.
    match unsafe { header.previous.as_mut() } {
        Some(previous) => previous.next = header.next,
        None => ledger.first = header.next,
    }
    // SAFETY: as above.
    if let Some(next) = unsafe { header.next.as_mut() } {
        next.previous = header.previous;
    }
    header.next = ptr::null_mut();
    header.previous = ptr::null_mut();
    ledger.totals.bytes -= header.size;
    ledger.totals.blocks -= 1;
}

/// Forgets all live blocks, for the test that allocated them has failed.
pub(crate) fn abandon() {
    let mut ledger = LEDGER.lock();
    ledger.first = ptr::null_mut();
    ledger.totals = Totals::default();
    ledger.epoch += 1;
}

/// Totals now.
pub(crate) fn totals() -> Totals {
    LEDGER.lock().totals
}

/// Begins a new peak.
pub(super) fn reset_peak() {
    let mut ledger = LEDGER.lock();
    ledger.totals.peak = ledger.totals.bytes;
    ledger.totals.allocations = 0;
}

/// Live blocks of one tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLeak {
    /// The tag's four letters.
    pub tag: String,
    /// Bytes, without headers.
    pub bytes: usize,
    /// Number of blocks.
    pub blocks: usize,
    /// Where one of them was allocated.
    pub place: Place,
}

/// Where a live block was allocated that holds these bytes.
pub(crate) fn holder_of(bytes: &[u8]) -> Option<Place> {
    let ledger = LEDGER.lock();
    let mut next = ledger.first;
    // SAFETY: linked blocks are valid while the ledger is locked.
    while let Some(header) = unsafe { next.as_ref() } {
        // SAFETY: the block's memory; its owner may write it meanwhile, which the caller sees to.
        let content = unsafe { core::slice::from_raw_parts(header.memory(), header.size) };
        if content.windows(bytes.len()).any(|window| window == bytes) {
            return Some(header.allocated);
        }
        next = header.next;
    }
    None
}

/// All live blocks, by tag.
pub(crate) fn leaks_by_tag() -> Vec<PoolLeak> {
    let ledger = LEDGER.lock();
    let mut found: BTreeMap<u32, PoolLeak> = BTreeMap::new();
    let mut next = ledger.first;
    // SAFETY: linked blocks are valid while the ledger is locked.
    while let Some(header) = unsafe { next.as_ref() } {
        let leak = found.entry(header.tag).or_insert_with(|| PoolLeak {
            tag: block::text(header.tag),
            bytes: 0,
            blocks: 0,
            place: header.allocated,
        });
        leak.bytes += header.size;
        leak.blocks += 1;
        next = header.next;
    }
    found.into_values().collect()
}
