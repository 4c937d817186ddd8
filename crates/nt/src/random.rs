//! Random numbers from the system's generator.

use crate::{Result, check, sys};
use core::ptr::null_mut;

/// `BCRYPT_USE_SYSTEM_PREFERRED_RNG`: no algorithm handle is needed.
const USE_SYSTEM_GENERATOR: u32 = 2;

/// Fills the buffer with cryptographically strong random bytes (`BCryptGenRandom`). IRQL: PASSIVE.
#[track_caller]
pub fn fill(buffer: &mut [u8]) -> Result<()> {
    for part in buffer.chunks_mut(1 << 20) {
        // A part is at most a megabyte, so its length fits.
        let length = part.len() as u32;
        // SAFETY: the pointer and the length are those of a mutable slice.
        check(unsafe {
            sys::BCryptGenRandom(null_mut(), part.as_mut_ptr(), length, USE_SYSTEM_GENERATOR)
        })?;
    }
    Ok(())
}
