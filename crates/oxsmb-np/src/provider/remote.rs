//! Remote names: which `\\server\share` is OxSMB's.

use oxsmb_control::names::{NameError, ServerName};

use super::System;

const BACKSLASH: u16 = b'\\' as u16;

/// A UNC name of a server that OxSMB answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote<'a> {
    /// `\server@OX`, with one backslash: so it is in NT names.
    pub server: &'a [u16],
    /// `\server@OX\share`; None if the name is the server's alone.
    pub share: Option<&'a [u16]>,
    /// What follows the share, with its backslash.
    pub rest: &'a [u16],
    /// The server's name has OxSMB's tag, so that it is nobody else's.
    pub is_tagged: bool,
}

impl<'a> Remote<'a> {
    /// Reads a UNC name; None if it is not OxSMB's. A backslash at the end does not count.
    pub fn parse(system: &impl System, name: &'a [u16]) -> Option<Self> {
        let &[BACKSLASH, BACKSLASH, ..] = name else {
            return None;
        };
        let name = name.get(1..)?;
        let name = name.strip_suffix(&[BACKSLASH]).unwrap_or(name);
        let server_end = end_of_component(name, 1);
        let server = name.get(..server_end)?;
        let is_tagged = is_tagged(system, server)?;
        if server_end == name.len() {
            return Some(Self {
                server,
                share: None,
                rest: &[],
                is_tagged,
            });
        }
        let share_end = end_of_component(name, server_end.checked_add(1)?);
        let (share, rest) = name.split_at_checked(share_end)?;
        // A share's name is a backslash and something.
        (share_end > server_end.checked_add(1)?).then_some(Self {
            server,
            share: Some(share),
            rest,
            is_tagged,
        })
    }
}

/// Whether a server's name has our tag; None if the server is not ours. The registry is asked last, for names without any tag.
fn is_tagged(system: &impl System, server: &[u16]) -> Option<bool> {
    match ServerName::parse(server, false) {
        Ok(_) => Some(true),
        Err(NameError::Malformed) => None,
        Err(NameError::NotOurs) => (ServerName::parse(server, true).is_ok()
            && system.claims_plain_names())
        .then_some(false),
    }
}

/// Where the component that begins at `start` ends.
fn end_of_component(name: &[u16], start: usize) -> usize {
    let component = name.get(start..).unwrap_or_default();
    let length = component.iter().position(|&unit| unit == BACKSLASH);
    start.saturating_add(length.unwrap_or(component.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Scripted, utf16};
    use std::string::String;

    fn parse(system: &Scripted, name: &str) -> Option<(String, Option<String>, String)> {
        let name = utf16(name);
        let text = String::from_utf16_lossy;
        Remote::parse(system, &name).map(|remote| {
            (
                text(remote.server),
                remote.share.map(text),
                text(remote.rest),
            )
        })
    }

    #[test]
    fn tagged_names_are_ours() {
        let system = Scripted::default();
        let (server, share) = ("\\s@OX@1445", "\\s@OX@1445\\x");
        assert_eq!(
            parse(&system, "\\\\s@OX@1445\\x"),
            Some((server.into(), Some(share.into()), "".into()))
        );
        assert_eq!(
            parse(&system, "\\\\s@OX@1445\\x\\d\\f"),
            Some((server.into(), Some(share.into()), "\\d\\f".into()))
        );
        for name in ["\\\\s@OX@1445", "\\\\s@OX@1445\\"] {
            assert_eq!(parse(&system, name), Some((server.into(), None, "".into())));
        }
        assert_eq!(*system.registry_reads.borrow(), 0);
    }

    #[test]
    fn other_names_are_not_and_only_plain_ones_need_the_registry() {
        let system = Scripted::default();
        for name in [
            "",
            "x",
            "Z:",
            "\\",
            "\\\\",
            "\\s@OX\\x",
            "\\\\@OX\\x",
            "\\\\s@OX@0\\x",
            "\\\\s@SSL\\x",
            "\\\\s@OX\\\\x",
            "\\\\\\s@OX\\x",
        ] {
            assert_eq!(parse(&system, name), None, "{name}");
        }
        assert_eq!(*system.registry_reads.borrow(), 0);
        assert_eq!(parse(&system, "\\\\s\\x"), None);
        assert_eq!(*system.registry_reads.borrow(), 1);
    }

    #[test]
    fn plain_names_are_ours_where_the_setting_says_so() {
        let system = Scripted::default();
        system.plain_names.set(true);
        let name = utf16("\\\\s\\x");
        let remote = Remote::parse(&system, &name).unwrap();
        assert!(!remote.is_tagged);
        assert_eq!(remote.share, Some(&name[1..]));
        assert_eq!(parse(&system, "\\\\s@SSL\\x"), None);
    }
}
