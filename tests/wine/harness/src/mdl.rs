//! MDLs. Wine describes memory with them, but locks and maps nothing.
//!
//! Driver and callers share one address space here, so "mapping" gives the address that the MDL was made of. What can be
//! wrong around it is checked: mapping pages that are not locked, locking or freeing what is still locked.

use crate::irql;
use crate::kernelbase::{MemoryRegion, VirtualQuery};
use crate::ledger::{HELD, violation};
use crate::runtime;
use core::ffi::c_void;
use core::ptr::null_mut;
use wdk_sys::_LOCK_OPERATION::IoReadAccess;
use wdk_sys::{
    BOOLEAN, CSHORT, KPROCESSOR_MODE, LOCK_OPERATION, MDL, MDL_ALLOCATED_FIXED_SIZE,
    MDL_MAPPED_TO_SYSTEM_VA, MDL_PAGES_LOCKED, MDL_PARTIAL, MDL_PARTIAL_HAS_BEEN_MAPPED,
    MDL_SOURCE_IS_NONPAGED_POOL, MDL_WRITE_OPERATION, MEMORY_CACHING_TYPE, NTSTATUS, PIRP, PMDL,
    PVOID, STATUS_ACCESS_VIOLATION, ULONG,
};

const PAGE: usize = 4096;
/// The number of a page frame, of which an MDL has room for as many as it has pages.
const FRAME: usize = size_of::<usize>();

/// How many pages a range touches.
fn pages(address: PVOID, length: usize) -> usize {
    (address.addr() % PAGE + length).div_ceil(PAGE)
}

fn flags(mdl: &MDL) -> u32 {
    u32::from(mdl.MdlFlags.cast_unsigned())
}

fn set_flags(mdl: &mut MDL, flags: u32) {
    // All flags are of the low half.
    mdl.MdlFlags = (flags as u16).cast_signed();
}

/// Where the bytes of an MDL are.
pub fn address(mdl: &MDL) -> PVOID {
    mdl.StartVa.wrapping_byte_add(mdl.ByteOffset as usize)
}

fn fill(address: PVOID, length: u32, frames: usize) -> MDL {
    let offset = address.addr() % PAGE;
    MDL {
        Size: CSHORT::try_from(size_of::<MDL>() + frames * FRAME).unwrap_or(CSHORT::MAX),
        StartVa: address.wrapping_byte_sub(offset),
        ByteOffset: offset as u32,
        ByteCount: length,
        ..MDL::default()
    }
}

/// A new MDL, or NULL.
fn new(address: PVOID, length: u32) -> PMDL {
    let frames = pages(address, length as usize);
    let size = size_of::<MDL>() + frames * FRAME;
    let mdl: PMDL = runtime::allocate(size).cast();
    if !mdl.is_null() {
        // SAFETY: new memory with room for it.
        unsafe { mdl.write(fill(address, length, frames)) };
    }
    mdl
}

/// An MDL of memory that the caller sees to: locked, but not mapped yet. For requests that bring one; free it with
/// [`free_own`].
pub fn describe_locked(address: PVOID, length: u32) -> PMDL {
    let mdl = new(address, length);
    // SAFETY: NULL or new.
    if let Some(mdl) = unsafe { mdl.as_mut() } {
        set_flags(mdl, MDL_PAGES_LOCKED);
    }
    mdl
}

/// Frees what [`describe_locked`] made.
///
/// # Safety
///
/// Nobody uses the MDL any more.
pub unsafe fn free_own(mdl: PMDL) {
    // SAFETY: `new` has allocated it.
    unsafe { runtime::free(mdl.cast()) };
}

/// `IoAllocateMdl`.
pub unsafe extern "C" fn allocate(
    address: PVOID,
    length: ULONG,
    secondary: BOOLEAN,
    _charge_quota: BOOLEAN,
    irp: PIRP,
) -> PMDL {
    irql::at_most(irql::DISPATCH, "IoAllocateMdl");
    let mdl = new(address, length);
    if mdl.is_null() {
        return mdl;
    }
    HELD.mdls.add();
    // SAFETY: NULL or the driver's IRP.
    if let Some(irp) = unsafe { irp.as_mut() } {
        if secondary == 0 {
            irp.MdlAddress = mdl;
        } else {
            let mut last = &mut irp.MdlAddress;
            // SAFETY: the chain of an IRP ends with NULL.
            while let Some(next) = unsafe { last.as_mut() } {
                last = &mut next.Next;
            }
            *last = mdl;
        }
    }
    mdl
}

/// `IoFreeMdl`.
pub unsafe extern "C" fn free(mdl: PMDL) {
    irql::at_most(irql::DISPATCH, "IoFreeMdl");
    // SAFETY: the driver's MDL.
    let flags = flags(unsafe { &*mdl });
    if flags & MDL_PAGES_LOCKED != 0 && flags & MDL_PARTIAL == 0 {
        violation!("IoFreeMdl of pages that are still locked");
    }
    if flags & MDL_PARTIAL_HAS_BEEN_MAPPED != 0 {
        violation!("IoFreeMdl of a partial MDL that is still mapped");
    }
    HELD.mdls.remove();
    // SAFETY: `allocate` made it.
    unsafe { runtime::free(mdl.cast()) };
}

/// `MmBuildMdlForNonPagedPool`.
pub unsafe extern "C" fn build_for_nonpaged_pool(mdl: PMDL) {
    irql::at_most(irql::DISPATCH, "MmBuildMdlForNonPagedPool");
    // SAFETY: the driver's MDL.
    let mdl = unsafe { &mut *mdl };
    mdl.MappedSystemVa = address(mdl);
    set_flags(mdl, flags(mdl) | MDL_SOURCE_IS_NONPAGED_POOL);
}

/// `IoBuildPartialMdl`.
pub unsafe extern "C" fn build_partial(source: PMDL, target: PMDL, start: PVOID, length: ULONG) {
    irql::at_most(irql::DISPATCH, "IoBuildPartialMdl");
    // SAFETY: the driver's MDL.
    let source = unsafe { &*source };
    // SAFETY: the driver's other MDL.
    let target = unsafe { &mut *target };
    let first = address(source).addr();
    let end = first + source.ByteCount as usize;
    let length = if length == 0 {
        end.saturating_sub(start.addr())
    } else {
        length as usize
    };
    if start.addr() < first || start.addr() + length > end {
        violation!("IoBuildPartialMdl beyond its source");
    }
    if size_of::<MDL>() + pages(start, length) * FRAME > usize::from(target.Size.cast_unsigned()) {
        violation!("IoBuildPartialMdl of more pages than its target has room for");
    }
    if flags(target) & MDL_PARTIAL_HAS_BEEN_MAPPED != 0 {
        violation!("IoBuildPartialMdl into an MDL that is still mapped");
    }
    let next = target.Next;
    let size = target.Size;
    let kept = flags(target) & MDL_ALLOCATED_FIXED_SIZE;
    *target = fill(start, length as u32, 0);
    target.Next = next;
    target.Size = size;
    target.Process = source.Process;
    // What is mapped in the source is mapped in its part.
    let mapped = flags(source) & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL);
    if mapped != 0 {
        target.MappedSystemVa = start;
    }
    set_flags(target, kept | mapped | MDL_PARTIAL);
}

/// `MmMapLockedPagesSpecifyCache`.
pub unsafe extern "C" fn map(
    mdl: PMDL,
    _mode: KPROCESSOR_MODE,
    _cache: MEMORY_CACHING_TYPE,
    _at: PVOID,
    _bug_check_on_failure: ULONG,
    _priority: ULONG,
) -> PVOID {
    irql::at_most(irql::DISPATCH, "MmMapLockedPagesSpecifyCache");
    // SAFETY: the driver's MDL.
    let mdl = unsafe { &mut *mdl };
    let before = flags(mdl);
    if before & (MDL_PAGES_LOCKED | MDL_PARTIAL) == 0 {
        violation!("MmMapLockedPagesSpecifyCache of pages that are not locked");
    }
    if before & MDL_MAPPED_TO_SYSTEM_VA != 0 {
        violation!("MmMapLockedPagesSpecifyCache of an MDL that is mapped already");
    }
    mdl.MappedSystemVa = address(mdl);
    let partial = if before & MDL_PARTIAL == 0 {
        0
    } else {
        MDL_PARTIAL_HAS_BEEN_MAPPED
    };
    set_flags(mdl, before | MDL_MAPPED_TO_SYSTEM_VA | partial);
    mdl.MappedSystemVa
}

/// `MmUnmapLockedPages`.
pub unsafe extern "C" fn unmap(at: PVOID, mdl: PMDL) {
    irql::at_most(irql::DISPATCH, "MmUnmapLockedPages");
    // SAFETY: the driver's MDL.
    let mdl = unsafe { &mut *mdl };
    let before = flags(mdl);
    if before & MDL_MAPPED_TO_SYSTEM_VA == 0 || mdl.MappedSystemVa != at {
        violation!("MmUnmapLockedPages of an MDL that is not mapped there");
    }
    mdl.MappedSystemVa = null_mut();
    set_flags(
        mdl,
        before & !(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED),
    );
}

/// `MmProbeAndLockPages`. Raises STATUS_ACCESS_VIOLATION, as Windows does.
pub unsafe extern "C-unwind" fn probe_and_lock(
    mdl: PMDL,
    _mode: KPROCESSOR_MODE,
    operation: LOCK_OPERATION,
) {
    irql::at_most(irql::APC, "MmProbeAndLockPages");
    // SAFETY: the driver's MDL.
    let mdl = unsafe { &mut *mdl };
    let before = flags(mdl);
    if before & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL) != 0 {
        violation!("MmProbeAndLockPages of an MDL that is locked, or of nonpaged pool");
    }
    let writes = operation != IoReadAccess;
    if !is_accessible(address(mdl), mdl.ByteCount as usize, writes) {
        // SAFETY: raises an exception that the driver must be ready for.
        unsafe { ExRaiseStatus(STATUS_ACCESS_VIOLATION) };
    }
    let write = if writes { MDL_WRITE_OPERATION } else { 0 };
    set_flags(mdl, before | MDL_PAGES_LOCKED | write);
}

/// `MmUnlockPages`, which also undoes a mapping.
pub unsafe extern "C" fn unlock(mdl: PMDL) {
    irql::at_most(irql::DISPATCH, "MmUnlockPages");
    // SAFETY: the driver's MDL.
    let mdl = unsafe { &mut *mdl };
    let before = flags(mdl);
    if before & MDL_PAGES_LOCKED == 0 {
        violation!("MmUnlockPages of pages that are not locked");
    }
    let locked = MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION;
    set_flags(mdl, before & !locked);
}

unsafe extern "C-unwind" {
    /// `ntoskrnl.exe`'s, declared as what it is: a routine that unwinds.
    fn ExRaiseStatus(status: NTSTATUS);
}

/// Whether every byte of a range can be read, and written if asked for.
fn is_accessible(start: PVOID, length: usize, writes: bool) -> bool {
    const COMMITTED: u32 = 0x1000;
    const WRITABLE: u32 = 0x04 | 0x08 | 0x40 | 0x80;
    const READABLE: u32 = WRITABLE | 0x02 | 0x20;
    const GUARD: u32 = 0x100;
    let wanted = if writes { WRITABLE } else { READABLE };
    let Some(end) = start.addr().checked_add(length) else {
        return false;
    };
    let mut at: *const c_void = start;
    while at.addr() < end {
        let mut region = MemoryRegion::EMPTY;
        // SAFETY: any address may be asked about; the answer goes to a local.
        let answered = unsafe { VirtualQuery(at, &mut region, size_of::<MemoryRegion>()) };
        let usable = region.state == COMMITTED
            && region.protect & wanted != 0
            && region.protect & GUARD == 0;
        if answered == 0 || !usable {
            return false;
        }
        at = region.base.wrapping_byte_add(region.size);
    }
    true
}
