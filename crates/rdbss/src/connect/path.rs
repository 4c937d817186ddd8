//! Slicing of a path into server, share and rest.

const BACKSLASH: u16 = b'\\' as u16;

/// A path behind its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitPath<'p> {
    /// The share with its leading backslash.
    pub share: &'p [u16],
    /// What follows the share, with its leading backslash; empty for the share itself.
    pub rest: &'p [u16],
}

/// Splits `\server\share\rest` after the server's name, which is as long as `server_name`.
pub fn split_path<'p>(path: &'p [u16], server_name: &[u16]) -> SplitPath<'p> {
    let path = path.get(server_name.len()..).unwrap_or(&[]);
    // The share's own backslash does not end it.
    let name = path.get(1..).unwrap_or(&[]);
    let share_length = match name.iter().position(|&unit| unit == BACKSLASH) {
        Some(length) => length.saturating_add(1),
        None => path.len(),
    };
    let (share, rest) = path.split_at_checked(share_length).unwrap_or((path, &[]));
    SplitPath { share, rest }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn split(path: &str, server: &str) -> (String, String) {
        let path: Vec<u16> = path.encode_utf16().collect();
        let server: Vec<u16> = server.encode_utf16().collect();
        let parts = split_path(&path, &server);
        (
            String::from_utf16(parts.share).unwrap(),
            String::from_utf16(parts.rest).unwrap(),
        )
    }

    #[test]
    fn a_share_ends_at_the_next_backslash() {
        assert_eq!(
            split(r"\server\share\dir\file", r"\server"),
            (r"\share".into(), r"\dir\file".into())
        );
        assert_eq!(
            split(r"\server\share\", r"\server"),
            (r"\share".into(), r"\".into())
        );
    }

    #[test]
    fn a_share_may_end_the_path() {
        assert_eq!(
            split(r"\server\share", r"\server"),
            (r"\share".into(), String::new())
        );
    }

    #[test]
    fn a_path_without_share_gives_nothing() {
        assert_eq!(
            split(r"\server", r"\server"),
            (String::new(), String::new())
        );
        assert_eq!(split(r"\ser", r"\server"), (String::new(), String::new()));
        assert_eq!(split(r"\server\", r"\server"), (r"\".into(), String::new()));
    }
}
