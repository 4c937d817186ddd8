//! The order in which locks are taken. Every "taken while holding" is an edge; a cycle is a possible deadlock.

use super::{Place, broken};
use crate::mode;
use core::ops::Range;
use parking_lot::Mutex;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone, Copy)]
struct Edge {
    held_at: Place,
    taken_at: Place,
}

/// Locks are known by their addresses.
struct Graph {
    /// Per lock: the locks that were taken while it was held.
    taken: BTreeMap<usize, BTreeMap<usize, Edge>>,
    /// Per lock: the locks that were held while it was taken. Every free asks which locks go with its memory.
    held: BTreeMap<usize, BTreeSet<usize>>,
}

static GRAPH: Mutex<Graph> = Mutex::new(Graph {
    taken: BTreeMap::new(),
    held: BTreeMap::new(),
});
static ENABLED: AtomicBool = AtomicBool::new(true);

/// Starts anew, for a new kernel.
pub(crate) fn reset(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
    GRAPH.lock().forget(0..usize::MAX);
}

/// Notes that `taken` is about to be waited for while `held` is held.
pub(super) fn learn(held: usize, held_at: Place, taken: usize, taken_at: Place) {
    if !ENABLED.load(Ordering::Relaxed) {
        return;
    }
    let _host = mode::host();
    let mut graph = GRAPH.lock();
    if graph.knows(held, taken) {
        return;
    }
    let reverse = graph.path(taken, held);
    graph.insert(held, taken, Edge { held_at, taken_at });
    drop(graph);
    if let Some(edge) = reverse {
        broken!(
            LockOrder,
            taken_at,
            Some(edge.taken_at),
            "this lock is taken under the one of {held_at}, and elsewhere in the other order (first lock of {})",
            edge.held_at
        );
    }
}

impl Graph {
    fn knows(&self, held: usize, taken: usize) -> bool {
        let taken_under = self.taken.get(&held);
        taken_under.is_some_and(|locks| locks.contains_key(&taken))
    }

    fn insert(&mut self, held: usize, taken: usize, edge: Edge) {
        self.taken.entry(held).or_default().insert(taken, edge);
        self.held.entry(taken).or_default().insert(held);
    }

    /// The first edge of a way from one lock to another.
    fn path(&self, from: usize, to: usize) -> Option<Edge> {
        let mut seen = HashSet::new();
        let mut open: Vec<(usize, Option<Edge>)> = vec![(from, None)];
        while let Some((lock, first)) = open.pop() {
            if !seen.insert(lock) {
                continue;
            }
            for (&next, &edge) in self.taken.get(&lock).into_iter().flatten() {
                let first = first.unwrap_or(edge);
                if next == to {
                    return Some(first);
                }
                open.push((next, Some(first)));
            }
        }
        None
    }

    fn forget(&mut self, range: Range<usize>) {
        while let Some((&lock, _)) = self.taken.range(range.clone()).next() {
            for taken in self.taken.remove(&lock).into_iter().flatten() {
                if let Entry::Occupied(mut held) = self.held.entry(taken.0) {
                    held.get_mut().remove(&lock);
                    if held.get().is_empty() {
                        held.remove();
                    }
                }
            }
        }
        while let Some((&lock, _)) = self.held.range(range.clone()).next() {
            for held in self.held.remove(&lock).into_iter().flatten() {
                if let Entry::Occupied(mut taken) = self.taken.entry(held) {
                    taken.get_mut().remove(&lock);
                    if taken.get().is_empty() {
                        taken.remove();
                    }
                }
            }
        }
    }
}

/// Forgets the locks in a range of memory, for it is freed or initialised anew.
pub(crate) fn forget_range(start: usize, len: usize) {
    if !ENABLED.load(Ordering::Relaxed) {
        return;
    }
    let _host = mode::host();
    GRAPH.lock().forget(start..start + len.max(1));
}
