//! Kernel objects that live in the driver's memory and must be gone before that memory is freed.

use crate::mode;
use crate::verifier::{Place, broken};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Kinds of such objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// An initialised ERESOURCE.
    Resource,
    /// A set timer.
    Timer,
    /// A queued DPC.
    Dpc,
    /// A queued work item.
    WorkItem,
}

static ANCHORS: Mutex<BTreeMap<usize, (Anchor, Place)>> = Mutex::new(BTreeMap::new());

/// Notes that an object is at `address` now. Returns where it was noted before, if it is there already.
pub(crate) fn drop_anchor(address: usize, anchor: Anchor, place: Place) -> Option<Place> {
    let _host = mode::host();
    ANCHORS
        .lock()
        .insert(address, (anchor, place))
        .map(|(_, place)| place)
}

/// Notes that the object at `address` is gone. False when there was none.
pub(crate) fn lift_anchor(address: usize) -> bool {
    let _host = mode::host();
    ANCHORS.lock().remove(&address).is_some()
}

/// Checks that a block about to be freed holds none.
pub(super) fn check_free(start: usize, len: usize, place: Place) {
    let found = {
        let mut anchors = ANCHORS.lock();
        if anchors.is_empty() {
            return;
        }
        let found = anchors
            .range(start..start + len.max(1))
            .next()
            .map(|(&at, &(anchor, when))| (at, anchor, when));
        if let Some((at, ..)) = found {
            let _host = mode::host();
            anchors.remove(&at);
        }
        found
    };
    if let Some((_, anchor, when)) = found {
        broken!(
            FreedInUse,
            place,
            Some(when),
            "the freed memory holds a live {anchor:?}"
        );
    }
}
