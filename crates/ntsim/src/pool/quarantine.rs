//! Freed blocks, kept for a while so that late writes and second frees are seen.

use super::block::{self, Header};
use core::ptr;
use parking_lot::Mutex;

struct Quarantine {
    oldest: *mut Header,
    newest: *mut Header,
    bytes: usize,
    limit: usize,
}

// SAFETY: the blocks belong to the quarantine alone, and its lock guards them.
unsafe impl Send for Quarantine {}

static QUARANTINE: Mutex<Quarantine> = Mutex::new(Quarantine {
    oldest: ptr::null_mut(),
    newest: ptr::null_mut(),
    bytes: 0,
    limit: 8 << 20,
});

impl Quarantine {
    /// Takes the oldest block out while there are more than `limit` bytes.
    fn pop_over(&mut self, limit: usize) -> Option<*mut Header> {
        if self.bytes <= limit || self.oldest.is_null() {
            return None;
        }
        let oldest = self.oldest;
        // SAFETY: blocks in the list are valid headers.
        let header = unsafe { &*oldest };
        self.bytes -= block::weight(header);
        self.oldest = header.next;
        if self.oldest.is_null() {
            self.newest = ptr::null_mut();
        }
        Some(oldest)
    }
}

fn shrink(limit: usize) {
    loop {
        let popped = QUARANTINE.lock().pop_over(limit);
        match popped {
            // SAFETY: out of the list, so nobody else has it.
            Some(header) => unsafe { block::release(header) },
            None => return,
        }
    }
}

/// Takes a freed block in and lets the oldest go.
pub(super) fn push(header: &mut Header) {
    header.next = ptr::null_mut();
    let mut quarantine = QUARANTINE.lock();
    quarantine.bytes += block::weight(header);
    let limit = quarantine.limit;
    // SAFETY: the newest block is a valid header in the list, if there is one.
    match unsafe { quarantine.newest.as_mut() } {
        Some(newest) => newest.next = header,
        None => quarantine.oldest = header,
    }
    quarantine.newest = header;
    drop(quarantine);
    shrink(limit);
}

/// Checks and releases everything.
pub(super) fn flush() {
    shrink(0);
}

/// Sets the budget in bytes.
pub(super) fn set_limit(limit: usize) {
    QUARANTINE.lock().limit = limit;
    shrink(limit);
}
