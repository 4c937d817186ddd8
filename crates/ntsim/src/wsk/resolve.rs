//! Name look-ups.

use super::address;
use crate::pool::{self, Fill};
use crate::sys::*;
use crate::verifier::Place;
use core::net::{IpAddr, SocketAddr};
use core::ptr;
use std::net::ToSocketAddrs;
use wsk_sys::{ADDRESS_FAMILY, ADDRINFOEXW, AF_UNSPEC, IPPROTO_TCP, SOCK_STREAM, SOCKADDR_IN6};

const TAG: u32 = pool::tag(b"WskA");

/// One result with its address behind it.
#[repr(C)]
struct Entry {
    information: ADDRINFOEXW,
    address: SOCKADDR_IN6,
}

/// Looks a host up. Waits for the host's resolver.
pub(super) fn addresses(
    node: &str,
    service: &str,
    family: ADDRESS_FAMILY,
) -> Result<Vec<SocketAddr>, NTSTATUS> {
    let port = if service.is_empty() {
        0
    } else {
        service.parse().map_err(|_| STATUS_INVALID_PARAMETER)?
    };
    let found: Vec<SocketAddr> = match node.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => (node, port)
            .to_socket_addrs()
            .map_err(|_| STATUS_NOT_FOUND)?
            .collect(),
    };
    let mut wanted: Vec<SocketAddr> = Vec::new();
    for address in found {
        let fits = family == AF_UNSPEC || family == address::family(&address);
        if fits && !wanted.contains(&address) {
            wanted.push(address);
        }
    }
    if wanted.is_empty() {
        Err(STATUS_NOT_FOUND)
    } else {
        Ok(wanted)
    }
}

/// Makes the client's list.
pub(super) fn list(addresses: &[SocketAddr], place: Place) -> Result<*mut ADDRINFOEXW, NTSTATUS> {
    let mut first: *mut ADDRINFOEXW = ptr::null_mut();
    for address in addresses.iter().rev() {
        let entry = pool::allocate(size_of::<Entry>(), TAG, Fill::Zero, place).cast::<Entry>();
        if entry.is_null() {
            free(first, place);
            return Err(STATUS_INSUFFICIENT_RESOURCES);
        }
        // SAFETY: new memory; no access yet.
        let place_of_address = unsafe { &raw mut (*entry).address }.cast();
        // SAFETY: there is room for either kind of address.
        unsafe { address::write(address, place_of_address) };
        let information = ADDRINFOEXW {
            ai_flags: 0,
            ai_family: i32::from(address::family(address)),
            ai_socktype: i32::from(SOCK_STREAM),
            ai_protocol: IPPROTO_TCP.cast_signed(),
            ai_addrlen: address::size(address),
            ai_canonname: ptr::null_mut(),
            ai_addr: place_of_address,
            ai_blob: ptr::null_mut(),
            ai_bloblen: 0,
            ai_provider: ptr::null_mut(),
            ai_next: first,
        };
        // SAFETY: new memory, of which this is the first field.
        unsafe { entry.cast::<ADDRINFOEXW>().write(information) };
        first = entry.cast();
    }
    Ok(first)
}

/// Frees a list made by [`list`].
pub(super) fn free(mut first: *mut ADDRINFOEXW, place: Place) {
    while !first.is_null() {
        // SAFETY: the client's list is intact.
        let next = unsafe { (*first).ai_next };
        pool::free(first.cast(), TAG, place);
        first = next;
    }
}
