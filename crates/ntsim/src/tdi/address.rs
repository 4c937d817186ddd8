//! Transport addresses, and the files that stand for the local ones.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicUsize, Ordering};
use tdi_sys::{
    TA_ADDRESS_HEAD, TDI_ADDRESS_IP, TDI_ADDRESS_IP6, TDI_ADDRESS_TYPE_IP, TDI_ADDRESS_TYPE_IP6,
};

/// Addresses that are open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// How many addresses are open.
pub(crate) fn open() -> usize {
    OPEN.load(Ordering::SeqCst)
}

/// A local address, kept in its file's `FsContext`.
pub(super) struct Address(pub(super) SocketAddr);

impl Address {
    pub(super) fn new(address: SocketAddr) -> Self {
        OPEN.fetch_add(1, Ordering::SeqCst);
        Self(address)
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

const COUNT: usize = size_of::<i32>();
const HEAD: usize = size_of::<TA_ADDRESS_HEAD>();

/// Reads a `TRANSPORT_ADDRESS` with one address of IPv4 or IPv6.
pub(super) fn parse(bytes: &[u8]) -> Option<SocketAddr> {
    let (count, rest) = bytes.split_first_chunk::<COUNT>()?;
    let (head, rest) = rest.split_first_chunk::<HEAD>()?;
    let length = usize::from(u16::from_le_bytes([head[0], head[1]]));
    let kind = u16::from_le_bytes([head[2], head[3]]);
    let address = rest.get(..length)?;
    if i32::from_le_bytes(*count) != 1 {
        return None;
    }
    let port = u16::from_be_bytes(*address.first_chunk()?);
    match kind {
        TDI_ADDRESS_TYPE_IP if length == size_of::<TDI_ADDRESS_IP>() => {
            let octets: [u8; 4] = address[2..6].try_into().ok()?;
            Some(SocketAddr::from((Ipv4Addr::from(octets), port)))
        }
        TDI_ADDRESS_TYPE_IP6 if length == size_of::<TDI_ADDRESS_IP6>() => {
            let octets: [u8; 16] = address[6..22].try_into().ok()?;
            let zone = u32::from_le_bytes(address[22..26].try_into().ok()?);
            Some(SocketAddrV6::new(Ipv6Addr::from(octets), port, 0, zone).into())
        }
        _ => None,
    }
}
