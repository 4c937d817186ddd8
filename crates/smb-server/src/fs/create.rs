//! Opening and creating (MS-FSA 2.1.5.1).

use std::sync::Arc;

use super::access;
use super::name::Name;
use super::node::{Attributes, Node, NodeId};
use super::watch::{ChangeAction, change_filter};
use super::{ExtendedAttribute, FileSystem, FsError, Open, streams};

/// What to do about a node that exists, or does not (MS-SMB2 2.2.13, CreateDisposition).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Replace what exists; create otherwise.
    Supersede,
    /// Open what exists; fail otherwise.
    Open,
    /// Create; fail if it exists.
    Create,
    /// Open what exists; create otherwise.
    OpenIf,
    /// Open and empty what exists; fail otherwise.
    Overwrite,
    /// Open and empty what exists; create otherwise.
    OverwriteIf,
}

impl Disposition {
    /// Whether what exists loses its content.
    fn replaces(self) -> bool {
        self.on_existing() != CreateAction::Opened
    }

    /// Whether nothing is created.
    pub(super) fn must_exist(self) -> bool {
        matches!(self, Self::Open | Self::Overwrite)
    }

    /// What becomes of what exists, [`Disposition::Create`] apart, which fails then.
    pub(super) fn on_existing(self) -> CreateAction {
        match self {
            Self::Supersede => CreateAction::Superseded,
            Self::Overwrite | Self::OverwriteIf => CreateAction::Overwritten,
            Self::Open | Self::Create | Self::OpenIf => CreateAction::Opened,
        }
    }
}

/// What kind of node the caller insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Either; a new one is a file.
    Any,
    /// FILE_NON_DIRECTORY_FILE.
    File,
    /// FILE_DIRECTORY_FILE.
    Directory,
}

/// One open.
#[derive(Clone, Copy, Debug)]
pub struct CreateRequest<'a> {
    /// The path from the root, components separated by backslashes; empty for the root.
    pub path: &'a [u16],
    /// The rights wanted; generic ones and MAXIMUM_ALLOWED are mapped.
    pub access: u32,
    /// What others may do meanwhile: `access::SHARE_*`.
    pub sharing: u32,
    /// The attributes of a new node.
    pub attributes: u32,
    /// What to do about a node that exists, or does not.
    pub disposition: Disposition,
    /// Whether a file or a directory is wanted.
    pub kind: Kind,
    /// Whether to delete the node when this handle is closed.
    pub delete_on_close: bool,
    /// Bytes to allocate for a new or emptied file.
    pub allocation: u64,
    /// Extended attributes of a new or emptied file.
    pub extended: &'a [ExtendedAttribute],
}

/// What an open did (MS-SMB2 2.2.14, CreateAction).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateAction {
    /// An existing node was replaced.
    Superseded,
    /// An existing node was opened.
    Opened,
    /// A node was created.
    Created,
    /// An existing file was emptied.
    Overwritten,
}

/// The handles of one node.
#[derive(Default)]
pub(super) struct OpenTable {
    granted: Vec<Granted>,
    delete_pending: bool,
}

struct Granted {
    handle: u64,
    access: u32,
    sharing: u32,
}

impl OpenTable {
    pub(super) fn count(&self) -> usize {
        self.granted.len()
    }

    pub(super) fn delete_pending(&self) -> bool {
        self.delete_pending
    }

    pub(super) fn set_delete_pending(&mut self, pending: bool) {
        self.delete_pending = pending;
    }

    pub(super) fn remove(&mut self, handle: u64) {
        self.granted.retain(|granted| granted.handle != handle);
    }

    /// Two handles get along if each one's rights are within what the other shares (MS-FSA 2.1.5.1.2.2).
    fn admit(&mut self, new: Granted) -> Result<(), FsError> {
        if self.delete_pending {
            return Err(FsError::DeletePending);
        }
        let conflict = self.granted.iter().any(|old| {
            needs(new.access) & !old.sharing != 0 || needs(old.access) & !new.sharing != 0
        });
        // A handle that can neither read, write nor delete neither suffers nor causes a conflict.
        if needs(new.access) != 0 && conflict {
            return Err(FsError::SharingViolation);
        }
        self.granted.push(new);
        Ok(())
    }
}

/// What others must share for a handle with `rights` to coexist with theirs.
fn needs(rights: u32) -> u32 {
    let when = |mask: u32, share: u32| if rights & mask != 0 { share } else { 0 };
    when(access::READ_DATA | access::EXECUTE, access::SHARE_READ)
        | when(
            access::WRITE_DATA | access::APPEND_DATA,
            access::SHARE_WRITE,
        )
        | when(access::DELETE, access::SHARE_DELETE)
}

impl FileSystem {
    /// The most that anybody can be granted on this volume.
    pub fn maximal_access(&self) -> u32 {
        if self.volume.read_only {
            access::READ_ONLY
        } else {
            access::ALL
        }
    }

    /// Opens or creates a node.
    pub fn create(
        self: &Arc<Self>,
        request: &CreateRequest<'_>,
    ) -> Result<(Open, CreateAction), FsError> {
        if request.kind == Kind::Directory && request.disposition.replaces() {
            return Err(FsError::InvalidParameter);
        }
        let (path, stream) = streams::split(request.path)?;
        let request = &CreateRequest { path, ..*request };
        if let Some(stream) = stream {
            return self.create_stream(stream, request);
        }
        let existing = self.names.read().walk(request.path)?.existing;
        if let Some(node) = existing {
            return self.open_existing(node, request);
        }
        self.create_new(request)
    }

    fn open_existing(
        self: &Arc<Self>,
        node: Arc<Node>,
        request: &CreateRequest<'_>,
    ) -> Result<(Open, CreateAction), FsError> {
        if request.disposition == Disposition::Create {
            let pending = node.opens.lock().delete_pending();
            return Err(if pending {
                FsError::DeletePending
            } else {
                FsError::Collision
            });
        }
        let action = request.disposition.on_existing();
        match (request.kind, node.is_directory()) {
            (Kind::Directory, false) => return Err(FsError::NotADirectory),
            (Kind::File, true) => return Err(FsError::FileIsADirectory),
            (Kind::Any, true) if action != CreateAction::Opened => return Err(FsError::Collision),
            _ => {}
        }
        let rights = self.grant(&node, request, action)?;
        let open = self.admit(node, None, rights, request)?;
        if action != CreateAction::Opened {
            open.empty(request)?;
        }
        Ok((open, action))
    }

    /// The rights that `request` gets on a node that exists.
    pub(super) fn grant(
        &self,
        node: &Node,
        request: &CreateRequest<'_>,
        action: CreateAction,
    ) -> Result<u32, FsError> {
        let attributes = node.attributes();
        let read_only = attributes.contains(Attributes::READ_ONLY) && !node.is_directory();
        let mut maximal = self.maximal_access();
        if read_only {
            maximal &= !(access::WRITE_DATA | access::APPEND_DATA);
        }
        let rights = access::map_generic(request.access, maximal);
        if rights & !maximal != 0 {
            return Err(FsError::AccessDenied);
        }
        if request.delete_on_close {
            if rights & access::DELETE == 0 {
                return Err(FsError::AccessDenied);
            }
            if read_only || node.id == NodeId::ROOT {
                return Err(FsError::CannotDelete);
            }
        }
        if action != CreateAction::Opened {
            let kept = Attributes::HIDDEN.0 | Attributes::SYSTEM.0;
            if read_only || self.volume.read_only || attributes.0 & kept & !request.attributes != 0
            {
                return Err(FsError::AccessDenied);
            }
        }
        Ok(rights)
    }

    fn create_new(
        self: &Arc<Self>,
        request: &CreateRequest<'_>,
    ) -> Result<(Open, CreateAction), FsError> {
        let mut names = self.names.write();
        let place = names.walk(request.path)?;
        if let Some(node) = place.existing {
            drop(names);
            return self.open_existing(node, request);
        }
        if request.disposition.must_exist() {
            return Err(FsError::NameNotFound);
        }
        if self.volume.read_only {
            return Err(FsError::WriteProtected);
        }
        if place.parent.opens.lock().delete_pending() {
            return Err(FsError::DeletePending);
        }
        let rights = access::map_generic(request.access, self.maximal_access());
        let will_delete = request.delete_on_close;
        if rights & !self.maximal_access() != 0 || (will_delete && rights & access::DELETE == 0) {
            return Err(FsError::AccessDenied);
        }
        let directory = request.kind == Kind::Directory;
        if will_delete && !directory && request.attributes & Attributes::READ_ONLY.0 != 0 {
            return Err(FsError::CannotDelete);
        }
        // A new file waits for a backup, as on NTFS.
        let archive = if directory { 0 } else { Attributes::ARCHIVE.0 };
        let node = Node::new(
            self.next_id(),
            directory,
            request.attributes | archive,
            &self.space,
        )?;
        if let Some(content) = &node.content
            && request.allocation != 0
        {
            content.write().set_allocation(request.allocation)?;
        }
        node.set_extended(request.extended)?;
        names.link(place.parent.id, place.name, Arc::clone(&node));
        let trail = self.watches.any().then(|| names.trail(node.id));
        let open = self.admit(node, None, rights, request)?;
        drop(names);
        if let Some(trail) = trail {
            let filter = change_filter::of_name(directory);
            self.watches.emit(filter, &[(ChangeAction::Added, &trail)]);
        }
        Ok((open, CreateAction::Created))
    }

    /// Opens a node, or a stream of the node that is named with it.
    pub(super) fn admit(
        self: &Arc<Self>,
        node: Arc<Node>,
        base: Option<(Arc<Node>, Name)>,
        rights: u32,
        request: &CreateRequest<'_>,
    ) -> Result<Open, FsError> {
        let handle = self.next_id().0;
        // Emptying a file is writing to it, whatever the handle may do afterwards.
        let counted = rights
            | if request.disposition.replaces() {
                access::WRITE_DATA
            } else {
                0
            };
        node.opens.lock().admit(Granted {
            handle,
            access: counted,
            sharing: request.sharing,
        })?;
        Ok(Open::new(
            Arc::clone(self),
            (node, base),
            handle,
            rights,
            request.delete_on_close,
        ))
    }
}
