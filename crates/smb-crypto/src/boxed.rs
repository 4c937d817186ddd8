//! A box whose allocation may fail.

use alloc::vec::Vec;

use crate::provider::CryptoError;

/// One value on the heap. Expanded keys are too large for a kernel's stack.
pub(crate) struct Boxed<T>(Vec<T>);

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
