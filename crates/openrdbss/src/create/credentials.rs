//! Credentials in the extended attributes of a create.
//!
//! A drive mapping sends user name, password, domain and transport as extended attributes of the tree-connect
//! open (reference 5.1 point 2). The names are those of the Windows redirectors: `UserName`, `Password`, `Domain`
//! and `Transport`; `UserDomainName` is taken as another spelling of `Domain`. Values are UTF-16 without a terminator;
//! one that ends in zero characters has them cut off. Unknown names are left to the mini-redirector.

use core::ops::Range;

/// Where each credential lies in the buffer, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// `UserName`.
    pub user: Option<Range<usize>>,
    /// `Password`; an empty range is an empty password, which is not the same as none.
    pub password: Option<Range<usize>>,
    /// `Domain` or `UserDomainName`.
    pub domain: Option<Range<usize>>,
    /// `Transport`.
    pub transport: Option<Range<usize>>,
}

/// The buffer is no list of FILE_FULL_EA_INFORMATION, or a credential has half a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Length of FILE_FULL_EA_INFORMATION before its name (FSCC 2.4.16).
const FIXED: usize = 8;

/// Reads the list of extended attributes.
///
/// # Errors
/// [`Malformed`] when an entry reaches past the buffer.
pub(crate) fn parse(buffer: &[u8]) -> Result<Credentials, Malformed> {
    let mut found = Credentials::default();
    let mut at = 0usize;
    loop {
        let next = entry(buffer, at, &mut found)?;
        if next == 0 {
            return Ok(found);
        }
        at = at
            .checked_add(next)
            .filter(|at| *at < buffer.len())
            .ok_or(Malformed)?;
    }
}

/// Where the password lies in the buffer, if there is one.
pub(crate) fn password_among(buffer: &[u8]) -> Result<Option<Range<usize>>, Malformed> {
    parse(buffer).map(|found| found.password)
}

/// Reads the entry at `at` and gives the distance to the next one, 0 for none.
fn entry(buffer: &[u8], at: usize, found: &mut Credentials) -> Result<usize, Malformed> {
    let bytes = buffer.get(at..).ok_or(Malformed)?;
    let (fixed, rest) = bytes.split_first_chunk::<FIXED>().ok_or(Malformed)?;
    let [n0, n1, n2, n3, _flags, name_len, v0, v1] = *fixed;
    let next = usize::try_from(u32::from_le_bytes([n0, n1, n2, n3])).map_err(|_| Malformed)?;
    let name_len = usize::from(name_len);
    let value_len = usize::from(u16::from_le_bytes([v0, v1]));
    let name = rest.get(..name_len).ok_or(Malformed)?;
    // The name has a terminator that its length does not count.
    let value_at = FIXED.saturating_add(name_len).saturating_add(1);
    let value = bytes
        .get(value_at..value_at.saturating_add(value_len))
        .ok_or(Malformed)?;
    let slot = if name.eq_ignore_ascii_case(b"UserName") {
        &mut found.user
    } else if name.eq_ignore_ascii_case(b"Password") {
        &mut found.password
    } else if name.eq_ignore_ascii_case(b"Domain") || name.eq_ignore_ascii_case(b"UserDomainName") {
        &mut found.domain
    } else if name.eq_ignore_ascii_case(b"Transport") {
        &mut found.transport
    } else {
        return Ok(next);
    };
    if value.len().checked_rem(2) != Some(0) {
        return Err(Malformed);
    }
    let kept = without_terminators(value).len();
    let start = at.saturating_add(value_at);
    *slot = Some(start..start.saturating_add(kept));
    Ok(next)
}

fn without_terminators(mut value: &[u8]) -> &[u8] {
    while let Some((head, [0, 0])) = value.split_last_chunk::<2>() {
        value = head;
    }
    value
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn ea(name: &str, value: &[u8], last: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend([0; 4]);
        bytes.push(0);
        bytes.push(name.len() as u8);
        bytes.extend((value.len() as u16).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.extend(value);
        while bytes.len() % 4 != 0 {
            bytes.push(0);
        }
        if !last {
            let len = bytes.len() as u32;
            bytes[..4].copy_from_slice(&len.to_le_bytes());
        }
        bytes
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn user_password_and_domain_are_found_whatever_their_case() {
        let mut buffer = ea("USERNAME", &wide("joe"), false);
        buffer.extend(ea("Password", &wide("pw\0"), false));
        buffer.extend(ea("Other", &[1, 2, 3], false));
        buffer.extend(ea("domain", &wide("d"), true));
        let found = parse(&buffer).unwrap();
        assert_eq!(&buffer[found.user.unwrap()], wide("joe"));
        assert_eq!(&buffer[found.password.unwrap()], wide("pw"));
        assert_eq!(&buffer[found.domain.unwrap()], wide("d"));
        assert_eq!(found.transport, None);
    }

    #[test]
    fn an_empty_password_is_not_a_missing_one() {
        let found = parse(&ea("Password", &[], true)).unwrap();
        assert!(found.password.unwrap().is_empty());
        assert_eq!(found.user, None);
    }

    #[test]
    fn an_entry_that_reaches_past_the_buffer_is_malformed() {
        let mut buffer = ea("UserName", &wide("joe"), true);
        buffer[6] = 200;
        assert_eq!(parse(&buffer), Err(Malformed));
        let mut buffer = ea("UserName", &wide("joe"), true);
        buffer[0] = 255;
        assert_eq!(parse(&buffer), Err(Malformed));
        assert_eq!(parse(&[]), Err(Malformed));
        assert_eq!(parse(&ea("UserName", &[1], true)), Err(Malformed));
    }
}
