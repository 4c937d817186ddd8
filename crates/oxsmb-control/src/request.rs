//! Making and ending connections.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::strings::{self, FormatError, Limit, Utf16};
use crate::{MAX_DOMAIN, MAX_NAME, MAX_PASSWORD, MAX_USER, VERSION};

const HAS_USER: u32 = 1;
const HAS_DOMAIN: u32 = 2;
const HAS_PASSWORD: u32 = 4;
/// A deleted connection's open files are closed too.
const FORCE: u32 = 8;

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Head {
    version: U32,
    size: U32,
    flags: U32,
    name: U16,
    user: U16,
    domain: U16,
    password: U16,
}

const HEAD: usize = size_of::<Head>();

const LIMITS: [Limit; 4] = [
    ("name", MAX_NAME),
    ("user", MAX_USER),
    ("domain", MAX_DOMAIN),
    ("password", MAX_PASSWORD),
];

/// Bytes that hold any request to make or to end a connection.
pub const MAX_BUFFER: usize = HEAD + 2 * (MAX_NAME + MAX_USER + MAX_DOMAIN + MAX_PASSWORD);

/// Connect to a share: the NT name of the connection and who connects. An absent user means the caller's existing
/// session or, where that is allowed, nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddConnection<'a> {
    /// `\Device\OxSmb\;Z:0\server@OX\share`, or `\Device\OxSmb\;\server@OX\share` without a letter.
    pub name: Utf16<'a>,
    /// User name.
    pub user: Option<Utf16<'a>>,
    /// The user's domain.
    pub domain: Option<Utf16<'a>>,
    /// The user's password.
    pub password: Option<Utf16<'a>>,
}

/// End a connection made by [`AddConnection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteConnection<'a> {
    /// The name that the connection was made with.
    pub name: Utf16<'a>,
    /// Close its open files too; otherwise the control fails while there are any.
    pub force: bool,
}

impl<'a> AddConnection<'a> {
    /// Reads the control's input.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(input: &'a [u8]) -> Result<Self, FormatError> {
        let (flags, [name, user, domain, password]) = parse(input)?;
        if flags & FORCE != 0 {
            return Err(FormatError::Version);
        }
        let given = |flag, text: Utf16<'a>| (flags & flag != 0).then_some(text);
        Ok(Self {
            name,
            user: given(HAS_USER, user),
            domain: given(HAS_DOMAIN, domain),
            password: given(HAS_PASSWORD, password),
        })
    }
}

impl<'a> DeleteConnection<'a> {
    /// Reads the control's input.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(input: &'a [u8]) -> Result<Self, FormatError> {
        let (flags, [name, ..]) = parse(input)?;
        if flags & !FORCE != 0 {
            return Err(FormatError::Version);
        }
        Ok(Self {
            name,
            force: flags & FORCE != 0,
        })
    }
}

/// Writes an [`AddConnection`] as a caller sends it, and gives its length in bytes.
///
/// # Errors
/// A string over its limit, or too small a buffer ([`MAX_BUFFER`] always does).
pub fn encode_add_connection(
    out: &mut [u8],
    name: &[u16],
    user: Option<&[u16]>,
    domain: Option<&[u16]>,
    password: Option<&[u16]>,
) -> Result<usize, FormatError> {
    let flag = |text: Option<&[u16]>, flag| if text.is_some() { flag } else { 0 };
    let flags = flag(user, HAS_USER) | flag(domain, HAS_DOMAIN) | flag(password, HAS_PASSWORD);
    encode(
        out,
        flags,
        [
            name,
            user.unwrap_or_default(),
            domain.unwrap_or_default(),
            password.unwrap_or_default(),
        ],
    )
}

/// Writes a [`DeleteConnection`] as a caller sends it, and gives its length in bytes.
///
/// # Errors
/// As [`encode_add_connection`].
pub fn encode_delete_connection(
    out: &mut [u8],
    name: &[u16],
    force: bool,
) -> Result<usize, FormatError> {
    encode(out, if force { FORCE } else { 0 }, [name, &[], &[], &[]])
}

fn parse(input: &[u8]) -> Result<(u32, [Utf16<'_>; 4]), FormatError> {
    let (head, rest) = Head::ref_from_prefix(input).map_err(|_| FormatError::Length)?;
    strings::check_head(head.version, head.size, input)?;
    let flags = head.flags.get();
    if flags & !(HAS_USER | HAS_DOMAIN | HAS_PASSWORD | FORCE) != 0 {
        return Err(FormatError::Version);
    }
    let lengths = [head.name, head.user, head.domain, head.password];
    Ok((flags, strings::parse(rest, lengths, LIMITS)?))
}

fn encode(out: &mut [u8], flags: u32, texts: [&[u16]; 4]) -> Result<usize, FormatError> {
    let (lengths, size) = strings::measure(HEAD, texts, LIMITS)?;
    let [name, user, domain, password] = lengths;
    let head = Head {
        version: U32::new(VERSION),
        size,
        flags: U32::new(flags),
        name,
        user,
        domain,
        password,
    };
    strings::write(out, size, head.as_bytes(), texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    fn utf16(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn sample() -> Vec<u8> {
        let mut buffer = vec![0; MAX_BUFFER];
        let size = encode_add_connection(
            &mut buffer,
            &utf16("\\Device\\OxSmb\\;Z:0\\s@OX\\share"),
            Some(&utf16("user")),
            None,
            Some(&utf16("päss")),
        )
        .unwrap();
        buffer.truncate(size);
        buffer
    }

    #[test]
    fn what_is_encoded_is_what_is_parsed() {
        let buffer = sample();
        let parsed = AddConnection::parse(&buffer).unwrap();
        let text = |field: Utf16<'_>| {
            char::decode_utf16(field.units())
                .map(Result::unwrap)
                .collect::<std::string::String>()
        };
        assert_eq!(text(parsed.name), "\\Device\\OxSmb\\;Z:0\\s@OX\\share");
        assert_eq!(parsed.user.map(text).as_deref(), Some("user"));
        assert_eq!(parsed.domain, None);
        assert_eq!(parsed.password.map(text).as_deref(), Some("päss"));
    }

    #[test]
    fn a_connection_is_ended_by_its_name_and_with_force_if_so_asked() {
        for force in [false, true] {
            let mut buffer = vec![0; MAX_BUFFER];
            let size = encode_delete_connection(&mut buffer, &utf16("name"), force).unwrap();
            let parsed = DeleteConnection::parse(&buffer[..size]).unwrap();
            assert!(parsed.name.units().eq(utf16("name")));
            assert_eq!(parsed.force, force);
        }
    }

    #[test]
    fn neither_request_passes_for_the_other_when_its_flags_say_more() {
        assert_eq!(
            DeleteConnection::parse(&sample()),
            Err(FormatError::Version)
        );
        let mut buffer = vec![0; MAX_BUFFER];
        let size = encode_delete_connection(&mut buffer, &utf16("name"), true).unwrap();
        assert_eq!(
            AddConnection::parse(&buffer[..size]),
            Err(FormatError::Version)
        );
    }

    #[test]
    fn every_truncation_and_every_extension_is_refused() {
        let mut buffer = sample();
        for length in 0..buffer.len() {
            assert!(AddConnection::parse(&buffer[..length]).is_err(), "{length}");
        }
        buffer.push(0);
        assert_eq!(AddConnection::parse(&buffer), Err(FormatError::Length));
    }

    #[test]
    fn a_string_over_its_limit_is_refused_by_both_sides() {
        let long = vec![b'x'.into(); MAX_USER + 1];
        let mut buffer = vec![0; 2 * MAX_BUFFER];
        assert_eq!(
            encode_add_connection(&mut buffer, &[], Some(&long), None, None),
            Err(FormatError::TooLong("user"))
        );
        let mut buffer = sample();
        buffer[14] = 0xff;
        buffer[15] = 0xff;
        assert_eq!(
            AddConnection::parse(&buffer),
            Err(FormatError::TooLong("user"))
        );
    }

    #[test]
    fn an_unknown_version_or_flag_is_refused() {
        let mut buffer = sample();
        buffer[0] = 2;
        assert_eq!(AddConnection::parse(&buffer), Err(FormatError::Version));
        let mut buffer = sample();
        buffer[8] |= 0x80;
        assert_eq!(AddConnection::parse(&buffer), Err(FormatError::Version));
    }
}
