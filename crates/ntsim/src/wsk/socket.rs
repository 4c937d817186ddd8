//! Making and closing sockets.

use super::address;
use super::dispatch::CONNECTION;
use super::operation::{at_once, begin};
use super::registration::Client;
use crate::irql;
use crate::sys::{NTSTATUS, STATUS_INVALID_ADDRESS, STATUS_NOT_SUPPORTED};
use crate::tcp::{Owner, Socket};
use core::ffi::c_void;
use core::panic::Location;
use socket2::Domain;
use std::sync::Arc;
use wsk_sys::*;

/// The socket that a client names, which it must not have closed.
pub(super) fn of_client(socket: *mut WSK_SOCKET) -> Arc<Socket> {
    // SAFETY: made by `make`, and not closed.
    unsafe { Socket::from_raw(socket.cast()) }
}

/// Makes a socket for a client.
fn make(
    client: *mut WSK_CLIENT,
    family: ADDRESS_FAMILY,
    kind: u16,
    flags: u32,
) -> Result<Arc<Socket>, NTSTATUS> {
    if kind != SOCK_STREAM || flags != WSK_FLAG_CONNECTION_SOCKET {
        return Err(STATUS_NOT_SUPPORTED);
    }
    let domain = match family {
        AF_INET => Domain::IPV4,
        AF_INET6 => Domain::IPV6,
        _ => return Err(STATUS_NOT_SUPPORTED),
    };
    let client = Client::with_new_socket(client);
    Socket::new(client.clone(), (&raw const CONNECTION).cast(), domain)
        .inspect_err(|_| client.socket_closed())
}

pub(super) unsafe extern "C" fn wsk_socket(
    client: *mut WSK_CLIENT,
    family: ADDRESS_FAMILY,
    kind: u16,
    _protocol: u32,
    flags: u32,
    _context: *mut c_void,
    _dispatch: *const c_void,
    _process: wsk_sys::PEPROCESS,
    _thread: wsk_sys::PETHREAD,
    _security: wsk_sys::PSECURITY_DESCRIPTOR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    at_once(irp, "WskSocket", |_| {
        Ok(make(client, family, kind, flags)?.into_raw() as usize)
    })
}

pub(super) unsafe extern "C" fn wsk_socket_connect(
    client: *mut WSK_CLIENT,
    kind: u16,
    _protocol: u32,
    local: *mut SOCKADDR,
    remote: *mut SOCKADDR,
    _flags: u32,
    _context: *mut c_void,
    _dispatch: *const WSK_CLIENT_CONNECTION_DISPATCH,
    _process: wsk_sys::PEPROCESS,
    _thread: wsk_sys::PETHREAD,
    _security: wsk_sys::PSECURITY_DESCRIPTOR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    // SAFETY: the client gives addresses.
    let (local, remote) = (unsafe { address::read(local) }, unsafe {
        address::read(remote)
    });
    begin(irp, "WskSocketConnect", |packet, place| {
        let (Some(local), Some(remote)) = (local, remote) else {
            return Err(STATUS_INVALID_ADDRESS);
        };
        let socket = make(
            client,
            address::family(&remote),
            kind,
            WSK_FLAG_CONNECTION_SOCKET,
        )?;
        if let Err(status) = socket.bind(local) {
            socket.discard();
            return Err(status);
        }
        socket.connect_new(remote, packet, place);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn wsk_close_socket(
    socket: *mut WSK_SOCKET,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskCloseSocket", Location::caller());
    begin(irp, "WskCloseSocket", |packet, place| {
        let socket = of_client(socket);
        socket.close(packet, place);
        Ok(())
    })
}
