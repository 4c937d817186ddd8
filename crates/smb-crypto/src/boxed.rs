//! A box whose allocation may fail, and which leaves nothing behind.

use alloc::vec::Vec;

use zeroize::Zeroize;

use crate::provider::CryptoError;

/// One value on the heap. Expanded keys are too large for a kernel's stack.
pub(crate) struct Boxed<T>(Vec<T>);

impl<T> Drop for Boxed<T> {
    /// Wipes all of the memory. What wipes itself leaves out the bytes that it does not use; and they came here with it, from a
    /// stack where there may have been older copies of the same key.
    fn drop(&mut self) {
        self.0.clear();
        self.0.spare_capacity_mut().zeroize();
    }
}

impl<T> Boxed<T> {
    pub(crate) fn new(value: T) -> Result<Self, CryptoError> {
        let mut place = Vec::new();
        place
            .try_reserve_exact(1)
            .map_err(|_| CryptoError::ProviderFailed)?;
        place.push(value);
        Ok(Self(place))
    }

    /// The value. There always is one; a vector cannot promise that.
    pub(crate) fn get(&self) -> Result<&T, CryptoError> {
        self.0.first().ok_or(CryptoError::ProviderFailed)
    }
}
