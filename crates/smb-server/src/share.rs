//! Shares: a name and a volume.

use std::ops::Deref;
use std::sync::Arc;

use crate::fs::{FileSystem, FsError, Volume};

/// The capacity of a share that does not name one, in bytes.
const DEFAULT_CAPACITY: u64 = 4 << 30;

/// A disk share. It is a handle on a [`FileSystem`], whose methods it has: `share.write_file("a/b", b"...")`. Clones are
/// handles on the same volume, before, while and after a server serves it.
#[derive(Clone)]
pub struct Share {
    name: Arc<str>,
    fs: Arc<FileSystem>,
    encrypted: bool,
}

impl Share {
    /// An empty share with room for 4 GiB.
    pub fn new(name: &str) -> Result<Self, FsError> {
        Self::with_capacity(name, DEFAULT_CAPACITY)
    }

    /// An empty share with room for `capacity` bytes.
    pub fn with_capacity(name: &str, capacity: u64) -> Result<Self, FsError> {
        Self::with_volume(
            name,
            Volume {
                label: name.into(),
                serial: 0x0B5D_0001,
                capacity,
                read_only: false,
            },
        )
    }

    /// An empty share on a volume of this kind. A read-only one can still be filled from Rust.
    pub fn with_volume(name: &str, volume: Volume) -> Result<Self, FsError> {
        Ok(Self {
            name: name.into(),
            fs: FileSystem::new(volume)?,
            encrypted: false,
        })
    }

    /// The same volume as a share that is only served sealed. Where the client cannot, or the server does not
    /// ([`Encryption::Off`](crate::Encryption::Off)), it cannot be connected.
    pub fn encrypted(&self) -> Self {
        Self {
            encrypted: true,
            ..self.clone()
        }
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The name after `\\server\`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The volume.
    pub fn file_system(&self) -> &Arc<FileSystem> {
        &self.fs
    }
}

impl Deref for Share {
    type Target = FileSystem;

    fn deref(&self) -> &FileSystem {
        &self.fs
    }
}
