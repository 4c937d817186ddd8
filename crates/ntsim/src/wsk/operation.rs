//! What every operation of the provider does with its IRP.

use crate::io::{self, Packet};
use crate::mode;
use crate::sys::{NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_PENDING, STATUS_SUCCESS};
use crate::verifier::Place;
use core::panic::Location;
use wsk_sys::PIRP;

/// Takes over an IRP, does something at once, and completes it with the outcome.
pub(super) fn at_once(
    irp: PIRP,
    service: &str,
    action: impl FnOnce(Place) -> Result<usize, NTSTATUS>,
) -> NTSTATUS {
    let place = Location::caller();
    let Some(packet) = io::take_over(irp.cast(), service, place) else {
        return STATUS_INVALID_PARAMETER;
    };
    let _host = mode::host();
    finish(packet, action(place), place)
}

/// Takes over an IRP and hands it to an operation that completes it some time.
pub(super) fn begin(
    irp: PIRP,
    service: &str,
    action: impl FnOnce(Packet, Place) -> Result<(), NTSTATUS>,
) -> NTSTATUS {
    let place = Location::caller();
    let Some(packet) = io::take_over(irp.cast(), service, place) else {
        return STATUS_INVALID_PARAMETER;
    };
    let _host = mode::host();
    if let Err(status) = action(packet, place) {
        finish(packet, Err(status), place);
    }
    STATUS_PENDING
}

/// Completes an IRP with the outcome of its operation.
pub(super) fn finish(packet: Packet, outcome: Result<usize, NTSTATUS>, place: Place) -> NTSTATUS {
    let (status, information) = match outcome {
        Ok(information) => (STATUS_SUCCESS, information),
        Err(status) => (status, 0),
    };
    io::complete_at_dispatch(packet, status, information as u64, place);
    STATUS_PENDING
}
