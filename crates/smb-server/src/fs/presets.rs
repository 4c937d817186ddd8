//! The file system from Rust: what tests put in and look at, past share modes and access rights.

use std::sync::Arc;

use super::name::{components, from_text, to_text};
use super::node::Node;
use super::watch::{ChangeAction, change_filter};
use super::{Attributes, FileInfo, FileSystem, FsError};

impl FileSystem {
    /// Makes a directory and those above it; it may exist.
    pub fn make_directory(&self, path: &str) -> Result<(), FsError> {
        self.ensure(&from_text(path), true).map(drop)
    }

    /// Makes a file (and the directories above it) hold exactly `bytes`.
    pub fn write_file(&self, path: &str, bytes: &[u8]) -> Result<(), FsError> {
        let node = self.ensure(&from_text(path), false)?;
        let mut content = node
            .content
            .as_ref()
            .ok_or(FsError::FileIsADirectory)?
            .write();
        content.set_size(0);
        content.write(0, bytes)?;
        drop(content);
        node.touch_entries();
        self.report(
            &node,
            ChangeAction::Modified,
            change_filter::SIZE | change_filter::LAST_WRITE,
        );
        Ok(())
    }

    /// Makes a file (and the directories above it) of `size` zeros, which take no memory.
    pub fn write_sparse(&self, path: &str, size: u64) -> Result<(), FsError> {
        let node = self.ensure(&from_text(path), false)?;
        let mut content = node
            .content
            .as_ref()
            .ok_or(FsError::FileIsADirectory)?
            .write();
        content.set_size(0);
        content.set_size(size);
        Ok(())
    }

    /// A whole file's bytes.
    pub fn read_file(&self, path: &str) -> Result<Vec<u8>, FsError> {
        let node = self.find(path)?;
        let content = node
            .content
            .as_ref()
            .ok_or(FsError::FileIsADirectory)?
            .read();
        let size = usize::try_from(content.size()).map_err(|_| FsError::DiskFull)?;
        Ok(content.read(0, size).to_vec())
    }

    /// Up to `len` bytes of a file from `offset`.
    pub fn read_file_at(&self, path: &str, offset: u64, len: usize) -> Result<Vec<u8>, FsError> {
        let node = self.find(path)?;
        let content = node
            .content
            .as_ref()
            .ok_or(FsError::FileIsADirectory)?
            .read();
        Ok(content.read(offset, len).to_vec())
    }

    /// Sizes, times and attributes of a file or directory.
    pub fn file_info(&self, path: &str) -> Result<FileInfo, FsError> {
        Ok(self.find(path)?.info())
    }

    /// Whether the path leads to anything.
    pub fn exists(&self, path: &str) -> bool {
        self.find(path).is_ok()
    }

    /// The names in a directory, in the order in which listings show them.
    pub fn list_directory(&self, path: &str) -> Result<Vec<String>, FsError> {
        let node = self.find(path)?;
        if !node.is_directory() {
            return Err(FsError::NotADirectory);
        }
        let all = super::Pattern::new(&[]);
        let names = self.names.read();
        Ok(names
            .entries(node.id, None, &all)
            .map(|(_, name, _)| to_text(name))
            .collect())
    }

    /// Sets a node's attributes.
    pub fn set_attributes(&self, path: &str, attributes: Attributes) -> Result<(), FsError> {
        let node = self.find(path)?;
        node.metadata.lock().attributes = Attributes::settle(attributes.0, node.is_directory());
        self.report(&node, ChangeAction::Modified, change_filter::ATTRIBUTES);
        Ok(())
    }

    /// Deletes a file or an empty directory, whoever has it open.
    pub fn remove(&self, path: &str) -> Result<(), FsError> {
        let node = self.find(path)?;
        if node.is_directory() && !self.names.read().is_empty(node.id) {
            return Err(FsError::DirectoryNotEmpty);
        }
        node.opens.lock().set_delete_pending(true);
        self.unlink(&node);
        Ok(())
    }

    fn find(&self, path: &str) -> Result<Arc<Node>, FsError> {
        self.names
            .read()
            .walk(&from_text(path))?
            .existing
            .ok_or(FsError::NameNotFound)
    }

    /// The node of a path, made with all directories above it if it is not there.
    fn ensure(&self, path: &[u16], directory: bool) -> Result<Arc<Node>, FsError> {
        let mut names = self.names.write();
        let mut node = Arc::clone(names.root());
        let parts = components(path)?;
        let mut walked = 0;
        for (at, part) in parts.iter().enumerate() {
            walked += part.len() + usize::from(at != 0);
            let place = names.walk(&path[..walked])?;
            let wanted = directory || at + 1 < parts.len();
            node = match place.existing {
                Some(existing) if existing.is_directory() == wanted => existing,
                Some(_) if wanted => return Err(FsError::NotADirectory),
                Some(_) => return Err(FsError::FileIsADirectory),
                None => {
                    let archive = if wanted {
                        Attributes::default()
                    } else {
                        Attributes::ARCHIVE
                    };
                    let made = Node::new(self.next_id(), wanted, archive.0, &self.space)?;
                    names.link(place.parent.id, place.name, Arc::clone(&made));
                    let trail = names.trail(made.id);
                    self.watches.emit(
                        change_filter::of_name(wanted),
                        &[(ChangeAction::Added, &trail)],
                    );
                    made
                }
            };
        }
        Ok(node)
    }

    fn report(&self, node: &Node, action: ChangeAction, filter: u32) {
        if self.watches.any() {
            let trail = self.names.read().trail(node.id);
            self.watches.emit(filter, &[(action, &trail)]);
        }
    }
}
