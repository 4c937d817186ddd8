//! Socket addresses of either family.

use wdk_sys::{NTSTATUS, STATUS_INVALID_ADDRESS};
use wsk_sys::{ADDRESS_FAMILY, AF_INET, AF_INET6, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6};

/// An address that is kept by value.
#[derive(Clone, Copy)]
pub struct Address {
    /// Room for both families; a SOCKADDR_IN is a shorter one.
    storage: SOCKADDR_IN6,
}

impl Address {
    /// Room for an address.
    pub fn empty() -> Self {
        Self {
            storage: SOCKADDR_IN6::default(),
        }
    }

    /// Takes a copy of a client's address.
    ///
    /// # Safety
    ///
    /// NULL, or a valid address of the family that it names.
    pub unsafe fn read(from: *const SOCKADDR) -> Result<Self, NTSTATUS> {
        // SAFETY: the caller vouches.
        let family = unsafe { from.as_ref() }.map_or(0, |from| from.sa_family);
        let length = length(family).ok_or(STATUS_INVALID_ADDRESS)?;
        let mut address = Self::empty();
        let to = (&raw mut address.storage).cast::<u8>();
        // SAFETY: the caller vouches for that many bytes, and the storage has room for them.
        unsafe { to.copy_from_nonoverlapping(from.cast(), length) };
        Ok(address)
    }

    /// Gives a client a copy.
    ///
    /// # Safety
    ///
    /// There is room for an address of this family.
    pub unsafe fn write(&self, to: *mut SOCKADDR) {
        let from = (&raw const self.storage).cast::<u8>();
        // SAFETY: the caller vouches.
        unsafe { to.cast::<u8>().copy_from_nonoverlapping(from, self.len()) };
    }

    /// One of the `AF_` values.
    pub fn family(&self) -> ADDRESS_FAMILY {
        self.storage.sin6_family
    }

    /// How many of its bytes count.
    pub fn len(&self) -> usize {
        length(self.family()).unwrap_or(size_of::<SOCKADDR_IN6>())
    }

    /// For functions that read it.
    pub fn as_ptr(&self) -> *const SOCKADDR {
        (&raw const self.storage).cast()
    }

    /// For functions that fill it in.
    pub fn as_mut_ptr(&mut self) -> *mut SOCKADDR {
        (&raw mut self.storage).cast()
    }
}

/// The size of a family's addresses.
fn length(family: ADDRESS_FAMILY) -> Option<usize> {
    match family {
        AF_INET => Some(size_of::<SOCKADDR_IN>()),
        AF_INET6 => Some(size_of::<SOCKADDR_IN6>()),
        _ => None,
    }
}
