//! Listing a directory, piece by piece.

use std::sync::Arc;

use super::access;
use super::name::{self, Folded};
use super::node::Node;
use super::{FileInfo, FsError, Open, Pattern};

/// A handle's position in the listing of its directory.
#[derive(Default)]
pub(super) struct Search {
    pattern: Option<Pattern>,
    position: Position,
    /// Entries delivered since the start; the next one's index is one more.
    delivered: u32,
}

#[derive(Clone, Default)]
enum Position {
    #[default]
    Start,
    AfterDot,
    AfterDotDot,
    After(Folded),
}

/// Where a listing goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchStart {
    /// Where the last call stopped.
    Continue,
    /// At the first entry; the pattern stays as it is.
    Restart,
    /// At the first entry, with the pattern of this call.
    Reopen,
    /// After the entry that had this index.
    AfterIndex(u32),
}

/// One entry of a directory.
#[derive(Clone, Copy, Debug)]
pub struct DirectoryEntry<'a> {
    /// The name as its creator wrote it.
    pub name: &'a [u16],
    /// The entry's place in this listing, from 1.
    pub index: u32,
    /// Sizes, times and attributes.
    pub info: FileInfo,
}

impl DirectoryEntry<'_> {
    /// The 8.3 name, if the name is none itself.
    pub fn short_name(&self) -> Option<Vec<u16>> {
        let dots = self.name == [DOT] || self.name == [DOT, DOT];
        if dots {
            None
        } else {
            name::short(self.name, self.info.id.0)
        }
    }
}

impl Open {
    /// The 8.3 name: one made up for a longer name, or the name itself.
    pub fn short_name(&self) -> Vec<u16> {
        let path = self.fs.names.read().path_of(self.owner().id);
        let last = path
            .rsplit(|unit| *unit == u16::from(b'\\'))
            .next()
            .unwrap_or_default();
        name::short(last, self.owner().id.0).unwrap_or_else(|| last.to_vec())
    }

    /// Shows entries to `accept` until it returns false; the entry it refused comes first the next time. Returns how
    /// many were accepted, none if `accept` refused the first.
    ///
    /// Fails with [`FsError::NoSuchFile`] if nothing matches at all and with [`FsError::NoMoreFiles`] at the end.
    pub fn list(
        &self,
        pattern: &[u16],
        start: SearchStart,
        mut accept: impl FnMut(&DirectoryEntry<'_>) -> bool,
    ) -> Result<usize, FsError> {
        if !self.node.is_directory() {
            return Err(FsError::InvalidParameter);
        }
        self.require(access::READ_DATA)?;
        let mut search = self.search.lock();
        search.begin(pattern, start);
        let (by_index, skip) = match start {
            SearchStart::AfterIndex(index) => (true, index),
            _ => (false, 0),
        };
        let fresh = search.delivered == 0;
        let (mut accepted, mut offered) = (0, 0);
        self.walk_entries(&mut search, |entry| {
            if entry.index <= skip {
                return true;
            }
            offered += 1;
            let taken = accept(entry);
            accepted += usize::from(taken);
            taken
        });
        match (offered, fresh) {
            (0, true) if !by_index => Err(FsError::NoSuchFile),
            (0, _) => Err(FsError::NoMoreFiles),
            _ => Ok(accepted),
        }
    }

    fn walk_entries(
        &self,
        search: &mut Search,
        mut accept: impl FnMut(&DirectoryEntry<'_>) -> bool,
    ) {
        let pattern = search.pattern.clone().unwrap_or_else(|| Pattern::new(&[]));
        let mut index = search.delivered;
        let mut position = search.position.clone();
        let names = self.fs.names.read();
        let mut show = |name: &[u16], node: &Arc<Node>, index: &mut u32| {
            let shown = accept(&DirectoryEntry {
                name,
                index: *index + 1,
                info: node.info(),
            });
            *index += u32::from(shown);
            shown
        };
        let dots: [(&[u16], Position); 2] = [
            (&[DOT], Position::AfterDot),
            (&[DOT, DOT], Position::AfterDotDot),
        ];
        let parent = names.parent_of(self.node.id).unwrap_or(&self.node);
        for ((name, after), node) in dots.into_iter().zip([&self.node, parent]) {
            let due = matches!(
                (&position, &after),
                (Position::Start, _) | (Position::AfterDot, Position::AfterDotDot)
            );
            if due && (!pattern.matches(name) || show(name, node, &mut index)) {
                position = after;
            } else if due {
                (search.position, search.delivered) = (position, index);
                return;
            }
        }
        let resume = match &position {
            Position::After(folded) => Some(folded.clone()),
            _ => None,
        };
        for (folded, name, node) in names.entries(self.node.id, resume.as_ref(), &pattern) {
            if !show(name, node, &mut index) {
                break;
            }
            position = Position::After(folded.clone());
        }
        (search.position, search.delivered) = (position, index);
    }
}

impl Search {
    fn begin(&mut self, pattern: &[u16], start: SearchStart) {
        if start != SearchStart::Continue {
            self.position = Position::Start;
            self.delivered = 0;
        }
        if self.pattern.is_none() || start == SearchStart::Reopen {
            self.pattern = Some(Pattern::new(pattern));
        }
    }
}

const DOT: u16 = b'.' as u16;
