//! Sending, receiving, and the end of the stream.

use super::operation::begin;
use super::socket::of_client;
use crate::sys::{NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED};
use crate::tcp::Range;
use crate::verifier::{Place, broken};
use wsk_sys::*;

pub(super) unsafe extern "C" fn wsk_send(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    begin(irp, "WskSend", |packet, place| {
        let socket = of_client(socket);
        socket.send(range_of(buffer, "WskSend", place)?, packet, place);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn wsk_receive(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    begin(irp, "WskReceive", |packet, place| {
        let socket = of_client(socket);
        let whole = flags & WSK_FLAG_WAITALL != 0;
        socket.receive(range_of(buffer, "WskReceive", place)?, whole, packet, place);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn wsk_disconnect(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    begin(irp, "WskDisconnect", |packet, place| {
        if !buffer.is_null() {
            return Err(STATUS_NOT_SUPPORTED);
        }
        let socket = of_client(socket);
        socket.disconnect(flags & WSK_FLAG_ABORTIVE != 0, packet, place);
        Ok(())
    })
}

/// Makes a range of a client's buffer.
fn range_of(buffer: *mut WSK_BUF, service: &str, place: Place) -> Result<Range, NTSTATUS> {
    // SAFETY: the client gives a buffer, which it keeps for the time of the call.
    let buffer = unsafe { buffer.as_ref() };
    let range = buffer
        .and_then(|buffer| Range::new(buffer.Mdl.cast(), buffer.Offset as usize, buffer.Length));
    range.ok_or_else(|| {
        broken!(
            Wsk,
            place,
            None,
            "{service}: the MDL chain is shorter than the buffer, or its pages are not locked"
        );
        STATUS_INVALID_PARAMETER
    })
}
