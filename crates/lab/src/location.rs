//! Where a file is: on this machine, or on a share.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The port of SMB over TCP (MS-SMB2 2.1).
const SMB_PORT: u16 = 445;

/// A place on this machine or on a share, as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// An ordinary path.
    Local(PathBuf),
    /// `//host[:port]/share[/path]`
    Remote(RemotePath),
}

/// A path on a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePath {
    /// The share.
    pub share: ShareName,
    /// The path below it, its parts separated and led by one backslash each; empty for the share's root.
    pub path: String,
}

/// A share on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareName {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The share's name.
    pub share: String,
}

/// Why a location is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLocation(String);

impl fmt::Display for BadLocation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: expected //host[:port]/share/path", self.0)
    }
}

impl std::error::Error for BadLocation {}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Self, BadLocation> {
        if text.starts_with("//") || text.starts_with("\\\\") {
            text.parse().map(Self::Remote)
        } else {
            Ok(Self::Local(text.into()))
        }
    }
}

impl FromStr for RemotePath {
    type Err = BadLocation;

    fn from_str(text: &str) -> Result<Self, BadLocation> {
        let bad = |why: &str| BadLocation(format!("{text} {why}"));
        let named = text
            .strip_prefix("//")
            .or_else(|| text.strip_prefix("\\\\"))
            .ok_or_else(|| bad("is no path on a share"))?;
        let mut parts = named.split(['/', '\\']).filter(|part| !part.is_empty());
        let authority = parts.next().ok_or_else(|| bad("names no host"))?;
        let (host, port) = host_and_port(authority).ok_or_else(|| bad("has a bad host or port"))?;
        let share = parts.next().ok_or_else(|| bad("names no share"))?;
        let share = ShareName {
            host,
            port,
            share: share.into(),
        };
        let mut path = String::new();
        for part in parts {
            path.push('\\');
            path.push_str(part);
        }
        Ok(Self { share, path })
    }
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|&port| port != 0)?,
        None if rest.is_empty() => SMB_PORT,
        None => return None,
    };
    // An @ would be read as OxSMB's own tag.
    let good = !host.is_empty() && !host.contains('@');
    good.then(|| (host.into(), port))
}

impl ShareName {
    /// The name that OxSMB claims for this share: `\server@OX@port\share`.
    pub fn tagged(&self) -> String {
        format!("\\{}@OX@{}\\{}", self.host, self.port, self.share)
    }
}

impl RemotePath {
    /// The same share's path one name further down.
    pub fn join(&self, name: &str) -> Self {
        Self {
            share: self.share.clone(),
            path: format!("{}\\{name}", self.path),
        }
    }

    /// The last part of the path, if there is a path.
    pub fn name(&self) -> Option<&str> {
        self.path.rsplit_once('\\').map(|(_, name)| name)
    }
}

impl fmt::Display for ShareName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        write!(out, "//{open}{}{close}", self.host)?;
        if self.port != SMB_PORT {
            write!(out, ":{}", self.port)?;
        }
        write!(out, "/{}", self.share)
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.share, self.path.replace('\\', "/"))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(out, "{}", path.display()),
            Self::Remote(path) => write!(out, "{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> RemotePath {
        text.parse().unwrap()
    }

    #[test]
    fn a_remote_path_has_host_port_share_and_path() {
        let path = remote("//files:1445/public/a/b c.txt");
        assert_eq!(path.share.host, "files");
        assert_eq!(path.share.port, 1445);
        assert_eq!(path.share.tagged(), "\\files@OX@1445\\public");
        assert_eq!(path.path, "\\a\\b c.txt");
        assert_eq!(path.name(), Some("b c.txt"));
        assert_eq!(path.to_string(), "//files:1445/public/a/b c.txt");
    }

    #[test]
    fn the_port_is_445_unless_named_and_a_share_alone_is_its_root() {
        let path = remote("\\\\files\\public\\");
        assert_eq!((path.share.port, path.path.as_str()), (445, ""));
        assert_eq!(path.to_string(), "//files/public");
        assert_eq!(path.name(), None);
    }

    #[test]
    fn an_address_of_ipv6_stands_in_brackets() {
        let path = remote("//[::1]:1445/public");
        assert_eq!((path.share.host.as_str(), path.share.port), ("::1", 1445));
        assert_eq!(path.to_string(), "//[::1]:1445/public");
    }

    #[test]
    fn what_is_no_path_on_a_share_says_so() {
        for text in [
            "//",
            "//host",
            "//host:0/s",
            "//host:x/s",
            "//:445/s",
            "//a@b/s",
            "//[::1/s",
            "x",
        ] {
            assert!(text.parse::<RemotePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn anything_without_two_leading_slashes_is_local() {
        assert_eq!("/tmp/x".parse(), Ok(Location::Local("/tmp/x".into())));
        assert!(matches!("//h/s/x".parse(), Ok(Location::Remote(_))));
    }
}
