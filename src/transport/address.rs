//! IP addresses from text (RFC 4291 2.2).
//!
//! core's own parser would do, but it brings along panics that cannot happen and that the driver's image would have to carry.

use core::net::{Ipv4Addr, Ipv6Addr};

/// Groups of sixteen bits in an IPv6 address.
const GROUPS: u32 = 8;

/// Reads an IPv4 address of four decimal numbers.
pub fn v4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split(|&byte| byte == b'.');
    for octet in &mut octets {
        let part = parts.next()?;
        // An octal number, to some.
        let ambiguous = part.len() > 1 && part.first() == Some(&b'0');
        *octet = u8::try_from(number(part, 10).filter(|_| !ambiguous)?).ok()?;
    }
    parts.next().is_none().then_some(octets.into())
}

/// Reads an IPv6 address: groups in hexadecimal, of which zeroes may be left out once, and the last two may be written as an
/// IPv4 address.
pub fn v6(text: &[u8]) -> Option<Ipv6Addr> {
    let gap = text.windows(2).position(|pair| pair == b"::");
    let (head, tail) = match gap {
        Some(gap) => (text.get(..gap)?, text.get(gap.checked_add(2)?..)?),
        None => (text, &[][..]),
    };
    // The short form of four bytes is for the end of the whole.
    let (head, tail) = (
        Groups::parse(head, gap.is_none())?,
        Groups::parse(tail, true)?,
    );
    let left_out = GROUPS.checked_sub(head.count)?.checked_sub(tail.count)?;
    if (left_out == 0) != gap.is_none() {
        return None;
    }
    let below_head = GROUPS.checked_sub(head.count)?.checked_mul(u16::BITS)?;
    // A head of no groups would be shifted out altogether.
    let head = head.bits.checked_shl(below_head).unwrap_or(0);
    Some(Ipv6Addr::from_bits(head | tail.bits))
}

/// Some groups of an IPv6 address.
#[derive(Default)]
struct Groups {
    bits: u128,
    count: u32,
}

impl Groups {
    fn parse(text: &[u8], may_end_in_v4: bool) -> Option<Self> {
        let mut groups = Self::default();
        if text.is_empty() {
            return Some(groups);
        }
        let mut parts = text.split(|&byte| byte == b':').peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            if is_last && may_end_in_v4 && part.contains(&b'.') {
                let bits = v4(part)?.to_bits();
                groups.push(bits.checked_shr(u16::BITS)?)?;
                groups.push(bits & u32::from(u16::MAX))?;
            } else if part.len() > 4 {
                return None;
            } else {
                groups.push(number(part, 16)?)?;
            }
        }
        Some(groups)
    }

    fn push(&mut self, group: u32) -> Option<()> {
        self.count = self.count.checked_add(1).filter(|&count| count <= GROUPS)?;
        self.bits = self.bits.checked_shl(u16::BITS)? | u128::from(group);
        Some(())
    }
}

/// Reads a number of at least one digit that fits 32 bits.
pub fn number(text: &[u8], radix: u32) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |value, &byte| {
        let digit = match byte {
            b'0'..=b'9' => byte.checked_sub(b'0')?,
            b'a'..=b'f' => byte.checked_sub(b'a')?.checked_add(10)?,
            b'A'..=b'F' => byte.checked_sub(b'A')?.checked_add(10)?,
            _ => return None,
        };
        let digit = u32::from(digit);
        let digit = (digit < radix).then_some(digit)?;
        value.checked_mul(radix)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: [&str; 34] = [
        "",
        ":",
        "::",
        ":::",
        "::1",
        "1::",
        ":1",
        "1:",
        "::1::",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3::4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "2001:DB8::fFfF",
        "12345::",
        "::g",
        "::ffff:192.0.2.7",
        "::192.0.2.7:1",
        "192.0.2.7::",
        "1:2:3:4:5:6:192.0.2.7",
        "1:2:3:4:5:6:7:192.0.2.7",
        "192.0.2.7",
        "192.0.2",
        "192.0.2.7.1",
        "192.0.2.256",
        "192.0.02.7",
        "0.0.0.0",
        "00.0.0.0",
        "1..2.3",
        "+1.2.3.4",
        "4294967297.1.1.1",
        "a.b.c.d",
    ];

    fn agree(text: &str) {
        assert_eq!(v4(text.as_bytes()), text.parse().ok(), "{text:?}");
        assert_eq!(v6(text.as_bytes()), text.parse().ok(), "{text:?}");
    }

    #[test]
    fn cores_parser_says_the_same() {
        SAMPLES.into_iter().for_each(agree);
    }

    #[test]
    fn cores_parser_says_the_same_of_samples_cut_and_changed() {
        for text in SAMPLES {
            for at in 0..=text.len() {
                for piece in ["", ":", "::", ".", "0", "1", "f", "12", "-", "ffff"] {
                    let (before, after) = text.split_at(at);
                    agree(&std::format!("{before}{piece}{after}"));
                    agree(&std::format!("{before}{piece}"));
                    agree(&std::format!("{piece}{after}"));
                }
            }
        }
    }
}
