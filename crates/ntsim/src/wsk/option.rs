//! Options of a socket.

use super::operation::at_once;
use super::socket::of_client;
use crate::mode;
use crate::sys::{NTSTATUS, STATUS_NOT_SUPPORTED, STATUS_SUCCESS};
use crate::tcp::{self, Socket};
use core::ffi::c_void;
use socket2::SockRef;
use std::time::Duration;
use wsk_sys::*;

pub(super) unsafe extern "C" fn wsk_control_socket(
    socket: *mut WSK_SOCKET,
    request: WSK_CONTROL_SOCKET_TYPE,
    code: u32,
    level: u32,
    input_size: usize,
    input: *mut c_void,
    _output_size: usize,
    _output: *mut c_void,
    _returned: *mut usize,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    let control = || {
        if request != WskSetOption || input_size < size_of::<u32>() {
            return Err(STATUS_NOT_SUPPORTED);
        }
        // SAFETY: the client gives so many bytes.
        let value = unsafe { input.cast::<u32>().read_unaligned() };
        let socket = of_client(socket);
        set_option(&socket, level, code, value)
    };
    if irp.is_null() {
        let _host = mode::host();
        return control().err().unwrap_or(STATUS_SUCCESS);
    }
    at_once(irp, "WskControlSocket", |_| control())
}

/// Sets an option of the host's socket.
fn set_option(socket: &Socket, level: u32, code: u32, value: u32) -> Result<usize, NTSTATUS> {
    let host = socket.host()?;
    let reference = SockRef::from(&*host);
    let keepalive = socket2::TcpKeepalive::new();
    let seconds = Duration::from_secs(u64::from(value.max(1)));
    let result = match (level, code) {
        (IPPROTO_TCP, TCP_NODELAY) => reference.set_tcp_nodelay(value != 0),
        (IPPROTO_TCP, TCP_KEEPIDLE) => reference.set_tcp_keepalive(&keepalive.with_time(seconds)),
        (IPPROTO_TCP, TCP_KEEPINTVL) => {
            reference.set_tcp_keepalive(&keepalive.with_interval(seconds))
        }
        (IPPROTO_TCP, TCP_KEEPCNT) => reference.set_tcp_keepalive(&keepalive.with_retries(value)),
        (SOL_SOCKET, SO_KEEPALIVE) => reference.set_keepalive(value != 0),
        _ => return Err(STATUS_NOT_SUPPORTED),
    };
    result.map(|()| 0).map_err(|error| tcp::status_of(&error))
}
