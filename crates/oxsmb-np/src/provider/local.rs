//! Local names: drive letters, and what they stand for.

use oxsmb_control::names::ConnectionName;

use super::{Code, NtName, System};

const COLON: u16 = b':' as u16;

/// The drive letter that begins a local path, A to Z, and what follows its colon.
pub fn split_drive(path: &[u16]) -> Option<(u8, &[u16])> {
    let &[letter, COLON, ref rest @ ..] = path else {
        return None;
    };
    let letter = u8::try_from(letter).ok()?.to_ascii_uppercase();
    letter.is_ascii_uppercase().then_some((letter, rest))
}

/// The drive letter that a local name is.
pub fn drive(name: &[u16]) -> Option<u8> {
    split_drive(name)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(letter, _)| letter)
}

/// The connection that a drive letter stands for now.
///
/// # Errors
/// WN_NOT_CONNECTED if that is nothing, or something else than a connection of OxSMB.
pub fn connection_of(system: &impl System, letter: u8) -> Result<NtName, Code> {
    let targets = system.drive_targets(letter)?;
    // Older ones follow the present one.
    let present = targets.units().split(|&unit| unit == 0).next();
    let name = present.unwrap_or_default();
    match ConnectionName::parse(name) {
        Some(parsed) if parsed.letter == Some(letter) => {
            NtName::collect(name.iter().copied(), Code::NOT_CONNECTED)
        }
        _ => Err(Code::NOT_CONNECTED),
    }
}

/// The remote name in a connection's name: `\\server@OX\share`.
pub fn remote_name(name: &[u16]) -> Option<impl Iterator<Item = u16> + Clone> {
    let parsed = ConnectionName::parse(name)?;
    Some([BACKSLASH].into_iter().chain(parsed.path.iter().copied()))
}

const BACKSLASH: u16 = b'\\' as u16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Scripted, utf16};

    #[test]
    fn a_drive_is_a_letter_and_a_colon() {
        assert_eq!(drive(&utf16("z:")), Some(b'Z'));
        assert_eq!(
            split_drive(&utf16("Q:\\x")),
            Some((b'Q', &utf16("\\x")[..]))
        );
        for name in ["", "Z", "ZZ:", "1:", "LPT1:", "Z:\\", "ä:", "\\\\s\\x"] {
            assert_eq!(drive(&utf16(name)), None, "{name}");
        }
    }

    #[test]
    fn only_a_connection_of_that_letter_is_one_of_ours() {
        let system = Scripted::default();
        let ours = "\\Device\\OxSmb\\;Z:00\\s@OX\\x";
        system.set_drive('Z', ours);
        system.set_drive('Y', ours);
        system.set_drive('C', "\\Device\\HarddiskVolume1");
        assert_eq!(connection_of(&system, b'Z').unwrap().units(), utf16(ours));
        for letter in *b"YCD" {
            let found = connection_of(&system, letter);
            assert_eq!(found.unwrap_err(), Code::NOT_CONNECTED);
        }
    }
}
