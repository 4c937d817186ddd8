//! What servers, shares and views have alike: each is counted, and found by name in its device's table.

use super::prefix;
use crate::kernel::resource;
use crate::live::{Live, addr, atomic, follow, get, load, set};
use crate::reference::drop_one;
use crate::scavenger;
use core::sync::atomic::Ordering;
use nt::sys::UNICODE_STRING;
use rdbss::raw::{RDBSS_DEVICE_OBJECT, RX_PREFIX_ENTRY, RX_PREFIX_TABLE};

/// A server, a share or a view.
pub(crate) trait Named: Sized {
    /// `RDBSS_NTC_*`.
    const NODE_TYPE: u16;

    /// Where such an object keeps what this module works with.
    fn fields(object: Live<Self>) -> Fields;

    /// The mini-redirector's device.
    fn device(object: Live<Self>) -> Option<Live<RDBSS_DEVICE_OBJECT>>;

    /// Ends an object that is in no table and that nobody holds.
    fn finalize(object: Live<Self>);
}

/// Places in an object.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub references: Live<u32>,
    pub entry: Live<RX_PREFIX_ENTRY>,
    pub stay: Live<Stay>,
}

/// An object's stay in the table; under the table's lock.
#[repr(C)]
pub(crate) struct Stay {
    /// When the last reference went; 100-ns units of interrupt time.
    dormant_since: u64,
    in_table: bool,
}

/// The objects of a kind in the order of their making. The table is locked.
pub(crate) fn all<T: Named>(table: Live<RX_PREFIX_TABLE>) -> impl Iterator<Item = Live<T>> {
    prefix::objects(table, T::NODE_TYPE).filter_map(|object| {
        // SAFETY: the table's objects of this type are such ones, alive while they are in the table.
        unsafe { Live::from_nullable(object.cast::<T>()) }
    })
}

/// The object of that name, with a reference for the caller. The table is locked.
pub(super) fn find<T: Named>(table: Live<RX_PREFIX_TABLE>, name: &[u16]) -> Option<Live<T>> {
    let object = prefix::find(table, name, T::NODE_TYPE)?;
    // SAFETY: the table's objects of this type are such ones, alive while they are in the table.
    let object = unsafe { Live::from_nullable(object.cast::<T>()) }?;
    reference(object);
    Some(object)
}

/// Puts the object into its table, which is locked exclusively. The name is the object's own.
pub(super) fn enter<T: Named>(table: Live<RX_PREFIX_TABLE>, object: Live<T>, name: UNICODE_STRING) {
    let Fields {
        references,
        entry,
        stay,
    } = T::fields(object);
    prefix::insert(table, entry, name, object.as_ptr().cast(), references);
    set!(stay => in_table, true);
}

/// Takes the object out of its table, which is locked exclusively; false if it was not there any more.
pub(super) fn leave<T: Named>(table: Live<RX_PREFIX_TABLE>, object: Live<T>) -> bool {
    let Fields { entry, stay, .. } = T::fields(object);
    let was_there = get!(stay => in_table);
    if was_there {
        set!(stay => in_table, false);
        prefix::remove(table, entry);
    }
    was_there
}

/// Whether the object can be found. The table is locked.
pub(super) fn is_in_table<T: Named>(object: Live<T>) -> bool {
    get!(T::fields(object).stay => in_table)
}

/// Whether nobody holds the object. The table is locked.
pub(super) fn is_dormant<T: Named>(object: Live<T>) -> bool {
    load(T::fields(object).references) == 0
}

/// Since when nobody holds a dormant object; 100-ns units of interrupt time. The table is locked.
pub(super) fn dormant_since<T: Named>(object: Live<T>) -> u64 {
    get!(T::fields(object).stay => dormant_since)
}

/// Adds a reference.
pub(crate) fn reference<T: Named>(object: Live<T>) {
    atomic(T::fields(object).references).fetch_add(1, Ordering::Relaxed);
}

/// Drops a reference; the last one leaves the object dormant, or ends it if it is in no table.
#[track_caller]
pub(crate) fn dereference<T: Named>(object: Live<T>) {
    let device = T::device(object);
    let Fields {
        references, stay, ..
    } = T::fields(object);
    // Only the last reference needs the table's lock, under which dormant objects are found and finalized.
    let dropped = atomic(references).fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
        (count > 1).then(|| count.wrapping_sub(1))
    });
    if dropped.is_ok() {
        return;
    }
    let Some(device) = device else { return };
    let Some(table) = follow!(device => pRxNetNameTable) else {
        return;
    };
    let lock = addr!(table => TableLock);
    resource::acquire_exclusive(lock, true);
    set!(stay => dormant_since, nt::time::interrupt_time());
    let before = drop_one(references, object.as_ptr());
    let in_table = get!(stay => in_table);
    resource::release(lock);
    match (before, in_table) {
        (1, true) => scavenger::arm(device),
        (1, false) => T::finalize(object),
        _ => {}
    }
}
