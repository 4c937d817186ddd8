//! What the file name of a create says: drive prefix, server and the rest.
//!
//! Three spellings arrive from MUP (reference 5.1, 5.2):
//! `\;Z:0\server\share\path` (drive letter), `\;\server\share` (deviceless connection) and
//! `\server\share\path` (UNC). The last one gets `\;:<session>` put in front, so that every canonical name
//! has the form `\;prefix\server\share\path`.

/// Why a name was refused; each is `STATUS_OBJECT_NAME_INVALID` to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameError {
    /// The name does not start with a backslash, and nothing says what it is relative to.
    NotAbsolute,
    /// A name relative to an open file starts with a backslash.
    NotRelative,
    /// Two backslashes in a row, or a component with nothing in it.
    EmptyComponent,
    /// `*`, `?`, `<`, `>` or `"` in a name to open.
    Wildcard,
    /// A file, not a directory, was asked for by a name that ends in a backslash.
    FileWithTrailingBackslash,
    /// The canonical form would not fit into a UNICODE_STRING.
    TooLong,
}

const BACKSLASH: u16 = b'\\' as u16;
const SEMICOLON: u16 = b';' as u16;
const COLON: u16 = b':' as u16;

/// The kind of share that the spelling hints at (reference 5.1 point 5); the mini-redirector has the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeHint {
    /// `\;Z:...`: a disk.
    Disk,
    /// Any other `\;` form.
    Print,
    /// A UNC name says nothing.
    Wild,
}

/// An absolute name, cut at its fixed places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Absolute<'a> {
    /// `\;Z:0`, `\;`, or empty for a UNC name.
    pub device: &'a [u16],
    /// `\server\share\path` without a trailing backslash.
    pub tail: &'a [u16],
    /// A backslash was cut off the end of the tail.
    pub stripped_backslash: bool,
    /// What `device` hints at.
    pub hint: TypeHint,
}

impl Absolute<'_> {
    /// Nothing stands before the server: the name was a UNC name.
    pub fn is_unc(&self) -> bool {
        self.device.is_empty()
    }

    /// The length, in characters, of `\server`.
    pub fn server_len(&self) -> usize {
        component_end(self.tail, 1)
    }
}

/// The place of the backslash that ends the component starting at `from`, or the end of the name.
fn component_end(name: &[u16], from: usize) -> usize {
    name.iter()
        .enumerate()
        .skip(from)
        .find(|(_, unit)| **unit == BACKSLASH)
        .map_or(name.len(), |(at, _)| at)
}

/// Cuts an absolute name, as it stands in `FILE_OBJECT.FileName`.
///
/// # Errors
/// [`NameError`] for a name that no server can hold.
pub(crate) fn split(name: &[u16], must_be_file: bool) -> Result<Absolute<'_>, NameError> {
    let name = match name {
        // Win32 callers may leave both backslashes of `\\server` in place.
        [BACKSLASH, rest @ ..] if rest.first() == Some(&BACKSLASH) => rest,
        name => name,
    };
    if name.first() != Some(&BACKSLASH) {
        return Err(NameError::NotAbsolute);
    }
    let device_end = if name.get(1) == Some(&SEMICOLON) {
        component_end(name, 1)
    } else {
        0
    };
    let (device, tail) = name.split_at_checked(device_end).unwrap_or((&[], name));
    let (tail, stripped_backslash) = strip_trailing(tail);
    check_components(tail)?;
    let hint = match (device.is_empty(), device.get(3)) {
        (true, _) => TypeHint::Wild,
        (false, Some(&COLON)) => TypeHint::Disk,
        (false, _) => TypeHint::Print,
    };
    let absolute = Absolute {
        device,
        tail,
        stripped_backslash,
        hint,
    };
    let has_path = component_end(tail, absolute.server_len().saturating_add(1)) < tail.len();
    if stripped_backslash && must_be_file && has_path {
        return Err(NameError::FileWithTrailingBackslash);
    }
    Ok(absolute)
}

/// The first two components of a UNC name: `\server\share`.
pub(crate) fn server_and_share(path: &[u16]) -> &[u16] {
    let server_end = component_end(path, 1);
    let share_end = component_end(path, server_end.saturating_add(1));
    path.get(..share_end).unwrap_or(path)
}

/// Checks a name that is relative to an open file; `None` in the result stands for the file itself.
///
/// # Errors
/// [`NameError`] for a name that no server can hold.
pub(crate) fn relative(name: &[u16], must_be_file: bool) -> Result<(&[u16], bool), NameError> {
    if name.is_empty() {
        return Ok((name, false));
    }
    if name.first() == Some(&BACKSLASH) {
        return Err(NameError::NotRelative);
    }
    let (name, stripped) = strip_trailing(name);
    if stripped && must_be_file {
        return Err(NameError::FileWithTrailingBackslash);
    }
    check_characters(name)?;
    Ok((name, stripped))
}

fn strip_trailing(name: &[u16]) -> (&[u16], bool) {
    match name.split_last() {
        Some((&BACKSLASH, head)) => (head, true),
        _ => (name, false),
    }
}

/// Every component of `\a\b\c` holds something and no wildcard.
fn check_components(tail: &[u16]) -> Result<(), NameError> {
    let Some((&BACKSLASH, body)) = tail.split_first() else {
        // `\;Z:` with no server behind it.
        return if tail.is_empty() {
            Ok(())
        } else {
            Err(NameError::NotAbsolute)
        };
    };
    check_characters(body)
}

fn check_characters(body: &[u16]) -> Result<(), NameError> {
    if body.split(|unit| *unit == BACKSLASH).any(<[u16]>::is_empty) {
        return Err(NameError::EmptyComponent);
    }
    let wild = |unit: &u16| u8::try_from(*unit).is_ok_and(|byte| b"*?<>\"".contains(&byte));
    if body.iter().any(wild) {
        Err(NameError::Wildcard)
    } else {
        Ok(())
    }
}

/// The prefix that stands for "by UNC name, in this session": `\;:<session>`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UncPrefix {
    text: [u16; 13],
    len: usize,
}

impl UncPrefix {
    /// The prefix for a logon session number.
    pub fn new(session: u32) -> Self {
        let mut prefix = UncPrefix {
            text: [0; 13],
            len: 0,
        };
        for unit in [BACKSLASH, SEMICOLON, COLON] {
            prefix.push(unit);
        }
        let mut divisor = 1_000_000_000u32;
        let mut started = false;
        while let Some(digit) = session.checked_div(divisor) {
            let digit = digit.checked_rem(10).unwrap_or(0);
            if digit != 0 || started || divisor == 1 {
                started = true;
                prefix.push(u16::from(b'0').saturating_add(u16::try_from(digit).unwrap_or(0)));
            }
            divisor = divisor.checked_div(10).unwrap_or(0);
        }
        prefix
    }

    fn push(&mut self, unit: u16) {
        if let Some(slot) = self.text.get_mut(self.len) {
            *slot = unit;
            self.len = self.len.saturating_add(1);
        }
    }

    /// The prefix as text.
    pub fn as_slice(&self) -> &[u16] {
        self.text.get(..self.len).unwrap_or(&[])
    }
}

/// Writes `parts` one after the other into `out`, which must be exactly as long as they are together.
pub(crate) fn join(out: &mut [u16], parts: &[&[u16]]) {
    let source = parts.iter().flat_map(|part| part.iter().copied());
    for (slot, unit) in out.iter_mut().zip(source) {
        *slot = unit;
    }
}

/// The length of `parts` together, if a UNICODE_STRING can hold it.
pub(crate) fn joined_len(parts: &[&[u16]]) -> Result<usize, NameError> {
    let units = parts
        .iter()
        .map(|part| part.len())
        .fold(0usize, usize::saturating_add);
    // A UNICODE_STRING counts bytes in 16 bits.
    if units <= 0x7fff {
        Ok(units)
    } else {
        Err(NameError::TooLong)
    }
}

/// Cuts the last component off `\a\b\c`: the directory `\a\b` and the name `c`.
pub(crate) fn split_last(path: &[u16]) -> (&[u16], &[u16]) {
    let at = path
        .iter()
        .rposition(|unit| *unit == BACKSLASH)
        .unwrap_or(0);
    let directory = path.get(..at).unwrap_or(&[]);
    let name = path.get(at.saturating_add(1)..).unwrap_or(&[]);
    (directory, name)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn text(units: &[u16]) -> String {
        String::from_utf16_lossy(units)
    }

    #[test]
    fn a_drive_letter_name_keeps_its_prefix_and_hints_at_a_disk() {
        let name = wide(r"\;Z:0\srv\pub\a\b");
        let cut = split(&name, false).unwrap();
        assert_eq!(text(cut.device), r"\;Z:0");
        assert_eq!(text(cut.tail), r"\srv\pub\a\b");
        assert_eq!(cut.hint, TypeHint::Disk);
        assert_eq!(cut.server_len(), 4);
        assert!(!cut.is_unc());
    }

    #[test]
    fn a_deviceless_name_hints_at_a_printer() {
        let name = wide(r"\;\srv\pub");
        let cut = split(&name, false).unwrap();
        assert_eq!(text(cut.device), r"\;");
        assert_eq!(cut.hint, TypeHint::Print);
    }

    #[test]
    fn a_unc_name_has_no_prefix() {
        let name = wide(r"\srv\pub\f");
        let cut = split(&name, false).unwrap();
        assert!(cut.is_unc());
        assert_eq!(cut.hint, TypeHint::Wild);
    }

    #[test]
    fn a_trailing_backslash_is_stripped_and_remembered() {
        let name = wide(r"\srv\pub\dir\");
        let cut = split(&name, false).unwrap();
        assert_eq!(text(cut.tail), r"\srv\pub\dir");
        assert!(cut.stripped_backslash);
        assert_eq!(
            split(&name, true),
            Err(NameError::FileWithTrailingBackslash)
        );
    }

    #[test]
    fn the_root_of_a_share_may_end_in_a_backslash() {
        let name = wide(r"\srv\pub\");
        let cut = split(&name, true).unwrap();
        assert_eq!(text(cut.tail), r"\srv\pub");
    }

    #[test]
    fn names_that_no_server_can_hold_are_refused() {
        for (name, error) in [
            (r"srv\pub", NameError::NotAbsolute),
            (r"\srv\\pub", NameError::EmptyComponent),
            (r"\srv\pub\a*", NameError::Wildcard),
            (r"\srv\pub\a\\", NameError::EmptyComponent),
            (r"\\\srv\pub", NameError::EmptyComponent),
        ] {
            assert_eq!(split(&wide(name), false).unwrap_err(), error, "{name}");
        }
    }

    #[test]
    fn a_relative_name_may_not_start_at_the_root() {
        assert_eq!(relative(&wide(r"\a"), false), Err(NameError::NotRelative));
        assert_eq!(
            relative(&wide(r"a\b\"), true),
            Err(NameError::FileWithTrailingBackslash)
        );
        let name = wide(r"a\b\");
        let (cut, stripped) = relative(&name, false).unwrap();
        assert_eq!((text(cut).as_str(), stripped), (r"a\b", true));
    }

    #[test]
    fn server_and_share_are_what_a_provider_can_claim() {
        for (path, claim) in [
            (r"\s\p\a*b", r"\s\p"),
            (r"\s\p", r"\s\p"),
            (r"\s", r"\s"),
            ("", ""),
        ] {
            assert_eq!(text(server_and_share(&wide(path))), claim);
        }
    }

    #[test]
    fn the_unc_prefix_counts_in_decimal() {
        assert_eq!(text(UncPrefix::new(0).as_slice()), r"\;:0");
        assert_eq!(text(UncPrefix::new(1050).as_slice()), r"\;:1050");
        assert_eq!(text(UncPrefix::new(u32::MAX).as_slice()), r"\;:4294967295");
    }

    #[test]
    fn the_last_component_is_cut_off() {
        let path = wide(r"\a\b\c");
        let (directory, name) = split_last(&path);
        assert_eq!(
            (text(directory).as_str(), text(name).as_str()),
            (r"\a\b", "c")
        );
        let path = wide(r"\c");
        let (directory, name) = split_last(&path);
        assert_eq!((text(directory).as_str(), text(name).as_str()), ("", "c"));
    }
}
