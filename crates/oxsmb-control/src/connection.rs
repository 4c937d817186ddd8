//! Looking at the connections that there are, one by one.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::strings::{self, FormatError, Limit, Utf16};
use crate::{MAX_DOMAIN, MAX_NAME, MAX_USER, VERSION};

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct NextHead {
    version: U32,
    size: U32,
    after: U64,
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Head {
    version: U32,
    size: U32,
    serial: U64,
    name: U16,
    user: U16,
    domain: U16,
    /// 0 while there is no connection to the server.
    dialect: U16,
    protection: U16,
    /// What it is protected by; 0 where it is not.
    algorithm: U16,
}

const PLAIN: u16 = 0;
const SIGNED: u16 = 1;
const SEALED: u16 = 2;

const HEAD: usize = size_of::<Head>();

const LIMITS: [Limit; 3] = [
    ("name", MAX_NAME),
    ("user", MAX_USER),
    ("domain", MAX_DOMAIN),
];

/// Bytes that hold any [`Connection`].
pub const MAX_CONNECTION: usize = HEAD + 2 * (MAX_NAME + MAX_USER + MAX_DOMAIN);

/// Which connection to tell of: the first one behind this serial number; 0 is before all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextConnection {
    /// [`Connection::serial`] of the last one seen.
    pub after: u64,
}

impl NextConnection {
    /// Bytes of the request.
    pub const SIZE: usize = size_of::<NextHead>();

    /// Reads the control's input.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(input: &[u8]) -> Result<Self, FormatError> {
        let head = NextHead::ref_from_bytes(input).map_err(|_| FormatError::Length)?;
        strings::check_head(head.version, head.size, input)?;
        Ok(Self {
            after: head.after.get(),
        })
    }

    /// The request as a caller sends it.
    pub fn encode(self) -> [u8; Self::SIZE] {
        let head = NextHead {
            version: U32::new(VERSION),
            size: U32::new(const { Self::SIZE as u32 }),
            after: U64::new(self.after),
        };
        zerocopy::transmute!(head)
    }
}

/// How client and server speak, by the numbers of MS-SMB2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// The dialect (2.2.3).
    pub dialect: u16,
    /// How messages on the share are protected.
    pub protection: Protection,
}

/// How messages on a share are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    Plain,
    /// Signed by this algorithm (2.2.3.1.7).
    Signed(u16),
    /// Encrypted by this cipher (2.2.3.1.2).
    Sealed(u16),
}

impl Protocol {
    /// Dialect, protection and algorithm.
    fn numbers(self) -> [U16; 3] {
        let (protection, algorithm) = match self.protection {
            Protection::Plain => (PLAIN, 0),
            Protection::Signed(algorithm) => (SIGNED, algorithm),
            Protection::Sealed(cipher) => (SEALED, cipher),
        };
        [self.dialect, protection, algorithm].map(U16::new)
    }

    fn parse(head: &Head) -> Result<Option<Self>, FormatError> {
        let protection = match (head.protection.get(), head.algorithm.get()) {
            (PLAIN, 0) => Protection::Plain,
            (SIGNED, algorithm) => Protection::Signed(algorithm),
            (SEALED, cipher) => Protection::Sealed(cipher),
            _ => return Err(FormatError::Version),
        };
        Ok(match head.dialect.get() {
            0 => None,
            dialect => Some(Self {
                dialect,
                protection,
            }),
        })
    }
}

/// A connection of the caller's logon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    /// Number in the order in which connections were made; never given twice, never 0.
    pub serial: u64,
    /// How it speaks to the server at the moment; nothing when the server has been lost and nobody has needed it since.
    pub protocol: Option<Protocol>,
    /// The name that it was made with ([`AddConnection::name`](crate::AddConnection::name)).
    pub name: Utf16<'a>,
    /// The user that the caller is to the server; empty for nobody.
    pub user: Utf16<'a>,
    /// That user's domain; empty for none.
    pub domain: Utf16<'a>,
}

impl<'a> Connection<'a> {
    /// Reads the control's output.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(output: &'a [u8]) -> Result<Self, FormatError> {
        let (head, rest) = Head::ref_from_prefix(output).map_err(|_| FormatError::Length)?;
        strings::check_head(head.version, head.size, output)?;
        let [name, user, domain] =
            strings::parse(rest, [head.name, head.user, head.domain], LIMITS)?;
        Ok(Self {
            serial: head.serial.get(),
            protocol: Protocol::parse(head)?,
            name,
            user,
            domain,
        })
    }
}

/// Writes a [`Connection`] as the driver answers it, and gives its length in bytes.
///
/// # Errors
/// A string over its limit, or too small a buffer ([`MAX_CONNECTION`] always does).
pub fn encode_connection(
    out: &mut [u8],
    serial: u64,
    protocol: Option<Protocol>,
    name: &[u16],
    user: &[u16],
    domain: &[u16],
) -> Result<usize, FormatError> {
    let texts = [name, user, domain];
    let ([name, user, domain], size) = strings::measure(HEAD, texts, LIMITS)?;
    let [dialect, protection, algorithm] = protocol.map(Protocol::numbers).unwrap_or_default();
    let head = Head {
        version: U32::new(VERSION),
        size,
        serial: U64::new(serial),
        name,
        user,
        domain,
        dialect,
        protection,
        algorithm,
    };
    strings::write(out, size, head.as_bytes(), texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::offset_of;
    use std::vec;
    use std::vec::Vec;

    fn utf16(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn a_request_for_the_next_connection_names_the_last_one() {
        let request = NextConnection { after: 7 << 40 };
        assert_eq!(NextConnection::parse(&request.encode()), Ok(request));
        assert_eq!(
            NextConnection::parse(&request.encode()[..8]),
            Err(FormatError::Length)
        );
        let mut other = request.encode();
        other[0] = 9;
        assert_eq!(NextConnection::parse(&other), Err(FormatError::Version));
    }

    #[test]
    fn a_connection_is_read_as_it_was_written() {
        let mut buffer = vec![0; MAX_CONNECTION];
        let size = encode_connection(
            &mut buffer,
            3,
            None,
            &utf16("\\Device\\OxSmb\\;\\s@OX\\x"),
            &utf16("ann"),
            &[],
        )
        .unwrap();
        let read = Connection::parse(&buffer[..size]).unwrap();
        assert_eq!((read.serial, read.protocol), (3, None));
        assert!(read.name.units().eq(utf16("\\Device\\OxSmb\\;\\s@OX\\x")));
        assert!(read.user.units().eq(utf16("ann")));
        assert!(read.domain.is_empty());
        for length in 0..size {
            assert!(Connection::parse(&buffer[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn how_a_connection_speaks_is_read_as_it_was_written() {
        for protection in [
            Protection::Plain,
            Protection::Signed(0),
            Protection::Sealed(4),
        ] {
            let protocol = Some(Protocol {
                dialect: 0x0311,
                protection,
            });
            let mut buffer = vec![0; MAX_CONNECTION];
            let size = encode_connection(&mut buffer, 1, protocol, &[], &[], &[]).unwrap();
            let answer = &mut buffer[..size];
            assert_eq!(Connection::parse(answer).unwrap().protocol, protocol);
            // A protection that nobody knows.
            answer[offset_of!(Head, protection)] = 3;
            assert_eq!(Connection::parse(answer), Err(FormatError::Version));
        }
    }

    #[test]
    fn the_longest_connection_just_fits() {
        let mut buffer = vec![0; MAX_CONNECTION];
        let (name, user, domain) = ([1; MAX_NAME], [2; MAX_USER], [3; MAX_DOMAIN]);
        assert_eq!(
            encode_connection(&mut buffer, 1, None, &name, &user, &domain),
            Ok(MAX_CONNECTION)
        );
        buffer.pop();
        assert_eq!(
            encode_connection(&mut buffer, 1, None, &name, &user, &domain),
            Err(FormatError::NoSpace)
        );
    }
}
