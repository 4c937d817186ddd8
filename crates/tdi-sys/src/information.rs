//! Options of a connection, set by a device control on its endpoint (`tdiinfo.h`, and the `IOCTL_TCP_` page).

use core::mem::{offset_of, size_of};

/// Sets what a [`TCP_REQUEST_SET_INFORMATION_EX`] names: `CTL_CODE(FILE_DEVICE_NETWORK, 1, METHOD_BUFFERED, FILE_WRITE_ACCESS)`.
/// IRQL: PASSIVE.
pub const IOCTL_TCP_SET_INFORMATION_EX: u32 = 0x0012_8004;

/// `tei_entity` of TCP.
pub const CO_TL_ENTITY: u32 = 0x400;
/// `toi_class` of a protocol's own options.
pub const INFO_CLASS_PROTOCOL: u32 = 0x200;
/// `toi_type` of a connection's options.
pub const INFO_TYPE_CONNECTION: u32 = 0x300;

/// `toi_id`: send small segments at once (u32, boolean).
pub const TCP_SOCKET_NODELAY: u32 = 1;
/// `toi_id`: probe an idle connection, at the system's own times (u32, boolean).
pub const TCP_SOCKET_KEEPALIVE: u32 = 2;

/// `TDIEntityID`: a part of the protocol stack.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TDIEntityID {
    /// Which kind.
    pub tei_entity: u32,
    /// Which of its kind.
    pub tei_instance: u32,
}

/// `TDIObjectID`: an option.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TDIObjectID {
    /// Whose.
    pub toi_entity: TDIEntityID,
    /// One of the `INFO_CLASS_` values.
    pub toi_class: u32,
    /// One of the `INFO_TYPE_` values.
    pub toi_type: u32,
    /// The option.
    pub toi_id: u32,
}

/// `TCP_REQUEST_SET_INFORMATION_EX` with a value of four bytes, which all options here have.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TCP_REQUEST_SET_INFORMATION_EX {
    /// The option.
    pub ID: TDIObjectID,
    /// Bytes of the value.
    pub BufferSize: u32,
    /// The value.
    pub Buffer: [u8; 4],
}

const _: () = {
    assert!(size_of::<TDIObjectID>() == 20);
    assert!(size_of::<TCP_REQUEST_SET_INFORMATION_EX>() == 28);
    assert!(offset_of!(TCP_REQUEST_SET_INFORMATION_EX, BufferSize) == 20);
    assert!(offset_of!(TCP_REQUEST_SET_INFORMATION_EX, Buffer) == 24);
};
