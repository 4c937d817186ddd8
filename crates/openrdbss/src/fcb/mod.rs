//! FCB: one file of a share, however many handles it has.
//!
//! An FCB is one block of nonpaged pool: the structure, the mini-redirector's extension, the nonpaged part with what the
//! library keeps beside it ([`Extra`]), and the name. Its references are: one for each SRV_OPEN, and one for whoever
//! is about to lock it. The last one takes it out of its share's table, under the table's lock.

pub(crate) mod init;
pub(crate) mod lock;
pub(crate) mod size;
pub(crate) mod table;

pub(crate) use lock::{
    Mode, acquire, acquire_exclusive_wait, acquire_shared, is_exclusive, lock_of, release,
};
pub(crate) use size::{
    Sizes, extend, file_size, reserve_append, rounded_allocation, set_sizes, sizes,
    unreserve_append,
};
pub(crate) use table::{find_or_create, in_table, init as init_table, remove_name};

use crate::assertion::{Rule, require};
use crate::extension::round8;
use crate::kernel::{event, pool, resource};
use crate::live::{Live, addr, atomic, field, follow, get, load, node_type, set};
use crate::net;
use crate::reference::drop_one;
use crate::{config, list, unicode};
use core::ptr::NonNull;
use core::sync::atomic::Ordering;
use nt::sys::{KSPIN_LOCK, LIST_ENTRY};
use rdbss::raw::*;

/// A file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fcb {
    start: Live<MRX_FCB>,
}

/// What the library keeps with an FCB beyond the documented structures; begins with the nonpaged part.
#[repr(C)]
pub(crate) struct Extra {
    pub non_paged: NON_PAGED_FCB,
    /// The FCB that this belongs to.
    pub owner: *mut MRX_FCB,
    /// Guards the three sizes in the header.
    pub size_lock: KSPIN_LOCK,
    /// Byte-range locks that are held; under `lock_list_lock`.
    pub locks: LIST_ENTRY,
    /// Requests that wait for one; under the library's general lock, see `lock_control`.
    pub lock_waiters: LIST_ENTRY,
    pub lock_list_lock: KSPIN_LOCK,
    /// The FCB is in its share's table.
    pub in_table: bool,
    /// The last walk over the table that came by; under the table's lock.
    pub walk: u32,
}

impl Fcb {
    /// The FCB behind a pointer that RDBSS hands around; `None` for NULL and for the device's stand-in.
    pub fn from_ptr(fcb: *mut MRX_FCB) -> Option<Self> {
        // SAFETY: such a pointer is NULL or points to an FCB that the pointer's owner holds.
        let fcb = unsafe { Live::from_nullable(fcb) }?;
        let node_type = node_type(addr!(fcb => Header.NodeTypeCode)).load(Ordering::Relaxed);
        (node_type_is_fcb(node_type) && node_type != RDBSS_NTC_DEVICE_FCB)
            .then_some(Fcb { start: fcb })
    }

    /// The pointer that RDBSS hands around.
    pub fn as_ptr(self) -> *mut MRX_FCB {
        self.start.as_ptr()
    }

    /// The header.
    pub fn head(self) -> Live<FcbHead> {
        addr!(self.start => Header)
    }

    /// What the FCB is for, as far as that is known.
    pub fn node_type(self) -> u16 {
        node_type(addr!(self.head() => NodeTypeCode)).load(Ordering::Relaxed)
    }

    /// What is behind the header.
    pub fn body(self) -> Live<FCB_BODY> {
        let version = get!(self.start => Header.ReservedAndVersion) >> 4;
        let layout = FcbLayout::of_version(version).unwrap_or(FcbLayout::V5);
        // The body follows the header in the FCB's block.
        field(
            self.start
                .as_ptr()
                .wrapping_byte_add(layout.header_size())
                .cast(),
        )
    }

    /// What the library keeps beside it.
    pub fn extra(self) -> Live<Extra> {
        // `create` put it there, in the FCB's block.
        field(get!(self.body() => NonPaged).cast())
    }

    /// The share.
    pub fn net_root(self) -> Option<Live<NET_ROOT>> {
        let net_root = get!(self.body() => mrx.pNetRoot);
        // SAFETY: the FCB's view holds the share; a MRX_NET_ROOT begins a NET_ROOT.
        unsafe { Live::from_nullable(net_root.cast::<NET_ROOT>()) }
    }

    /// The mini-redirector's device.
    pub fn device(self) -> Option<Live<RDBSS_DEVICE_OBJECT>> {
        follow!(self.body() => RxDeviceObject)
    }

    /// `FCB_STATE_*`, which threads that hold the FCB shared change too.
    pub fn state<'a>(self) -> &'a core::sync::atomic::AtomicU32 {
        atomic(addr!(self.body() => mrx.FcbState))
    }

    /// True if all of `flags` are set.
    pub fn has(self, flags: u32) -> bool {
        self.state().load(Ordering::Acquire) & flags == flags
    }

    /// The name from the share on.
    pub fn path<'a>(self) -> &'a [u16] {
        unicode::units(addr!(self.body() => PrivateAlreadyPrefixedName))
    }

    /// The opens of the file that the server knows.
    pub fn srv_opens(self) -> impl Iterator<Item = Live<SRV_OPEN>> {
        list::iter(addr!(self.body() => mrx.SrvOpenList)).map(|member| {
            let open = list::container!(member, MRX_SRV_OPEN, SrvOpenQLinks);
            // SAFETY: a MRX_SRV_OPEN begins a SRV_OPEN.
            unsafe { open.cast() }
        })
    }

    /// True for a directory, as far as is known.
    pub fn is_directory(self) -> bool {
        self.node_type() == RDBSS_NTC_STORAGE_TYPE_DIRECTORY
    }
}

/// Makes an FCB with one reference, for the caller; not yet in a table. `fake` ones never get there.
pub(crate) fn create(
    device: Live<RDBSS_DEVICE_OBJECT>,
    view: Live<V_NET_ROOT>,
    path: &[u16],
    node_type: u16,
) -> Option<Fcb> {
    let table = follow!(device => Dispatch)?;
    let layout = config::fcb_layout();
    let managed = get!(table => MRxFlags) & RDBSS_MANAGE_FCB_EXTENSION != 0;
    let extension = if managed {
        round8(get!(table => MRxFcbSize) as usize)
    } else {
        0
    };
    let extra_at = layout.fcb_size().saturating_add(extension);
    let name_at = extra_at.saturating_add(size_of::<Extra>());
    let bytes = name_at.saturating_add(path.len().saturating_mul(2));
    let block = pool::allocate::<MRX_FCB>(bytes, RX_FCB_POOLTAG)?;
    let start = NonNull::new(block.as_ptr().cast::<u8>())?;
    // SAFETY: the block is at least `fcb_size` bytes, aligned, zeroed and ours.
    let stamped = unsafe { FcbRef::stamp(start, layout) };
    let fcb = Fcb { start: block };
    let head = fcb.head();
    let body = fcb.body();
    set!(head => NodeTypeCode, node_type);
    let node_size = layout.fcb_size().saturating_add(extension);
    set!(head => NodeByteSize, u16::try_from(node_size).unwrap_or(u16::MAX));
    if managed {
        set!(body => mrx.Context, stamped.extension().cast());
    }
    let at = |offset: usize| block.as_ptr().wrapping_byte_add(offset);
    set!(body => NonPaged, at(extra_at).cast());
    init_extra(fcb);
    // SAFETY: the block has room for the name at its end.
    let name = unsafe { unicode::copy_to(path, at(name_at).cast()) };
    set!(body => PrivateAlreadyPrefixedName, name);
    set!(body => FcbTableEntry.Path, name);
    set!(body => mrx.pNetRoot, get!(view => mrx.pNetRoot));
    set!(body => VNetRoot, view.as_ptr());
    set!(body => RxDeviceObject, device.as_ptr());
    set!(body => MRxDispatch, table.as_ptr());
    set!(body => mrx.NodeReferenceCount, 1);
    set!(body => Condition, Condition_Good);
    for link in [
        addr!(body => mrx.SrvOpenList),
        addr!(body => ScavengerFinalizationList),
        addr!(body => FcbTableEntry.HashLinks),
        addr!(body => LowIoPerFcbInfo.PagingIoReadsOutstanding),
        addr!(body => LowIoPerFcbInfo.PagingIoWritesOutstanding),
        addr!(head => FilterContexts),
    ] {
        list::init(link);
    }
    net::reference(view);
    count(fcb, 1);
    Some(fcb)
}

fn init_extra(fcb: Fcb) {
    let extra = fcb.extra();
    let head = fcb.head();
    let body = fcb.body();
    set!(extra => owner, fcb.as_ptr());
    set!(extra => non_paged.NodeTypeCode, RDBSS_NTC_NONPAGED_FCB);
    set!(extra => non_paged.NodeByteSize, size_of::<NON_PAGED_FCB>() as u16);
    for lock in resources(fcb) {
        resource::init(lock);
    }
    list::init(addr!(extra => non_paged.TransitionWaitList));
    list::init(addr!(extra => locks));
    list::init(addr!(extra => lock_waiters));
    event::init_notification(addr!(extra => non_paged.TheActualEvent), false);
    lock::init_fast_mutex(addr!(extra => non_paged.AdvancedFcbHeaderMutex));
    set!(head => Resource, addr!(extra => non_paged.HeaderResource).as_ptr());
    set!(head => PagingIoResource, addr!(extra => non_paged.PagingIoResource).as_ptr());
    set!(head => FastMutex, addr!(extra => non_paged.AdvancedFcbHeaderMutex).as_ptr());
    set!(body => BufferedLocks.Resource, addr!(extra => non_paged.BufferedLocksResource).as_ptr());
}

fn resources(fcb: Fcb) -> [Live<nt::sys::ERESOURCE>; 3] {
    let extra = fcb.extra();
    [
        addr!(extra => non_paged.HeaderResource),
        addr!(extra => non_paged.PagingIoResource),
        addr!(extra => non_paged.BufferedLocksResource),
    ]
}

/// Counts the FCB in its device and share.
fn count(fcb: Fcb, change: i32) {
    if let Some(device) = fcb.device() {
        let active = atomic(addr!(device => NumberOfActiveFcbs));
        active.fetch_add(change.cast_unsigned(), Ordering::Relaxed);
    }
    if let Some(net_root) = fcb.net_root() {
        let fcbs = atomic(addr!(net_root => mrx.NumberOfFcbs));
        fcbs.fetch_add(change.cast_unsigned(), Ordering::Relaxed);
    }
}

/// Adds a reference.
pub(crate) fn reference(fcb: Fcb) {
    atomic(addr!(fcb.body() => mrx.NodeReferenceCount)).fetch_add(1, Ordering::Relaxed);
}

/// Drops a reference; the last one frees the FCB. The caller does not hold the FCB by this reference.
#[track_caller]
pub(crate) fn dereference(fcb: Fcb) {
    let references = atomic(addr!(fcb.body() => mrx.NodeReferenceCount));
    // Only the last reference needs the table's lock.
    let dropped = references.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
        (count > 1).then(|| count.wrapping_sub(1))
    });
    if dropped.is_ok() {
        return;
    }
    let Some(net_root) = fcb.net_root() else {
        return;
    };
    let table_lock = addr!(net_root => FcbTable.TableLock);
    resource::acquire_exclusive(table_lock, true);
    let before = drop_one(addr!(fcb.body() => mrx.NodeReferenceCount), fcb.as_ptr());
    if before == 1 {
        table::remove_locked(fcb);
    }
    resource::release(table_lock);
    if before == 1 {
        destroy(fcb);
    }
}

fn destroy(fcb: Fcb) {
    let body = fcb.body();
    if let Some(table) = follow!(body => MRxDispatch) {
        match get!(table => MRxDeallocateForFcb) {
            // SAFETY: the FCB is alive and this is its last user.
            Some(deallocate) => drop(unsafe { deallocate(fcb.as_ptr()) }),
            None => require(false, Rule::RequiredCallbackMissing, fcb.as_ptr()),
        }
    }
    count(fcb, -1);
    crate::lock_control::forget_all(fcb);
    for lock in resources(fcb) {
        resource::delete(lock);
    }
    let view = follow!(body => VNetRoot);
    pool::free(fcb.start, RX_FCB_POOLTAG);
    if let Some(view) = view {
        net::dereference(view);
    }
}

/// Adds a reference to an FCB; gives the new count.
///
/// # Safety
/// The caller holds the FCB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxpReferenceNetFcb(Fcb: *mut FCB) -> i32 {
    let Some(fcb) = crate::fcb::Fcb::from_ptr(Fcb) else {
        return 0;
    };
    reference(fcb);
    load(addr!(fcb.body() => mrx.NodeReferenceCount)).cast_signed()
}

/// Drops a reference to an FCB; gives the count that is left.
///
/// # Safety
/// The caller owns a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxpDereferenceNetFcb(Fcb: *mut FCB) -> i32 {
    let Some(fcb) = crate::fcb::Fcb::from_ptr(Fcb) else {
        return 0;
    };
    let left = load(addr!(fcb.body() => mrx.NodeReferenceCount))
        .saturating_sub(1)
        .cast_signed();
    dereference(fcb);
    left
}
