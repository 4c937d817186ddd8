//! Pool: as Windows gives it, and counted by tag. Wine has no `ExAllocatePool2`, ignores tags and does not align.
//!
//! Each block has a header before it and a guard behind it, so that a wrong tag, a second release and writing past the
//! end are found.

use crate::irql;
use crate::ledger::{PoolUse, violation};
use crate::runtime;
use crate::sync::Mutex;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::fmt::Write;
use core::ptr::{NonNull, null_mut};
use wdk_sys::{POOL_FLAGS, PVOID, SIZE_T, ULONG};

const POOL_FLAG_UNINITIALIZED: u64 = 0x02;
const POOL_FLAG_PAGED: u64 = 0x100;

const PAGE: usize = 4096;
const LIVE: u64 = 0x6b6c_6f6f_7065_7661;
const FREED: u64 = 0x6565_7266_6565_7266;
const GUARD: u64 = 0xfdfd_fdfd_fdfd_fdfd;
/// What new memory is full of when the driver does not ask for zeroes, and freed memory at its beginning.
const FRESH: u8 = 0xcd;
const STALE: u8 = 0xdd;
/// How much of freed memory is overwritten; all of it would make megabytes slow.
const OVERWRITTEN: usize = 4096;

/// What lies before each block.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Header {
    size: usize,
    /// What the heap gave.
    base: *mut c_void,
    /// Not at the beginning, where the heap writes when it gets the memory back.
    state: u64,
    tag: u32,
}

static HELD: Mutex<Vec<PoolUse>> = Mutex::new(Vec::new());

/// Pool held now, by tag.
pub fn held() -> Vec<PoolUse> {
    HELD.lock()
        .iter()
        .filter(|entry| entry.blocks != 0)
        .copied()
        .collect()
}

/// `ExAllocatePool2`.
pub unsafe extern "C" fn allocate(flags: POOL_FLAGS, size: SIZE_T, tag: ULONG) -> PVOID {
    let paged = flags & POOL_FLAG_PAGED != 0;
    let limit = if paged { irql::APC } else { irql::DISPATCH };
    irql::at_most(limit, "ExAllocatePool2");
    if size == 0 || tag == 0 {
        violation!("ExAllocatePool2 of {size} bytes with tag {tag:#x}");
        return null_mut();
    }
    let fill = if flags & POOL_FLAG_UNINITIALIZED == 0 {
        0
    } else {
        FRESH
    };
    match usize::try_from(size)
        .ok()
        .and_then(|size| new_block(size, tag))
    {
        Some((block, size)) => {
            // SAFETY: the block is new and has this size.
            unsafe { block.write_bytes(fill, size) };
            count(tag, |entry| {
                entry.blocks += 1;
                entry.bytes += size as u64;
            });
            block.as_ptr().cast()
        }
        None => null_mut(),
    }
}

/// `ExFreePool`.
pub unsafe extern "C" fn free(block: PVOID) {
    release(block, None, "ExFreePool");
}

/// `ExFreePoolWithTag`.
pub unsafe extern "C" fn free_with_tag(block: PVOID, tag: ULONG) {
    release(
        block,
        Some(tag).filter(|tag| *tag != 0),
        "ExFreePoolWithTag",
    );
}

/// Memory with header and guard; a page or more begins at a page.
fn new_block(size: usize, tag: u32) -> Option<(NonNull<u8>, usize)> {
    let alignment = if size >= PAGE {
        PAGE
    } else {
        align_of::<Header>()
    };
    let whole = size.checked_add(alignment + size_of::<Header>() + size_of::<u64>())?;
    let base = NonNull::new(runtime::allocate(whole))?;
    let first = base.as_ptr().cast::<u8>().wrapping_add(size_of::<Header>());
    let block = first.wrapping_add(first.align_offset(alignment));
    let header = Header {
        state: LIVE,
        size,
        base: base.as_ptr(),
        tag,
    };
    // SAFETY: there is room for the header before every aligned place from `first` on.
    unsafe { block.cast::<Header>().wrapping_sub(1).write(header) };
    // SAFETY: the allocation has room for the guard behind the block.
    unsafe { guard_of(block, size).write_unaligned(GUARD) };
    Some((NonNull::new(block)?, size))
}

/// Where the guard behind a block is.
fn guard_of(block: *mut u8, size: usize) -> *mut u64 {
    block.wrapping_add(size).cast()
}

fn release(block: PVOID, tag: Option<u32>, routine: &str) {
    irql::at_most(irql::DISPATCH, routine);
    let block = block.cast::<u8>();
    let header = block.cast::<Header>().wrapping_sub(1);
    if block.is_null() {
        violation!("{routine} of NULL");
        return;
    }
    // SAFETY: a block of the driver's has a header before it; of anything else it is read at least within a heap.
    let Header {
        size,
        base,
        state,
        tag: real_tag,
    } = unsafe { header.read() };
    if state != LIVE {
        let what = if state == FREED {
            "freed before"
        } else {
            "not pool"
        };
        violation!("{routine} of {block:p}, which is {what}");
        return;
    }
    if tag.is_some_and(|tag| tag != real_tag) {
        violation!(
            "{routine} of a block of {} with a wrong tag",
            text(real_tag)
        );
    }
    // SAFETY: the guard was written there with the header.
    let guard = unsafe { guard_of(block, size).read_unaligned() };
    if guard != GUARD {
        violation!(
            "a block of {size} bytes of {} was written to beyond its end",
            text(real_tag)
        );
    }
    // SAFETY: the block is the caller's to free, and has this size.
    unsafe { block.write_bytes(STALE, size.min(OVERWRITTEN)) };
    // SAFETY: as above.
    unsafe { (*header).state = FREED };
    count(real_tag, |entry| {
        entry.blocks -= 1;
        entry.bytes -= size as u64;
    });
    // SAFETY: the heap gave it for this block, which nobody uses any more.
    unsafe { runtime::free(base) };
}

/// A tag as its four characters.
fn text(tag: u32) -> impl core::fmt::Display {
    struct Tag([u8; 4]);
    impl core::fmt::Display for Tag {
        fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            self.0
                .iter()
                .try_for_each(|&character| out.write_char(character.into()))
        }
    }
    Tag(tag.to_le_bytes())
}

fn count(tag: u32, change: impl FnOnce(&mut PoolUse)) {
    let mut held = HELD.lock();
    let index = held.iter().position(|entry| entry.tag == tag);
    let index = index.unwrap_or_else(|| {
        held.push(PoolUse {
            tag,
            blocks: 0,
            bytes: 0,
        });
        held.len() - 1
    });
    change(&mut held[index]);
}
