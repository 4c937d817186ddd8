//! An in-memory file system with NT's rules: share modes, dispositions, delete on close, byte-range locks.
//!
//! It knows nothing of SMB. Times are FILETIMEs (100-ns ticks since 1601), names are UTF-16, and the rules are
//! those of MS-FSA, as far as a client of a file server can see them.

pub mod access;
mod content;
mod create;
mod error;
mod extended_attributes;
mod locks;
mod name;
mod namespace;
mod node;
mod open;
mod pattern;
mod presets;
mod rename;
mod search;
mod streams;
#[cfg(test)]
mod tests;
mod time;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

pub use content::{CLUSTER, Extents, Space};
pub use create::{CreateAction, CreateRequest, Disposition, Kind};
pub use error::FsError;
pub use extended_attributes::ExtendedAttribute;
pub use locks::{LockOutcome, LockRange, LockWaiter};
pub use name::{from_text, to_text};
pub use node::{Attributes, FileInfo, NodeId};
pub use open::{BasicUpdate, Open};
pub use pattern::Pattern;
pub use search::{DirectoryEntry, SearchStart};
pub use streams::StreamEntry;
pub use time::now as filetime_now;
pub use watch::{Change, ChangeAction, WatchOutcome, change_filter};

use namespace::Namespace;
use node::Node;
use watch::Watches;

/// What is fixed about a file system when it is made.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The volume's label.
    pub label: String,
    /// The volume's serial number.
    pub serial: u32,
    /// Bytes that content and nodes together may take; more is [`FsError::DiskFull`].
    pub capacity: u64,
    /// Whether every change is refused.
    pub read_only: bool,
}

/// One volume: a tree of files and directories, held in memory.
pub struct FileSystem {
    volume: Volume,
    space: Arc<Space>,
    names: RwLock<Namespace>,
    watches: Watches,
    next_id: AtomicU64,
    created: u64,
}

impl FileSystem {
    /// An empty volume, its root directory excepted. Fails if not even that fits the capacity.
    pub fn new(volume: Volume) -> Result<Arc<Self>, FsError> {
        let space = Arc::new(Space::new(volume.capacity));
        let root = Node::new(NodeId::ROOT, true, 0, &space)?;
        Ok(Arc::new(Self {
            space,
            names: RwLock::new(Namespace::new(root)),
            watches: Watches::default(),
            next_id: AtomicU64::new(NodeId::ROOT.0 + 1),
            created: time::now(),
            volume,
        }))
    }

    /// What was fixed when the volume was made.
    pub fn volume(&self) -> &Volume {
        &self.volume
    }

    /// When the volume was made, as a FILETIME.
    pub fn created(&self) -> u64 {
        self.created
    }

    /// The volume's memory: total and free bytes.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The handles open in this volume, for tests that look for leaked ones.
    pub fn open_handles(&self) -> usize {
        self.names
            .read()
            .nodes()
            .map(|node| node.opens.lock().count())
            .sum()
    }

    fn next_id(&self) -> NodeId {
        NodeId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}
