//! Options of a connection.

use crate::io::Packet;
use crate::sys::*;
use crate::tcp::{Socket, status_of};
use socket2::SockRef;
use tdi_sys::{
    CO_TL_ENTITY, INFO_CLASS_PROTOCOL, INFO_TYPE_CONNECTION, IOCTL_TCP_SET_INFORMATION_EX,
    TCP_REQUEST_SET_INFORMATION_EX, TCP_SOCKET_KEEPALIVE, TCP_SOCKET_NODELAY, TDIObjectID,
};

/// Does a device control, which sets an option.
pub(super) fn set(socket: &Socket, packet: Packet) -> Result<(), NTSTATUS> {
    // SAFETY: the member of device controls.
    let control = unsafe { packet.here().Parameters.DeviceIoControl };
    if control.IoControlCode != IOCTL_TCP_SET_INFORMATION_EX {
        return Err(STATUS_NOT_IMPLEMENTED);
    }
    if (control.InputBufferLength as usize) < size_of::<TCP_REQUEST_SET_INFORMATION_EX>() {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let buffer = packet.system_buffer().cast_const();
    // SAFETY: the client gives so many bytes; all of them are integers.
    let request = unsafe {
        buffer
            .cast::<TCP_REQUEST_SET_INFORMATION_EX>()
            .read_unaligned()
    };
    let TDIObjectID {
        toi_entity,
        toi_class,
        toi_type,
        toi_id,
    } = request.ID;
    let is_tcps = toi_entity.tei_entity == CO_TL_ENTITY
        && (toi_class, toi_type) == (INFO_CLASS_PROTOCOL, INFO_TYPE_CONNECTION);
    if !is_tcps || request.BufferSize != 4 {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let on = u32::from_le_bytes(request.Buffer) != 0;
    let host = socket.host()?;
    let host = SockRef::from(&*host);
    let result = match toi_id {
        TCP_SOCKET_NODELAY => host.set_tcp_nodelay(on),
        TCP_SOCKET_KEEPALIVE => host.set_keepalive(on),
        _ => return Err(STATUS_INVALID_PARAMETER),
    };
    result.map_err(|error| status_of(&error))
}
