//! The global allocator of programs that link the driver: plays the part that `wdk-alloc` plays in a real kernel.

use super::block::{self, Fill};
use crate::mode;
use core::panic::Location;
use std::alloc::{GlobalAlloc, Layout, System};

/// Tag of the driver's Rust allocations, as `wdk-alloc` uses it.
const RUST: u32 = super::tag(b"rust");
/// Mark of an allocation that is not the driver's.
const ELSE: u64 = 0x4e4f_5450_4f4f_4c21;

/// A `#[global_allocator]` for programs that link the driver. What a thread allocates while it runs the driver's code is
/// pool with the tag `rust`: it counts, it can be made to fail, it is checked when freed. Everything else goes to the
/// system's allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelAllocator;

/// Layout with room in front for the mark, and that room.
fn widened(layout: Layout) -> Option<(Layout, usize)> {
    let front = layout.align().max(16);
    let whole = Layout::from_size_align(layout.size().checked_add(front)?, front).ok()?;
    Some((whole, front))
}

/// Puts the mark before the block and returns the block.
fn marked(base: *mut u8, front: usize) -> *mut u8 {
    if base.is_null() {
        return base;
    }
    let memory = base.wrapping_add(front);
    // SAFETY: the room in front is at least 16 bytes, aligned to 16.
    unsafe { memory.cast::<u64>().wrapping_sub(1).write(ELSE) };
    memory
}

// SAFETY: every block has the size and alignment asked for; the mark before it tells where it came from.
unsafe impl GlobalAlloc for KernelAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if mode::is_kernel() {
            return block::allocate(
                layout.size(),
                layout.align(),
                RUST,
                Fill::Pattern,
                Location::caller(),
            );
        }
        let Some((whole, front)) = widened(layout) else {
            return core::ptr::null_mut();
        };
        // SAFETY: the layout is not empty.
        marked(unsafe { System.alloc(whole) }, front)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if mode::is_kernel() {
            return block::allocate(
                layout.size(),
                layout.align(),
                RUST,
                Fill::Zero,
                Location::caller(),
            );
        }
        let Some((whole, front)) = widened(layout) else {
            return core::ptr::null_mut();
        };
        // SAFETY: the layout is not empty.
        marked(unsafe { System.alloc_zeroed(whole) }, front)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: every block of this allocator has a mark before it.
        if unsafe { block::mark_of(memory) } != ELSE {
            let _host = mode::host();
            block::free(memory, Some(RUST), Location::caller());
            return;
        }
        if let Some((whole, front)) = widened(layout) {
            // SAFETY: allocated with this layout by `alloc`.
            unsafe { System.dealloc(memory.wrapping_sub(front), whole) };
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Ok(grown) = Layout::from_size_align(new_size, layout.align()) else {
            return core::ptr::null_mut();
        };
        // SAFETY: every block of this allocator has a mark before it.
        let elsewhere = unsafe { block::mark_of(memory) } == ELSE;
        if elsewhere && !mode::is_kernel() {
            let (Some((whole, front)), Some((grown, _))) = (widened(layout), widened(grown)) else {
                return core::ptr::null_mut();
            };
            // SAFETY: allocated with this layout by `alloc`.
            let base = unsafe { System.realloc(memory.wrapping_sub(front), whole, grown.size()) };
            return marked(base, front);
        }
        // SAFETY: the layout is valid and not empty, by realloc's contract.
        let new = unsafe { self.alloc(grown) };
        if !new.is_null() {
            // SAFETY: both blocks have at least so many bytes and do not overlap.
            unsafe { new.copy_from_nonoverlapping(memory, layout.size().min(new_size)) };
            // SAFETY: the old block is the caller's, with this layout.
            unsafe { self.dealloc(memory, layout) };
        }
        new
    }
}
