//! Addresses in TDI's form, and the extended attributes by which its files are opened.

use crate::{Result, Status};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tdi_sys::{
    TA_ADDRESS_HEAD, TA_IP_ADDRESS, TA_IP6_ADDRESS, TDI_ADDRESS_IP, TDI_ADDRESS_IP6,
    TDI_ADDRESS_TYPE_IP, TDI_ADDRESS_TYPE_IP6, TdiConnectionContext, TdiTransportAddress,
};

/// A `TRANSPORT_ADDRESS` with its own storage.
pub(super) enum TransportAddress {
    V4(TA_IP_ADDRESS),
    V6(TA_IP6_ADDRESS),
}

impl TransportAddress {
    pub(super) const fn new(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::V4(TA_IP_ADDRESS {
                TAAddressCount: 1,
                Head: TA_ADDRESS_HEAD {
                    AddressLength: size_of::<TDI_ADDRESS_IP>() as u16,
                    AddressType: TDI_ADDRESS_TYPE_IP,
                },
                Address: TDI_ADDRESS_IP {
                    sin_port: address.port().to_be(),
                    in_addr: address.ip().octets(),
                    sin_zero: [0; 8],
                },
            }),
            SocketAddr::V6(address) => Self::V6(TA_IP6_ADDRESS {
                TAAddressCount: 1,
                Head: TA_ADDRESS_HEAD {
                    AddressLength: size_of::<TDI_ADDRESS_IP6>() as u16,
                    AddressType: TDI_ADDRESS_TYPE_IP6,
                },
                Address: TDI_ADDRESS_IP6 {
                    sin6_port: address.port().to_be(),
                    sin6_flowinfo: address.flowinfo(),
                    sin6_addr: address.ip().octets(),
                    sin6_scope_id: address.scope_id(),
                },
            }),
        }
    }

    /// Any local address and port of the same family.
    pub(super) fn any_like(address: SocketAddr) -> Self {
        Self::new(match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        })
    }

    /// The structure as it is in memory.
    pub(super) fn bytes(&self) -> &[u8] {
        let (address, length): (*const u8, usize) = match self {
            Self::V4(address) => (core::ptr::from_ref(address).cast(), size_of_val(address)),
            Self::V6(address) => (core::ptr::from_ref(address).cast(), size_of_val(address)),
        };
        // SAFETY: the structures are packed, so that all of their bytes are there.
        unsafe { core::slice::from_raw_parts(address, length) }
    }
}

/// Room for the longest list that is made here.
const ROOM: usize = 64;
/// Bytes of a `FILE_FULL_EA_INFORMATION` before its name.
const FIXED: usize = 8;

/// A list of one extended attribute.
pub(super) struct Attribute {
    bytes: [u8; ROOM],
    length: usize,
}

impl Attribute {
    /// Opens an address.
    pub(super) fn transport_address(address: &TransportAddress) -> Result<Self> {
        Self::new(TdiTransportAddress, address.bytes())
    }

    /// Opens a connection endpoint. The context would come back in event handlers, of which there are none.
    pub(super) fn connection_context() -> Result<Self> {
        Self::new(TdiConnectionContext, &[0; size_of::<usize>()])
    }

    /// `FILE_FULL_EA_INFORMATION`, of which no other follows.
    fn new(name: &[u8], value: &[u8]) -> Result<Self> {
        let too_long = |_| Status::EA_TOO_LARGE;
        let name_length = u8::try_from(name.len()).map_err(too_long)?;
        let value_length = u16::try_from(value.len()).map_err(too_long)?;
        let mut this = Self {
            bytes: [0; ROOM],
            length: FIXED,
        };
        let fixed = [
            &0u32.to_le_bytes()[..],
            &[0, name_length],
            &value_length.to_le_bytes(),
        ];
        let mut rest = this.bytes.iter_mut();
        for part in fixed.into_iter().chain([name, &[0], value]) {
            for &byte in part {
                *rest.next().ok_or(Status::EA_TOO_LARGE)? = byte;
            }
        }
        this.length = ROOM.saturating_sub(rest.len());
        Ok(this)
    }

    /// The list.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_laid_out_as_tdi_has_it() {
        let address = TransportAddress::new("192.0.2.7:445".parse().unwrap());
        let expected = [
            1, 0, 0, 0, 14, 0, 2, 0, 0x01, 0xbd, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(address.bytes(), expected);
    }

    #[test]
    fn an_ipv6_address_keeps_its_zone() {
        let address = TransportAddress::new("[fe80::1%3]:1445".parse().unwrap());
        let bytes = address.bytes();
        assert_eq!(bytes[..10], [1, 0, 0, 0, 26, 0, 23, 0, 0x05, 0xa5]);
        assert_eq!(bytes[14..16], [0xfe, 0x80]);
        assert_eq!(bytes[29..], [1, 3, 0, 0, 0]);
    }

    #[test]
    fn an_attribute_is_one_entry_with_name_and_value() {
        let attribute = Attribute::connection_context().unwrap();
        let bytes = attribute.bytes();
        assert_eq!(bytes.len(), 8 + 17 + 1 + 8);
        assert_eq!(bytes[..8], [0, 0, 0, 0, 0, 17, 8, 0]);
        assert_eq!(&bytes[8..26], b"ConnectionContext\0");
        let longest = TransportAddress::any_like("[::1]:1".parse().unwrap());
        assert!(Attribute::transport_address(&longest).is_ok());
    }
}
