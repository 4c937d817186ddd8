//! Where code may depend on what it is compiled for: the same lines of the driver run in `ntsim` and in the .sys.

use crate::sources;
use crate::step::Outcome;

/// What the driver is made of.
const DRIVER: &[&str] = &[
    "src",
    "crates/nt/src",
    "crates/openrdbss/src",
    "crates/oxsmb-control/src",
    "crates/rdbss/src",
    "crates/smb-client/src",
    "crates/smb-crypto/src",
    "crates/smb-wire/src",
    "crates/tdi-sys/src",
    "crates/wsk-sys/src",
];

/// Each of these says why it asks. The last two hold what only assembly can say, once for each processor.
const MAY_ASK: &[&str] = &[
    "src/platform.rs",
    "crates/nt/src/sys.rs",
    "crates/nt/src/sys/windows.rs",
    "crates/nt/src/mdl/copy/mod.rs",
];

/// Looks through the driver's sources.
pub fn check() -> Outcome {
    sources::have_no_line(DRIVER, MAY_ASK, asks)
}

/// Whether this line is conditional; tests and their lints do not count.
fn asks(line: &str) -> bool {
    ["cfg(", "cfg!(", "cfg_attr("].iter().any(|word| {
        sources::code(line)
            .split(word)
            .skip(1)
            .any(|condition| !condition.starts_with("test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_counts_unless_it_is_for_tests() {
        assert!(asks("#[cfg(windows)]"));
        assert!(asks("#![cfg_attr(not(windows), allow(dead_code))]"));
        assert!(asks("    if cfg!(debug_assertions) {"));
        assert!(!asks("#[cfg(test)]"));
        assert!(!asks("#![cfg_attr(test, allow(clippy::panic))]"));
        assert!(!asks("// cfg(windows) is asked elsewhere"));
    }
}
