//! The harness's own threads.

use alloc::boxed::Box;
use core::ffi::c_void;
use core::ptr::null_mut;
use wdk_sys::_KWAIT_REASON::Executive;
use wdk_sys::_MODE::KernelMode;
use wdk_sys::ntddk::{
    KeWaitForSingleObject, ObReferenceObjectByHandle, ObfDereferenceObject, PsCreateSystemThread,
    ZwClose,
};
use wdk_sys::{HANDLE, NT_SUCCESS, NTSTATUS, PVOID, STATUS_SUCCESS, THREAD_ALL_ACCESS};

/// A running thread that can be waited for; dropping it lets the thread go on alone.
pub struct Thread {
    object: PVOID,
}

// SAFETY: a referenced kernel object can be used from any thread.
unsafe impl Send for Thread {}
// SAFETY: as above.
unsafe impl Sync for Thread {}

impl Thread {
    /// Starts a system thread.
    pub fn spawn(body: impl FnOnce() + Send + 'static) -> Result<Self, NTSTATUS> {
        let body: Box<Box<dyn FnOnce() + Send>> = Box::new(Box::new(body));
        let context = Box::into_raw(body);
        let mut handle: HANDLE = null_mut();
        // SAFETY: the context is a boxed closure, which the start routine takes.
        let status = unsafe {
            PsCreateSystemThread(
                &mut handle,
                THREAD_ALL_ACCESS,
                null_mut(),
                null_mut(),
                null_mut(),
                Some(run),
                context.cast(),
            )
        };
        if !NT_SUCCESS(status) {
            // SAFETY: no thread was started, so the context is still ours.
            drop(unsafe { Box::from_raw(context) });
            return Err(status);
        }
        let mut object: PVOID = null_mut();
        // SAFETY: the handle was made just now; the object goes to a local.
        let status = unsafe {
            ObReferenceObjectByHandle(
                handle,
                THREAD_ALL_ACCESS,
                null_mut(),
                KernelMode as _,
                &mut object,
                null_mut(),
            )
        };
        // SAFETY: the handle is ours. A failure would leave a handle behind and no more.
        let _ = unsafe { ZwClose(handle) };
        if status == STATUS_SUCCESS {
            Ok(Self { object })
        } else {
            Err(status)
        }
    }

    /// Waits until the thread has ended.
    pub fn join(self) {
        // SAFETY: the object is referenced, and waiting for it needs no alertable state.
        let _ = unsafe {
            KeWaitForSingleObject(self.object, Executive, KernelMode as _, 0, null_mut())
        };
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: referenced by `spawn`.
        unsafe { ObfDereferenceObject(self.object) };
    }
}

unsafe extern "C" fn run(context: *mut c_void) {
    // SAFETY: `spawn` gave this box, once.
    let body = unsafe { Box::from_raw(context.cast::<Box<dyn FnOnce() + Send>>()) };
    body();
}
