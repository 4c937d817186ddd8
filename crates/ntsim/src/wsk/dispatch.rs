//! The dispatch tables: what the provider and its sockets can do.

use super::{address_info, connection, option, socket, transfer};
use core::ptr;
use wsk_sys::*;

/// What a client that captured the provider calls.
pub(super) static PROVIDER: WSK_PROVIDER_DISPATCH = WSK_PROVIDER_DISPATCH {
    Version: WSK_VERSION_1_0,
    Reserved: 0,
    WskSocket: Some(socket::wsk_socket),
    WskSocketConnect: Some(socket::wsk_socket_connect),
    WskControlClient: None,
    WskGetAddressInfo: Some(address_info::wsk_get_address_info),
    WskFreeAddressInfo: Some(address_info::wsk_free_address_info),
    WskGetNameInfo: None,
};

/// What a client calls on a connection socket.
pub(super) static CONNECTION: WSK_PROVIDER_CONNECTION_DISPATCH = WSK_PROVIDER_CONNECTION_DISPATCH {
    Basic: WSK_PROVIDER_BASIC_DISPATCH {
        WskControlSocket: Some(option::wsk_control_socket),
        WskCloseSocket: Some(socket::wsk_close_socket),
    },
    WskBind: Some(connection::wsk_bind),
    WskConnect: Some(connection::wsk_connect),
    WskGetLocalAddress: Some(connection::wsk_get_local_address),
    WskGetRemoteAddress: Some(connection::wsk_get_remote_address),
    WskSend: Some(transfer::wsk_send),
    WskReceive: Some(transfer::wsk_receive),
    WskDisconnect: Some(transfer::wsk_disconnect),
    WskRelease: None,
    WskConnectEx: None,
    WskSendEx: ptr::null_mut(),
    WskReceiveEx: ptr::null_mut(),
};
