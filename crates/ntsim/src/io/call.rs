//! Passing IRPs down and completing them.

use super::irp::{self, Levels, Owner};
use super::packet::Packet;
use crate::irql;
use crate::ke;
use crate::mode;
use crate::stats;
use crate::sys::*;
use crate::trace::{self, Event};
use crate::verifier::{Place, broken};
use core::cell::Cell;
use core::panic::Location;

/// A status that RDBSS gives an IRP which it reposts; completing with it is a bug.
const REPOST: NTSTATUS = STATUS_MORE_PROCESSING_REQUIRED;

/// Sends an IRP to a device's driver.
#[track_caller]
pub unsafe fn IofCallDriver(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IofCallDriver", place);
    match irp::check(Irp, "IofCallDriver", place) {
        Some(packet) => call(DeviceObject, packet, place),
        None => STATUS_INVALID_PARAMETER,
    }
}

fn length_of(location: &IO_STACK_LOCATION) -> u32 {
    match u32::from(location.MajorFunction) {
        // SAFETY: the union's member for these functions.
        IRP_MJ_READ | IRP_MJ_WRITE => unsafe { location.Parameters.Read.Length },
        _ => 0,
    }
}

/// Sends an IRP to a device's driver and checks what comes back.
pub(super) fn call(device: PDEVICE_OBJECT, packet: Packet, place: Place) -> NTSTATUS {
    let level = packet.location() - 1;
    if level <= 0 {
        broken!(
            NoStackLocation,
            place,
            None,
            "the IRP has no stack location left"
        );
        return STATUS_INVALID_PARAMETER;
    }
    packet.set_location(level);
    packet.set_current(packet.current().wrapping_sub(1));
    let location = packet.here();
    location.DeviceObject = device;
    let (major, minor, length) = (
        location.MajorFunction,
        location.MinorFunction,
        length_of(location),
    );
    trace::emit(|| Event::Irp {
        id: packet.raw() as usize,
        major,
        minor,
        length,
    });
    stats::IRPS.add(1);
    let _host = mode::host();
    let tracker = irp::tracker(packet);
    let bit = 1u32 << level;
    let life = tracker.as_ref().map(|tracker| {
        let mut levels = tracker.lock();
        let Levels {
            unwound,
            marked,
            returned_pending,
            ..
        } = &mut *levels;
        for set in [unwound, marked, returned_pending] {
            *set &= !bit;
        }
        levels.in_flight = true;
        levels.life
    });
    let status = dispatch(device, packet, major, place);
    if let (Some(tracker), Some(life)) = (tracker, life) {
        check_return(&mut tracker.lock(), life, bit, status, major, place);
    }
    status
}

fn dispatch(device: PDEVICE_OBJECT, packet: Packet, major: u8, place: Place) -> NTSTATUS {
    // SAFETY: a device that IRPs are sent to is live.
    let driver = unsafe { (*device).DriverObject };
    // SAFETY: a device's driver object lives as long as the device.
    let routine = unsafe { (*driver).MajorFunction }
        .get(usize::from(major))
        .copied()
        .flatten()
        .unwrap_or(invalid_request);
    let regions = ke::apc_depth();
    let level = irql::current();
    let status = irql::run_at(level, "a dispatch routine", place, || {
        let _kernel = mode::kernel();
        // SAFETY: the driver's routine for this function, with an IRP that is the driver's now.
        unsafe { routine(device, packet.raw()) }
    });
    ke::require_apc_depth(regions, "a dispatch routine", place);
    status
}

/// Checks a dispatch routine's result against what became of the IRP.
fn check_return(
    levels: &mut Levels,
    life: u32,
    bit: u32,
    status: NTSTATUS,
    major: u8,
    place: Place,
) {
    let passed_on = levels.life != life;
    let unwound = levels.unwound & bit != 0;
    let marked = levels.marked & bit != 0;
    if status == STATUS_PENDING {
        levels.returned_pending |= bit;
        if !passed_on && unwound && !marked {
            broken!(
                PendingMismatch,
                place,
                levels.completed,
                "function {major:#x} returned STATUS_PENDING without IoMarkIrpPending"
            );
        }
    } else if !passed_on && !unwound {
        broken!(
            NotCompleted,
            place,
            None,
            "function {major:#x} returned {status:#x} without completing the IRP"
        );
    } else if !passed_on && marked {
        broken!(
            PendingMismatch,
            place,
            levels.completed,
            "function {major:#x} marked the IRP pending and returned {status:#x}"
        );
    }
}

/// What a driver without a routine for a function does.
pub(crate) unsafe extern "C" fn invalid_request(_device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the IRP is the driver's, that is this function's.
    let packet = unsafe { Packet::new(irp) };
    packet.set_status(STATUS_INVALID_DEVICE_REQUEST);
    packet.set_information(0);
    complete(packet, Location::caller());
    STATUS_INVALID_DEVICE_REQUEST
}

/// Completes an IRP: gives it back to each driver above and at last to its owner.
#[track_caller]
pub unsafe fn IofCompleteRequest(Irp: PIRP, _PriorityBoost: CCHAR) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IofCompleteRequest", place);
    if let Some(packet) = irp::check(Irp, "IofCompleteRequest", place) {
        complete(packet, place);
    }
}

thread_local! {
    /// How many network completions there were since this processor came to DISPATCH_LEVEL.
    static STAY: Cell<u64> = const { Cell::new(0) };
}

/// Completes an IRP of this kernel's own driver at DISPATCH_LEVEL, as network completions are.
pub(crate) fn complete_at_dispatch(
    packet: Packet,
    status: NTSTATUS,
    information: u64,
    place: Place,
) {
    packet.set_status(status);
    packet.set_information(information);
    let before = match irql::current() < irql::DISPATCH {
        true => 0,
        false => STAY.get(),
    };
    STAY.set(before + 1);
    stats::LONGEST_STAY.reach(before + 1);
    irql::run_at(irql::DISPATCH, "a completion", place, || {
        complete(packet, place)
    });
}

/// False when the IRP must not be completed now.
fn may_complete(packet: Packet, place: Place) -> bool {
    let completed = irp::tracker(packet).and_then(|tracker| {
        let mut levels = tracker.lock();
        levels.completed.replace(place)
    });
    if packet.location() > packet.stack_count() {
        broken!(
            DoubleCompletion,
            place,
            completed,
            "an IRP was completed that no driver has"
        );
        return false;
    }
    if matches!(packet.status(), STATUS_PENDING | REPOST) {
        broken!(
            CompletedPending,
            place,
            None,
            "an IRP was completed with status {:#x}",
            packet.status()
        );
        return false;
    }
    if packet.exchange_cancel(None).is_some() {
        broken!(
            CancelRoutineLeft,
            place,
            None,
            "an IRP was completed with a cancel routine set"
        );
    }
    true
}

fn complete(packet: Packet, place: Place) {
    let _host = mode::host();
    if !may_complete(packet, place) {
        return;
    }
    let count = packet.stack_count();
    while packet.location() <= count {
        let done = *packet.here();
        let level = packet.location();
        packet.set_location(level + 1);
        packet.set_current(packet.current().wrapping_add(1));
        let pending = done.Control & SL_PENDING_RETURNED as u8;
        packet.set_pending_returned(pending);
        unwind(packet, level, pending != 0, place);
        let above = packet.location() <= count;
        if let Some(routine) = wanted(packet, &done) {
            let device = if above {
                packet.here().DeviceObject
            } else {
                core::ptr::null_mut()
            };
            let level = irql::current();
            let status = irql::run_at(level, "a completion routine", place, || {
                let _kernel = mode::kernel();
                // SAFETY: the routine that a driver set, with its context and the IRP that is its again.
                unsafe { routine(device, packet.raw(), done.Context) }
            });
            if status == STATUS_MORE_PROCESSING_REQUIRED {
                return;
            }
        } else if above && pending != 0 {
            packet.here().Control |= SL_PENDING_RETURNED as u8;
        }
    }
    finish(packet, place);
}

/// The completion routine of a location, if it wants this kind of end.
fn wanted(packet: Packet, done: &IO_STACK_LOCATION) -> PIO_COMPLETION_ROUTINE {
    let control = u32::from(done.Control);
    let asked = if packet.status() >= 0 {
        SL_INVOKE_ON_SUCCESS
    } else {
        SL_INVOKE_ON_ERROR
    };
    let cancel = packet.cancelled() && control & SL_INVOKE_ON_CANCEL != 0;
    done.CompletionRoutine
        .filter(|_| control & asked != 0 || cancel)
}

/// Notes that completion passes a location.
fn unwind(packet: Packet, level: CHAR, pending: bool, place: Place) {
    let Some(tracker) = irp::tracker(packet) else {
        return;
    };
    let bit = 1u32 << level;
    let mut levels = tracker.lock();
    levels.unwound |= bit;
    if pending {
        levels.marked |= bit;
    }
    levels.in_flight = level < packet.stack_count();
    let mismatch = levels.returned_pending & bit != 0 && !pending;
    drop(levels);
    if mismatch {
        broken!(
            PendingMismatch,
            place,
            None,
            "STATUS_PENDING was returned without IoMarkIrpPending"
        );
    }
}

fn finish(packet: Packet, place: Place) {
    match irp::owner(packet) {
        Owner::Manager(request) => {
            trace_end(packet);
            request.finish(packet, place);
        }
        Owner::Threaded => {
            trace_end(packet);
            super::threaded::finish(packet, place);
        }
        Owner::Driver => {
            broken!(
                IrpNotTakenBack,
                place,
                None,
                "a driver's own IRP reached its top without being taken back"
            );
        }
    }
}

fn trace_end(packet: Packet) {
    trace::emit(|| Event::Completed {
        id: packet.raw() as usize,
        status: packet.status(),
        information: packet.information(),
    });
}

/// Takes an IRP over in place of a driver below, as the network does: uses the next stack location and marks it pending.
/// None when there is no location.
pub(crate) fn take_over(irp: PIRP, service: &str, place: Place) -> Option<Packet> {
    irql::at_most(irql::DISPATCH, service, place);
    let _host = mode::host();
    let packet = irp::check(irp, service, place)?;
    let level = packet.location() - 1;
    if level <= 0 {
        broken!(
            NoStackLocation,
            place,
            None,
            "{service}: the IRP has no stack location left"
        );
        return None;
    }
    packet.set_location(level);
    packet.set_current(packet.current().wrapping_sub(1));
    packet.here().Control |= SL_PENDING_RETURNED as u8;
    if let Some(tracker) = irp::tracker(packet) {
        let bit = 1u32 << level;
        let mut levels = tracker.lock();
        levels.unwound &= !bit;
        levels.marked &= !bit;
        levels.returned_pending |= bit;
        levels.in_flight = true;
    }
    Some(packet)
}
