//! Requests: their codes, and what goes with them (`tdikrnl.h`).

use crate::{HANDLE, PVOID};
use core::mem::{offset_of, size_of};

/// Binds a connection endpoint to an address ([`TDI_REQUEST_KERNEL_ASSOCIATE`]).
pub const TDI_ASSOCIATE_ADDRESS: u8 = 0x01;
/// Undoes that; no parameters.
pub const TDI_DISASSOCIATE_ADDRESS: u8 = 0x02;
/// Connects an endpoint ([`TDI_REQUEST_KERNEL`]).
pub const TDI_CONNECT: u8 = 0x03;
/// Ends a connection ([`TDI_REQUEST_KERNEL`], with one of the `TDI_DISCONNECT_` flags).
pub const TDI_DISCONNECT: u8 = 0x06;
/// Sends what the IRP's MDL chain describes ([`TDI_REQUEST_KERNEL_SEND`]).
pub const TDI_SEND: u8 = 0x07;
/// Receives into what the IRP's MDL chain describes ([`TDI_REQUEST_KERNEL_RECEIVE`]).
pub const TDI_RECEIVE: u8 = 0x08;

/// Ends the connection at once.
pub const TDI_DISCONNECT_ABORT: usize = 0x0002;
/// Ends our side in good order.
pub const TDI_DISCONNECT_RELEASE: usize = 0x0004;

/// Receives ordinary data.
pub const TDI_RECEIVE_NORMAL: u32 = 0x0000_0020;

/// `FileObject->FsContext2` of an address.
pub const TDI_TRANSPORT_ADDRESS_FILE: usize = 1;
/// `FileObject->FsContext2` of a connection endpoint.
pub const TDI_CONNECTION_FILE: usize = 2;
/// `FileObject->FsContext2` of a control channel.
pub const TDI_CONTROL_CHANNEL_FILE: usize = 3;

/// `TDI_REQUEST_KERNEL`, which is also `TDI_REQUEST_KERNEL_CONNECT` and `TDI_REQUEST_KERNEL_DISCONNECT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TDI_REQUEST_KERNEL {
    /// Flags of the request.
    pub RequestFlags: usize,
    /// Whom to connect to.
    pub RequestConnectionInformation: *mut TDI_CONNECTION_INFORMATION,
    /// What the peer answered, or NULL.
    pub ReturnConnectionInformation: *mut TDI_CONNECTION_INFORMATION,
    /// A time-out (`LARGE_INTEGER *`), or NULL.
    pub RequestSpecific: PVOID,
}

/// `TDI_REQUEST_KERNEL_ASSOCIATE`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TDI_REQUEST_KERNEL_ASSOCIATE {
    /// An open address.
    pub AddressHandle: HANDLE,
}

/// `TDI_REQUEST_KERNEL_SEND`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TDI_REQUEST_KERNEL_SEND {
    /// Bytes to send.
    pub SendLength: u32,
    /// 0 for ordinary data.
    pub SendFlags: u32,
}

/// `TDI_REQUEST_KERNEL_RECEIVE`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TDI_REQUEST_KERNEL_RECEIVE {
    /// Room for so many bytes.
    pub ReceiveLength: u32,
    /// [`TDI_RECEIVE_NORMAL`].
    pub ReceiveFlags: u32,
}

/// `TDI_CONNECTION_INFORMATION`: the peer of a connection.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TDI_CONNECTION_INFORMATION {
    /// Bytes of user data, which TCP has none of.
    pub UserDataLength: i32,
    /// The user data.
    pub UserData: PVOID,
    /// Bytes of options.
    pub OptionsLength: i32,
    /// The options.
    pub Options: PVOID,
    /// Bytes of the address.
    pub RemoteAddressLength: i32,
    /// A `TRANSPORT_ADDRESS`.
    pub RemoteAddress: PVOID,
}

const _: () = {
    // All that `IO_STACK_LOCATION.Parameters` has room for.
    assert!(size_of::<TDI_REQUEST_KERNEL>() == 32);
    assert!(offset_of!(TDI_REQUEST_KERNEL, RequestConnectionInformation) == 8);
    assert!(offset_of!(TDI_REQUEST_KERNEL, RequestSpecific) == 24);
    assert!(size_of::<TDI_REQUEST_KERNEL_ASSOCIATE>() == 8);
    assert!(size_of::<TDI_REQUEST_KERNEL_SEND>() == 8);
    assert!(size_of::<TDI_REQUEST_KERNEL_RECEIVE>() == 8);
    assert!(size_of::<TDI_CONNECTION_INFORMATION>() == 48);
    assert!(offset_of!(TDI_CONNECTION_INFORMATION, RemoteAddressLength) == 32);
    assert!(offset_of!(TDI_CONNECTION_INFORMATION, RemoteAddress) == 40);
};
