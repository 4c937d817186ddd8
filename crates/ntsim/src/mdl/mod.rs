//! Memory descriptor lists. Every address is valid everywhere here, so locking and mapping only keep the books: the flags
//! and the rules about them are the real ones.

#[cfg(test)]
mod tests;

use crate::irql;
use crate::pool::{self, Fill};
use crate::sys::*;
use crate::verifier::{Place, broken};
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const TAG: u32 = pool::tag(b"Mdl ");
const PAGE: usize = PAGE_SIZE as usize;
const HEADER: usize = size_of::<MDL>();

/// MDLs whose pages are locked.
static LOCKED: AtomicUsize = AtomicUsize::new(0);

/// How many MDLs have their pages locked.
pub(crate) fn locked() -> usize {
    LOCKED.load(Ordering::Relaxed)
}

fn flag(bit: u32) -> CSHORT {
    bit as CSHORT
}

fn has(mdl: &MDL, bits: u32) -> bool {
    mdl.MdlFlags & flag(bits) != 0
}

fn pages_of(address: usize, length: usize) -> usize {
    (address % PAGE + length).div_ceil(PAGE)
}

fn size_of_mdl(address: usize, length: usize) -> usize {
    HEADER + pages_of(address, length).max(1) * size_of::<PFN_NUMBER>()
}

/// The MDL as a reference.
///
/// # Safety
/// `mdl` is valid and not used by another thread meanwhile.
unsafe fn borrow<'a>(mdl: PMDL) -> &'a mut MDL {
    // SAFETY: by the contract.
    unsafe { &mut *mdl }
}

/// Uses of an MDL by the network. No page frame is ever stored, so the first slot for one holds this count.
fn network_uses<'a>(mdl: PMDL) -> &'a AtomicU64 {
    // SAFETY: every MDL has room for at least one page frame behind its header.
    let slot = unsafe { mdl.add(1) };
    // SAFETY: the slot is aligned, and nothing else uses it.
    unsafe { AtomicU64::from_ptr(slot.cast()) }
}

/// Notes that the network begins or ends to use the memory of a chain.
pub(crate) fn use_by_network(mut mdl: PMDL, begins: bool) {
    while !mdl.is_null() {
        if begins {
            network_uses(mdl).fetch_add(1, Ordering::Relaxed);
        } else {
            network_uses(mdl).fetch_sub(1, Ordering::Relaxed);
        }
        // SAFETY: the chain belongs to the operation.
        mdl = unsafe { (*mdl).Next };
    }
}

/// The memory that an MDL describes, for the network. None when it is neither locked nor nonpaged.
pub(crate) fn memory_of(mdl: &MDL) -> Option<(*mut u8, usize)> {
    let usable = has(
        mdl,
        MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL,
    );
    usable.then(|| (address_of(mdl), mdl.ByteCount as usize))
}

fn address_of(mdl: &MDL) -> *mut u8 {
    mdl.StartVa
        .cast::<u8>()
        .wrapping_add(mdl.ByteOffset as usize)
}

/// Whether the network has let go of an MDL.
fn is_idle(mdl: PMDL, what: &str, place: Place) -> bool {
    let idle = network_uses(mdl).load(Ordering::Relaxed) == 0;
    if !idle {
        broken!(MdlInUse, place, None, "{what} an MDL that the network uses");
    }
    idle
}

fn describe(mdl: &mut MDL, address: PVOID, length: ULONG) {
    let offset = address as usize % PAGE;
    mdl.StartVa = address.cast::<u8>().wrapping_sub(offset).cast();
    mdl.ByteOffset = offset as ULONG;
    mdl.ByteCount = length;
}

/// Allocates an MDL for a buffer, and puts it at the IRP or behind the IRP's MDLs. NULL when out of memory.
#[track_caller]
pub unsafe fn IoAllocateMdl(
    VirtualAddress: PVOID,
    Length: ULONG,
    SecondaryBuffer: BOOLEAN,
    _ChargeQuota: BOOLEAN,
    Irp: PIRP,
) -> PMDL {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoAllocateMdl", place);
    let size = size_of_mdl(VirtualAddress as usize, Length as usize);
    let memory = pool::allocate(size, TAG, Fill::Zero, place).cast::<MDL>();
    if memory.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: new memory, zeroed.
    let mdl = unsafe { borrow(memory) };
    // Like the real one, the size of a huge MDL does not fit; it only serves checks of reuse.
    mdl.Size = i16::try_from(size).unwrap_or(i16::MAX);
    describe(mdl, VirtualAddress, Length);
    // SAFETY: the caller gives NULL or an IRP that it owns.
    if let Some(irp) = unsafe { Irp.as_mut() } {
        let mut link = &mut irp.MdlAddress;
        if SecondaryBuffer != 0 {
            while !link.is_null() {
                // SAFETY: the IRP's chain is valid.
                link = &mut unsafe { borrow(*link) }.Next;
            }
        }
        *link = memory;
    }
    memory
}

/// Frees an MDL whose pages are not locked.
#[track_caller]
pub unsafe fn IoFreeMdl(Mdl: PMDL) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoFreeMdl", place);
    let live = pool::place_of(Mdl.cast()).is_some_and(|(_, freed)| freed.is_none());
    if live {
        // SAFETY: the caller's MDL, live.
        if has(unsafe { borrow(Mdl) }, MDL_PAGES_LOCKED) {
            broken!(MdlState, place, None, "freed an MDL whose pages are locked");
            return;
        }
        if !is_idle(Mdl, "freed", place) {
            return;
        }
    }
    pool::free(Mdl.cast(), TAG, place);
}

/// Describes a part of a locked buffer by another MDL.
#[track_caller]
pub unsafe fn IoBuildPartialMdl(
    SourceMdl: PMDL,
    TargetMdl: PMDL,
    VirtualAddress: PVOID,
    Length: ULONG,
) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoBuildPartialMdl", place);
    // SAFETY: the caller's MDLs.
    let source = unsafe { borrow(SourceMdl) };
    // SAFETY: as above, and they are two.
    let target = unsafe { borrow(TargetMdl) };
    let Some((memory, len)) = memory_of(source) else {
        broken!(
            MdlState,
            place,
            None,
            "a partial MDL of an MDL whose pages are not locked"
        );
        return;
    };
    let start = VirtualAddress as usize;
    let end = memory as usize + len;
    let length = if Length == 0 {
        end.saturating_sub(start)
    } else {
        Length as usize
    };
    if start < memory as usize || start + length > end {
        broken!(
            MdlState,
            place,
            None,
            "a partial MDL reaches outside its source"
        );
        return;
    }
    if has(target, MDL_PAGES_LOCKED | MDL_PARTIAL_HAS_BEEN_MAPPED) {
        broken!(
            MdlState,
            place,
            None,
            "a partial MDL was reused before it was unmapped or unlocked"
        );
    }
    if size_of_mdl(start, length) > target.Size as usize && target.Size != i16::MAX {
        broken!(
            MdlState,
            place,
            None,
            "the target has no room for {} pages",
            pages_of(start, length)
        );
        return;
    }
    if !is_idle(TargetMdl, "rebuilt", place) {
        return;
    }
    describe(target, VirtualAddress, length as ULONG);
    target.MdlFlags &= flag(MDL_ALLOCATED_FIXED_SIZE);
    target.MdlFlags |= flag(MDL_PARTIAL);
    target.MdlFlags |=
        source.MdlFlags & flag(MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA);
    target.MappedSystemVa = VirtualAddress;
    target.Process = source.Process;
}

/// Locks the pages of a buffer as [`MmProbeAndLockPages`] does, with the exception of a real kernel as a status: here only
/// STATUS_INSUFFICIENT_RESOURCES, when a fault with the tag `MmLk` is injected.
#[track_caller]
pub unsafe fn try_probe_and_lock_pages(
    MemoryDescriptorList: PMDL,
    AccessMode: KPROCESSOR_MODE,
    Operation: LOCK_OPERATION,
) -> NTSTATUS {
    if pool::fault_strikes(pool::tag(b"MmLk")) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: the caller's MDL.
    unsafe { MmProbeAndLockPages(MemoryDescriptorList, AccessMode, Operation) };
    STATUS_SUCCESS
}

/// Locks the pages of a buffer. A real kernel raises an exception for a bad buffer; here there is none.
#[track_caller]
pub unsafe fn MmProbeAndLockPages(
    MemoryDescriptorList: PMDL,
    _AccessMode: KPROCESSOR_MODE,
    Operation: LOCK_OPERATION,
) {
    let place = Location::caller();
    irql::at_most(irql::APC, "MmProbeAndLockPages", place);
    // SAFETY: the caller's MDL.
    let mdl = unsafe { borrow(MemoryDescriptorList) };
    if has(
        mdl,
        MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL,
    ) {
        broken!(
            MdlState,
            place,
            None,
            "locked an MDL that is locked, partial or of nonpaged pool"
        );
        return;
    }
    mdl.MdlFlags |= flag(MDL_PAGES_LOCKED);
    if Operation != _LOCK_OPERATION::IoReadAccess {
        mdl.MdlFlags |= flag(MDL_WRITE_OPERATION);
    }
    LOCKED.fetch_add(1, Ordering::Relaxed);
}

/// Unlocks, and unmaps, the pages of an MDL.
#[track_caller]
pub unsafe fn MmUnlockPages(MemoryDescriptorList: PMDL) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "MmUnlockPages", place);
    // SAFETY: the caller's MDL.
    let mdl = unsafe { borrow(MemoryDescriptorList) };
    if !has(mdl, MDL_PAGES_LOCKED) {
        broken!(MdlState, place, None, "unlocked an MDL that is not locked");
        return;
    }
    if !is_idle(MemoryDescriptorList, "unlocked", place) {
        return;
    }
    mdl.MdlFlags &= !flag(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION);
    mdl.MappedSystemVa = ptr::null_mut();
    LOCKED.fetch_sub(1, Ordering::Relaxed);
}

/// Makes an MDL for nonpaged pool usable.
#[track_caller]
pub unsafe fn MmBuildMdlForNonPagedPool(MemoryDescriptorList: PMDL) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "MmBuildMdlForNonPagedPool", place);
    // SAFETY: the caller's MDL.
    let mdl = unsafe { borrow(MemoryDescriptorList) };
    if has(
        mdl,
        MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL,
    ) {
        broken!(MdlState, place, None, "built an MDL that is in use already");
        return;
    }
    mdl.MdlFlags |= flag(MDL_SOURCE_IS_NONPAGED_POOL);
    mdl.MappedSystemVa = address_of(mdl).cast();
}

/// Maps locked pages; the address is the buffer's own.
#[track_caller]
pub unsafe fn MmMapLockedPagesSpecifyCache(
    MemoryDescriptorList: PMDL,
    _AccessMode: KPROCESSOR_MODE,
    _CacheType: MEMORY_CACHING_TYPE,
    _RequestedAddress: PVOID,
    _BugCheckOnFailure: ULONG,
    _Priority: ULONG,
) -> PVOID {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "MmMapLockedPagesSpecifyCache", place);
    // SAFETY: the caller's MDL.
    let mdl = unsafe { borrow(MemoryDescriptorList) };
    if !has(mdl, MDL_PAGES_LOCKED | MDL_PARTIAL) {
        broken!(
            MdlState,
            place,
            None,
            "mapped an MDL whose pages are not locked"
        );
        return ptr::null_mut();
    }
    if has(mdl, MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL) {
        broken!(
            MdlState,
            place,
            None,
            "mapped an MDL that is mapped already"
        );
    }
    // There may be no room in system space.
    if pool::fault_strikes(pool::tag(b"MmMp")) {
        return ptr::null_mut();
    }
    mdl.MdlFlags |= flag(MDL_MAPPED_TO_SYSTEM_VA);
    if has(mdl, MDL_PARTIAL) {
        mdl.MdlFlags |= flag(MDL_PARTIAL_HAS_BEEN_MAPPED);
    }
    mdl.MappedSystemVa = address_of(mdl).cast();
    mdl.MappedSystemVa
}

/// Undoes [`MmMapLockedPagesSpecifyCache`].
#[track_caller]
pub unsafe fn MmUnmapLockedPages(BaseAddress: PVOID, MemoryDescriptorList: PMDL) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "MmUnmapLockedPages", place);
    // SAFETY: the caller's MDL.
    let mdl = unsafe { borrow(MemoryDescriptorList) };
    if !has(mdl, MDL_MAPPED_TO_SYSTEM_VA) || mdl.MappedSystemVa != BaseAddress {
        broken!(
            MdlState,
            place,
            None,
            "unmapped an MDL that is not mapped at {BaseAddress:p}"
        );
        return;
    }
    mdl.MdlFlags &= !flag(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    mdl.MappedSystemVa = ptr::null_mut();
}

/// Bytes of an MDL for a buffer.
pub unsafe fn MmSizeOfMdl(Base: PVOID, Length: SIZE_T) -> SIZE_T {
    size_of_mdl(Base as usize, Length as usize) as SIZE_T
}
