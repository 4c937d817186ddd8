//! Which server a name means: `server@OX`, `server@OX@1445`, or a plain `server` where a setting claims those too.
//!
//! Windows' own client answers for plain names, so OxSMB takes names with its tag, in the habit of WebDAV's `server@SSL@port`.

use super::BACKSLASH;

/// TCP port of direct-hosted SMB (MS-SMB2 2.1).
pub const DEFAULT_PORT: u16 = 445;

/// Longest host name taken, in UTF-16 units: the DNS limit.
pub const MAX_HOST: usize = 255;

const TAG: [u16; 2] = [b'O' as u16, b'X' as u16];
const AT: u16 = b'@' as u16;

/// A server to connect to, as a name claimed by OxSMB spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerName<'a> {
    /// Host name or address, without tag and port.
    pub host: &'a [u16],
    /// TCP port.
    pub port: u16,
}

/// Why a name is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// No tag, and plain names are not claimed: another redirector's name.
    NotOurs,
    /// Our tag, but no host, a host that is too long, or a port that is none.
    Malformed,
}

impl<'a> ServerName<'a> {
    /// Reads a server's name as RDBSS keeps it in its SRV_CALL: with one leading backslash, which may be missing.
    pub fn parse(name: &'a [u16], claim_plain_names: bool) -> Result<Self, NameError> {
        let name = name.strip_prefix(&[BACKSLASH]).unwrap_or(name);
        let mut parts = name.split(|&unit| unit == AT);
        let host = parts.next().unwrap_or_default();
        let port = match (parts.next(), parts.next()) {
            (None, _) if claim_plain_names => DEFAULT_PORT,
            (None, _) => return Err(NameError::NotOurs),
            (Some(tag), _) if !is_tag(tag) => return Err(NameError::NotOurs),
            (Some(_), None) => DEFAULT_PORT,
            (Some(_), Some(digits)) => parse_port(digits).ok_or(NameError::Malformed)?,
        };
        if parts.next().is_some() || host.is_empty() || host.len() > MAX_HOST {
            return Err(NameError::Malformed);
        }
        Ok(Self { host, port })
    }
}

fn is_tag(part: &[u16]) -> bool {
    part.len() == TAG.len()
        && part
            .iter()
            .zip(TAG)
            .all(|(&unit, tag)| unit == tag || unit == tag | 0x20)
}

fn parse_port(digits: &[u16]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 5 {
        return None;
    }
    let port = digits.iter().try_fold(0u32, |value, &unit| {
        let digit = char::from_u32(u32::from(unit))?.to_digit(10)?;
        value.checked_mul(10)?.checked_add(digit)
    })?;
    u16::try_from(port).ok().filter(|&port| port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn utf16(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn parse(text: &str, plain: bool) -> Result<(std::string::String, u16), NameError> {
        let name = utf16(text);
        ServerName::parse(&name, plain).map(|server| {
            (
                std::string::String::from_utf16_lossy(server.host),
                server.port,
            )
        })
    }

    #[test]
    fn a_tagged_name_gives_host_and_port() {
        assert_eq!(parse("\\files@OX", false), Ok(("files".into(), 445)));
        assert_eq!(parse("\\files@ox@1445", false), Ok(("files".into(), 1445)));
        assert_eq!(parse("127.0.0.1@OX@1", false), Ok(("127.0.0.1".into(), 1)));
    }

    #[test]
    fn a_plain_name_is_ours_only_when_the_setting_claims_it() {
        assert_eq!(parse("\\files", false), Err(NameError::NotOurs));
        assert_eq!(parse("\\files", true), Ok(("files".into(), 445)));
        assert_eq!(parse("\\files@SSL@443", true), Err(NameError::NotOurs));
    }

    #[test]
    fn a_tagged_name_without_host_or_with_a_bad_port_is_malformed() {
        for name in [
            "\\@OX",
            "\\a@OX@",
            "\\a@OX@0",
            "\\a@OX@65536",
            "\\a@OX@1x",
            "\\a@OX@1@2",
        ] {
            assert_eq!(parse(name, false), Err(NameError::Malformed), "{name}");
        }
    }
}
