//! Names in RDBSS's objects, which may be missing.

use core::ptr::NonNull;

use crate::raw::UNICODE_STRING;

/// The characters of a UNICODE_STRING; none if it or its buffer is NULL.
///
/// # Safety
/// `string` must be NULL or point to a UNICODE_STRING, and neither it nor its buffer may change or go during `'a`.
pub(crate) unsafe fn characters<'a>(string: *const UNICODE_STRING) -> &'a [u16] {
    match NonNull::new(string.cast_mut()) {
        // SAFETY: by the contract.
        Some(string) => unsafe { nt::string::units(string) },
        None => &[],
    }
}
