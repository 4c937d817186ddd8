//! Identifiers that only compare equal or not.

use core::fmt;

/// SMB2_FILEID (MS-SMB2 2.2.14.1): the server's name for an open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FileId(pub [u8; 16]);

impl FileId {
    /// All ones: in a related request of a compound, the handle of the request before (MS-SMB2 3.2.4.1.4).
    pub const RELATED: Self = Self([0xFF; 16]);

    /// The id with these halves.
    pub const fn new(persistent: u64, volatile: u64) -> Self {
        Self(((volatile as u128) << 64 | persistent as u128).to_le_bytes())
    }

    /// The half that survives a reconnect.
    pub const fn persistent(self) -> u64 {
        (u128::from_le_bytes(self.0) & u64::MAX as u128) as u64
    }

    /// The half that is of this connection.
    pub const fn volatile(self) -> u64 {
        (u128::from_le_bytes(self.0) >> 64) as u64
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileId({:x}:{:x})", self.persistent(), self.volatile())
    }
}

/// The client's name for a lease (MS-SMB2 2.2.13.2.8).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LeaseKey(pub [u8; 16]);

impl fmt::Debug for LeaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeaseKey({:032x})", u128::from_be_bytes(self.0))
    }
}
