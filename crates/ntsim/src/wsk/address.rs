//! Socket addresses, to and from the kernel's form.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use wsk_sys::{ADDRESS_FAMILY, AF_INET, AF_INET6, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6};

/// Reads an address. None for a family other than IPv4 and IPv6.
///
/// # Safety
/// `address` is NULL or an address of the family that it names.
pub(super) unsafe fn read(address: *const SOCKADDR) -> Option<SocketAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: by the contract; every address begins with its family.
    match unsafe { address.cast::<ADDRESS_FAMILY>().read_unaligned() } {
        AF_INET => {
            // SAFETY: by the contract.
            let v4 = unsafe { address.cast::<SOCKADDR_IN>().read_unaligned() };
            Some(SocketAddrV4::new(Ipv4Addr::from(v4.sin_addr), u16::from_be(v4.sin_port)).into())
        }
        AF_INET6 => {
            // SAFETY: by the contract.
            let v6 = unsafe { address.cast::<SOCKADDR_IN6>().read_unaligned() };
            let ip = Ipv6Addr::from(v6.sin6_addr);
            Some(
                SocketAddrV6::new(
                    ip,
                    u16::from_be(v6.sin6_port),
                    v6.sin6_flowinfo,
                    v6.sin6_scope_id,
                )
                .into(),
            )
        }
        _ => None,
    }
}

/// Bytes of an address in the kernel's form.
pub(super) fn size(address: &SocketAddr) -> usize {
    match address {
        SocketAddr::V4(_) => size_of::<SOCKADDR_IN>(),
        SocketAddr::V6(_) => size_of::<SOCKADDR_IN6>(),
    }
}

/// The family of an address.
pub(super) fn family(address: &SocketAddr) -> ADDRESS_FAMILY {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

/// Writes an address.
///
/// # Safety
/// There is room for the address.
pub(super) unsafe fn write(address: &SocketAddr, to: *mut SOCKADDR) {
    match address {
        SocketAddr::V4(v4) => {
            let content = SOCKADDR_IN {
                sin_family: AF_INET,
                sin_port: v4.port().to_be(),
                sin_addr: v4.ip().octets(),
                sin_zero: [0; 8],
            };
            // SAFETY: by the contract.
            unsafe { to.cast::<SOCKADDR_IN>().write_unaligned(content) };
        }
        SocketAddr::V6(v6) => {
            let content = SOCKADDR_IN6 {
                sin6_family: AF_INET6,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: v6.ip().octets(),
                sin6_scope_id: v6.scope_id(),
            };
            // SAFETY: by the contract.
            unsafe { to.cast::<SOCKADDR_IN6>().write_unaligned(content) };
        }
    }
}
