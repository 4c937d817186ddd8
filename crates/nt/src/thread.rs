//! System threads.

use crate::file::Handle;
use crate::pool::{PoolBox, Tag};
use crate::{Result, check, sys};
use core::ptr::{NonNull, null_mut};

const TAG: Tag = Tag::new(b"NtTh");

/// `THREAD_ALL_ACCESS`.
const THREAD_ALL_ACCESS: u32 = 0x001f_ffff;

/// The calling thread, as a number that tells threads apart; it is what `ExGetCurrentResourceThread` gives, the owner
/// of an ERESOURCE. IRQL: any.
#[track_caller]
pub fn current() -> sys::ERESOURCE_THREAD {
    // SAFETY: the routine has no preconditions.
    unsafe { sys::KeGetCurrentThread() }.expose_provenance() as sys::ERESOURCE_THREAD
}

/// The process whose address space the calling thread sees (the inline `PsGetCurrentProcess`). IRQL: any.
#[track_caller]
pub fn current_process() -> sys::PEPROCESS {
    // SAFETY: the routine has no preconditions.
    unsafe { sys::IoGetCurrentProcess() }
}

/// Starts a system thread (`PsCreateSystemThread`) that calls the closure and ends. IRQL: PASSIVE.
#[track_caller]
pub fn spawn<F: FnOnce() + Send + 'static>(entry: F) -> Result<JoinHandle> {
    let context = PoolBox::into_raw(PoolBox::new(TAG, entry)?);
    let mut handle = null_mut();
    let mut attributes = crate::file::attributes(null_mut());
    // SAFETY: the attributes outlive the call; the routine takes over the context that it is given here.
    let status = unsafe {
        sys::PsCreateSystemThread(
            &mut handle,
            THREAD_ALL_ACCESS,
            &mut attributes,
            null_mut(),
            null_mut(),
            Some(run::<F>),
            context.as_ptr().cast(),
        )
    };
    if let Err(status) = check(status) {
        // SAFETY: no thread was started, so the context is still ours.
        drop(unsafe { PoolBox::from_raw(TAG, context) });
        return Err(status);
    }
    // SAFETY: the handle was opened just now, as a kernel handle.
    let handle = unsafe { Handle::from_raw(handle) };
    Ok(JoinHandle { handle })
}

/// The thread's first routine; returning from it ends the thread.
unsafe extern "C" fn run<F: FnOnce()>(context: sys::PVOID) {
    if let Some(context) = NonNull::new(context) {
        // SAFETY: `spawn` gave up the box of this type for this one call.
        let entry = unsafe { PoolBox::<F>::from_raw(TAG, context.cast()) };
        PoolBox::into_inner(entry)();
    }
}

/// A running thread. Dropping waits for its end, because a driver whose code is unloaded under a thread is lost.
#[must_use = "dropping waits for the thread's end"]
#[derive(Debug)]
pub struct JoinHandle {
    handle: Handle,
}

impl JoinHandle {
    /// Waits for the thread's end. Never by the thread itself. IRQL: PASSIVE.
    #[track_caller]
    pub fn join(self) {
        drop(self);
    }
}

impl Drop for JoinHandle {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the handle is open, and a wait without time-out needs no time.
        let _ = unsafe { sys::ZwWaitForSingleObject(self.handle.as_raw(), 0, null_mut()) };
    }
}
