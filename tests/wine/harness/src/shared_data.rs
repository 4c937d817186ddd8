//! The page of times that Windows maps into its kernel, where drivers read it without a call (`KUSER_SHARED_DATA`).
//!
//! No process can have memory at that address. Wine emulates some of the instructions that read it, of which compilers
//! use others. So here the register that points to the page is made to point to the process's own view of it, and the
//! instruction runs again.

use crate::kernelbase::{AddVectoredExceptionHandler, RemoveVectoredExceptionHandler};
use core::ffi::c_void;
use core::ops::Range;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use wdk_sys::{
    _CONTEXT, _EXCEPTION_POINTERS, NTSTATUS, STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES,
};

/// Where the page is in a kernel.
const KERNEL_VIEW: Range<u64> = 0xffff_f780_0000_0000..0xffff_f780_0000_1000;
/// Where it is in every process.
const PROCESS_VIEW: u64 = 0x7ffe_0000;

/// Answers of an exception handler: run the instruction again, or ask the next handler.
const CONTINUE_EXECUTION: i32 = -1;
const CONTINUE_SEARCH: i32 = 0;

static HANDLER: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// Begins to redirect.
pub fn start() -> Result<(), NTSTATUS> {
    // SAFETY: the handler stays until `stop`.
    let handler = unsafe { AddVectoredExceptionHandler(1, redirect) };
    HANDLER.store(handler, Ordering::Release);
    if handler.is_null() {
        Err(STATUS_INSUFFICIENT_RESOURCES)
    } else {
        Ok(())
    }
}

/// Stops redirecting.
pub fn stop() {
    let handler = HANDLER.swap(null_mut(), Ordering::AcqRel);
    if !handler.is_null() {
        // SAFETY: added by `start`.
        unsafe { RemoveVectoredExceptionHandler(handler) };
    }
}

/// Called for every exception of every thread.
unsafe extern "C" fn redirect(exception: *mut c_void) -> i32 {
    // SAFETY: the system gives a valid description.
    let exception = unsafe { &*exception.cast::<_EXCEPTION_POINTERS>() };
    // SAFETY: as above.
    let record = unsafe { &*exception.ExceptionRecord };
    let [_, address, ..] = record.ExceptionInformation;
    if record.ExceptionCode != STATUS_ACCESS_VIOLATION || !KERNEL_VIEW.contains(&address) {
        return CONTINUE_SEARCH;
    }
    // SAFETY: as above; what is changed is taken over when the thread goes on.
    let context = unsafe { &mut *exception.ContextRecord };
    let mut redirected = false;
    for register in registers(context) {
        if KERNEL_VIEW.contains(register) {
            *register = *register - KERNEL_VIEW.start + PROCESS_VIEW;
            redirected = true;
        }
    }
    if redirected {
        CONTINUE_EXECUTION
    } else {
        // The address is in the instruction itself: that is one of those that Wine emulates.
        CONTINUE_SEARCH
    }
}

/// The registers that an address may be in.
fn registers(context: &mut _CONTEXT) -> [&mut u64; 15] {
    [
        &mut context.Rax,
        &mut context.Rcx,
        &mut context.Rdx,
        &mut context.Rbx,
        &mut context.Rbp,
        &mut context.Rsi,
        &mut context.Rdi,
        &mut context.R8,
        &mut context.R9,
        &mut context.R10,
        &mut context.R11,
        &mut context.R12,
        &mut context.R13,
        &mut context.R14,
        &mut context.R15,
    ]
}
