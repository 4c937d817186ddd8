//! Windows' kernel: `wdk-sys`, and what it does not bind.

pub use wdk_sys::ntddk::*;
pub use wdk_sys::*;

use core::ffi::c_void;
use wsk_sys::{WSK_CLIENT_NPI, WSK_PROVIDER_NPI, WSK_REGISTRATION};

#[link(name = "NETIO.SYS", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    /// `wsk_sys::WskRegisterFn`.
    pub fn WskRegister(client: *mut WSK_CLIENT_NPI, state: *mut WSK_REGISTRATION) -> NTSTATUS;
    /// `wsk_sys::WskCaptureProviderNPIFn`.
    pub fn WskCaptureProviderNPI(
        state: *mut WSK_REGISTRATION,
        wait_milliseconds: u32,
        provider: *mut WSK_PROVIDER_NPI,
    ) -> NTSTATUS;
    /// `wsk_sys::WskReleaseProviderNPIFn`.
    pub fn WskReleaseProviderNPI(state: *mut WSK_REGISTRATION);
    /// `wsk_sys::WskDeregisterFn`.
    pub fn WskDeregister(state: *mut WSK_REGISTRATION);
}

unsafe extern "C" {
    /// An inline function in some headers, but exported by every kernel.
    pub fn KeGetCurrentThread() -> PKTHREAD;
}

#[link(name = "cng.sys", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    /// `BCryptGenRandom` of bcrypt.h.
    pub fn BCryptGenRandom(
        algorithm: *mut c_void,
        buffer: *mut u8,
        length: u32,
        flags: u32,
    ) -> NTSTATUS;
}

/// `KUSER_SHARED_DATA`, mapped at the same address in every x64 Windows kernel; the WDK's own inline functions read
/// the times there.
const SHARED_DATA: usize = 0xffff_f780_0000_0000;

/// A time of the shared page, read in one 64-bit access as the WDK's own inline functions do it: the writer sets all of it
/// at once, too. Not every such field is aligned to eight bytes, but none crosses a cache line.
// A function of its own: what the compiler makes of the access, a plain load, is to be seen at one place in the image.
#[inline(never)]
fn shared_time(offset: usize) -> u64 {
    #[repr(C, packed)]
    struct Time(u64);
    let address = core::ptr::with_exposed_provenance::<Time>(SHARED_DATA.wrapping_add(offset));
    // SAFETY: the shared page is mapped and readable for as long as the system runs.
    let time = unsafe { address.read_volatile() };
    time.0
}

/// Time since the system started, in 100-ns units.
pub(crate) fn interrupt_time() -> u64 {
    shared_time(0x08)
}

/// Time since 1601 (UTC), in 100-ns units.
pub(crate) fn system_time() -> u64 {
    shared_time(0x14)
}

/// `MmProbeAndLockPages`, with the exception that it raises as the result. IRQL: below DISPATCH for pageable memory.
///
/// # Safety
///
/// As for `MmProbeAndLockPages`, but the memory need not be there.
pub(crate) unsafe fn try_probe_and_lock_pages(
    mdl: PMDL,
    mode: KPROCESSOR_MODE,
    operation: LOCK_OPERATION,
) -> NTSTATUS {
    unsafe extern "C" {
        fn nt_try_probe_and_lock_pages(
            mdl: PMDL,
            mode: KPROCESSOR_MODE,
            operation: LOCK_OPERATION,
        ) -> NTSTATUS;
    }
    // SAFETY: the caller vouches for the MDL; the exception does not leave the routine below.
    unsafe { nt_try_probe_and_lock_pages(mdl, mode, operation) }
}

// Rust has no structured exception handling, and this routine can only be used with it. The arguments go through as they
// are. The scope table says: an exception between 2 and 3 is handled (filter 1), by going on at 4, where
// __C_specific_handler has put its code into eax.
#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(
    ".globl nt_try_probe_and_lock_pages",
    ".seh_proc nt_try_probe_and_lock_pages",
    "nt_try_probe_and_lock_pages:",
    "sub rsp, 40",
    ".seh_stackalloc 40",
    ".seh_endprologue",
    "2:",
    "call {probe}",
    "nop",
    "3:",
    "xor eax, eax",
    "4:",
    "add rsp, 40",
    "ret",
    ".seh_handler __C_specific_handler, @except",
    ".seh_handlerdata",
    ".long 1",
    ".long 2b@IMGREL",
    ".long 3b@IMGREL",
    ".long 1",
    ".long 4b@IMGREL",
    ".text",
    ".seh_endproc",
    probe = sym MmProbeAndLockPages,
);

// The same for ARM64, where the exception's code comes in w0.
#[cfg(target_arch = "aarch64")]
core::arch::global_asm!(
    ".globl nt_try_probe_and_lock_pages",
    ".seh_proc nt_try_probe_and_lock_pages",
    "nt_try_probe_and_lock_pages:",
    "stp x29, x30, [sp, #-16]!",
    ".seh_save_fplr_x 16",
    "mov x29, sp",
    ".seh_set_fp",
    ".seh_endprologue",
    "2:",
    "bl {probe}",
    "3:",
    "mov w0, wzr",
    "4:",
    ".seh_startepilogue",
    "ldp x29, x30, [sp], #16",
    ".seh_save_fplr_x 16",
    ".seh_endepilogue",
    "ret",
    ".seh_handler __C_specific_handler, @except",
    ".seh_handlerdata",
    ".long 1",
    ".long 2b@IMGREL",
    ".long 3b@IMGREL",
    ".long 1",
    ".long 4b@IMGREL",
    ".text",
    ".seh_endproc",
    probe = sym MmProbeAndLockPages,
);

/// The verifier of `ntsim` wants to know; here nobody does.
pub(crate) fn network_wait() {}
