//! Allocation of IRPs. Behind the driver's back each carries a tracker, which knows more about it than an IRP does.

use super::packet::Packet;
use super::request::Request;
use crate::irql;
use crate::mode;
use crate::pool::{self, Fill};
use crate::ps;
use crate::sys::*;
use crate::verifier::{Place, broken};
use core::panic::Location;
use core::ptr;
use parking_lot::Mutex;
use std::sync::Arc;

const TAG: u32 = pool::tag(b"Irp ");
/// Set in `AllocationFlags` of IRPs that have a prefix.
const TRACKED: UCHAR = 0x80;
/// Deepest stack of drivers.
const MOST_LOCATIONS: CCHAR = 30;

/// Whose IRP it is, and who is told when it is through.
#[derive(Clone)]
pub(crate) enum Owner {
    /// A driver's; its completion routine takes it back.
    Driver,
    /// The I/O manager's.
    Manager(Arc<Request>),
    /// Made by a driver for the I/O manager to finish (`IoBuildDeviceIoControlRequest`).
    Threaded,
}

/// What happened to an IRP at each stack location: bit `n` is location `n`.
#[derive(Default)]
pub(super) struct Levels {
    /// Grows whenever the IRP begins a new life.
    pub(super) life: u32,
    /// Completion has passed the location.
    pub(super) unwound: u32,
    /// The location was marked pending when completion passed it.
    pub(super) marked: u32,
    /// The dispatch routine at the location returned STATUS_PENDING.
    pub(super) returned_pending: u32,
    /// Where the IRP was last completed.
    pub(super) completed: Option<Place>,
    /// Drivers that have the IRP now.
    pub(super) in_flight: bool,
}

pub(super) type Tracker = Arc<Mutex<Levels>>;

/// What stands before an IRP.
#[repr(C, align(16))]
struct Prefix {
    tracker: Tracker,
    owner: Owner,
    process: PEPROCESS,
}

const PREFIX: usize = size_of::<Prefix>().next_multiple_of(16);

fn prefix<'a>(packet: Packet) -> Option<&'a mut Prefix> {
    if packet.kind() != IO_TYPE_IRP || packet.allocation_flags() & TRACKED == 0 {
        return None;
    }
    // SAFETY: the flag says that a prefix stands here; its fields are only written by the IRP's owner.
    Some(unsafe {
        &mut *packet
            .raw()
            .cast::<u8>()
            .wrapping_sub(PREFIX)
            .cast::<Prefix>()
    })
}

/// The tracker of an IRP, if this kernel allocated it.
pub(super) fn tracker(packet: Packet) -> Option<Tracker> {
    prefix(packet).map(|prefix| prefix.tracker.clone())
}

/// Whose IRP it is.
pub(super) fn owner(packet: Packet) -> Owner {
    prefix(packet).map_or(Owner::Driver, |prefix| prefix.owner.clone())
}

impl Packet {
    /// The process that the IRP was made in.
    pub(super) fn requestor_process(self) -> PEPROCESS {
        prefix(self).map_or(ptr::null_mut(), |prefix| prefix.process)
    }
}

/// Says whose IRP it is.
pub(super) fn set_owner(packet: Packet, owner: Owner) {
    if let Some(prefix) = prefix(packet) {
        prefix.owner = owner;
    }
}

/// Where the block of an IRP that is gone was freed.
pub(super) fn freed_at(irp: PIRP) -> Option<Place> {
    pool::place_of(irp.cast::<u8>().wrapping_sub(PREFIX)).and_then(|(_, freed)| freed)
}

/// Checks that `irp` is an IRP and makes it a packet.
pub(super) fn check(irp: PIRP, service: &str, place: Place) -> Option<Packet> {
    if irp.is_null() {
        broken!(NotAnIrp, place, None, "{service} of NULL");
        return None;
    }
    // SAFETY: the caller of the service gives an IRP; whether it still is one is checked next.
    let packet = unsafe { Packet::new(irp) };
    if packet.kind() == IO_TYPE_IRP {
        return Some(packet);
    }
    let freed = freed_at(irp);
    if service == "IofCompleteRequest" && freed.is_some() {
        broken!(
            DoubleCompletion,
            place,
            freed,
            "an IRP was completed after it was completed and freed"
        );
    } else {
        broken!(
            NotAnIrp,
            place,
            freed,
            "{service} of {irp:p}, which is no IRP (any more)"
        );
    }
    None
}

fn fill(irp: PIRP, size: u16, locations: CCHAR, flags: UCHAR) {
    let top = irp
        .wrapping_add(1)
        .cast::<IO_STACK_LOCATION>()
        .wrapping_add(locations as usize);
    let mut content = IRP {
        Type: IO_TYPE_IRP,
        Size: size,
        StackCount: locations,
        CurrentLocation: locations + 1,
        AllocationFlags: flags,
        ..IRP::default()
    };
    // SAFETY: the caller of this gives room for an IRP; taking the address reads nothing.
    let list = unsafe { &raw mut (*irp).ThreadListEntry };
    content.ThreadListEntry = LIST_ENTRY {
        Flink: list,
        Blink: list,
    };
    let mut overlay = _IRP__bindgen_ty_4 {
        Apc: KAPC::default(),
    };
    overlay
        .Overlay
        .__bindgen_anon_2
        .__bindgen_anon_1
        .CurrentStackLocation = top;
    content.Tail = overlay;
    // SAFETY: as above.
    unsafe { irp.write(content) };
    for location in 0..locations as usize {
        let location = irp
            .wrapping_add(1)
            .cast::<IO_STACK_LOCATION>()
            .wrapping_add(location);
        // SAFETY: the stack locations follow the IRP.
        unsafe { location.write(IO_STACK_LOCATION::default()) };
    }
}

fn packet_size(locations: CCHAR) -> usize {
    size_of::<IRP>() + locations as usize * size_of::<IO_STACK_LOCATION>()
}

/// Allocates an IRP. None when out of memory.
pub(super) fn allocate(locations: CCHAR, owner: Owner, place: Place) -> Option<Packet> {
    let _host = mode::host();
    if !(1..=MOST_LOCATIONS).contains(&locations) {
        broken!(
            NoStackLocation,
            place,
            None,
            "an IRP of {locations} stack locations"
        );
        return None;
    }
    let memory = pool::allocate(PREFIX + packet_size(locations), TAG, Fill::Nothing, place);
    if memory.is_null() {
        return None;
    }
    // SAFETY: new memory with room for the prefix.
    unsafe {
        memory.cast::<Prefix>().write(Prefix {
            tracker: Tracker::default(),
            owner,
            process: ps::current_process(),
        })
    };
    let irp: PIRP = memory.wrapping_add(PREFIX).cast();
    fill(irp, packet_size(locations) as u16, locations, TRACKED);
    // SAFETY: just made.
    Some(unsafe { Packet::new(irp) })
}

/// Frees an IRP.
pub(super) fn free(packet: Packet, place: Place) {
    let _host = mode::host();
    let Some(prefix) = prefix(packet) else { return };
    if prefix.tracker.lock().in_flight {
        broken!(IrpInUse, place, None, "freed an IRP that a driver has");
        return;
    }
    let memory: *mut Prefix = prefix;
    // SAFETY: the IRP's owner frees it, so nobody uses the prefix; the block is freed next.
    unsafe { ptr::drop_in_place(memory) };
    pool::free(memory.cast(), TAG, place);
}

/// Allocates an IRP that the driver owns. NULL when out of memory.
#[track_caller]
pub unsafe fn IoAllocateIrp(StackSize: CCHAR, _ChargeQuota: BOOLEAN) -> PIRP {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoAllocateIrp", place);
    allocate(StackSize, Owner::Driver, place).map_or(ptr::null_mut(), Packet::raw)
}

/// Frees an IRP of [`IoAllocateIrp`].
#[track_caller]
pub unsafe fn IoFreeIrp(Irp: PIRP) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoFreeIrp", place);
    if let Some(packet) = check(Irp, "IoFreeIrp", place) {
        free(packet, place);
    }
}

/// Initialises an IRP in the caller's own memory.
#[track_caller]
pub unsafe fn IoInitializeIrp(Irp: PIRP, PacketSize: USHORT, StackSize: CCHAR) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoInitializeIrp", place);
    if usize::from(PacketSize) < packet_size(StackSize) {
        broken!(
            NoStackLocation,
            place,
            None,
            "{PacketSize} bytes are too few for {StackSize} stack locations"
        );
        return;
    }
    fill(Irp, PacketSize, StackSize, 0);
}

/// Makes a driver's IRP as new.
#[track_caller]
pub unsafe fn IoReuseIrp(Irp: PIRP, Iostatus: NTSTATUS) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoReuseIrp", place);
    let _host = mode::host();
    let Some(packet) = check(Irp, "IoReuseIrp", place) else {
        return;
    };
    if let Some(tracker) = tracker(packet) {
        let mut levels = tracker.lock();
        if levels.in_flight {
            broken!(IrpInUse, place, None, "reused an IRP that a driver has");
        }
        *levels = Levels {
            life: levels.life + 1,
            ..Levels::default()
        };
    }
    // SAFETY: the caller's IRP.
    let size = unsafe { (*Irp).Size };
    fill(Irp, size, packet.stack_count(), packet.allocation_flags());
    packet.set_status(Iostatus);
}
