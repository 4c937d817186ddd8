//! Memory that a driver fills or reads by pointers.

use alloc::vec::Vec;
use core::mem::ManuallyDrop;
use wdk_sys::{NTSTATUS, PVOID, STATUS_INSUFFICIENT_RESOURCES};

/// A vector's memory, of which only pointers are used until it is taken back.
#[derive(Debug)]
pub struct Memory {
    start: *mut u8,
    length: usize,
    capacity: usize,
}

// SAFETY: the memory belongs to this; who may use it through the pointer is the driver's business.
unsafe impl Send for Memory {}

impl Memory {
    /// So many zero bytes.
    pub fn zeroed(length: u32) -> Result<Self, NTSTATUS> {
        let length = length as usize;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .map_err(|_| STATUS_INSUFFICIENT_RESOURCES)?;
        bytes.resize(length, 0);
        Ok(Self::from(bytes))
    }

    /// The first byte, or NULL if there are none.
    pub fn address(&self) -> PVOID {
        if self.length == 0 {
            return core::ptr::null_mut();
        }
        self.start.cast()
    }

    /// How many bytes there are.
    pub fn len(&self) -> u32 {
        self.length as u32
    }

    /// Takes the bytes back. Nobody may use the pointer any more.
    pub fn into_bytes(self) -> Vec<u8> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the parts of a vector, which `this` gives up.
        unsafe { Vec::from_raw_parts(this.start, this.length, this.capacity) }
    }
}

impl From<Vec<u8>> for Memory {
    fn from(bytes: Vec<u8>) -> Self {
        let mut bytes = ManuallyDrop::new(bytes);
        Self {
            start: bytes.as_mut_ptr(),
            length: bytes.len(),
            capacity: bytes.capacity(),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the parts of a vector, which is not used any more.
        drop(unsafe { Vec::from_raw_parts(self.start, self.length, self.capacity) });
    }
}
