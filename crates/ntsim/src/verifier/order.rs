//! The order in which locks are taken. Every "taken while holding" is an edge; a cycle is a possible deadlock.

use super::{Place, broken};
use crate::mode;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone, Copy)]
struct Edge {
    held_at: Place,
    taken_at: Place,
}

/// Per lock: the locks that were taken while it was held.
type Graph = BTreeMap<usize, BTreeMap<usize, Edge>>;

static GRAPH: Mutex<Graph> = Mutex::new(BTreeMap::new());
static ENABLED: AtomicBool = AtomicBool::new(true);

/// Starts anew, for a new kernel.
pub(crate) fn reset(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
    GRAPH.lock().clear();
}

/// Notes that `taken` is about to be waited for while `held` is held.
pub(super) fn learn(held: usize, held_at: Place, taken: usize, taken_at: Place) {
    if !ENABLED.load(Ordering::Relaxed) {
        return;
    }
    let _host = mode::host();
    let mut graph = GRAPH.lock();
    if graph.get(&held).is_some_and(|out| out.contains_key(&taken)) {
        return;
    }
    let reverse = path(&graph, taken, held);
    graph
        .entry(held)
        .or_default()
        .insert(taken, Edge { held_at, taken_at });
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

/// The first edge of a way from one lock to another.
fn path(graph: &Graph, from: usize, to: usize) -> Option<Edge> {
    let mut seen = HashSet::new();
    let mut open: Vec<(usize, Option<Edge>)> = vec![(from, None)];
    while let Some((lock, first)) = open.pop() {
        if !seen.insert(lock) {
            continue;
        }
        for (&next, &edge) in graph.get(&lock).into_iter().flatten() {
            let first = first.unwrap_or(edge);
            if next == to {
                return Some(first);
            }
            open.push((next, Some(first)));
        }
    }
    None
}

/// Forgets the locks in a range of memory, for it is freed or initialised anew.
pub(crate) fn forget_range(start: usize, len: usize) {
    if !ENABLED.load(Ordering::Relaxed) {
        return;
    }
    let _host = mode::host();
    let mut graph = GRAPH.lock();
    if graph.is_empty() {
        return;
    }
    let range = start..start + len.max(1);
    let gone: Vec<usize> = graph.range(range.clone()).map(|(&lock, _)| lock).collect();
    for lock in gone {
        graph.remove(&lock);
    }
    for out in graph.values_mut() {
        let gone: Vec<usize> = out.range(range.clone()).map(|(&lock, _)| lock).collect();
        for lock in gone {
            out.remove(&lock);
        }
    }
}
