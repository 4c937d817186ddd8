//! Sessions, the trees connected in them, and the files open in those.

mod keys;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use smb_crypto::SigningKey;
use smb_wire::NtStatus;
use smb_wire::smb2::FileId;

use crate::fs;
use crate::seals::Seals;
use crate::share::Share;

pub(crate) use keys::SessionKeys;

/// Trees that a session can have, so that no client takes memory without end.
const MAX_TREES: usize = 4096;
/// Files that a session can have open.
const MAX_FILES: usize = 65_536;

/// A logged-on session (MS-SMB2 3.3.1.8).
pub(crate) struct Session {
    pub(crate) id: u64,
    keys: Option<SessionKeys>,
    /// Whether requests without a signature are refused.
    pub(crate) must_sign: bool,
    /// Whether requests that are not sealed are refused (Session.EncryptData).
    pub(crate) must_seal: bool,
    trees: Mutex<HashMap<u32, Arc<Tree>>>,
    files: Mutex<HashMap<u64, Arc<OpenFile>>>,
    /// Set when it was logged off, or another session took its place.
    ended: AtomicBool,
}

/// A share connected in a session (MS-SMB2 3.3.1.9).
pub(crate) struct Tree {
    pub(crate) id: u32,
    /// `None` for IPC$.
    pub(crate) share: Option<Share>,
    /// Whether requests that are not sealed are refused (TreeConnect.EncryptData).
    pub(crate) must_seal: bool,
}

/// A file open in a tree (MS-SMB2 3.3.1.10).
pub(crate) struct OpenFile {
    pub(crate) id: FileId,
    pub(crate) tree_id: u32,
    pub(crate) open: fs::Open,
}

impl Session {
    pub(crate) fn new(
        id: u64,
        keys: Option<SessionKeys>,
        must_sign: bool,
        must_seal: bool,
    ) -> Arc<Self> {
        let must_sign = must_sign && keys.is_some();
        Arc::new(Self {
            id,
            keys,
            must_sign,
            must_seal,
            trees: Mutex::default(),
            files: Mutex::default(),
            ended: AtomicBool::new(false),
        })
    }

    pub(crate) fn signing_key(&self) -> Option<&SigningKey> {
        self.keys.as_ref().map(|keys| &keys.signing)
    }

    /// Every key that it has, as bytes.
    pub(crate) fn secrets(&self) -> Vec<Vec<u8>> {
        let keys = self.keys.as_ref();
        keys.map(SessionKeys::secrets).unwrap_or_default()
    }

    /// The keys that seal, if a cipher was agreed on.
    pub(crate) fn seals(&self) -> Option<&Seals> {
        self.keys.as_ref()?.seals.as_ref()
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Adds a tree, unless there are too many.
    pub(crate) fn connect(&self, tree: Tree) -> Result<(), NtStatus> {
        let mut trees = self.trees.lock();
        if trees.len() >= MAX_TREES {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        trees.insert(tree.id, Arc::new(tree));
        Ok(())
    }

    pub(crate) fn tree(&self, id: u32) -> Option<Arc<Tree>> {
        self.trees.lock().get(&id).cloned()
    }

    /// Disconnects a tree and closes its files; false if there is no such tree.
    pub(crate) fn disconnect(&self, id: u32) -> bool {
        let found = self.trees.lock().remove(&id).is_some();
        let mut files = self.files.lock();
        let closing: Vec<u64> = files
            .iter()
            .filter(|(_, file)| file.tree_id == id)
            .map(|(key, _)| *key)
            .collect();
        let closing: Vec<_> = closing.iter().filter_map(|key| files.remove(key)).collect();
        drop(files);
        closing.iter().for_each(|file| file.open.close());
        found
    }

    /// Adds an open file, unless there are too many; it is closed then.
    pub(crate) fn add_file(&self, file: OpenFile) -> Result<(), NtStatus> {
        let mut files = self.files.lock();
        if files.len() >= MAX_FILES {
            return Err(NtStatus::TOO_MANY_OPENED_FILES);
        }
        files.insert(file.id.volatile(), Arc::new(file));
        Ok(())
    }

    /// The open file of this id, if it belongs to the tree.
    pub(crate) fn file(&self, id: FileId, tree_id: u32) -> Option<Arc<OpenFile>> {
        self.any_file(id).filter(|file| file.tree_id == tree_id)
    }

    /// The open file of this id, in whatever tree.
    pub(crate) fn any_file(&self, id: FileId) -> Option<Arc<OpenFile>> {
        let found = self.files.lock().get(&id.volatile()).cloned();
        found.filter(|file| file.id == id)
    }

    pub(crate) fn remove_file(&self, file: &OpenFile) {
        self.files.lock().remove(&file.id.volatile());
    }

    /// Ends the session: closes everything in it. Does nothing twice.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.trees.lock().clear();
        let files = std::mem::take(&mut *self.files.lock());
        files.values().for_each(|file| file.open.close());
    }
}
