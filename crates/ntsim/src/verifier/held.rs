//! What locks a thread holds.

use super::{Place, broken, order};
use crate::sys::PERESOURCE;
use core::cell::RefCell;
use core::panic::Location;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Kinds of lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// KSPIN_LOCK.
    Spin,
    /// FAST_MUTEX.
    FastMutex,
    /// ERESOURCE.
    Resource,
}

#[derive(Clone, Copy)]
struct Held {
    address: usize,
    kind: Kind,
    count: u32,
    place: Option<Place>,
}

/// More locks at once than any driver should hold; further ones go unseen.
const MOST_HELD: usize = 32;

struct HeldLocks {
    entries: [Held; MOST_HELD],
    len: usize,
}

impl HeldLocks {
    fn find(&self, address: usize) -> Option<usize> {
        self.entries
            .iter()
            .take(self.len)
            .position(|held| held.address == address)
    }
}

thread_local! {
    static HELD: RefCell<HeldLocks> = const {
        RefCell::new(HeldLocks {
            entries: [Held { address: 0, kind: Kind::Spin, count: 0, place: None }; MOST_HELD],
            len: 0,
        })
    };
}

static FCB_RESOURCES: LazyLock<Mutex<HashSet<usize>>> = LazyLock::new(Mutex::default);

/// ERESOURCEs that another thread has released for their owners, which have not noticed yet: owner and address.
static RELEASED_ELSEWHERE: Mutex<Vec<(u64, usize)>> = Mutex::new(Vec::new());
/// Length of the list, so that it is seldom locked.
static RELEASED_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Called when a thread lets go of an ERESOURCE for another thread.
pub(crate) fn released_for(owner: u64, address: usize) {
    RELEASED_ELSEWHERE.lock().push((owner, address));
    RELEASED_COUNT.fetch_add(1, Ordering::SeqCst);
}

/// Takes note of what other threads have released for this one.
fn settle() {
    if RELEASED_COUNT.load(Ordering::SeqCst) == 0 {
        return;
    }
    let _host = crate::mode::host();
    let me = crate::ps::current_thread() as u64;
    RELEASED_ELSEWHERE.lock().retain(|&(owner, address)| {
        if owner == me {
            released(address);
            RELEASED_COUNT.fetch_sub(1, Ordering::SeqCst);
        }
        owner != me
    });
}

/// Called before a thread blocks for a lock: learns the order of locks and finds inversions.
pub(crate) fn acquiring(address: usize, place: Place) {
    settle();
    HELD.with_borrow(|held| {
        if held.len > 0 && held.find(address).is_none() {
            for other in held.entries.iter().take(held.len) {
                order::learn(other.address, other.place.unwrap_or(place), address, place);
            }
        }
    });
}

/// Called when a thread has a lock.
pub(crate) fn acquired(address: usize, kind: Kind, place: Place) {
    settle();
    HELD.with_borrow_mut(|held| {
        if let Some(index) = held.find(address) {
            held.entries[index].count += 1;
        } else if held.len < MOST_HELD {
            let len = held.len;
            held.entries[len] = Held {
                address,
                kind,
                count: 1,
                place: Some(place),
            };
            held.len += 1;
        }
    });
}

/// Called when a thread lets go of a lock.
pub(crate) fn released(address: usize) {
    HELD.with_borrow_mut(|held| {
        if let Some(index) = held.find(address) {
            held.entries[index].count -= 1;
            if held.entries[index].count == 0 {
                let len = held.len;
                held.entries.copy_within(index + 1..len, index);
                held.len -= 1;
            }
        }
    });
}

/// Where this thread took the lock at `address`, if it holds it.
pub(crate) fn holds(address: usize) -> Option<Place> {
    HELD.with_borrow(|held| {
        held.find(address)
            .and_then(|index| held.entries[index].place)
    })
}

/// How many locks this thread holds.
pub(crate) fn held_count() -> usize {
    settle();
    HELD.with_borrow(|held| held.len)
}

/// Checks that a callback returned with no more locks than it was entered with.
pub(crate) fn require_no_more_held_than(before: usize, what: &str, place: Place) {
    let left = HELD.with_borrow(|held| {
        let new = held.entries.iter().take(held.len).skip(before);
        // An ERESOURCE may stay with its thread until another thread releases it for a finished request.
        new.filter(|lock| lock.kind != Kind::Resource)
            .map(|lock| (lock.kind, lock.place))
            .next()
    });
    if let Some((kind, taken)) = left {
        broken!(
            LockLeftHeld,
            place,
            taken,
            "{what} returned holding a {kind:?} lock"
        );
    }
}

/// Marks an ERESOURCE as one that must not be held over a network wait, such as an FCB's. Lasts until the resource is
/// deleted.
pub fn mark_fcb_resource(resource: PERESOURCE) {
    let _host = crate::mode::host();
    FCB_RESOURCES.lock().insert(resource as usize);
}

/// Forgets a mark, for the resource is deleted.
pub(crate) fn forget_marked(address: usize) {
    let _host = crate::mode::host();
    FCB_RESOURCES.lock().remove(&address);
}

/// States that the caller is about to wait for the network. Breaks [`super::Rule::LockOverNetworkWait`] when this thread
/// holds a marked ERESOURCE, a fast mutex or a spin lock.
#[track_caller]
pub fn network_wait() {
    let place = Location::caller();
    settle();
    let offender = HELD.with_borrow(|held| {
        held.entries
            .iter()
            .take(held.len)
            .find(|lock| {
                lock.kind != Kind::Resource || FCB_RESOURCES.lock().contains(&lock.address)
            })
            .map(|lock| (lock.kind, lock.place))
    });
    if let Some((kind, taken)) = offender {
        broken!(
            LockOverNetworkWait,
            place,
            taken,
            "a {kind:?} lock is held while waiting for the network"
        );
    }
}
