//! Names from elsewhere, safe for a terminal and a line.

use std::borrow::Cow;

/// A name with its control characters escaped: a server's or a file's name could otherwise break a line, or tell a terminal
/// what to do.
pub fn shown(name: &str) -> Cow<'_, str> {
    if !name.contains(char::is_control) {
        return Cow::Borrowed(name);
    }
    let mut safe = String::new();
    for character in name.chars() {
        if character.is_control() {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_all_else_stays() {
        assert_eq!(shown("a\u{1b}[2J\nb\u{9b}"), "a\\u{1b}[2J\\nb\\u{9b}");
        assert!(matches!(shown("日本 🦀.txt"), Cow::Borrowed(_)));
    }
}
