//! Where the word stands that only the crates next to the kernel may use.

use crate::sources;
use crate::step::Outcome;

// Spelled in two halves, so that this file passes its own check.
const WORD: &str = concat!("un", "safe");

/// The places, from the workspace's root, that may hold it.
const MAY_HOLD: &[&str] = &[
    "crates/nt",
    "crates/ntsim",
    "crates/wsk-sys",
    "crates/rdbss",
    "crates/rdbss-microsoft",
    "crates/openrdbss",
    "crates/oxsmb-np",
    "cross",
    "src",
    "tests/wine/harness",
    "tests/wine/np-client",
    "tests/wine/offender",
];

/// Looks through every source file outside those places.
pub fn check() -> Outcome {
    sources::have_no_line(&["."], MAY_HOLD, has_word)
}

/// Whether code on this line, comments aside, has the word standing alone.
fn has_word(line: &str) -> bool {
    sources::code(line)
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_counts_in_code_and_not_in_comments_or_lint_names() {
        assert!(has_word(&format!("    {WORD} {{ read() }}")));
        assert!(has_word(&format!("pub {WORD} fn f()")));
        assert!(!has_word(&format!("// nothing {WORD} here")));
        assert!(!has_word(&format!("#![forbid({WORD}_code)]")));
    }
}
