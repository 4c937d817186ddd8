//! By loads and stores of ARM64, sixteen bytes at a time and then one by one.

use core::arch::asm;

/// [`super::copy`].
///
/// # Safety
///
/// As there.
pub unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    // SAFETY: the caller vouches for the ranges.
    unsafe {
        asm!(
            "b 3f",
            "2:",
            "ldp {low}, {high}, [{from}], #16",
            "stp {low}, {high}, [{to}], #16",
            "3:",
            "subs {length}, {length}, #16",
            "b.hs 2b",
            "adds {length}, {length}, #16",
            "b.eq 5f",
            "4:",
            "ldrb {low:w}, [{from}], #1",
            "strb {low:w}, [{to}], #1",
            "subs {length}, {length}, #1",
            "b.ne 4b",
            "5:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            length = inout(reg) length => _,
            low = out(reg) _,
            high = out(reg) _,
            options(nostack),
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
            "b 3f",
            "2:",
            "stp xzr, xzr, [{to}], #16",
            "3:",
            "subs {length}, {length}, #16",
            "b.hs 2b",
            "adds {length}, {length}, #16",
            "b.eq 5f",
            "4:",
            "strb wzr, [{to}], #1",
            "subs {length}, {length}, #1",
            "b.ne 4b",
            "5:",
            to = inout(reg) to => _,
            length = inout(reg) length => _,
            options(nostack),
        );
    }
}
