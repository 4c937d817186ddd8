//! Binding, connecting, and the two addresses of a connection.

use super::address;
use super::operation::{at_once, begin};
use super::socket::of_client;
use crate::sys::{NTSTATUS, STATUS_INVALID_ADDRESS};
use crate::tcp::Socket;
use crate::verifier::{Place, broken};
use core::net::SocketAddr;
use wsk_sys::*;

pub(super) unsafe extern "C" fn wsk_bind(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    // SAFETY: the client gives an address.
    let to = unsafe { address::read(to) };
    at_once(irp, "WskBind", |_| {
        let socket = of_client(socket);
        socket.bind(to.ok_or(STATUS_INVALID_ADDRESS)?).map(|()| 0)
    })
}

pub(super) unsafe extern "C" fn wsk_connect(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    // SAFETY: the client gives an address.
    let to = unsafe { address::read(to) };
    begin(irp, "WskConnect", |packet, place| {
        let socket = of_client(socket);
        let to = to.ok_or(STATUS_INVALID_ADDRESS)?;
        require_bound(&socket, place);
        socket.connect(to, packet, place);
        Ok(())
    })
}

/// A WSK socket must be bound before it connects; the host's would bind itself.
fn require_bound(socket: &Socket, place: Place) {
    if !socket.is_bound() {
        broken!(Wsk, place, None, "WskConnect on a socket that is not bound");
    }
}

pub(super) unsafe extern "C" fn wsk_get_local_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    get_address(socket, to, irp, "WskGetLocalAddress", false)
}

pub(super) unsafe extern "C" fn wsk_get_remote_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    get_address(socket, to, irp, "WskGetRemoteAddress", true)
}

fn get_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
    routine: &str,
    remote: bool,
) -> NTSTATUS {
    at_once(irp, routine, |_| {
        let socket = of_client(socket);
        let address: SocketAddr = socket.address(remote)?;
        // SAFETY: the client gives room for an address of its socket's family.
        unsafe { address::write(&address, to) };
        Ok(0)
    })
}
