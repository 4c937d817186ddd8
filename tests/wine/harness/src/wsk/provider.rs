//! The functions that WSK gives to its clients.
//!
//! All that take an IRP return STATUS_PENDING and complete it later, at DISPATCH_LEVEL, on a thread of the port.

use super::Client;
use super::address::Address;
use super::control::{self, Request};
use super::operation::{Kind, Operation};
use super::range::Range;
use super::socket::Socket;
use super::{port, resolve, status};
use crate::irp;
use crate::irql;
use crate::ledger::violation;
use crate::winsock::{self, RawSocket};
use alloc::sync::Arc;
use core::ffi::c_void;
use core::ptr::null_mut;
use wdk_sys::{
    NTSTATUS, PIRP, STATUS_FILE_FORCED_CLOSED, STATUS_NOT_SUPPORTED, STATUS_PENDING, STATUS_SUCCESS,
};
use wsk_sys::{
    ADDRESS_FAMILY, PEPROCESS, PETHREAD, PSECURITY_DESCRIPTOR, SOCK_STREAM, SOCKADDR, WSK_BUF,
    WSK_CLIENT, WSK_CLIENT_CONNECTION_DISPATCH, WSK_CONTROL_SOCKET_TYPE, WSK_FLAG_ABORTIVE,
    WSK_FLAG_CONNECTION_SOCKET, WSK_FLAG_WAITALL, WSK_PROVIDER_BASIC_DISPATCH,
    WSK_PROVIDER_CONNECTION_DISPATCH, WSK_PROVIDER_DISPATCH, WSK_SOCKET, WSK_VERSION_1_0,
};

/// What belongs to no socket.
pub static PROVIDER: WSK_PROVIDER_DISPATCH = WSK_PROVIDER_DISPATCH {
    Version: WSK_VERSION_1_0,
    Reserved: 0,
    WskSocket: Some(socket),
    WskSocketConnect: Some(socket_connect),
    WskControlClient: None,
    WskGetAddressInfo: Some(resolve::get_address_info),
    WskFreeAddressInfo: Some(resolve::free_address_info),
    WskGetNameInfo: None,
};

static CONNECTION: WSK_PROVIDER_CONNECTION_DISPATCH = WSK_PROVIDER_CONNECTION_DISPATCH {
    Basic: WSK_PROVIDER_BASIC_DISPATCH {
        WskControlSocket: Some(control_socket),
        WskCloseSocket: Some(close),
    },
    WskBind: Some(bind),
    WskConnect: Some(connect),
    WskGetLocalAddress: Some(local_address),
    WskGetRemoteAddress: Some(remote_address),
    WskSend: Some(send),
    WskReceive: Some(receive),
    WskDisconnect: Some(disconnect),
    WskRelease: None,
    WskConnectEx: None,
    WskSendEx: null_mut(),
    WskReceiveEx: null_mut(),
};

/// An IRP on its way to another thread.
struct Taken(PIRP);

// SAFETY: the IRP is the provider's until it is completed.
unsafe impl Send for Taken {}

impl Taken {
    /// Takes over the IRP of a call.
    fn new(irp: wsk_sys::PIRP) -> Self {
        let irp: PIRP = irp.cast();
        // SAFETY: the client gives an IRP with a location for us.
        unsafe { irp::take_over(irp) };
        Self(irp)
    }

    fn complete(self, outcome: Result<usize, NTSTATUS>) {
        let (status, information) = match outcome {
            Ok(information) => (STATUS_SUCCESS, information),
            Err(status) => (status, 0),
        };
        // SAFETY: the IRP is ours.
        unsafe { irp::set_outcome(self.0, status, information) };
        // SAFETY: as above.
        unsafe { irp::complete_at_dispatch(self.0) };
    }

    fn complete_later(self, outcome: Result<usize, NTSTATUS>) -> NTSTATUS {
        port::later(move || self.complete(outcome));
        STATUS_PENDING
    }
}

/// The client's socket.
fn of(socket: *mut WSK_SOCKET) -> Arc<Socket> {
    // SAFETY: clients name sockets that they have not closed.
    unsafe { Socket::from_client(socket) }
}

fn new_socket(
    client: *mut WSK_CLIENT,
    family: ADDRESS_FAMILY,
    kind: u16,
    flags: u32,
    dispatch: *const c_void,
) -> Result<Arc<Socket>, NTSTATUS> {
    if kind != SOCK_STREAM || flags != WSK_FLAG_CONNECTION_SOCKET {
        return Err(STATUS_NOT_SUPPORTED);
    }
    if !dispatch.is_null() {
        violation!("a WSK socket with event callbacks, which the harness never calls");
    }
    Socket::new(Client::of(client), (&raw const CONNECTION).cast(), family)
}

unsafe extern "C" fn socket(
    client: *mut WSK_CLIENT,
    family: ADDRESS_FAMILY,
    kind: u16,
    _protocol: u32,
    flags: u32,
    _context: *mut c_void,
    dispatch: *const c_void,
    _process: PEPROCESS,
    _thread: PETHREAD,
    _security: PSECURITY_DESCRIPTOR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskSocket");
    let made = new_socket(client, family, kind, flags, dispatch);
    Taken::new(irp).complete_later(made.map(|socket| socket.into_raw().addr()))
}

unsafe extern "C" fn socket_connect(
    client: *mut WSK_CLIENT,
    kind: u16,
    _protocol: u32,
    local: *mut SOCKADDR,
    remote: *mut SOCKADDR,
    _flags: u32,
    _context: *mut c_void,
    dispatch: *const WSK_CLIENT_CONNECTION_DISPATCH,
    _process: PEPROCESS,
    _thread: PETHREAD,
    _security: PSECURITY_DESCRIPTOR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskSocketConnect");
    // SAFETY: the client gives an address.
    let local = unsafe { Address::read(local) };
    // SAFETY: as above.
    let remote = unsafe { Address::read(remote) };
    let irp = Taken::new(irp);
    let bound = local.and_then(|local| {
        let to = remote?;
        let flags = WSK_FLAG_CONNECTION_SOCKET;
        let socket = new_socket(client, to.family(), kind, flags, dispatch.cast())?;
        match socket.bind(&local) {
            Ok(()) => Ok((socket, to)),
            Err(status) => {
                socket.discard();
                Err(status)
            }
        }
    });
    match bound {
        Ok((socket, to)) => {
            let kind = Kind::Connect {
                to,
                makes_socket: true,
            };
            Socket::begin(Operation::new(socket, kind, Range::default(), irp.0));
            STATUS_PENDING
        }
        Err(status) => irp.complete_later(Err(status)),
    }
}

unsafe extern "C" fn bind(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskBind");
    // SAFETY: the client gives an address.
    let to = unsafe { Address::read(to) };
    let bound = to.and_then(|to| of(socket).bind(&to));
    Taken::new(irp).complete_later(bound.map(|()| 0))
}

unsafe extern "C" fn connect(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskConnect");
    // SAFETY: the client gives an address.
    let to = unsafe { Address::read(to) };
    let irp = Taken::new(irp);
    match to {
        Ok(to) => {
            let kind = Kind::Connect {
                to,
                makes_socket: false,
            };
            Socket::begin(Operation::new(of(socket), kind, Range::default(), irp.0));
            STATUS_PENDING
        }
        Err(status) => irp.complete_later(Err(status)),
    }
}

/// Begins an operation over a client's bytes.
fn transfer(
    socket: *mut WSK_SOCKET,
    buffer: *const WSK_BUF,
    kind: Kind,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    let irp = Taken::new(irp);
    // SAFETY: the client keeps the memory until the IRP is completed.
    match unsafe { Range::new(buffer) } {
        Ok(range) => {
            Socket::begin(Operation::new(of(socket), kind, range, irp.0));
            STATUS_PENDING
        }
        Err(status) => irp.complete_later(Err(status)),
    }
}

unsafe extern "C" fn send(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskSend");
    transfer(socket, buffer, Kind::Send, irp)
}

unsafe extern "C" fn receive(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskReceive");
    if flags & !WSK_FLAG_WAITALL != 0 {
        return Taken::new(irp).complete_later(Err(STATUS_NOT_SUPPORTED));
    }
    let whole = flags & WSK_FLAG_WAITALL != 0;
    transfer(socket, buffer, Kind::Receive { whole }, irp)
}

unsafe extern "C" fn disconnect(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskDisconnect");
    if !buffer.is_null() {
        return Taken::new(irp).complete_later(Err(STATUS_NOT_SUPPORTED));
    }
    let irp = Taken::new(irp);
    if flags & WSK_FLAG_ABORTIVE != 0 {
        let reset = of(socket).reset();
        return irp.complete_later(reset.map(|()| 0));
    }
    let range = Range::default();
    Socket::begin(Operation::new(of(socket), Kind::Disconnect, range, irp.0));
    STATUS_PENDING
}

unsafe extern "C" fn close(socket: *mut WSK_SOCKET, irp: wsk_sys::PIRP) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskCloseSocket");
    let (socket, irp) = (of(socket), Taken::new(irp));
    port::later(move || {
        let irp = irp;
        socket.close(irp.0);
    });
    STATUS_PENDING
}

unsafe extern "C" fn control_socket(
    socket: *mut WSK_SOCKET,
    kind: WSK_CONTROL_SOCKET_TYPE,
    code: u32,
    level: u32,
    input_length: usize,
    input: *mut c_void,
    output_length: usize,
    output: *mut c_void,
    returned: *mut usize,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskControlSocket");
    let request = Request {
        kind,
        code,
        level,
        input,
        input_length,
        output,
        output_length,
    };
    // SAFETY: the client gives buffers of these lengths.
    let outcome = unsafe { control::perform(&of(socket), &request) };
    // SAFETY: NULL or room for the answer.
    if let (Ok(bytes), Some(returned)) = (outcome, unsafe { returned.as_mut() }) {
        *returned = bytes;
    }
    if irp.is_null() {
        return outcome.err().unwrap_or(STATUS_SUCCESS);
    }
    Taken::new(irp).complete_later(outcome)
}

/// `getsockname` or `getpeername`.
type NameFn = unsafe extern "C" fn(RawSocket, *mut SOCKADDR, *mut i32) -> i32;

fn address_of(socket: &Socket, function: NameFn) -> Result<Address, NTSTATUS> {
    let raw = socket.open().ok_or(STATUS_FILE_FORCED_CLOSED)?;
    let mut address = Address::empty();
    let mut length = address.len() as i32;
    // SAFETY: the socket is open; there is room for an address of either family.
    if unsafe { function(raw, address.as_mut_ptr(), &mut length) } == 0 {
        Ok(address)
    } else {
        Err(status::last())
    }
}

fn give_address(
    socket: *mut WSK_SOCKET,
    function: NameFn,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    let address = address_of(&of(socket), function);
    if let Ok(address) = &address {
        // SAFETY: the client gives room for an address of its socket's family.
        unsafe { address.write(to) };
    }
    Taken::new(irp).complete_later(address.map(|_| 0))
}

unsafe extern "C" fn local_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskGetLocalAddress");
    give_address(socket, winsock::getsockname, to, irp)
}

unsafe extern "C" fn remote_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "WskGetRemoteAddress");
    give_address(socket, winsock::getpeername, to, irp)
}
