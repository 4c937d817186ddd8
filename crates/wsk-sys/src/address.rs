//! Socket addresses and name resolution (`ws2def.h`, `ws2ipdef.h`), with the constants that select TCP.

use crate::PGUID;
use core::ffi::c_void;
use core::mem::{offset_of, size_of};

/// `ADDRESS_FAMILY`: one of the `AF_` values.
pub type ADDRESS_FAMILY = u16;

/// Any family, in the hints of a name look-up.
pub const AF_UNSPEC: ADDRESS_FAMILY = 0;
/// IPv4.
pub const AF_INET: ADDRESS_FAMILY = 2;
/// IPv6.
pub const AF_INET6: ADDRESS_FAMILY = 23;
/// Reliable byte stream.
pub const SOCK_STREAM: u16 = 1;
/// TCP, as a protocol and as an option level.
pub const IPPROTO_TCP: u32 = 6;

/// Option level of the socket itself.
pub const SOL_SOCKET: u32 = 0xffff;
/// `SOL_SOCKET` option: probe an idle connection (u32, boolean).
pub const SO_KEEPALIVE: u32 = 0x0008;
/// `IPPROTO_TCP` option: send small segments at once (u32, boolean).
pub const TCP_NODELAY: u32 = 0x0001;
/// `IPPROTO_TCP` option: seconds of silence before the first keep-alive probe (u32).
pub const TCP_KEEPIDLE: u32 = 3;
/// `IPPROTO_TCP` option: unanswered probes that end the connection (u32).
pub const TCP_KEEPCNT: u32 = 16;
/// `IPPROTO_TCP` option: seconds between probes (u32).
pub const TCP_KEEPINTVL: u32 = 17;

/// `SOCKADDR`: the start that all address types share. Only ever used behind a pointer.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct SOCKADDR {
    /// Family, which says what the address really is.
    pub sa_family: ADDRESS_FAMILY,
    /// The first bytes of the address.
    pub sa_data: [u8; 14],
}

/// `SOCKADDR_IN`: an IPv4 address and port.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SOCKADDR_IN {
    /// [`AF_INET`].
    pub sin_family: ADDRESS_FAMILY,
    /// Port, in network byte order.
    pub sin_port: u16,
    /// `IN_ADDR`: the four octets in the order in which they are written.
    pub sin_addr: [u8; 4],
    /// Unused, zero.
    pub sin_zero: [u8; 8],
}

/// `SOCKADDR_IN6`: an IPv6 address and port.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SOCKADDR_IN6 {
    /// [`AF_INET6`].
    pub sin6_family: ADDRESS_FAMILY,
    /// Port, in network byte order.
    pub sin6_port: u16,
    /// Flow label.
    pub sin6_flowinfo: u32,
    /// `IN6_ADDR`: the sixteen octets in network order.
    pub sin6_addr: [u8; 16],
    /// Zone of a link-local address, else 0.
    pub sin6_scope_id: u32,
}

/// `ADDRINFOEXW`: one entry of a name look-up's result list, or its hints.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ADDRINFOEXW {
    /// `AI_` flags.
    pub ai_flags: i32,
    /// Family of `ai_addr`.
    pub ai_family: i32,
    /// Socket type, such as [`SOCK_STREAM`].
    pub ai_socktype: i32,
    /// Protocol, such as [`IPPROTO_TCP`].
    pub ai_protocol: i32,
    /// Bytes at `ai_addr`.
    pub ai_addrlen: usize,
    /// Canonical name, NUL-terminated, or NULL.
    pub ai_canonname: *mut u16,
    /// The address.
    pub ai_addr: *mut SOCKADDR,
    /// Provider-specific data.
    pub ai_blob: *mut c_void,
    /// Bytes at `ai_blob`.
    pub ai_bloblen: usize,
    /// Name-space provider, or NULL.
    pub ai_provider: PGUID,
    /// Next entry, or NULL.
    pub ai_next: *mut ADDRINFOEXW,
}

const _: () = {
    assert!(size_of::<SOCKADDR>() == 16);
    assert!(size_of::<SOCKADDR_IN>() == 16);
    assert!(offset_of!(SOCKADDR_IN, sin_addr) == 4);
    assert!(size_of::<SOCKADDR_IN6>() == 28);
    assert!(offset_of!(SOCKADDR_IN6, sin6_addr) == 8);
    assert!(offset_of!(SOCKADDR_IN6, sin6_scope_id) == 24);
    assert!(size_of::<ADDRINFOEXW>() == 72);
    assert!(offset_of!(ADDRINFOEXW, ai_addrlen) == 16);
    assert!(offset_of!(ADDRINFOEXW, ai_canonname) == 24);
    assert!(offset_of!(ADDRINFOEXW, ai_addr) == 32);
    assert!(offset_of!(ADDRINFOEXW, ai_bloblen) == 48);
    assert!(offset_of!(ADDRINFOEXW, ai_provider) == 56);
    assert!(offset_of!(ADDRINFOEXW, ai_next) == 64);
};
