//! Secrets in pool.

use super::{PoolBuf, Tag};
use crate::Result;
use core::fmt;
use core::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// A [`PoolBuf`] of something secret, which is overwritten with zeros before its memory is freed: nobody clears freed pool, and
/// its next owner could read it.
pub struct SecretBuf(PoolBuf);

impl SecretBuf {
    /// A buffer of zeroes. IRQL: any.
    #[track_caller]
    pub fn zeroed(tag: Tag, length: usize) -> Result<Self> {
        PoolBuf::zeroed(tag, length).map(Self)
    }

    /// A buffer with these bytes. IRQL: any.
    #[track_caller]
    pub fn copied(tag: Tag, bytes: &[u8]) -> Result<Self> {
        PoolBuf::copied(tag, bytes).map(Self)
    }
}

impl Drop for SecretBuf {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Deref for SecretBuf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for SecretBuf {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// The length only.
impl fmt::Debug for SecretBuf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretBuf({} bytes)", self.len())
    }
}
