//! By the string instructions of x64.

use core::arch::asm;

/// [`super::copy`].
///
/// # Safety
///
/// As there.
pub unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    // SAFETY: the caller vouches for the ranges; the ABI keeps the direction flag clear.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") length => _,
            inout("rsi") from => _,
            inout("rdi") to => _,
            options(nostack, preserves_flags),
        );
    }
}

/// [`super::zero`].
///
/// # Safety
///
/// As there.
pub unsafe fn zero(to: *mut u8, length: usize) {
    // SAFETY: as in `copy`.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") length => _,
            inout("rdi") to => _,
            in("al") 0_u8,
            options(nostack, preserves_flags),
        );
    }
}
