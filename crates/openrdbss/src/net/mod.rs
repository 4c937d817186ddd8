//! Servers (SRV_CALL), shares (NET_ROOT) and users' views of them (V_NET_ROOT).
//!
//! All three are found by name in their device's table, and are made and unmade under that table's lock; the
//! mini-redirector is called without it. A view holds its share, a share its server. An object whose last reference goes
//! stays in the table as *dormant*, so that the next open of the same name finds it connected; the scavenger
//! finalizes dormant views when they are old, and what they held with them. An object whose making failed leaves the
//! table at once.

pub(crate) mod condition;
pub(crate) mod finalize;
pub(crate) mod net_root;
pub(crate) mod prefix;
pub(crate) mod srv_call;
pub(crate) mod v_net_root;

use crate::kernel::resource;
use crate::live::{Live, addr, atomic, follow};
use crate::reference::drop_one;
use core::sync::atomic::Ordering;
use rdbss::raw::RDBSS_DEVICE_OBJECT;

/// What the words of a callback structure hold once it has been used: nothing that could be taken for an answer.
const POISON: usize = 0xdead_beef_dead_beef_usize;

/// A pointer that traps.
fn poison<T>() -> *mut T {
    core::ptr::without_provenance_mut(POISON)
}

/// What is left of an object after a reference to it was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Other references.
    Others,
    /// Its entry in the table, by which it can be found again.
    Entry,
    /// Nothing: the caller ends it.
    Nothing,
}

/// Drops a reference to an object of the device's table.
#[track_caller]
fn drop_reference(
    device: Option<Live<RDBSS_DEVICE_OBJECT>>,
    references: Live<u32>,
    in_table: Live<bool>,
    dormant_since: Live<u64>,
) -> Left {
    // Only the last reference needs the table's lock, under which dormant objects are found and finalized.
    let dropped = atomic(references).fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
        (count > 1).then(|| count.wrapping_sub(1))
    });
    let table = device.and_then(|device| follow!(device => pRxNetNameTable));
    let (Err(_), Some(table)) = (dropped, table) else {
        return Left::Others;
    };
    let lock = addr!(table => TableLock);
    resource::acquire_exclusive(lock, true);
    dormant_since.write(nt::time::interrupt_time());
    let before = drop_one(references, references.as_ptr());
    let left = match (before, in_table.read()) {
        (1, true) => Left::Entry,
        (1, false) => Left::Nothing,
        _ => Left::Others,
    };
    resource::release(lock);
    left
}
