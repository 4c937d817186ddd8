//! Connection endpoints: what TDI requests do.

use super::address;
use super::dispatch::{File, file_of};
use crate::io::{self, Packet};
use crate::irql;
use crate::ob::{self, Kind};
use crate::sys::*;
use crate::tcp::{Owner, Range, Socket};
use crate::verifier::{Place, broken};
use core::ptr;
use socket2::Domain;
use std::sync::Arc;
use tdi_sys::{
    TDI_ASSOCIATE_ADDRESS, TDI_CONNECT, TDI_DISASSOCIATE_ADDRESS, TDI_DISCONNECT,
    TDI_DISCONNECT_ABORT, TDI_DISCONNECT_RELEASE, TDI_RECEIVE, TDI_RECEIVE_NORMAL,
    TDI_REQUEST_KERNEL, TDI_REQUEST_KERNEL_ASSOCIATE, TDI_REQUEST_KERNEL_RECEIVE,
    TDI_REQUEST_KERNEL_SEND, TDI_SEND,
};

/// Sockets here are counted as such, and by nobody else.
struct Nobody;

impl Owner for Nobody {
    fn socket_closed(&self) {}
}

/// An endpoint that is not associated yet.
pub(super) fn make(domain: Domain) -> Result<Arc<Socket>, NTSTATUS> {
    Socket::new(Arc::new(Nobody), ptr::null(), domain)
}

/// The parameters of a request.
fn parameters<P: Copy>(packet: Packet) -> P {
    let place = &raw const packet.here().Parameters;
    // SAFETY: every request's parameters are plain data that fits there, put there by the client.
    unsafe { place.cast::<P>().read() }
}

/// Does a request. The packet is completed unless this fails.
pub(super) fn request(
    socket: &Arc<Socket>,
    device: PDEVICE_OBJECT,
    packet: Packet,
    place: Place,
) -> Result<(), NTSTATUS> {
    match packet.here().MinorFunction {
        TDI_ASSOCIATE_ADDRESS => {
            // A handle is looked up.
            irql::at_most(irql::PASSIVE, "TDI_ASSOCIATE_ADDRESS", place);
            associate(socket, device, packet)?;
            io::complete_at_dispatch(packet, STATUS_SUCCESS, 0, place);
        }
        TDI_DISASSOCIATE_ADDRESS => {
            socket.unbind()?;
            io::complete_at_dispatch(packet, STATUS_SUCCESS, 0, place);
        }
        TDI_CONNECT => connect(socket, packet, place)?,
        TDI_DISCONNECT => {
            let flags = parameters::<TDI_REQUEST_KERNEL>(packet).RequestFlags;
            let abortive = match flags {
                TDI_DISCONNECT_ABORT => true,
                TDI_DISCONNECT_RELEASE => false,
                _ => return Err(STATUS_INVALID_PARAMETER),
            };
            socket.disconnect(abortive, packet, place);
        }
        TDI_SEND => {
            let send: TDI_REQUEST_KERNEL_SEND = parameters(packet);
            let range = range_of(packet, send.SendLength, "TDI_SEND", place)?;
            socket.send(range, packet, place);
        }
        TDI_RECEIVE => {
            let receive: TDI_REQUEST_KERNEL_RECEIVE = parameters(packet);
            if receive.ReceiveFlags != TDI_RECEIVE_NORMAL {
                return Err(STATUS_NOT_SUPPORTED);
            }
            let range = range_of(packet, receive.ReceiveLength, "TDI_RECEIVE", place)?;
            socket.receive(range, false, packet, place);
        }
        _ => return Err(STATUS_NOT_IMPLEMENTED),
    }
    Ok(())
}

fn associate(socket: &Arc<Socket>, device: PDEVICE_OBJECT, packet: Packet) -> Result<(), NTSTATUS> {
    let handle = parameters::<TDI_REQUEST_KERNEL_ASSOCIATE>(packet).AddressHandle;
    let entry = ob::look_up(handle, _MODE::KernelMode as KPROCESSOR_MODE);
    let file = entry
        .filter(|entry| ob::kind_of(entry.object) == Some(Kind::File))
        .ok_or(STATUS_INVALID_HANDLE)?
        .object
        .cast::<FILE_OBJECT>();
    // SAFETY: the handle keeps the file.
    if unsafe { (*file).DeviceObject } != device {
        return Err(STATUS_INVALID_HANDLE);
    }
    let File::Address(address) = file_of(file) else {
        return Err(STATUS_INVALID_HANDLE);
    };
    if socket.is_bound() {
        return Err(STATUS_ADDRESS_ALREADY_ASSOCIATED);
    }
    // SAFETY: the file, which the handle keeps, keeps the address.
    socket.bind(unsafe { (*address).0 })
}

fn connect(socket: &Arc<Socket>, packet: Packet, place: Place) -> Result<(), NTSTATUS> {
    let request: TDI_REQUEST_KERNEL = parameters(packet);
    // SAFETY: the client names its peer, and keeps that until the end.
    let peer = unsafe { request.RequestConnectionInformation.as_ref() };
    let peer = peer.ok_or(STATUS_INVALID_PARAMETER)?;
    let length = usize::try_from(peer.RemoteAddressLength).map_err(|_| STATUS_INVALID_PARAMETER)?;
    let bytes = peer.RemoteAddress.cast_const().cast::<u8>();
    // SAFETY: the client gives an address of that length.
    let bytes = unsafe { core::slice::from_raw_parts(bytes, length) };
    let remote = address::parse(bytes).ok_or(STATUS_INVALID_ADDRESS_COMPONENT)?;
    if !socket.is_bound() {
        broken!(
            Tdi,
            place,
            None,
            "TDI_CONNECT of an endpoint that is associated with no address"
        );
        return Err(STATUS_ADDRESS_NOT_ASSOCIATED);
    }
    socket.connect(remote, packet, place);
    Ok(())
}

fn range_of(packet: Packet, length: u32, request: &str, place: Place) -> Result<Range, NTSTATUS> {
    let range = Range::new(packet.mdl(), 0, length as usize);
    range.ok_or_else(|| {
        broken!(
            Tdi,
            place,
            None,
            "{request}: the MDL chain is shorter than the length, or its pages are not locked"
        );
        STATUS_INVALID_PARAMETER
    })
}
