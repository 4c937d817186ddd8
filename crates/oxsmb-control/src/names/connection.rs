//! The NT name of a connection, which a drive letter is a link to.

use super::BACKSLASH;
use crate::DEVICE_NAME;

const SEMICOLON: u16 = b';' as u16;
const COLON: u16 = b':' as u16;

/// `\Device\OxSmb\;Z:logon\server@OX\share` or `\Device\OxSmb\;\server@OX\share`: RDBSS takes what is between the semicolon and the
/// next backslash for one component, which keeps the views of a share apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionName<'a> {
    /// The drive letter, A to Z; None for a connection without one.
    pub letter: Option<u8>,
    /// `\server@OX\share`, and what may follow.
    pub path: &'a [u16],
}

impl<'a> ConnectionName<'a> {
    /// Reads a name; None if it is not one of ours.
    pub fn parse(name: &'a [u16]) -> Option<Self> {
        let (device, below) = name.split_at_checked(DEVICE_NAME.len())?;
        let is_ours = device
            .iter()
            .zip(DEVICE_NAME.bytes())
            .all(|(&unit, byte)| upper(unit) == upper(byte.into()));
        let below = below.strip_prefix(&[BACKSLASH, SEMICOLON])?;
        let end = below.iter().position(|&unit| unit == BACKSLASH)?;
        let (drive, path) = below.split_at_checked(end)?;
        let letter = match drive {
            [] => None,
            &[letter, COLON, ..] => Some(drive_letter(letter)?),
            _ => return None,
        };
        is_ours.then_some(Self { letter, path })
    }

    /// The name's units: `logon` keeps apart the letters of different logons.
    pub fn units(self, logon: u64) -> impl Iterator<Item = u16> + use<'a> {
        let drive = self.letter.into_iter().flat_map(move |letter| {
            let digits = (0..16).rev().map(move |place: u32| {
                let digit = logon.unbounded_shr(place.saturating_mul(4)) & 0xf;
                char::from_digit(digit as u32, 16).map_or(0, |digit| digit as u16)
            });
            [u16::from(letter), COLON].into_iter().chain(digits)
        });
        DEVICE_NAME
            .bytes()
            .map(u16::from)
            .chain([BACKSLASH, SEMICOLON])
            .chain(drive)
            .chain(self.path.iter().copied())
    }
}

/// A unit as an upper-case drive letter, if it is one.
fn drive_letter(unit: u16) -> Option<u8> {
    u8::try_from(upper(unit))
        .ok()
        .filter(u8::is_ascii_uppercase)
}

fn upper(unit: u16) -> u16 {
    u8::try_from(unit).map_or(unit, |byte| byte.to_ascii_uppercase().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn utf16(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn parse(text: &str) -> Option<(Option<char>, String)> {
        let name = utf16(text);
        ConnectionName::parse(&name).map(|name| {
            (
                name.letter.map(char::from),
                String::from_utf16_lossy(name.path),
            )
        })
    }

    fn format(letter: Option<u8>, path: &str) -> String {
        let path = utf16(path);
        let name = ConnectionName {
            letter,
            path: &path,
        };
        let units: Vec<u16> = name.units(0x1_2345_abcd).collect();
        String::from_utf16_lossy(&units)
    }

    #[test]
    fn a_name_has_letter_logon_and_path() {
        assert_eq!(
            format(Some(b'Z'), "\\s@OX\\x"),
            "\\Device\\OxSmb\\;Z:000000012345abcd\\s@OX\\x"
        );
        assert_eq!(format(None, "\\s@OX\\x"), "\\Device\\OxSmb\\;\\s@OX\\x");
    }

    #[test]
    fn names_with_and_without_letter_are_taken_apart() {
        let path = String::from("\\s@OX\\x");
        assert_eq!(
            parse("\\device\\OXSMB\\;z:0123\\s@OX\\x"),
            Some((Some('Z'), path.clone()))
        );
        assert_eq!(parse("\\Device\\OxSmb\\;\\s@OX\\x"), Some((None, path)));
    }

    #[test]
    fn names_of_others_are_not_ours() {
        for name in [
            "",
            "\\Device\\OxSmb",
            "\\Device\\OxSmb\\;",
            "\\Device\\OxSmb\\;Z:0",
            "\\Device\\OxSmb\\s@OX\\x",
            "\\Device\\OxSmb2\\;Z:0\\s@OX\\x",
            "\\Device\\OxSmb\\;1:0\\s@OX\\x",
            "\\Device\\OxSmb\\;Z\\s@OX\\x",
            "\\Device\\LanmanRedirector\\;Z:0\\s\\x",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
