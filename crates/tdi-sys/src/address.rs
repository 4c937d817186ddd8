//! Transport addresses, and the names of the extended attributes by which addresses and endpoints are opened (`tdi.h`).

use core::mem::{offset_of, size_of};

/// Name of the extended attribute that opens an address; its value is a `TRANSPORT_ADDRESS`.
pub const TdiTransportAddress: &[u8] = b"TransportAddress";
/// Name of the extended attribute that opens a connection endpoint; its value is a pointer of the client's.
pub const TdiConnectionContext: &[u8] = b"ConnectionContext";

/// `AddressType` of an IPv4 address.
pub const TDI_ADDRESS_TYPE_IP: u16 = 2;
/// `AddressType` of an IPv6 address.
pub const TDI_ADDRESS_TYPE_IP6: u16 = 23;

/// `TDI_ADDRESS_IP`: an IPv4 address and port, in network byte order.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TDI_ADDRESS_IP {
    /// Port.
    pub sin_port: u16,
    /// The four octets in the order in which they are written.
    pub in_addr: [u8; 4],
    /// Unused, zero.
    pub sin_zero: [u8; 8],
}

/// `TDI_ADDRESS_IP6`: an IPv6 address and port, in network byte order.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TDI_ADDRESS_IP6 {
    /// Port.
    pub sin6_port: u16,
    /// Flow label.
    pub sin6_flowinfo: u32,
    /// The sixteen octets.
    pub sin6_addr: [u8; 16],
    /// Zone of a link-local address, else 0 (in the machine's byte order).
    pub sin6_scope_id: u32,
}

/// `TA_ADDRESS` without its address: how long that is and of which type.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TA_ADDRESS_HEAD {
    /// Bytes of the address that follows.
    pub AddressLength: u16,
    /// One of the `TDI_ADDRESS_TYPE_` values.
    pub AddressType: u16,
}

/// `TA_IP_ADDRESS`: a `TRANSPORT_ADDRESS` of one IPv4 address.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TA_IP_ADDRESS {
    /// 1.
    pub TAAddressCount: i32,
    /// Length 14, [`TDI_ADDRESS_TYPE_IP`].
    pub Head: TA_ADDRESS_HEAD,
    /// The address.
    pub Address: TDI_ADDRESS_IP,
}

/// `TA_IP6_ADDRESS`: a `TRANSPORT_ADDRESS` of one IPv6 address.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TA_IP6_ADDRESS {
    /// 1.
    pub TAAddressCount: i32,
    /// Length 26, [`TDI_ADDRESS_TYPE_IP6`].
    pub Head: TA_ADDRESS_HEAD,
    /// The address.
    pub Address: TDI_ADDRESS_IP6,
}

const _: () = {
    assert!(size_of::<TDI_ADDRESS_IP>() == 14);
    assert!(offset_of!(TDI_ADDRESS_IP, in_addr) == 2);
    assert!(size_of::<TDI_ADDRESS_IP6>() == 26);
    assert!(offset_of!(TDI_ADDRESS_IP6, sin6_addr) == 6);
    assert!(offset_of!(TDI_ADDRESS_IP6, sin6_scope_id) == 22);
    assert!(size_of::<TA_IP_ADDRESS>() == 22);
    assert!(offset_of!(TA_IP_ADDRESS, Address) == 8);
    assert!(size_of::<TA_IP6_ADDRESS>() == 34);
    assert!(offset_of!(TA_IP6_ADDRESS, Address) == 8);
};
