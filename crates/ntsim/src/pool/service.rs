//! The pool's services (`ExAllocatePool2` and its elders).

use super::block::{self, Fill};
use crate::irql;
use crate::sys::*;
use crate::verifier::broken;
use core::panic::Location;

fn align_of(size: usize) -> usize {
    if size >= PAGE_SIZE as usize {
        PAGE_SIZE as usize
    } else {
        16
    }
}

/// Allocates zeroed pool, unless POOL_FLAG_UNINITIALIZED. NULL when out of memory.
#[track_caller]
pub unsafe fn ExAllocatePool2(Flags: POOL_FLAGS, NumberOfBytes: SIZE_T, Tag: ULONG) -> PVOID {
    let place = Location::caller();
    let kinds = Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);
    if NumberOfBytes == 0 || Tag == 0 || kinds.count_ones() != 1 {
        broken!(
            BadAllocation,
            place,
            None,
            "{NumberOfBytes} bytes, tag {Tag:#x}, flags {Flags:#x}"
        );
        return core::ptr::null_mut();
    }
    let paged = kinds == POOL_FLAG_PAGED;
    check_level(paged, "ExAllocatePool2", place);
    let fill = if Flags & POOL_FLAG_UNINITIALIZED == 0 {
        Fill::Zero
    } else {
        Fill::Pattern
    };
    let size = NumberOfBytes as usize;
    block::allocate(size, align_of(size), Tag, fill, place).cast()
}

/// Allocates pool with unspecified content. NULL when out of memory.
#[track_caller]
pub unsafe fn ExAllocatePoolWithTag(
    PoolType: POOL_TYPE,
    NumberOfBytes: SIZE_T,
    Tag: ULONG,
) -> PVOID {
    let place = Location::caller();
    if NumberOfBytes == 0 || Tag == 0 {
        broken!(
            BadAllocation,
            place,
            None,
            "{NumberOfBytes} bytes, tag {Tag:#x}"
        );
        return core::ptr::null_mut();
    }
    let paged = PoolType & 1 == _POOL_TYPE::PagedPool;
    check_level(paged, "ExAllocatePoolWithTag", place);
    let size = NumberOfBytes as usize;
    block::allocate(size, align_of(size), Tag, Fill::Pattern, place).cast()
}

fn check_level(paged: bool, service: &str, place: crate::verifier::Place) {
    irql::at_most(irql::DISPATCH, service, place);
    if paged && irql::current() > irql::APC {
        broken!(
            PagedAtDispatch,
            place,
            None,
            "{service} of paged pool at IRQL {}",
            irql::current()
        );
    }
}

/// Frees pool, whatever its tag.
#[track_caller]
pub unsafe fn ExFreePool(P: PVOID) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ExFreePool", place);
    block::free(P.cast(), None, place);
}

/// Frees pool of that tag (0: whatever its tag).
#[track_caller]
pub unsafe fn ExFreePoolWithTag(P: PVOID, Tag: ULONG) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ExFreePoolWithTag", place);
    block::free(P.cast(), (Tag != 0).then_some(Tag), place);
}
