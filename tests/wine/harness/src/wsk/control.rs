//! Socket options.

use super::socket::Socket;
use super::status;
use crate::winsock::{RawSocket, WSAIoctl, getsockopt, setsockopt};
use core::ffi::c_void;
use core::ptr::null_mut;
use wdk_sys::{NTSTATUS, STATUS_FILE_FORCED_CLOSED, STATUS_NOT_SUPPORTED};
use wsk_sys::{
    IPPROTO_TCP, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, WSK_CONTROL_SOCKET_TYPE, WskGetOption,
    WskSetOption,
};

const SIO_KEEPALIVE_VALS: u32 = 0x9800_0004;

/// What is asked of `WskControlSocket`.
pub struct Request {
    pub kind: WSK_CONTROL_SOCKET_TYPE,
    pub code: u32,
    pub level: u32,
    pub input: *const c_void,
    pub input_length: usize,
    pub output: *mut c_void,
    pub output_length: usize,
}

/// Performs a request at once; returns how many bytes of output there are.
///
/// # Safety
///
/// Input and output have the lengths given.
pub unsafe fn perform(socket: &Socket, request: &Request) -> Result<usize, NTSTATUS> {
    let raw = socket.open().ok_or(STATUS_FILE_FORCED_CLOSED)?;
    let (level, option) = (request.level as i32, request.code as i32);
    // The header's names of the kinds look like variables in a pattern.
    const SET: WSK_CONTROL_SOCKET_TYPE = WskSetOption;
    const GET: WSK_CONTROL_SOCKET_TYPE = WskGetOption;
    match request.kind {
        SET if is_keep_alive_time(request) => {
            // SAFETY: the caller vouches; these options are a u32.
            let seconds = unsafe { request.input.cast::<u32>().read_unaligned() };
            let values = socket.change_keep_alive(|values| values.set(request.code, seconds));
            values.apply(raw)
        }
        SET => {
            let (value, length) = (request.input.cast(), request.input_length as i32);
            // SAFETY: the caller vouches.
            outcome(unsafe { setsockopt(raw, level, option, value, length) }, 0)
        }
        GET => {
            let mut length = request.output_length as i32;
            // SAFETY: the caller vouches; the length goes to a local.
            let result =
                unsafe { getsockopt(raw, level, option, request.output.cast(), &mut length) };
            outcome(result, length as usize)
        }
        _ => Err(STATUS_NOT_SUPPORTED),
    }
}

fn outcome(result: i32, bytes: usize) -> Result<usize, NTSTATUS> {
    if result == 0 {
        Ok(bytes)
    } else {
        Err(status::last())
    }
}

fn is_keep_alive_time(request: &Request) -> bool {
    request.level == IPPROTO_TCP
        && request.input_length == size_of::<u32>()
        && [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT].contains(&request.code)
}

/// `tcp_keepalive`; times in milliseconds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct KeepAlive {
    on: u32,
    idle: u32,
    interval: u32,
}

impl Default for KeepAlive {
    /// Windows' defaults: two hours, then every second.
    fn default() -> Self {
        Self {
            on: 1,
            idle: 7_200_000,
            interval: 1_000,
        }
    }
}

impl KeepAlive {
    /// Takes one of the three options. The count of probes stays the host's.
    fn set(&mut self, option: u32, seconds: u32) {
        let milliseconds = seconds.saturating_mul(1000);
        match option {
            TCP_KEEPIDLE => self.idle = milliseconds,
            TCP_KEEPINTVL => self.interval = milliseconds,
            _ => {}
        }
    }

    /// Wine 8 has none of the three options, but the older I/O control that sets both times.
    fn apply(mut self, socket: RawSocket) -> Result<usize, NTSTATUS> {
        let mut returned = 0;
        // SAFETY: the values have this size, and nothing comes back.
        let result = unsafe {
            WSAIoctl(
                socket,
                SIO_KEEPALIVE_VALS,
                (&raw mut self).cast(),
                size_of::<Self>() as u32,
                null_mut(),
                0,
                &mut returned,
                null_mut(),
                null_mut(),
            )
        };
        outcome(result, 0)
    }
}
