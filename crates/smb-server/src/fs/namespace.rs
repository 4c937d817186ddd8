//! The tree of names: who is in which directory, under what name.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::name::{Folded, Name, components, fold, short};
use super::node::{Node, NodeId};
use super::{FsError, Pattern};

/// Every node that has a name, by its number. One lock covers it all, so that a rename is one step to everybody.
pub(super) struct Namespace {
    linked: HashMap<NodeId, Linked>,
}

struct Linked {
    node: Arc<Node>,
    parent: NodeId,
    name: Name,
    /// In the order in which listings show them; empty for a file.
    children: BTreeMap<Folded, NodeId>,
    /// The 8.3 names of those children whose own names are longer.
    short_names: HashMap<Folded, NodeId>,
}

/// Where a path leads.
pub(super) struct Place<'p> {
    pub(super) parent: Arc<Node>,
    pub(super) name: &'p [u16],
    pub(super) existing: Option<Arc<Node>>,
}

/// A node's ancestors from its parent up to the root, and its relative path seen from each.
pub(super) struct Trail {
    ancestors: Vec<NodeId>,
    /// The node's own name first, then its parent's, and so on.
    names: Vec<Name>,
}

impl Namespace {
    pub(super) fn new(root: Arc<Node>) -> Self {
        let id = root.id;
        let root = Linked {
            node: root,
            parent: id,
            name: Name::default(),
            children: BTreeMap::new(),
            short_names: HashMap::new(),
        };
        Self {
            linked: HashMap::from([(id, root)]),
        }
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.linked.values().map(|linked| &linked.node)
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.linked.get(&id).map(|linked| &linked.node)
    }

    pub(super) fn root(&self) -> &Arc<Node> {
        &self.linked[&NodeId::ROOT].node
    }

    /// The parent and, if it is there, the node of a path; the root is its own parent and has an empty name.
    pub(super) fn walk<'p>(&self, path: &'p [u16]) -> Result<Place<'p>, FsError> {
        let parts = components(path)?;
        let mut parent = self.root();
        let Some((last, directories)) = parts.split_last() else {
            return Ok(Place {
                parent: Arc::clone(parent),
                name: &[],
                existing: Some(Arc::clone(parent)),
            });
        };
        for part in directories {
            parent = self
                .child(parent.id, part)
                .filter(|node| node.is_directory())
                .ok_or(FsError::PathNotFound)?;
        }
        let existing = self.child(parent.id, last).cloned();
        Ok(Place {
            parent: Arc::clone(parent),
            name: last,
            existing,
        })
    }

    fn child(&self, directory: NodeId, name: &[u16]) -> Option<&Arc<Node>> {
        let directory = self.linked.get(&directory)?;
        let folded = fold(name);
        let id = directory
            .children
            .get(&folded)
            .or_else(|| directory.short_names.get(&folded))?;
        self.node(*id)
    }

    pub(super) fn parent_of(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.node(self.linked.get(&id)?.parent)
    }

    pub(super) fn is_empty(&self, directory: NodeId) -> bool {
        self.linked
            .get(&directory)
            .is_none_or(|linked| linked.children.is_empty())
    }

    pub(super) fn link(&mut self, parent: NodeId, name: &[u16], node: Arc<Node>) {
        let id = node.id;
        if let Some(directory) = self.linked.get_mut(&parent) {
            directory.add(name, id);
            directory.node.touch_entries();
            self.linked.insert(
                id,
                Linked {
                    node,
                    parent,
                    name: name.into(),
                    children: BTreeMap::new(),
                    short_names: HashMap::new(),
                },
            );
        }
    }

    pub(super) fn unlink(&mut self, id: NodeId) {
        if let Some(linked) = self.linked.remove(&id) {
            self.forget_child(linked.parent, &linked.name, id);
        }
    }

    /// Gives a node another name, in another directory or in the same one.
    pub(super) fn relink(&mut self, id: NodeId, parent: NodeId, name: &[u16]) {
        let Some(linked) = self.linked.get_mut(&id) else {
            return;
        };
        let old_parent = std::mem::replace(&mut linked.parent, parent);
        let old_name = std::mem::replace(&mut linked.name, name.into());
        self.forget_child(old_parent, &old_name, id);
        if let Some(directory) = self.linked.get_mut(&parent) {
            directory.add(name, id);
            directory.node.touch_entries();
        }
    }

    fn forget_child(&mut self, parent: NodeId, name: &[u16], id: NodeId) {
        if let Some(directory) = self.linked.get_mut(&parent) {
            directory.forget(name, id);
            directory.node.touch_entries();
        }
    }

    /// The path from the root, without a leading backslash.
    pub(super) fn path_of(&self, id: NodeId) -> Vec<u16> {
        self.trail(id).path(NodeId::ROOT).unwrap_or_default()
    }

    /// Whether `id` is `ancestor` or lies beneath it.
    pub(super) fn is_within(&self, id: NodeId, ancestor: NodeId) -> bool {
        id == ancestor || self.trail(id).ancestors.contains(&ancestor)
    }

    pub(super) fn trail(&self, id: NodeId) -> Trail {
        let mut trail = Trail {
            ancestors: Vec::new(),
            names: Vec::new(),
        };
        let mut at = id;
        while at != NodeId::ROOT
            && let Some(linked) = self.linked.get(&at)
        {
            trail.names.push(linked.name.clone());
            trail.ancestors.push(linked.parent);
            at = linked.parent;
        }
        trail
    }

    /// Every node beneath a directory, however deep.
    pub(super) fn descendants(&self, directory: NodeId) -> Vec<&Arc<Node>> {
        let mut found = Vec::new();
        let mut pending = vec![directory];
        while let Some(linked) = pending.pop().and_then(|id| self.linked.get(&id)) {
            for id in linked.children.values() {
                pending.push(*id);
                found.extend(self.node(*id));
            }
        }
        found
    }

    /// The entries of a directory after a folded name (from the first if `None`) that match, in order.
    pub(super) fn entries<'a>(
        &'a self,
        directory: NodeId,
        after: Option<&Folded>,
        pattern: &'a Pattern,
    ) -> impl Iterator<Item = (&'a Folded, &'a [u16], &'a Arc<Node>)> {
        // A name without wildcards is one look-up, not a walk over all of a large directory.
        let bounds: (Bound<&[u16]>, Bound<&[u16]>) = match (pattern.literal(), after) {
            (Some(literal), Some(after)) if **after >= *literal => {
                (Bound::Excluded(after), Bound::Included(after))
            }
            (Some(literal), _) => (Bound::Included(literal), Bound::Included(literal)),
            (None, Some(after)) => (Bound::Excluded(after), Bound::Unbounded),
            (None, None) => (Bound::Unbounded, Bound::Unbounded),
        };
        let children = self
            .linked
            .get(&directory)
            .map(|linked| linked.children.range::<[u16], _>(bounds));
        children
            .into_iter()
            .flatten()
            .filter_map(move |(folded, id)| {
                let linked = self.linked.get(id)?;
                pattern
                    .matches(&linked.name)
                    .then_some((folded, &*linked.name, &linked.node))
            })
    }
}

impl Linked {
    fn add(&mut self, name: &[u16], id: NodeId) {
        self.children.insert(fold(name), id);
        if let Some(short) = short(name, id.0) {
            self.short_names.insert(short.into(), id);
        }
    }

    fn forget(&mut self, name: &[u16], id: NodeId) {
        self.children.remove(&fold(name));
        if let Some(short) = short(name, id.0) {
            self.short_names.remove(&*short);
        }
    }
}

impl Trail {
    /// The node's parent directory.
    pub(super) fn parent(&self) -> Option<NodeId> {
        self.ancestors.first().copied()
    }

    /// The node's path as seen from `ancestor`, if that is one.
    pub(super) fn path(&self, ancestor: NodeId) -> Option<Vec<u16>> {
        let depth = self.ancestors.iter().position(|id| *id == ancestor)?;
        let mut path = Vec::new();
        for name in self.names[..=depth].iter().rev() {
            if !path.is_empty() {
                path.push(u16::from(b'\\'));
            }
            path.extend_from_slice(name);
        }
        Some(path)
    }
}
