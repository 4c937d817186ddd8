//! The buffers of OxSMB's own device controls, as a network provider or a tool sends them to `\??\OxSmb`.
//!
//! They come from user mode, so they are versioned, bounded and checked before anything in them is believed.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Base of the private control codes. 0x14, the file-system base, collides with MUP's own codes since Vista.
const FILE_DEVICE_NETWORK_REDIRECTOR: u32 = 0x28;

const fn code(function: u32) -> u32 {
    // METHOD_BUFFERED and FILE_ANY_ACCESS are both 0.
    (FILE_DEVICE_NETWORK_REDIRECTOR << 16) | (function << 2)
}

/// Makes a connection to a share. Input: [`AddConnection`].
pub const IOCTL_OXSMB_ADD_CONNECTION: u32 = code(0x901);
/// Ends a connection. Input: [`DeleteConnection`].
pub const IOCTL_OXSMB_DELETE_CONNECTION: u32 = code(0x902);

/// Longest name of a connection, in UTF-16 units.
pub const MAX_NAME: usize = 1024;
/// Longest user name, in UTF-16 units (lmcons.h's UNLEN).
pub const MAX_USER: usize = 256;
/// Longest domain name, in UTF-16 units.
pub const MAX_DOMAIN: usize = 255;
/// Longest password, in UTF-16 units (lmcons.h's PWLEN).
pub const MAX_PASSWORD: usize = 256;

const VERSION: u32 = 1;
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

/// Bytes that hold any control buffer of this module.
pub const MAX_BUFFER: usize = HEAD + 2 * (MAX_NAME + MAX_USER + MAX_DOMAIN + MAX_PASSWORD);

/// Why a control buffer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// Shorter than its fixed part, or its lengths do not add up to its size.
    Length,
    /// A version or a flag that this driver does not know.
    Version,
    /// The named string is longer than its limit or has half a character.
    TooLong(&'static str),
    /// The output buffer is too small.
    NoSpace,
}

/// A UTF-16LE string inside a control buffer, which need not be aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf16<'a>(&'a [u8]);

impl<'a> Utf16<'a> {
    /// The string's UTF-16 units.
    pub fn units(self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        let (pairs, _) = self.0.as_chunks::<2>();
        pairs.iter().map(|pair| u16::from_le_bytes(*pair))
    }

    /// The string's bytes, two for each unit.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Whether it has no unit.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

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

const LIMITS: [(&str, usize); 4] = [
    ("name", MAX_NAME),
    ("user", MAX_USER),
    ("domain", MAX_DOMAIN),
    ("password", MAX_PASSWORD),
];

fn parse(input: &[u8]) -> Result<(u32, [Utf16<'_>; 4]), FormatError> {
    let (head, mut rest) = Head::ref_from_prefix(input).map_err(|_| FormatError::Length)?;
    let flags = head.flags.get();
    if head.version.get() != VERSION || flags & !(HAS_USER | HAS_DOMAIN | HAS_PASSWORD | FORCE) != 0
    {
        return Err(FormatError::Version);
    }
    if usize::try_from(head.size.get()) != Ok(input.len()) {
        return Err(FormatError::Length);
    }
    let mut strings = [Utf16(&[]); 4];
    let lengths = [head.name, head.user, head.domain, head.password];
    for ((string, length), (what, limit)) in strings.iter_mut().zip(lengths).zip(LIMITS) {
        let length = usize::from(length.get());
        if length % 2 != 0 || length / 2 > limit {
            return Err(FormatError::TooLong(what));
        }
        let (bytes, after) = rest.split_at_checked(length).ok_or(FormatError::Length)?;
        *string = Utf16(bytes);
        rest = after;
    }
    if rest.is_empty() {
        Ok((flags, strings))
    } else {
        Err(FormatError::Length)
    }
}

fn encode(out: &mut [u8], flags: u32, strings: [&[u16]; 4]) -> Result<usize, FormatError> {
    let mut lengths = [U16::ZERO; 4];
    let mut size = HEAD;
    for ((string, length), (what, limit)) in strings.iter().zip(&mut lengths).zip(LIMITS) {
        if string.len() > limit {
            return Err(FormatError::TooLong(what));
        }
        let bytes = size_of_val(*string);
        length.set(u16::try_from(bytes).map_err(|_| FormatError::TooLong(what))?);
        size = size.checked_add(bytes).ok_or(FormatError::NoSpace)?;
    }
    let [name, user, domain, password] = lengths;
    let head = Head {
        version: U32::new(VERSION),
        size: U32::new(u32::try_from(size).map_err(|_| FormatError::NoSpace)?),
        flags: U32::new(flags),
        name,
        user,
        domain,
        password,
    };
    let out = out.get_mut(..size).ok_or(FormatError::NoSpace)?;
    let (first, rest) = out.split_at_mut_checked(HEAD).ok_or(FormatError::NoSpace)?;
    first.copy_from_slice(head.as_bytes());
    let units = strings.into_iter().flatten();
    let (pairs, _) = rest.as_chunks_mut::<2>();
    for (pair, unit) in pairs.iter_mut().zip(units) {
        *pair = unit.to_le_bytes();
    }
    Ok(size)
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
