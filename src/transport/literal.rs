//! Server names that are addresses: IPv4, IPv6, and IPv6 as a UNC name can have it.
//!
//! A colon cannot be part of a UNC server name, so Windows writes IPv6 addresses as
//! `fe80--1s3.ipv6-literal.net`: dashes for colons, `s` for the percent sign before the zone.

use core::net::{SocketAddr, SocketAddrV6};

use super::address;

/// Longest text of an address, with its zone.
const LONGEST: usize = 56;
/// What follows an IPv6 address in a UNC name.
const SUFFIX: &[u8] = b".ipv6-literal.net";

/// The address that a host name is, if it is one.
pub fn parse(host: &[u16], port: u16) -> Option<SocketAddr> {
    let mut room = [0; LONGEST + SUFFIX.len()];
    let text = lower_case(host, &mut room)?;
    if let Some(literal) = text.strip_suffix(SUFFIX) {
        let mut room = [0; LONGEST];
        return v6(unescape(literal, &mut room)?, port);
    }
    match address::v4(text) {
        Some(address) => Some(SocketAddr::from((address, port))),
        None => v6(text, port),
    }
}

/// An IPv6 address and perhaps the number of its zone.
fn v6(text: &[u8], port: u16) -> Option<SocketAddr> {
    let mut parts = text.splitn(2, |&byte| byte == b'%');
    let address = address::v6(parts.next()?)?;
    let zone = match parts.next() {
        Some(zone) => address::number(zone, 10)?,
        None => 0,
    };
    Some(SocketAddrV6::new(address, port, 0, zone).into())
}

/// A name of ASCII characters, in lower case.
fn lower_case<'r>(name: &[u16], room: &'r mut [u8]) -> Option<&'r [u8]> {
    let room = room.get_mut(..name.len())?;
    for (byte, &unit) in room.iter_mut().zip(name) {
        *byte = u8::try_from(unit).ok()?.to_ascii_lowercase();
    }
    Some(room)
}

/// The address within a literal, as it is written elsewhere.
fn unescape<'r>(literal: &[u8], room: &'r mut [u8]) -> Option<&'r [u8]> {
    let room = room.get_mut(..literal.len())?;
    for (byte, &written) in room.iter_mut().zip(literal) {
        *byte = match written {
            b'-' => b':',
            b's' => b'%',
            written => written,
        };
    }
    Some(room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec::Vec;

    fn address(host: &str) -> Option<std::string::String> {
        let host: Vec<u16> = host.encode_utf16().collect();
        parse(&host, 445).map(|address| address.to_string())
    }

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        for (host, expected) in [
            ("192.0.2.7", "192.0.2.7:445"),
            ("::1", "[::1]:445"),
            ("fe80::1%3", "[fe80::1%3]:445"),
            ("--1.ipv6-literal.net", "[::1]:445"),
            ("2001-DB8--7.IPv6-Literal.NET", "[2001:db8::7]:445"),
            ("fe80--1s3.ipv6-literal.net", "[fe80::1%3]:445"),
            (
                "--ffff-192.0.2.7.ipv6-literal.net",
                "[::ffff:192.0.2.7]:445",
            ),
        ] {
            assert_eq!(address(host).as_deref(), Some(expected), "{host}");
        }
    }

    #[test]
    fn names_are_no_addresses() {
        for host in [
            "",
            "files",
            "192.0.2",
            "192.0.2.7.ipv6-literal.net",
            ".ipv6-literal.net",
            "fe80--1sx.ipv6-literal.net",
            "fe80--1s99999999999.ipv6-literal.net",
            "dateien-ä",
            "a-name-that-is-longer-than-any-address-can-be-and-than-the-room-for-it-is",
        ] {
            assert_eq!(address(host), None, "{host}");
        }
    }
}
