//! One block of pool: a header in front, guard bytes behind.

use super::{anchors, faults, ledger, quarantine, secrets};
use crate::mode;
use crate::verifier::{self, Place, broken};
use core::ptr;
use std::alloc::{GlobalAlloc, Layout, System};

/// What a new block holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// Zeroes.
    Zero,
    /// A pattern that is unlikely to pass for data.
    Pattern,
    /// Whatever was there.
    Nothing,
}

/// Marks of a block's state, in the 8 bytes before its memory.
pub(super) const LIVE: u64 = 0x4c49_5645_504f_4f4c;
const FREED: u64 = 0x4652_4545_504f_4f4c;

const GUARD: [u8; 16] = [0xfd; 16];
const POISON: u8 = 0xdd;
const FRESH: u8 = 0xcd;
/// Bytes of a block that are patterned and checked; the rest of a huge one is left alone.
const MOST_FILLED: usize = 64 << 10;

/// What stands before a block's memory. The mark is last, so that it is found at a fixed distance.
#[repr(C, align(16))]
pub(super) struct Header {
    pub(super) next: *mut Header,
    pub(super) previous: *mut Header,
    pub(super) size: usize,
    pub(super) allocated: Place,
    freed: Option<Place>,
    /// Start of the memory from the system, and its layout.
    base: *mut u8,
    layout: Layout,
    pub(super) tag: u32,
    /// Which ledger it is in.
    pub(super) epoch: u32,
    mark: u64,
}

const HEADER: usize = size_of::<Header>();
const _: () = assert!(HEADER.is_multiple_of(16));
const _: () = assert!(core::mem::offset_of!(Header, mark) + 8 == HEADER);

impl Header {
    /// The block's memory.
    pub(super) fn memory(&self) -> *mut u8 {
        ptr::from_ref(self).cast_mut().wrapping_add(1).cast()
    }

    fn filled(&self) -> usize {
        self.size.min(MOST_FILLED)
    }
}

/// The header before a block's memory.
fn header_of(memory: *mut u8) -> *mut Header {
    memory.cast::<Header>().wrapping_sub(1)
}

/// Reads the mark before a block, which every allocation of this crate has.
///
/// # Safety
/// `memory` came from this module or from [`super::KernelAllocator`].
pub(super) unsafe fn mark_of(memory: *mut u8) -> u64 {
    // SAFETY: by the contract the 8 bytes before hold a mark.
    unsafe { memory.cast::<u64>().wrapping_sub(1).read() }
}

/// Allocates a block, or NULL when the system has no memory or a fault is injected.
pub(super) fn allocate(size: usize, align: usize, tag: u32, fill: Fill, place: Place) -> *mut u8 {
    // Waiting for the ledger's lock may allocate.
    let _host = mode::host();
    if faults::strikes(tag) {
        return ptr::null_mut();
    }
    let align = align.max(16);
    let front = HEADER.next_multiple_of(align);
    let Some(total) = size.checked_add(front + GUARD.len()) else {
        return ptr::null_mut();
    };
    let Ok(layout) = Layout::from_size_align(total, align) else {
        return ptr::null_mut();
    };
    let base = if fill == Fill::Zero {
        // SAFETY: the layout is not empty.
        unsafe { System.alloc_zeroed(layout) }
    } else {
        // SAFETY: the layout is not empty.
        unsafe { System.alloc(layout) }
    };
    if base.is_null() {
        return base;
    }
    let memory = base.wrapping_add(front);
    let header = header_of(memory);
    let content = Header {
        next: ptr::null_mut(),
        previous: ptr::null_mut(),
        size,
        allocated: place,
        freed: None,
        base,
        layout,
        tag,
        epoch: 0,
        mark: LIVE,
    };
    // SAFETY: the header lies within the front part of the new memory.
    unsafe { header.write(content) };
    // SAFETY: the guard lies behind the `size` bytes.
    unsafe {
        memory
            .wrapping_add(size)
            .cast::<[u8; 16]>()
            .write_unaligned(GUARD)
    };
    if fill == Fill::Pattern {
        // SAFETY: within the block.
        unsafe { memory.write_bytes(FRESH, size.min(MOST_FILLED)) };
    }
    // SAFETY: the block is new, so nobody else has it.
    ledger::add(unsafe { &mut *header });
    memory
}

/// Frees a block: checks it, poisons it and puts it into the quarantine.
pub(super) fn free(memory: *mut u8, tag: Option<u32>, place: Place) {
    let _host = mode::host();
    if memory.is_null() || !(memory as usize).is_multiple_of(16) {
        broken!(BadFree, place, None, "{memory:p} is not from the pool");
        return;
    }
    // SAFETY: a driver that frees what is not pool is what this check is for; the read is the best that can be done.
    let mark = unsafe { mark_of(memory) };
    if mark != LIVE && mark != FREED {
        broken!(BadFree, place, None, "{memory:p} is not from the pool");
        return;
    }
    // SAFETY: the mark says that a header stands here.
    let header = unsafe { &mut *header_of(memory) };
    if mark == FREED {
        broken!(
            DoubleFree,
            place,
            header.freed,
            "a block of {} bytes, tag {:?}, allocated at {}",
            header.size,
            text(header.tag),
            header.allocated
        );
        return;
    }
    if let Some(tag) = tag.filter(|&tag| tag != header.tag) {
        broken!(
            WrongTag,
            place,
            Some(header.allocated),
            "freed as {:?}, allocated as {:?}",
            text(tag),
            text(header.tag)
        );
    }
    check_guard(header, place);
    anchors::check_free(memory as usize, header.size, place);
    verifier::forget_range(memory as usize, header.size);
    // SAFETY: the block's memory, which is the caller's to free.
    let content = unsafe { core::slice::from_raw_parts(memory, header.size) };
    secrets::check(content, header.tag, header.allocated, place);
    ledger::remove(header);
    header.freed = Some(place);
    header.mark = FREED;
    // SAFETY: within the block, which is the caller's to free.
    unsafe { memory.write_bytes(POISON, header.filled()) };
    quarantine::push(header);
}

fn check_guard(header: &Header, place: Place) {
    let guard = header.memory().wrapping_add(header.size).cast::<[u8; 16]>();
    // SAFETY: the guard lies behind the `size` bytes of every block; bytes need no alignment. Restored, so that it is
    // reported once.
    let guard = unsafe { guard.replace(GUARD) };
    if guard != GUARD {
        broken!(
            Overrun,
            place,
            Some(header.allocated),
            "a block of {} bytes, tag {:?}, was written past its end",
            header.size,
            text(header.tag)
        );
    }
}

/// Checks that a freed block was left alone and gives its memory back.
///
/// # Safety
/// The block is out of the quarantine and nobody uses it.
pub(super) unsafe fn release(header: *mut Header) {
    // SAFETY: by the contract the header is there and ours.
    let block = unsafe { &*header };
    // SAFETY: the filled part of the block.
    let memory = unsafe { core::slice::from_raw_parts(block.memory(), block.filled()) };
    if let Some(offset) = memory.iter().position(|&byte| byte != POISON) {
        broken!(
            TouchedFreed,
            block.freed.unwrap_or(block.allocated),
            Some(block.allocated),
            "byte {offset} of a freed block of {} bytes, tag {:?}, was written",
            block.size,
            text(block.tag)
        );
    }
    check_guard(block, block.freed.unwrap_or(block.allocated));
    let (base, layout) = (block.base, block.layout);
    // SAFETY: allocated with this layout, and no longer used.
    unsafe { System.dealloc(base, layout) };
}

/// Bytes of a freed block with its header, for the quarantine's budget.
pub(super) fn weight(header: &Header) -> usize {
    header.layout.size()
}

/// Where a freed or live block of pool was allocated and freed, for reports. None when `memory` is not a block.
pub(crate) fn place_of(memory: *mut u8) -> Option<(Place, Option<Place>)> {
    if memory.is_null() || !(memory as usize).is_multiple_of(16) {
        return None;
    }
    // SAFETY: callers pass what the driver named as a block; the mark tells whether it is.
    let mark = unsafe { mark_of(memory) };
    if mark != LIVE && mark != FREED {
        return None;
    }
    // SAFETY: the mark says that a header stands here.
    let header = unsafe { &*header_of(memory) };
    Some((header.allocated, header.freed))
}

/// A tag as its four letters.
pub(super) fn text(tag: u32) -> String {
    tag.to_le_bytes()
        .iter()
        .map(|&byte| {
            if byte.is_ascii_graphic() {
                byte as char
            } else {
                '.'
            }
        })
        .collect()
}
