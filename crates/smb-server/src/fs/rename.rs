//! Renaming and moving (MS-FSA 2.1.5.15.11).

use std::sync::Arc;

use super::access;
use super::namespace::{Namespace, Place};
use super::node::{Attributes, NodeId};
use super::watch::{ChangeAction, change_filter};
use super::{FsError, Open};

impl Open {
    /// Gives the node the name `path` (from the root); `replace` allows another file of that name to be deleted.
    pub fn rename(&self, path: &[u16], replace: bool) -> Result<(), FsError> {
        self.require(access::DELETE)?;
        if self.is_stream() {
            return Err(FsError::InvalidParameter);
        }
        if self.node.id == NodeId::ROOT {
            return Err(FsError::AccessDenied);
        }
        let mut names = self.fs.names.write();
        let place = names.walk(path)?;
        self.check_move(&names, &place)?;
        let replaced = match place
            .existing
            .filter(|existing| existing.id != self.node.id)
        {
            None => None,
            Some(_) if !replace => return Err(FsError::Collision),
            Some(target) => {
                let in_use = target.opens.lock().count() != 0;
                if in_use
                    || target.is_directory()
                    || target.attributes().contains(Attributes::READ_ONLY)
                {
                    return Err(FsError::AccessDenied);
                }
                target.opens.lock().set_delete_pending(true);
                Some(target)
            }
        };
        let old = names.trail(self.node.id);
        if let Some(target) = replaced {
            names.unlink(target.id);
        }
        names.relink(self.node.id, place.parent.id, place.name);
        let new = names.trail(self.node.id);
        drop(names);

        let filter = change_filter::of_name(self.is_directory());
        if old.parent() == new.parent() {
            let changes = [
                (ChangeAction::RenamedOldName, &old),
                (ChangeAction::RenamedNewName, &new),
            ];
            self.fs.watches.emit(filter, &changes);
        } else {
            self.fs
                .watches
                .emit(filter, &[(ChangeAction::Removed, &old)]);
            self.fs.watches.emit(filter, &[(ChangeAction::Added, &new)]);
        }
        Ok(())
    }

    fn check_move(&self, names: &Namespace, place: &Place<'_>) -> Result<(), FsError> {
        if place.name.is_empty() {
            return Err(FsError::NameInvalid);
        }
        if place.parent.opens.lock().delete_pending() {
            return Err(FsError::DeletePending);
        }
        if !self.is_directory() {
            return Ok(());
        }
        if names.is_within(place.parent.id, self.node.id) {
            return Err(FsError::SharingViolation);
        }
        // As on NTFS, a directory does not move from under open handles.
        if names
            .descendants(self.node.id)
            .iter()
            .any(|node| Arc::as_ref(node).opens.lock().count() != 0)
        {
            return Err(FsError::AccessDenied);
        }
        Ok(())
    }
}
