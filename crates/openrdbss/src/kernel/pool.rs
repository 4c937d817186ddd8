//! Nonpaged pool for structures whose first bytes are an RDBSS object. The tags are those of `rdbss::raw`.

use crate::live::Live;
use core::ptr::NonNull;

/// Allocates `bytes` zeroed bytes (at least a `T`) that start with a `T`; `None` when there is no memory.
#[track_caller]
pub(crate) fn allocate<T>(bytes: usize, tag: u32) -> Option<Live<T>> {
    let bytes = bytes.max(size_of::<T>());
    // SAFETY: no precondition at IRQL <= DISPATCH_LEVEL.
    let block =
        unsafe { nt::sys::ExAllocatePool2(nt::sys::POOL_FLAG_NON_PAGED, bytes as u64, tag) };
    let block = NonNull::new(block.cast::<T>())?;
    // SAFETY: the block was just allocated and holds a `T`, for which all zero is a value.
    Some(unsafe { Live::from_non_null(block) })
}

/// Frees a block of [`allocate`], which nothing may use any more.
#[track_caller]
pub(crate) fn free<T>(block: Live<T>, tag: u32) {
    // SAFETY: the block came from `allocate`; its last user calls this.
    unsafe { nt::sys::ExFreePoolWithTag(block.as_ptr().cast(), tag) };
}
