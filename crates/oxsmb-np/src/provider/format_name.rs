//! NPFormatNetworkName: a remote name as a dialog shows it.

use super::{Failure, text};

/// `WNFMT_ABBREVIATED`: what is most useful of the name, if all of it does not fit.
const ABBREVIATED: u32 = 0x02;
/// `WNFMT_INENUM`: the server's name stands right before.
const IN_ENUMERATION: u32 = 0x10;

const BACKSLASH: u16 = b'\\' as u16;
const ELLIPSIS: [u16; 3] = [b'.' as u16; 3];

/// Writes the name for a line of so many characters; the buffer's size is in characters too. A name on several lines is left to
/// break where the dialog breaks it.
///
/// # Errors
/// Only that the buffer is too small.
pub fn format_network_name(
    remote: &[u16],
    flags: u32,
    line: u32,
    buffer: &mut [u16],
) -> Result<(), Failure> {
    let share = remote.iter().rposition(|&unit| unit == BACKSLASH);
    let name = match share {
        // The backslashes before a server are not one before a share.
        Some(at) if flags & IN_ENUMERATION != 0 && at > 1 => remote
            .get(at..)
            .and_then(|rest| rest.get(1..))
            .unwrap_or(remote),
        _ => remote,
    };
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    let shown = line.saturating_sub(ELLIPSIS.len());
    if flags & ABBREVIATED == 0 || name.len() <= line || shown == 0 {
        return text::give(name.iter().copied(), buffer);
    }
    // The end tells shares apart.
    let end = name.get(name.len().saturating_sub(shown)..).unwrap_or(name);
    text::give(ELLIPSIS.into_iter().chain(end.iter().copied()), buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::utf16;
    use std::string::String;

    fn format(flags: u32, line: u32) -> String {
        let mut buffer = [0; 64];
        format_network_name(&utf16("\\\\server@OX\\share"), flags, line, &mut buffer).unwrap();
        let end = buffer.iter().position(|&unit| unit == 0).unwrap();
        String::from_utf16_lossy(&buffer[..end])
    }

    #[test]
    fn a_name_that_fits_and_one_on_several_lines_are_whole() {
        assert_eq!(format(0x01, 5), "\\\\server@OX\\share");
        assert_eq!(format(ABBREVIATED, 17), "\\\\server@OX\\share");
    }

    #[test]
    fn a_name_that_does_not_fit_keeps_its_end() {
        assert_eq!(format(ABBREVIATED, 11), "...OX\\share");
        assert_eq!(format(ABBREVIATED, 3), "\\\\server@OX\\share");
    }

    #[test]
    fn under_its_server_a_share_has_its_own_name_only() {
        assert_eq!(format(ABBREVIATED | IN_ENUMERATION, 40), "share");
        let mut buffer = [0; 64];
        let server = utf16("\\\\server@OX");
        format_network_name(&server, IN_ENUMERATION, 40, &mut buffer).unwrap();
        assert_eq!(buffer[..server.len()], server);
    }

    #[test]
    fn the_needed_room_is_told() {
        let name = utf16("\\\\s@OX\\x");
        let short = format_network_name(&name, 0, 80, &mut []);
        assert_eq!(short, Err(Failure::MoreData(9)));
    }
}
