//! Copying memory that others may be writing to.
//!
//! A user's buffer may change under the copy. For ordinary Rust accesses that would be a data race, which is undefined;
//! what the processor's own instructions read then is some mixture of old and new bytes, and no more than that.

#[cfg(target_arch = "aarch64")]
mod arm64;
#[cfg(target_arch = "aarch64")]
use arm64 as processor;
#[cfg(target_arch = "x86_64")]
mod x64;
#[cfg(target_arch = "x86_64")]
use x64 as processor;

/// Copies bytes upwards.
///
/// # Safety
///
/// `length` bytes are readable at `from` and writable at `to`, and the ranges do not overlap. Others may write to either
/// meanwhile.
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    // SAFETY: the caller vouches for the ranges.
    unsafe { processor::copy(from, to, length) };
}

/// Sets bytes to zero.
///
/// # Safety
///
/// `length` bytes are writable at `to`. Others may access them meanwhile.
pub(super) unsafe fn zero(to: *mut u8, length: usize) {
    // SAFETY: as in `copy`.
    unsafe { processor::zero(to, length) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_copied_and_none_else() {
        let from = *b"0123456789";
        let mut to = *b"----------";
        // SAFETY: both arrays are longer than what is copied.
        unsafe { copy(from.as_ptr().wrapping_add(2), to.as_mut_ptr(), 3) };
        assert_eq!(&to, b"234-------");
        // SAFETY: nothing is copied.
        unsafe { copy(from.as_ptr(), to.as_mut_ptr(), 0) };
        assert_eq!(&to, b"234-------");
        // SAFETY: the array is longer than what is zeroed.
        unsafe { zero(to.as_mut_ptr().wrapping_add(1), 2) };
        assert_eq!(&to, b"2\0\0-------");
    }
}
