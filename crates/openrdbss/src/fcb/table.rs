//! A share's table of FCBs by name; under its `TableLock`, which is taken after any FCB's lock.

use super::{Fcb, reference};
use crate::kernel::resource;
use crate::live::{Live, addr, field, follow, get, set};
use crate::{list, unicode};
use core::sync::atomic::Ordering;
use nt::sys::{LIST_ENTRY, UNICODE_STRING};
use rdbss::raw::*;

/// Makes an empty table.
pub(crate) fn init(table: Live<RX_FCB_TABLE>, ignore_case: bool) {
    set!(table => NodeTypeCode, RDBSS_NTC_FCB_TABLE);
    set!(table => NodeByteSize, size_of::<RX_FCB_TABLE>() as u16);
    set!(table => CaseInsensitiveMatch, ignore_case.into());
    set!(table => NumberOfBuckets, RX_FCB_TABLE_NUMBER_OF_HASH_BUCKETS as u16);
    resource::init(addr!(table => TableLock));
    for index in 0..RX_FCB_TABLE_NUMBER_OF_HASH_BUCKETS {
        list::init(bucket(table, index as u32));
    }
}

fn bucket(table: Live<RX_FCB_TABLE>, hash: u32) -> list::Link {
    let index = hash as usize & (RX_FCB_TABLE_NUMBER_OF_HASH_BUCKETS - 1);
    let buckets = addr!(table => HashBuckets).as_ptr().cast::<LIST_ENTRY>();
    // The index is masked to the number of buckets, a power of two.
    field(buckets.wrapping_add(index))
}

/// The FCB of that name, with a reference for the caller. The table is locked.
pub(crate) fn find(table: Live<RX_FCB_TABLE>, path: &[u16]) -> Option<Fcb> {
    let ignore_case = get!(table => CaseInsensitiveMatch) != 0;
    let hash = unicode::hash(path);
    let head = bucket(table, hash);
    let found = list::iter(head).find_map(|member| {
        let entry = list::container!(member, RX_FCB_TABLE_ENTRY, HashLinks);
        let same = get!(entry => HashValue) == hash
            && unicode::equal(unicode::units(addr!(entry => Path)), path, ignore_case);
        same.then(|| owner(entry)).flatten()
    })?;
    reference(found);
    Some(found)
}

/// All FCBs of the table, which is locked.
pub(crate) fn in_table(table: Live<RX_FCB_TABLE>) -> impl Iterator<Item = Fcb> {
    (0..RX_FCB_TABLE_NUMBER_OF_HASH_BUCKETS as u32)
        .flat_map(move |index| list::iter(bucket(table, index)))
        .filter_map(|member| owner(list::container!(member, RX_FCB_TABLE_ENTRY, HashLinks)))
}

/// The FCB whose entry this is.
fn owner(entry: Live<RX_FCB_TABLE_ENTRY>) -> Option<Fcb> {
    let body = entry
        .as_ptr()
        .wrapping_byte_sub(core::mem::offset_of!(FCB_BODY, FcbTableEntry))
        .cast::<FCB_BODY>();
    // SAFETY: entries are the ones inside FCBs, which are taken out before they are freed.
    let body = unsafe { Live::from_nullable(body) }?;
    // The header's size depends on the FCB's version; the part beside it knows where the FCB begins.
    // SAFETY: `create` put the library's part there, in the FCB's block.
    let extra = unsafe { Live::from_nullable(get!(body => NonPaged).cast::<super::Extra>()) }?;
    Fcb::from_ptr(get!(extra => owner))
}

/// Puts an FCB into its share's table. The table is locked exclusively.
pub(crate) fn insert(table: Live<RX_FCB_TABLE>, fcb: Fcb) {
    let body = fcb.body();
    let hash = unicode::hash(fcb.path());
    set!(body => FcbTableEntry.NodeTypeCode, RDBSS_NTC_FCB_TABLE_ENTRY);
    set!(body => FcbTableEntry.NodeByteSize, size_of::<RX_FCB_TABLE_ENTRY>() as u16);
    set!(body => FcbTableEntry.HashValue, hash);
    list::push_back(bucket(table, hash), addr!(body => FcbTableEntry.HashLinks));
    set!(fcb.extra() => in_table, true);
}

/// Takes an FCB out of its table, if it is there. The table is locked exclusively.
pub(super) fn remove_locked(fcb: Fcb) {
    if get!(fcb.extra() => in_table) {
        set!(fcb.extra() => in_table, false);
        list::remove(addr!(fcb.body() => FcbTableEntry.HashLinks));
    }
}

/// The file has lost its name (renamed or deleted): new opens of the name get another FCB.
pub(crate) fn remove_name(fcb: Fcb) {
    let Some(net_root) = fcb.net_root() else {
        return;
    };
    let lock = addr!(net_root => FcbTable.TableLock);
    resource::acquire_exclusive(lock, true);
    remove_locked(fcb);
    fcb.state()
        .fetch_or(FCB_STATE_NAME_ALREADY_REMOVED, Ordering::AcqRel);
    resource::release(lock);
}

/// The FCB of that name, with a reference for the caller, or NULL.
///
/// # Safety
/// The caller holds the table's share and has its `TableLock`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFcbTableLookupFcb(
    FcbTable: *mut RX_FCB_TABLE,
    Path: *mut UNICODE_STRING,
) -> *mut FCB {
    // SAFETY: the caller's promise.
    let Some(table) = (unsafe { Live::from_nullable(FcbTable) }) else {
        return core::ptr::null_mut();
    };
    find(table, unicode::units_at(Path)).map_or(core::ptr::null_mut(), Fcb::as_ptr)
}

/// The FCB of that name in the share, or a new one; locked exclusively and with a reference for the caller.
pub(crate) fn find_or_create(
    device: Live<RDBSS_DEVICE_OBJECT>,
    view: Live<V_NET_ROOT>,
    path: &[u16],
) -> Option<Fcb> {
    let net_root = crate::net::v_net_root::net_root(view)?;
    let table = addr!(net_root => FcbTable);
    let lock = addr!(table => TableLock);
    loop {
        resource::acquire_shared(lock, true);
        let found = find(table, path);
        resource::release(lock);
        let fcb = match found {
            Some(fcb) => fcb,
            None => {
                let fresh = super::create(device, view, path, RDBSS_NTC_STORAGE_TYPE_UNKNOWN)?;
                resource::acquire_exclusive(lock, true);
                let winner = find(table, path);
                if winner.is_none() {
                    insert(table, fresh);
                }
                resource::release(lock);
                match winner {
                    Some(winner) => {
                        super::dereference(fresh);
                        winner
                    }
                    None => fresh,
                }
            }
        };
        super::acquire_exclusive_wait(fcb);
        if follow!(fcb.body() => VNetRoot).is_some() && get!(fcb.extra() => in_table) {
            return Some(fcb);
        }
        // It lost its name while we waited for its lock.
        super::release(fcb);
        super::dereference(fcb);
    }
}
