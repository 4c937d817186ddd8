//! NPGetConnection and NPGetUniversalName: what a drive letter, or a path on one, stands for.

use oxsmb_control::names::ConnectionName;

use super::pack::Room;
use super::{Code, Failure, System, local, text};

const UNIVERSAL_NAME_INFO_LEVEL: u32 = 1;
const REMOTE_NAME_INFO_LEVEL: u32 = 2;

const BACKSLASH: u16 = b'\\' as u16;

/// Writes the remote name that a drive letter stands for; the buffer's size is in characters.
///
/// # Errors
/// WN_NOT_CONNECTED for a name that is not a drive letter of OxSMB's.
pub fn get_connection(
    system: &impl System,
    local_name: &[u16],
    buffer: &mut [u16],
) -> Result<(), Failure> {
    let letter = local::drive(local_name).ok_or(Code::NOT_CONNECTED)?;
    let name = local::connection_of(system, letter)?;
    let remote = local::remote_name(name.units()).ok_or(Code::NOT_CONNECTED)?;
    text::give(remote, buffer)
}

/// Writes a UNIVERSAL_NAME_INFO or REMOTE_NAME_INFO for a path on a drive letter; the buffer's size is in bytes.
///
/// # Errors
/// WN_BAD_LEVEL; WN_BAD_LOCALNAME for what is not a full path on a drive; WN_NOT_CONNECTED for a drive that is not OxSMB's.
pub fn get_universal_name(
    system: &impl System,
    local_path: &[u16],
    level: u32,
    room: Room<'_>,
) -> Result<(), Failure> {
    if !matches!(level, UNIVERSAL_NAME_INFO_LEVEL | REMOTE_NAME_INFO_LEVEL) {
        return Err(Code::BAD_LEVEL.into());
    }
    let (letter, rest) = local::split_drive(local_path).ok_or(Code::BAD_LOCALNAME)?;
    // What is relative to a drive's current directory cannot be told apart from it here.
    if !matches!(rest.first(), None | Some(&BACKSLASH)) {
        return Err(Code::BAD_LOCALNAME.into());
    }
    let name = local::connection_of(system, letter)?;
    let connection = ConnectionName::parse(name.units()).ok_or(Code::NOT_CONNECTED)?;
    let (before, share) = (&[BACKSLASH][..], connection.path);
    let universal = [before, share, rest];
    if level == UNIVERSAL_NAME_INFO_LEVEL {
        return room.pointers([universal]);
    }
    room.pointers([universal, [before, share, &[]], [rest, &[], &[]]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Scripted, utf16, with_room};

    fn mapped() -> Scripted {
        let system = Scripted::default();
        system.set_drive('Z', "\\Device\\OxSmb\\;Z:0000000000000abc\\s@OX\\x");
        system.set_drive('C', "\\Device\\HarddiskVolume1");
        system
    }

    #[test]
    fn a_letter_of_ours_stands_for_its_remote_name() {
        let system = mapped();
        let remote = utf16("\\\\s@OX\\x\0");
        let mut buffer = [0; 9];
        assert_eq!(get_connection(&system, &utf16("Z:"), &mut buffer), Ok(()));
        assert_eq!(buffer, *remote);
        let short = get_connection(&system, &utf16("Z:"), &mut buffer[..8]);
        assert_eq!(short, Err(Failure::MoreData(9)));
        for other in ["C:", "D:", "LPT1"] {
            let found = get_connection(&system, &utf16(other), &mut buffer);
            assert_eq!(found, Err(Code::NOT_CONNECTED.into()), "{other}");
        }
    }

    #[test]
    fn a_path_on_a_letter_has_a_universal_name() {
        let system = mapped();
        let path = utf16("z:\\dir\\file");
        let (result, info) = with_room(100, |room| {
            get_universal_name(&system, &path, UNIVERSAL_NAME_INFO_LEVEL, room)
        });
        assert_eq!(result, Ok(()));
        assert_eq!(info.string(0).unwrap(), "\\\\s@OX\\x\\dir\\file");
    }

    #[test]
    fn the_remote_level_has_connection_and_rest_too() {
        let system = mapped();
        let get = |path: &str, bytes| {
            with_room(bytes, |room| {
                get_universal_name(&system, &utf16(path), REMOTE_NAME_INFO_LEVEL, room)
            })
        };
        // Three pointers, and 13, 9 and 5 characters.
        let needed = 3 * 8 + 2 * (13 + 9 + 5);
        assert_eq!(
            get("Z:\\dir", needed - 1).0,
            Err(Failure::MoreData(needed as u32))
        );
        let (result, info) = get("Z:\\dir", needed);
        assert_eq!(result, Ok(()));
        assert_eq!(info.string(0).unwrap(), "\\\\s@OX\\x\\dir");
        assert_eq!(info.string(8).unwrap(), "\\\\s@OX\\x");
        assert_eq!(info.string(16).unwrap(), "\\dir");
        let (result, info) = get("Z:", 200);
        assert_eq!(result, Ok(()));
        assert_eq!(info.string(0), info.string(8));
        assert_eq!(info.string(16).unwrap(), "");
    }

    #[test]
    fn what_has_no_universal_name_is_told_apart() {
        let system = mapped();
        for (path, level, code) in [
            ("Z:\\x", 3, Code::BAD_LEVEL),
            ("Z:x", 1, Code::BAD_LOCALNAME),
            ("\\\\s@OX\\x", 1, Code::BAD_LOCALNAME),
            ("C:\\x", 1, Code::NOT_CONNECTED),
            ("D:\\x", 2, Code::NOT_CONNECTED),
        ] {
            let (result, _) = with_room(200, |room| {
                get_universal_name(&system, &utf16(path), level, room)
            });
            assert_eq!(result, Err(code.into()), "{path}");
        }
    }
}
