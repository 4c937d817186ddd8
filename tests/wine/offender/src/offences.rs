//! The offences, each with the words in which the harness should tell of it (tests/wine/ground/tests/rules.rs has them in
//! this order).

use core::hint::black_box;
use core::ptr::{NonNull, null_mut};
use wdk_sys::_EVENT_TYPE::NotificationEvent;
use wdk_sys::_KWAIT_REASON::Executive;
use wdk_sys::_MODE::KernelMode;
use wdk_sys::ntddk::{
    ExAcquireResourceExclusiveLite, ExAcquireResourceSharedLite, ExDeleteResourceLite,
    ExFreePoolWithTag, ExInitializeResourceLite, ExReleaseResourceLite, IoAllocateIrp,
    IoAllocateMdl, IoFreeMdl, IoGetTopLevelIrp, IofCompleteRequest, KeAcquireSpinLockRaiseToDpc,
    KeEnterCriticalRegion, KeInitializeEvent, KeLeaveCriticalRegion, KeReleaseSpinLock,
    KeWaitForSingleObject, MmMapLockedPagesSpecifyCache, PsCreateSystemThread, ZwClose,
    ZwWaitForSingleObject,
};
use wdk_sys::{ERESOURCE, KEVENT, KPROCESSOR_MODE, PVOID, THREAD_ALL_ACCESS};

const TAG: u32 = u32::from_le_bytes(*b"Good");
const OTHER_TAG: u32 = u32::from_le_bytes(*b"Evil");
/// What stays behind.
const LOST_TAG: u32 = u32::from_le_bytes(*b"Lost");
const POOL_FLAG_NON_PAGED: u64 = 0x40;
const SIZE: usize = 100;

#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    /// Newer than the import library that this is linked with.
    fn ExAllocatePool2(flags: u64, size: u64, tag: u32) -> PVOID;
}

/// Breaks every rule, once each.
pub fn commit_all() {
    import_what_nobody_has();
    free_with_a_wrong_tag();
    free_twice();
    write_beyond_the_end();
    wait_at_dispatch();
    take_a_spin_lock_twice();
    take_a_resource_without_a_critical_region();
    wait_for_oneself();
    map_pages_that_are_not_locked();
    complete_a_request_that_is_pending();
    return_from_a_thread_at_dispatch();
    leave_things_behind();
}

fn pool(tag: u32) -> NonNull<u8> {
    // SAFETY: has no conditions.
    let block = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, SIZE as u64, tag) };
    NonNull::new(block.cast()).expect("a hundred bytes")
}

fn free(block: NonNull<u8>, tag: u32) {
    // SAFETY: where this is called wrongly, the harness is to say so.
    unsafe { ExFreePoolWithTag(block.as_ptr().cast(), tag) };
}

/// Wine's `IoGetTopLevelIrp` only ends the process. It is not called: the import is the offence.
fn import_what_nobody_has() {
    if black_box(false) {
        // SAFETY: never called.
        unsafe { IoGetTopLevelIrp() };
    }
}

fn free_with_a_wrong_tag() {
    free(pool(TAG), OTHER_TAG);
}

fn free_twice() {
    let block = pool(TAG);
    free(block, TAG);
    free(block, TAG);
}

fn write_beyond_the_end() {
    let block = pool(TAG);
    let beyond = block.as_ptr().wrapping_add(SIZE);
    // SAFETY: the harness has a guard there.
    unsafe { beyond.write(1) };
    free(block, TAG);
}

fn wait_at_dispatch() {
    let mut event = KEVENT::default();
    // SAFETY: the event is a local.
    unsafe { KeInitializeEvent(&mut event, NotificationEvent, 1) };
    let mut lock = 0;
    // SAFETY: the lock is a local.
    let level = unsafe { KeAcquireSpinLockRaiseToDpc(&mut lock) };
    // SAFETY: the event is set, so it only looks as if it would wait.
    let _ = unsafe {
        KeWaitForSingleObject(
            (&raw mut event).cast(),
            Executive,
            KernelMode as KPROCESSOR_MODE,
            0,
            null_mut(),
        )
    };
    // SAFETY: taken above.
    unsafe { KeReleaseSpinLock(&mut lock, level) };
}

fn take_a_spin_lock_twice() {
    let mut lock = 0;
    // SAFETY: the lock is a local.
    let level = unsafe { KeAcquireSpinLockRaiseToDpc(&mut lock) };
    // SAFETY: as above; the harness does not let it wait.
    let again = unsafe { KeAcquireSpinLockRaiseToDpc(&mut lock) };
    // SAFETY: taken above.
    unsafe { KeReleaseSpinLock(&mut lock, again.min(level)) };
}

fn take_a_resource_without_a_critical_region() {
    with_resource(|resource| {
        // SAFETY: the resource is initialised.
        unsafe { ExAcquireResourceSharedLite(resource, 1) };
        // SAFETY: taken above.
        unsafe { ExReleaseResourceLite(resource) };
    });
}

fn wait_for_oneself() {
    with_resource(|resource| {
        // SAFETY: has no conditions.
        unsafe { KeEnterCriticalRegion() };
        // SAFETY: the resource is initialised.
        unsafe { ExAcquireResourceSharedLite(resource, 1) };
        // SAFETY: as above; the harness does not let it wait.
        unsafe { ExAcquireResourceExclusiveLite(resource, 1) };
        // SAFETY: taken above.
        unsafe { ExReleaseResourceLite(resource) };
        // SAFETY: entered above.
        unsafe { KeLeaveCriticalRegion() };
    });
}

fn with_resource(work: impl FnOnce(*mut ERESOURCE)) {
    let mut resource = ERESOURCE::default();
    // SAFETY: the resource is a local that is deleted below.
    let _ = unsafe { ExInitializeResourceLite(&mut resource) };
    work(&mut resource);
    // SAFETY: nobody has it any more.
    let _ = unsafe { ExDeleteResourceLite(&mut resource) };
}

fn map_pages_that_are_not_locked() {
    /// `MmCached`.
    const CACHED: i32 = 1;
    /// `NormalPagePriority`.
    const PRIORITY: u32 = 16;
    let block = pool(TAG);
    let mode = KernelMode as KPROCESSOR_MODE;
    // SAFETY: no IRP is involved.
    let mdl = unsafe { IoAllocateMdl(block.as_ptr().cast(), SIZE as u32, 0, 0, null_mut()) };
    // SAFETY: the harness maps by doing nothing.
    unsafe { MmMapLockedPagesSpecifyCache(mdl, mode, CACHED, null_mut(), 0, PRIORITY) };
    // SAFETY: the MDL is ours.
    unsafe { IoFreeMdl(mdl) };
    free(block, TAG);
}

fn complete_a_request_that_is_pending() {
    // SAFETY: has no conditions.
    let irp = unsafe { IoAllocateIrp(1, 0) };
    // SAFETY: the IRP is new.
    let location = unsafe { &raw mut (*irp).CurrentLocation };
    // As if it had been sent to us. Its stack is at its last location, where no completion routine is set.
    // SAFETY: as above.
    unsafe { location.write(1) };
    // SAFETY: as above.
    let overlay = unsafe { &raw mut (*irp).Tail.Overlay };
    // SAFETY: as above.
    let stack = unsafe {
        &raw mut (*overlay)
            .__bindgen_anon_2
            .__bindgen_anon_1
            .CurrentStackLocation
    };
    // SAFETY: as above.
    let top = unsafe { stack.read() };
    // SAFETY: as above.
    unsafe { stack.write(top.wrapping_sub(1)) };
    // SAFETY: as above.
    let outcome = unsafe { &mut (*irp).IoStatus };
    outcome.__bindgen_anon_1.Status = wdk_sys::STATUS_PENDING;
    // SAFETY: the IRP is ours. Wine frees it, so it counts as left behind.
    unsafe { IofCompleteRequest(irp, 0) };
}

fn return_from_a_thread_at_dispatch() {
    let mut handle = null_mut();
    // SAFETY: the routine needs no context.
    let _ = unsafe {
        PsCreateSystemThread(
            &mut handle,
            THREAD_ALL_ACCESS,
            null_mut(),
            null_mut(),
            null_mut(),
            Some(thread),
            null_mut(),
        )
    };
    // SAFETY: the handle was opened just now.
    let _ = unsafe { ZwWaitForSingleObject(handle, 0, null_mut()) };
    // SAFETY: as above.
    let _ = unsafe { ZwClose(handle) };
}

unsafe extern "C" fn thread(_context: PVOID) {
    static mut LOCK: u64 = 0;
    let lock = &raw mut LOCK;
    // It is never released.
    // SAFETY: the lock is this thread's alone.
    unsafe { KeAcquireSpinLockRaiseToDpc(lock) };
}

fn leave_things_behind() {
    black_box(pool(LOST_TAG));
    // SAFETY: no IRP is involved.
    black_box(unsafe { IoAllocateMdl(null_mut(), 1, 0, 0, null_mut()) });
}
