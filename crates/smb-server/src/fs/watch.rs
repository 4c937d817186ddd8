//! Watching directories for changes (MS-FSA 2.1.5.11).

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};

use super::namespace::Trail;
use super::node::NodeId;

/// Changes remembered between two requests of a watcher; more make it list the directory anew.
const MAX_REMEMBERED: usize = 1024;

/// What a watcher wants to hear of (MS-SMB2 2.2.35, CompletionFilter).
pub mod change_filter {
    /// A file came, went or changed its name.
    pub const FILE_NAME: u32 = 0x001;
    /// A directory came, went or changed its name.
    pub const DIR_NAME: u32 = 0x002;
    /// Attributes changed.
    pub const ATTRIBUTES: u32 = 0x004;
    /// A size changed.
    pub const SIZE: u32 = 0x008;
    /// A last-write time changed.
    pub const LAST_WRITE: u32 = 0x010;
    /// A creation time changed.
    pub const CREATION: u32 = 0x040;

    /// The filter bit of a name's change.
    pub(in crate::fs) fn of_name(directory: bool) -> u32 {
        if directory { DIR_NAME } else { FILE_NAME }
    }
}

/// What happened to a name (MS-FSCC 2.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeAction {
    /// It was created, or moved here.
    Added = 1,
    /// It was deleted, or moved away.
    Removed = 2,
    /// Its content or attributes changed.
    Modified = 3,
    /// It was renamed; this is the old name.
    RenamedOldName = 4,
    /// It was renamed; this is the new name.
    RenamedNewName = 5,
}

/// One change, as the watcher of a directory hears of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub action: ChangeAction,
    /// The path from the watched directory.
    pub path: Vec<u16>,
}

/// What a watcher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchOutcome {
    /// At least one change.
    Changes(Vec<Change>),
    /// More happened than was remembered.
    TooMany,
    /// The watching handle was closed.
    Closed,
}

pub(super) type WatchWaiter = Box<dyn FnOnce(WatchOutcome) + Send>;

/// All watches of a volume.
#[derive(Default)]
pub(super) struct Watches {
    list: RwLock<Vec<Arc<Watch>>>,
    count: AtomicUsize,
}

/// One handle's watch over its directory.
pub(super) struct Watch {
    directory: NodeId,
    recursive: bool,
    filter: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    remembered: Vec<Change>,
    overflowed: bool,
    waiters: VecDeque<(u64, WatchWaiter)>,
}

impl Watches {
    /// Whether anybody watches; if not, nobody needs to work out what to tell.
    pub(super) fn any(&self) -> bool {
        self.count.load(Ordering::Acquire) != 0
    }

    pub(super) fn start(&self, directory: NodeId, recursive: bool, filter: u32) -> Arc<Watch> {
        let watch = Arc::new(Watch {
            directory,
            recursive,
            filter,
            state: Mutex::default(),
        });
        let mut list = self.list.write();
        list.push(Arc::clone(&watch));
        self.count.store(list.len(), Ordering::Release);
        watch
    }

    pub(super) fn stop(&self, watch: &Arc<Watch>) {
        let mut list = self.list.write();
        list.retain(|other| !Arc::ptr_eq(other, watch));
        self.count.store(list.len(), Ordering::Release);
        drop(list);
        let waiters = std::mem::take(&mut watch.state.lock().waiters);
        waiters
            .into_iter()
            .for_each(|(_, waiter)| waiter(WatchOutcome::Closed));
    }

    /// Tells of changes that belong together, such as the two names of a rename.
    pub(super) fn emit(&self, filter: u32, changes: &[(ChangeAction, &Trail)]) {
        let list = self.list.read().clone();
        for watch in list.iter().filter(|watch| watch.filter & filter != 0) {
            let seen = changes.iter().filter_map(|(action, trail)| {
                let path = trail.path(watch.directory)?;
                (watch.recursive || trail.parent() == Some(watch.directory)).then_some(Change {
                    action: *action,
                    path,
                })
            });
            watch.remember(seen.collect());
        }
    }
}

impl Watch {
    /// Calls `waiter` with what is remembered, or when something happens.
    pub(super) fn wait(&self, token: u64, waiter: WatchWaiter) {
        self.state.lock().waiters.push_back((token, waiter));
        self.deliver();
    }

    /// Forgets a waiter; false if it is not there (any more).
    pub(super) fn cancel(&self, token: u64) -> bool {
        let mut state = self.state.lock();
        let before = state.waiters.len();
        state.waiters.retain(|(other, _)| *other != token);
        before != state.waiters.len()
    }

    fn remember(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        if state.remembered.len() + changes.len() > MAX_REMEMBERED {
            state.remembered.clear();
            state.overflowed = true;
        } else if !state.overflowed {
            state.remembered.extend(changes);
        }
        drop(state);
        self.deliver();
    }

    fn deliver(&self) {
        let mut state = self.state.lock();
        if !state.overflowed && state.remembered.is_empty() {
            return;
        }
        let Some((_, waiter)) = state.waiters.pop_front() else {
            return;
        };
        let changes = std::mem::take(&mut state.remembered);
        let outcome = if std::mem::take(&mut state.overflowed) {
            WatchOutcome::TooMany
        } else {
            WatchOutcome::Changes(changes)
        };
        drop(state);
        waiter(outcome);
    }
}
