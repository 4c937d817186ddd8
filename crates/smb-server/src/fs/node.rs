//! Files and directories apart from their names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::{Mutex, RwLock};

use super::FsError;
use super::content::{Content, Space};
use super::create::OpenTable;
use super::extended_attributes::{self, ExtendedAttribute};
use super::locks::LockTable;
use super::name::{Folded, Name};
use super::time;

/// What a node without content is charged to the volume's capacity.
pub(super) const NODE_COST: u64 = 512;

/// A node's number: never reused, stable over renames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u64);

impl NodeId {
    /// The root directory.
    pub const ROOT: Self = Self(5);
}

/// File attributes (MS-FSCC 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Attributes(pub u32);

impl Attributes {
    /// The file is read-only.
    pub const READ_ONLY: Self = Self(0x1);
    /// Hidden from plain listings.
    pub const HIDDEN: Self = Self(0x2);
    /// Of the operating system.
    pub const SYSTEM: Self = Self(0x4);
    /// A directory.
    pub const DIRECTORY: Self = Self(0x10);
    /// Changed since it was archived.
    pub const ARCHIVE: Self = Self(0x20);
    /// None of the others.
    pub const NORMAL: Self = Self(0x80);
    /// Those that a client can set.
    const SETTABLE: u32 = 0x1 | 0x2 | 0x4 | 0x20 | 0x100 | 0x2000;

    /// Whether all of `other` are set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those of `wanted` that a client can set, for a node that is a directory or not.
    pub(super) fn settle(wanted: u32, directory: bool) -> Self {
        let kept = wanted & Self::SETTABLE;
        if directory {
            Self(kept | Self::DIRECTORY.0)
        } else {
            Self(kept)
        }
    }

    /// As it is reported: never zero.
    pub fn reported(self) -> u32 {
        if self.0 == 0 { Self::NORMAL.0 } else { self.0 }
    }
}

/// Everything about a node that queries report.
#[derive(Clone, Copy, Debug)]
pub struct FileInfo {
    /// The node's number.
    pub id: NodeId,
    /// When it was created, a FILETIME.
    pub created: u64,
    /// When it was last read, a FILETIME.
    pub accessed: u64,
    /// When its content last changed, a FILETIME.
    pub written: u64,
    /// When anything of it last changed, a FILETIME.
    pub changed: u64,
    /// Its attributes.
    pub attributes: Attributes,
    /// Bytes of content; 0 for a directory.
    pub size: u64,
    /// Bytes allocated; 0 for a directory.
    pub allocated: u64,
    /// Whether it is to be deleted when its last handle is closed.
    pub delete_pending: bool,
    /// The number of its names: 0 once deletion is pending.
    pub links: u32,
    /// The size of its extended attributes, as directory listings have it.
    pub ea_size: u32,
}

impl FileInfo {
    /// Whether the node is a directory.
    pub fn is_directory(&self) -> bool {
        self.attributes.contains(Attributes::DIRECTORY)
    }
}

#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) created: u64,
    pub(super) accessed: u64,
    pub(super) written: u64,
    pub(super) changed: u64,
    pub(super) attributes: Attributes,
    pub(super) extended: Vec<ExtendedAttribute>,
}

/// A file, a directory, or a named stream of either, whose metadata is then unused. Locks are taken in the order of the fields.
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) opens: Mutex<OpenTable>,
    pub(super) locks: Mutex<LockTable>,
    /// Whether `locks` holds any, so that I/O on files without locks does not take that mutex.
    pub(super) has_locks: AtomicBool,
    /// `None` for a directory.
    pub(super) content: Option<RwLock<Content>>,
    /// Named streams, in the order in which they are listed.
    pub(super) streams: Mutex<BTreeMap<Folded, (Name, Arc<Node>)>>,
    pub(super) metadata: Mutex<Metadata>,
    pub(super) space: Arc<Space>,
}

impl Node {
    /// A node that nothing names yet, charged to `space`.
    pub(super) fn new(
        id: NodeId,
        directory: bool,
        attributes: u32,
        space: &Arc<Space>,
    ) -> Result<Arc<Self>, FsError> {
        space.take(NODE_COST)?;
        let now = time::now();
        let attributes = Attributes::settle(attributes, directory);
        let content = (!directory).then(|| RwLock::new(Content::new(Arc::clone(space))));
        Ok(Arc::new(Self {
            id,
            opens: Mutex::default(),
            locks: Mutex::default(),
            has_locks: AtomicBool::new(false),
            content,
            streams: Mutex::default(),
            metadata: Mutex::new(Metadata {
                created: now,
                accessed: now,
                written: now,
                changed: now,
                attributes,
                extended: Vec::new(),
            }),
            space: Arc::clone(space),
        }))
    }

    pub(super) fn is_directory(&self) -> bool {
        self.content.is_none()
    }

    pub(super) fn attributes(&self) -> Attributes {
        self.metadata.lock().attributes
    }

    pub(super) fn info(&self) -> FileInfo {
        let delete_pending = self.opens.lock().delete_pending();
        let (size, allocated) = self.content.as_ref().map_or((0, 0), |content| {
            let content = content.read();
            (content.size(), content.allocated())
        });
        let metadata = self.metadata.lock();
        FileInfo {
            id: self.id,
            created: metadata.created,
            accessed: metadata.accessed,
            written: metadata.written,
            changed: metadata.changed,
            attributes: metadata.attributes,
            size,
            allocated,
            delete_pending,
            links: u32::from(!delete_pending),
            ea_size: extended_attributes::size(&metadata.extended),
        }
    }

    /// A directory's times follow its entries.
    pub(super) fn touch_entries(&self) {
        let now = time::now();
        let mut metadata = self.metadata.lock();
        metadata.written = now;
        metadata.changed = now;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        extended_attributes::give_back(&self.metadata.get_mut().extended, &self.space);
        self.space.give_back(NODE_COST);
    }
}
