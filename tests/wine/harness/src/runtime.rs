//! What Rust needs beneath it: a heap, and an end for panics.

use crate::kernelbase::{GetProcessHeap, HeapAlloc, HeapFree};
use crate::log::log;
use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::panic::PanicInfo;
use wdk_sys::ntddk::KeBugCheckEx;

/// The heap of winedevice.exe. The driver's pool comes from it too, but is counted apart (see [`crate::pool`]).
struct ProcessHeap;

/// What the heap aligns to by itself.
const HEAP_ALIGNMENT: usize = 16;

#[global_allocator]
static HEAP: ProcessHeap = ProcessHeap;

// SAFETY: the process heap gives blocks of the size asked for; greater alignments are refused.
unsafe impl GlobalAlloc for ProcessHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > HEAP_ALIGNMENT {
            return core::ptr::null_mut();
        }
        allocate(layout.size()).cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        // SAFETY: the block came from `alloc`.
        unsafe { free(block.cast()) };
    }
}

/// A block of the process's heap, aligned to 16 bytes, or NULL.
pub fn allocate(size: usize) -> *mut c_void {
    // SAFETY: has no conditions.
    let heap = unsafe { GetProcessHeap() };
    // SAFETY: the heap of the process is always there.
    unsafe { HeapAlloc(heap, 0, size) }
}

/// Gives a block back to the process's heap.
///
/// # Safety
///
/// The block came from [`allocate`] and nobody uses it any more.
pub unsafe fn free(block: *mut c_void) {
    // SAFETY: has no conditions.
    let heap = unsafe { GetProcessHeap() };
    // SAFETY: the caller vouches.
    unsafe { HeapFree(heap, 0, block) };
}

/// The bug check of a harness that is wrong itself (`MANUALLY_INITIATED_CRASH`).
const HARNESS_IS_WRONG: u32 = 0xe2;

#[panic_handler]
fn panic(information: &PanicInfo<'_>) -> ! {
    log!("PANIC: {information}");
    // SAFETY: ends the process.
    unsafe { KeBugCheckEx(HARNESS_IS_WRONG, 0, 0, 0, 0) }
}
