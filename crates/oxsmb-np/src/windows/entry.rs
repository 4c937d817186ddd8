//! The DLL's entry, and what the compiler wants to be there.

use core::ffi::c_void;

/// `DllMain`: there is nothing to set up, and threads do not matter.
#[unsafe(no_mangle)]
extern "system" fn DllMain(_instance: *mut c_void, _reason: u32, _reserved: *mut c_void) -> i32 {
    1
}

/// Nothing here panics; were it not so, the program must not go on in a state that nobody knows.
#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: the pointers may be NULL; the call ends the process.
    unsafe {
        super::imports::RaiseFailFastException(core::ptr::null(), core::ptr::null(), 0);
    }
}

/// Objects with floating-point code name this; nothing of it is called here. The value is the C runtime's.
#[cfg(not(test))]
#[unsafe(no_mangle)]
static _fltused: i32 = 0x9875;

/// Windows' ready-made `core` names this handler of C++ exceptions. There are none to handle: panics do not unwind.
#[cfg(not(test))]
#[unsafe(no_mangle)]
extern "C" fn __CxxFrameHandler3() -> i32 {
    1
}
