//! NETRESOURCEs, and buffers of them.

use core::ptr::null;

use super::output;

/// `NETRESOURCEW`.
#[repr(C)]
pub struct NetResource {
    scope: u32,
    kind: u32,
    display: u32,
    usage: u32,
    local: *const u16,
    remote: *const u16,
    comment: *const u16,
    provider: *const u16,
}

/// Bytes that a call may answer with.
const ROOM: usize = 16 << 10;

/// A buffer for what a call answers.
#[repr(C, align(8))]
pub struct Buffer(pub [u8; ROOM]);

impl Buffer {
    /// An empty one.
    pub const fn new() -> Self {
        Self([0; ROOM])
    }

    /// Its size in bytes, or in characters for texts.
    pub const BYTES: u32 = ROOM as u32;
    /// Its size in characters.
    pub const CHARACTERS: u32 = Self::BYTES / 2;

    /// The resource with this number in it.
    ///
    /// # Safety
    /// A call has written so many resources here, or the buffer is as new.
    pub unsafe fn resource(&self, index: usize) -> &NetResource {
        let first = self.0.as_ptr().cast::<NetResource>();
        // SAFETY: by the contract.
        let place = unsafe { first.add(index) };
        // SAFETY: by the contract; any bytes are numbers, and pointers that nobody has followed yet.
        unsafe { &*place }
    }

    /// The pointer with this number in it.
    ///
    /// # Safety
    /// As for [`Self::resource`].
    pub unsafe fn pointer(&self, index: usize) -> *const u16 {
        let first = self.0.as_ptr().cast::<*const u16>();
        // SAFETY: by the contract.
        let place = unsafe { first.add(index) };
        // SAFETY: by the contract.
        unsafe { place.read() }
    }
}

impl NetResource {
    /// A disk with these names.
    pub fn disk(local: *const u16, remote: *const u16) -> Self {
        Self {
            scope: 0,
            kind: 1,
            display: 0,
            usage: 0,
            local,
            remote,
            comment: null(),
            provider: null(),
        }
    }

    /// Prints local and remote name on a line.
    ///
    /// # Safety
    /// The names are NULL or texts with a NUL.
    pub unsafe fn print_names(&self) {
        // SAFETY: by the contract.
        let local = unsafe { given(self.local) };
        // SAFETY: by the contract.
        let remote = unsafe { given(self.remote) };
        output::names([local, remote]);
    }

    /// Prints remote name and provider on a line.
    ///
    /// # Safety
    /// The names are NULL or texts with a NUL.
    pub unsafe fn print_remote(&self) {
        // SAFETY: by the contract.
        let remote = unsafe { given(self.remote) };
        // SAFETY: by the contract.
        let provider = unsafe { given(self.provider) };
        output::names([remote, provider]);
    }
}

/// Text with a NUL; None for NULL, and for what Wine gives in its place, an empty text.
///
/// # Safety
/// `text` must be NULL or text with a NUL that does not change during `'a`.
pub unsafe fn given<'a>(text: *const u16) -> Option<&'a [u16]> {
    // SAFETY: by the contract.
    let units = unsafe { output::text(text) };
    (!units.is_empty()).then_some(units)
}
