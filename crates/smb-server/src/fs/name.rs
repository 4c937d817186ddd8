//! Names: case folding, validity, and paths.

use std::sync::OnceLock;

use super::FsError;

/// A name as its creator wrote it.
pub(super) type Name = Box<[u16]>;

/// A name by which two spellings of the same name are equal.
pub(super) type Folded = Box<[u16]>;

/// The longest component, in UTF-16 units (MS-FSCC 2.1.5).
const MAX_COMPONENT: usize = 255;
/// The deepest path; bounds what a walk can cost.
const MAX_DEPTH: usize = 512;

const BACKSLASH: u16 = b'\\' as u16;

/// The path of a Rust string, in which `/` and `\` both separate; leading and trailing ones are dropped.
pub fn from_text(text: &str) -> Vec<u16> {
    text.trim_matches(['/', '\\'])
        .replace('/', "\\")
        .encode_utf16()
        .collect()
}

/// A name or path for people to read; unpaired surrogates become U+FFFD.
pub fn to_text(name: &[u16]) -> String {
    String::from_utf16_lossy(name)
}

/// The simple upper case of one UTF-16 unit: the mapping that never changes a name's length.
pub(super) fn upcase(unit: u16) -> u16 {
    static TABLE: OnceLock<Box<[u16]>> = OnceLock::new();
    TABLE.get_or_init(|| (0..=u16::MAX).map(simple_upcase).collect())[usize::from(unit)]
}

fn simple_upcase(unit: u16) -> u16 {
    let Some(character) = char::from_u32(u32::from(unit)) else {
        return unit;
    };
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => u16::try_from(u32::from(single)).unwrap_or(unit),
        _ => unit,
    }
}

pub(super) fn fold(name: &[u16]) -> Folded {
    name.iter().copied().map(upcase).collect()
}

/// The components of a path from the volume's root; none for the root itself.
pub(super) fn components(path: &[u16]) -> Result<Vec<&[u16]>, FsError> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<&[u16]> = path.split(|unit| *unit == BACKSLASH).collect();
    if parts.iter().any(|part| is_dots(part)) {
        return Err(FsError::PathSyntaxBad);
    }
    if parts.len() > MAX_DEPTH || !parts.iter().all(|part| is_valid_component(part)) {
        return Err(FsError::NameInvalid);
    }
    Ok(parts)
}

/// The 8.3 name of a node whose own name is none (MS-FSCC 2.1.5.2.1): the beginning of its name, four digits of its
/// number, and its extension. `None` if its own name is short enough.
pub(super) fn short(name: &[u16], id: u64) -> Option<Vec<u16>> {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTVWXY";
    const PUNCTUATION: &[u8] = b"!#$%&'()-@^_`{}~";
    let allowed = |unit: &u16| {
        u8::try_from(*unit)
            .is_ok_and(|byte| byte.is_ascii_alphanumeric() || PUNCTUATION.contains(&byte))
    };
    let dot = name.iter().rposition(|unit| *unit == u16::from(b'.'));
    let (stem, extension) = match dot {
        Some(dot) if dot != 0 => (&name[..dot], &name[dot + 1..]),
        _ => (name, &[][..]),
    };
    let plain = |part: &[u16], most: usize| part.len() <= most && part.iter().all(allowed);
    if plain(stem, 8) && plain(extension, 3) && (dot.is_none() || !extension.is_empty()) {
        return None;
    }
    let kept = |part: &[u16], most: usize| -> Vec<u16> {
        part.iter()
            .filter(|unit| allowed(unit))
            .take(most)
            .copied()
            .map(upcase)
            .collect()
    };
    let mut short = kept(stem, 2);
    short
        .extend((0..4).map(|place| u16::from(DIGITS[(id >> (5 * place)) as usize % DIGITS.len()])));
    short.extend("~1".encode_utf16());
    let extension = kept(extension, 3);
    if !extension.is_empty() {
        short.push(u16::from(b'.'));
        short.extend(extension);
    }
    Some(short)
}

fn is_dots(name: &[u16]) -> bool {
    name == [u16::from(b'.')] || name == [u16::from(b'.'); 2]
}

/// MS-FSCC 2.1.5: no control characters and none of the reserved ones.
pub(super) fn is_valid_component(name: &[u16]) -> bool {
    const RESERVED: &[u8] = b"\"*/:<>?|";
    !name.is_empty()
        && name.len() <= MAX_COMPONENT
        && name.iter().all(|unit| {
            *unit >= 0x20 && u8::try_from(*unit).map_or(true, |byte| !RESERVED.contains(&byte))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_the_length_of_letters_whose_capital_is_two_letters() {
        let sharp_s: Vec<u16> = "straße".encode_utf16().collect();
        let expected: Vec<u16> = "STRAßE".encode_utf16().collect();
        assert_eq!(*fold(&sharp_s), *expected);
        assert_eq!(upcase(0x00E9), 0x00C9);
    }

    #[test]
    fn reserved_characters_and_dot_names_are_refused() {
        for bad in ["a*b", "a:b", "a/b", "a\\\\b", "tab\there"] {
            let path: Vec<u16> = bad.encode_utf16().collect();
            assert_eq!(components(&path), Err(FsError::NameInvalid), "{bad}");
        }
        for bad in [".", "..", "x\\.."] {
            let path: Vec<u16> = bad.encode_utf16().collect();
            assert_eq!(components(&path), Err(FsError::PathSyntaxBad), "{bad}");
        }
    }

    #[test]
    fn a_rust_path_may_use_either_separator() {
        assert_eq!(
            from_text("/a/b\\c/"),
            "a\\b\\c".encode_utf16().collect::<Vec<_>>()
        );
    }
}
