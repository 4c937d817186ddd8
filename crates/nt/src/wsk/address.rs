//! Socket addresses as WSK wants them.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use core::ptr::NonNull;
use wsk_sys::{ADDRESS_FAMILY, AF_INET, AF_INET6, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6};

/// An address in WSK's form, with its own storage.
pub(super) enum RawAddress {
    V4(SOCKADDR_IN),
    V6(SOCKADDR_IN6),
}

impl RawAddress {
    pub(super) fn new(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::V4(SOCKADDR_IN {
                sin_family: AF_INET,
                sin_port: address.port().to_be(),
                sin_addr: address.ip().octets(),
                sin_zero: [0; 8],
            }),
            SocketAddr::V6(address) => Self::V6(SOCKADDR_IN6 {
                sin6_family: AF_INET6,
                sin6_port: address.port().to_be(),
                sin6_flowinfo: address.flowinfo(),
                sin6_addr: address.ip().octets(),
                sin6_scope_id: address.scope_id(),
            }),
        }
    }

    /// Any local address and port of the same family.
    pub(super) fn any_like(address: SocketAddr) -> Self {
        let any = match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        Self::new(SocketAddr::new(any, 0))
    }

    pub(super) const fn family(&self) -> ADDRESS_FAMILY {
        match self {
            Self::V4(_) => AF_INET,
            Self::V6(_) => AF_INET6,
        }
    }

    pub(super) const fn as_mut_ptr(&mut self) -> *mut SOCKADDR {
        match self {
            Self::V4(address) => (&raw mut *address).cast(),
            Self::V6(address) => (&raw mut *address).cast(),
        }
    }
}

/// Reads an address of WSK's, with another port; None for families other than IPv4 and IPv6.
///
/// # Safety
///
/// `length` bytes are readable at the address.
pub(super) unsafe fn read(
    address: NonNull<SOCKADDR>,
    length: usize,
    port: u16,
) -> Option<SocketAddr> {
    if length < size_of::<ADDRESS_FAMILY>() {
        return None;
    }
    // SAFETY: the family is there; the list's entries need not be aligned for what they are.
    match unsafe { address.cast::<ADDRESS_FAMILY>().read_unaligned() } {
        AF_INET if length >= size_of::<SOCKADDR_IN>() => {
            // SAFETY: all of it is there.
            let raw = unsafe { address.cast::<SOCKADDR_IN>().read_unaligned() };
            Some(SocketAddrV4::new(raw.sin_addr.into(), port).into())
        }
        AF_INET6 if length >= size_of::<SOCKADDR_IN6>() => {
            // SAFETY: all of it is there.
            let raw = unsafe { address.cast::<SOCKADDR_IN6>().read_unaligned() };
            let ip = raw.sin6_addr.into();
            Some(SocketAddrV6::new(ip, port, raw.sin6_flowinfo, raw.sin6_scope_id).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There and back.
    fn survives(text: &str) {
        let address: SocketAddr = text.parse().unwrap();
        let mut raw = RawAddress::new(address);
        let length = match raw {
            RawAddress::V4(_) => 16,
            RawAddress::V6(_) => 28,
        };
        let pointer = NonNull::new(raw.as_mut_ptr()).unwrap();
        // SAFETY: the storage has that length.
        let back = unsafe { read(pointer, length, address.port()) };
        assert_eq!(back, Some(address));
        // SAFETY: as above; one byte less than the family's address takes.
        let cut = unsafe { read(pointer, length - 1, 1) };
        assert_eq!(cut, None);
    }

    #[test]
    fn addresses_keep_their_octets_and_zone() {
        survives("192.0.2.7:445");
        survives("[2001:db8::7]:445");
        survives("[fe80::1%3]:1445");
    }

    #[test]
    fn the_port_is_in_network_order() {
        let RawAddress::V4(raw) = RawAddress::new("192.0.2.7:445".parse().unwrap()) else {
            unreachable!()
        };
        assert_eq!(raw.sin_port.to_ne_bytes(), [0x01, 0xbd]);
        assert_eq!(raw.sin_addr, [192, 0, 2, 7]);
    }
}
