//! The driver's dispatch routines.

use super::address::{self, Address};
use super::device::{STACK_SIZE, domain_of};
use super::{endpoint, option};
use crate::io::{self, Packet};
use crate::irql;
use crate::mode;
use crate::sys::*;
use crate::tcp::Socket;
use crate::verifier::{Place, broken};
use core::panic::Location;
use core::ptr;
use std::sync::Arc;
use tdi_sys::{
    TDI_CONNECTION_FILE, TDI_CONTROL_CHANNEL_FILE, TDI_TRANSPORT_ADDRESS_FILE,
    TdiConnectionContext, TdiTransportAddress,
};

/// What a file stands for, by its `FsContext2`.
pub(super) enum File {
    /// A local address.
    Address(*const Address),
    /// A connection endpoint.
    Endpoint(Arc<Socket>),
    /// Something else, or nothing any more.
    Other,
}

/// The driver's table.
pub(super) fn table() -> [PDRIVER_DISPATCH; 28] {
    let mut table: [PDRIVER_DISPATCH; 28] = [Some(io::invalid_request); 28];
    let routines: [(u32, PDRIVER_DISPATCH); 5] = [
        (IRP_MJ_CREATE, Some(create)),
        (IRP_MJ_CLEANUP, Some(cleanup)),
        (IRP_MJ_CLOSE, Some(close)),
        (IRP_MJ_INTERNAL_DEVICE_CONTROL, Some(internal_control)),
        (IRP_MJ_DEVICE_CONTROL, Some(device_control)),
    ];
    for (major, routine) in routines {
        table[major as usize] = routine;
    }
    table
}

/// What a file stands for.
pub(super) fn file_of(file: PFILE_OBJECT) -> File {
    // SAFETY: an IRP's or a handle's file object is live.
    let FILE_OBJECT {
        FsContext: context,
        FsContext2: kind,
        ..
    } = unsafe { *file };
    match kind as usize {
        TDI_TRANSPORT_ADDRESS_FILE => File::Address(context.cast_const().cast()),
        TDI_CONNECTION_FILE if !context.is_null() => {
            // SAFETY: the endpoint's reference is there until its cleanup takes the pointer out.
            File::Endpoint(unsafe { Socket::from_raw(context) })
        }
        _ => File::Other,
    }
}

fn set_file(file: PFILE_OBJECT, kind: usize, context: PVOID) {
    // SAFETY: the file object of an open is this driver's to fill in.
    let file = unsafe { &mut *file };
    file.FsContext = context;
    file.FsContext2 = ptr::without_provenance_mut(kind);
}

/// Completes an IRP within its dispatch routine.
fn finish(packet: Packet, status: NTSTATUS, place: Place) -> NTSTATUS {
    io::complete_at_dispatch(packet, status, 0, place);
    status
}

/// Begins what completes the IRP some time; a failure completes it at once.
fn begin(packet: Packet, place: Place, action: impl FnOnce() -> Result<(), NTSTATUS>) -> NTSTATUS {
    packet.here().Control |= SL_PENDING_RETURNED as u8;
    if let Err(status) = action() {
        io::complete_at_dispatch(packet, status, 0, place);
    }
    STATUS_PENDING
}

/// The one extended attribute of an open: its name and value.
fn attribute<'a>(packet: Packet) -> Option<(&'a [u8], &'a [u8])> {
    // SAFETY: the member of creates.
    let length = unsafe { packet.here().Parameters.Create.EaLength } as usize;
    if length == 0 {
        return None;
    }
    let buffer = packet.system_buffer().cast_const().cast::<u8>();
    // SAFETY: the I/O manager has put a list of that length there, for the time of the create.
    let list = unsafe { core::slice::from_raw_parts(buffer, length) };
    let (fixed, rest) = list.split_first_chunk::<8>()?;
    let (name, rest) = rest.split_at_checked(usize::from(fixed[5]))?;
    let value = usize::from(u16::from_le_bytes([fixed[6], fixed[7]]));
    Some((name, rest.get(1..)?.get(..value)?))
}

unsafe extern "C" fn create(device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    let _host = mode::host();
    // SAFETY: the IRP is this driver's now.
    let packet = unsafe { Packet::new(irp) };
    let place = Location::caller();
    let file = packet.here().FileObject;
    let result = match attribute(packet) {
        None => Ok((TDI_CONTROL_CHANNEL_FILE, ptr::null_mut())),
        Some((name, value)) if name == TdiTransportAddress => {
            let fits = |address: &core::net::SocketAddr| {
                address.is_ipv4() == (domain_of(device) == socket2::Domain::IPV4)
            };
            match address::parse(value).filter(fits) {
                Some(local) => {
                    let address = Box::into_raw(Box::new(Address::new(local)));
                    Ok((TDI_TRANSPORT_ADDRESS_FILE, address.cast()))
                }
                None => Err(STATUS_INVALID_ADDRESS_COMPONENT),
            }
        }
        Some((name, _)) if name == TdiConnectionContext => {
            endpoint::make(domain_of(device)).map(|socket| (TDI_CONNECTION_FILE, socket.into_raw()))
        }
        Some(_) => Err(STATUS_INVALID_EA_NAME),
    };
    match result {
        Ok((kind, context)) => {
            set_file(file, kind, context);
            finish(packet, STATUS_SUCCESS, place)
        }
        Err(status) => finish(packet, status, place),
    }
}

unsafe extern "C" fn cleanup(_device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    let _host = mode::host();
    // SAFETY: the IRP is this driver's now.
    let packet = unsafe { Packet::new(irp) };
    let place = Location::caller();
    let file = packet.here().FileObject;
    let File::Endpoint(socket) = file_of(file) else {
        return finish(packet, STATUS_SUCCESS, place);
    };
    // The endpoint's own reference goes with the close, which completes the IRP.
    set_file(file, TDI_CONNECTION_FILE, ptr::null_mut());
    begin(packet, place, || {
        socket.close(packet, place);
        Ok(())
    })
}

unsafe extern "C" fn close(_device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    let _host = mode::host();
    // SAFETY: the IRP is this driver's now.
    let packet = unsafe { Packet::new(irp) };
    let file = packet.here().FileObject;
    if let File::Address(address) = file_of(file) {
        set_file(file, 0, ptr::null_mut());
        // SAFETY: made by `create`, and nobody refers to the file any more.
        drop(unsafe { Box::from_raw(address.cast_mut()) });
    }
    finish(packet, STATUS_SUCCESS, Location::caller())
}

unsafe extern "C" fn internal_control(device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    let _host = mode::host();
    // SAFETY: the IRP is this driver's now.
    let packet = unsafe { Packet::new(irp) };
    let place = Location::caller();
    require_locations(packet, place);
    begin(packet, place, || match file_of(packet.here().FileObject) {
        File::Endpoint(socket) => endpoint::request(&socket, device, packet, place),
        File::Address(_) | File::Other => Err(STATUS_INVALID_CONNECTION),
    })
}

unsafe extern "C" fn device_control(_device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    let _host = mode::host();
    // SAFETY: the IRP is this driver's now.
    let packet = unsafe { Packet::new(irp) };
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "a device control to TCP", place);
    require_locations(packet, place);
    let result = match file_of(packet.here().FileObject) {
        File::Endpoint(socket) => option::set(&socket, packet),
        File::Address(_) | File::Other => Err(STATUS_INVALID_DEVICE_REQUEST),
    };
    finish(packet, result.err().unwrap_or(STATUS_SUCCESS), place)
}

/// An IRP with fewer locations than the device asks for would bring down a system with filter drivers.
fn require_locations(packet: Packet, place: Place) {
    if packet.stack_count() < STACK_SIZE {
        broken!(
            NoStackLocation,
            place,
            None,
            "an IRP of {} stack locations for a device that needs {STACK_SIZE}",
            packet.stack_count()
        );
    }
}
