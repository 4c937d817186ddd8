//! The table of the names of servers, shares and views; under its `TableLock`.

use crate::kernel::resource;
use crate::live::{Live, addr, atomic, field, follow, get, set};
use crate::{list, unicode};
use core::sync::atomic::Ordering;
use nt::sys::{LIST_ENTRY, PVOID, UNICODE_STRING};
use rdbss::raw::*;

/// Makes an empty table.
pub(crate) fn init(table: Live<RX_PREFIX_TABLE>) {
    set!(table => NodeTypeCode, RDBSS_NTC_PREFIX_TABLE);
    set!(table => NodeByteSize, size_of::<RX_PREFIX_TABLE>() as u16);
    set!(table => CaseInsensitiveMatch, 1);
    set!(table => IsNetNameTable, 1);
    set!(table => TableSize, RX_PREFIX_TABLE_DEFAULT_LENGTH as u32);
    list::init(addr!(table => MemberQueue));
    resource::init(addr!(table => TableLock));
    for index in 0..RX_PREFIX_TABLE_DEFAULT_LENGTH {
        list::init(bucket(table, index as u32));
    }
}

/// Ends a table, which is empty.
pub(crate) fn destroy(table: Live<RX_PREFIX_TABLE>) {
    resource::delete(addr!(table => TableLock));
}

fn bucket(table: Live<RX_PREFIX_TABLE>, hash: u32) -> list::Link {
    let index = hash as usize & (RX_PREFIX_TABLE_DEFAULT_LENGTH - 1);
    let buckets = addr!(table => HashBuckets).as_ptr().cast::<LIST_ENTRY>();
    // The index is masked to the number of buckets, a power of two.
    field(buckets.wrapping_add(index))
}

/// Fills in an object's entry and puts it into the table, which is locked exclusively.
pub(crate) fn insert(
    table: Live<RX_PREFIX_TABLE>,
    entry: Live<RX_PREFIX_ENTRY>,
    name: UNICODE_STRING,
    object: PVOID,
    references: Live<u32>,
) {
    let hash = unicode::hash(unicode::units_of(name));
    set!(entry => NodeTypeCode, RDBSS_NTC_PREFIX_ENTRY);
    set!(entry => NodeByteSize, size_of::<RX_PREFIX_ENTRY>() as u16);
    set!(entry => CaseInsensitiveLength, name.Length);
    set!(entry => SavedHashValue, hash);
    set!(entry => Prefix, name);
    set!(entry => ContainerRefCount, references.as_ptr());
    set!(entry => ContainingRecord, object);
    list::push_back(bucket(table, hash), addr!(entry => HashLinks));
    list::push_back(addr!(table => MemberQueue), addr!(entry => MemberQLinks));
    set!(table => Version, get!(table => Version).wrapping_add(1));
}

/// Takes an entry out, if it is in. The table is locked exclusively.
pub(crate) fn remove(table: Live<RX_PREFIX_TABLE>, entry: Live<RX_PREFIX_ENTRY>) {
    list::remove(addr!(entry => HashLinks));
    list::remove(addr!(entry => MemberQLinks));
    set!(table => Version, get!(table => Version).wrapping_add(1));
}

/// The first object of `node_type` with exactly this name.
pub(crate) fn find(table: Live<RX_PREFIX_TABLE>, name: &[u16], node_type: u16) -> Option<PVOID> {
    let hash = unicode::hash(name);
    list::iter(bucket(table, hash)).find_map(|member| {
        let entry = list::container!(member, RX_PREFIX_ENTRY, HashLinks);
        let same = get!(entry => SavedHashValue) == hash
            && unicode::equal(unicode::units(addr!(entry => Prefix)), name, true)
            && node_type_of(entry) == Some(node_type);
        same.then(|| get!(entry => ContainingRecord))
    })
}

fn node_type_of(entry: Live<RX_PREFIX_ENTRY>) -> Option<u16> {
    let object = get!(entry => ContainingRecord).cast::<MRX_NORMAL_NODE_HEADER>();
    // SAFETY: an entry's object contains the entry and begins with a node header.
    unsafe { Live::from_nullable(object) }.map(|object| get!(object => NodeTypeCode))
}

/// The entries in the order of their making.
pub(crate) fn entries(table: Live<RX_PREFIX_TABLE>) -> impl Iterator<Item = Live<RX_PREFIX_ENTRY>> {
    list::iter(addr!(table => MemberQueue))
        .map(|member| list::container!(member, RX_PREFIX_ENTRY, MemberQLinks))
}

/// The objects of one type, in the order of their making.
pub(crate) fn objects(table: Live<RX_PREFIX_TABLE>, node_type: u16) -> impl Iterator<Item = PVOID> {
    entries(table)
        .filter(move |entry| node_type_of(*entry) == Some(node_type))
        .map(|entry| get!(entry => ContainingRecord))
}

/// The object with the longest name that begins `CanonicalName` and ends at one of its backslashes, with a reference for the
/// caller; what is left of the name goes to `RemainingName`. NULL if there is none.
///
/// # Safety
/// The caller has the table's lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPrefixTableLookupName(
    ThisTable: *mut RX_PREFIX_TABLE,
    CanonicalName: *mut UNICODE_STRING,
    RemainingName: *mut UNICODE_STRING,
    _ConnectionId: *mut RX_CONNECTION_ID,
) -> PVOID {
    // SAFETY: the caller's promise.
    let Some(table) = (unsafe { Live::from_nullable(ThisTable) }) else {
        return core::ptr::null_mut();
    };
    let name = unicode::units_at(CanonicalName);
    let Some((len, entry)) = longest(table, name) else {
        return core::ptr::null_mut();
    };
    // SAFETY: the caller's promise.
    if let Some(remaining) = unsafe { Live::from_nullable(RemainingName) } {
        remaining.write(unicode::over(name.get(len..).unwrap_or(&[])));
    }
    if let Some(references) = follow!(entry => ContainerRefCount) {
        atomic(references).fetch_add(1, Ordering::Relaxed);
    }
    get!(entry => ContainingRecord)
}

fn longest(table: Live<RX_PREFIX_TABLE>, name: &[u16]) -> Option<(usize, Live<RX_PREFIX_ENTRY>)> {
    let backslash = u16::from(b'\\');
    let mut best = None;
    for entry in entries(table) {
        let prefix = unicode::units(addr!(entry => Prefix));
        let begins = name
            .get(..prefix.len())
            .is_some_and(|start| unicode::equal(start, prefix, true));
        let ends_component = name.get(prefix.len()).is_none_or(|unit| *unit == backslash);
        let longer = best.is_none_or(|(len, _)| prefix.len() > len);
        if begins && ends_component && longer {
            best = Some((prefix.len(), entry));
        }
    }
    best
}
