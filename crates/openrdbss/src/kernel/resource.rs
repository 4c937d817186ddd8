//! ERESOURCEs. All of this needs normal kernel APCs off, which every way into the library sees to.

use crate::live::Live;
use nt::sys::{ERESOURCE, ERESOURCE_THREAD};

/// Makes a resource; [`delete`] before its memory goes.
pub(crate) fn init(resource: Live<ERESOURCE>) {
    // SAFETY: the memory lives, is nonpaged and zeroed. The call cannot fail on nonpaged memory.
    let _always_success = unsafe { nt::sys::ExInitializeResourceLite(resource.as_ptr()) };
}

/// Ends a resource that nobody holds.
pub(crate) fn delete(resource: Live<ERESOURCE>) {
    // SAFETY: initialised, and its owner is being freed, so nobody else can reach it.
    let _always_success = unsafe { nt::sys::ExDeleteResourceLite(resource.as_ptr()) };
}

/// Takes it exclusively; false only if `wait` is false.
#[track_caller]
pub(crate) fn acquire_exclusive(resource: Live<ERESOURCE>, wait: bool) -> bool {
    // SAFETY: initialised and live; APCs are off.
    unsafe { nt::sys::ExAcquireResourceExclusiveLite(resource.as_ptr(), wait.into()) != 0 }
}

/// Takes it shared; false only if `wait` is false.
#[track_caller]
pub(crate) fn acquire_shared(resource: Live<ERESOURCE>, wait: bool) -> bool {
    // SAFETY: initialised and live; APCs are off.
    unsafe { nt::sys::ExAcquireResourceSharedLite(resource.as_ptr(), wait.into()) != 0 }
}

/// Takes it shared, before waiting exclusive requests.
#[track_caller]
pub(crate) fn acquire_shared_starve_exclusive(resource: Live<ERESOURCE>, wait: bool) -> bool {
    // SAFETY: initialised and live; APCs are off.
    unsafe { nt::sys::ExAcquireSharedStarveExclusive(resource.as_ptr(), wait.into()) != 0 }
}

/// Gives back one acquisition of this thread.
#[track_caller]
pub(crate) fn release(resource: Live<ERESOURCE>) {
    // SAFETY: this thread holds it.
    unsafe { nt::sys::ExReleaseResourceLite(resource.as_ptr()) };
}

/// Gives back one acquisition of `owner`: a thread, or what [`give_to`] named.
#[track_caller]
pub(crate) fn release_for(resource: Live<ERESOURCE>, owner: ERESOURCE_THREAD) {
    // SAFETY: that owner holds it.
    unsafe { nt::sys::ExReleaseResourceForThreadLite(resource.as_ptr(), owner) };
}

/// Hands this thread's acquisition over to a request, so that the thread may go on and another one may release it.
/// `owner` must have its two low bits set (the DDI page of ExSetResourceOwnerPointer).
#[track_caller]
pub(crate) fn give_to(resource: Live<ERESOURCE>, owner: ERESOURCE_THREAD) {
    // SAFETY: this thread holds it, and the owner value is unique to a live request.
    unsafe {
        nt::sys::ExSetResourceOwnerPointer(resource.as_ptr(), owner as *mut core::ffi::c_void)
    };
}

/// True if this thread holds it exclusively.
pub(crate) fn is_exclusive(resource: Live<ERESOURCE>) -> bool {
    // SAFETY: initialised and live.
    unsafe { nt::sys::ExIsResourceAcquiredExclusiveLite(resource.as_ptr()) != 0 }
}

/// This thread as an owner of resources.
pub(crate) fn current_thread() -> ERESOURCE_THREAD {
    nt::thread::current()
}
