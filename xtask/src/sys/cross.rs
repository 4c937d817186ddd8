//! Cargo and clippy as the build for Windows on Linux needs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{self, Outcome};

/// Debian's toolchain: only it comes with the standard library's source for itself.
const CARGO: &str = "/usr/bin/cargo";
const CLIPPY: &str = "/usr/bin/cargo-clippy";
/// Locked, so that everybody builds the same; see docs/building.md for how the lock file is made.
const CONFIG: &[&str] = &["--config", "cross/config.toml", "--locked"];

/// What another toolchain, or the user, may have set for builds of this machine's own programs.
const NOT_OURS: &[&str] = &[
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "LD_LIBRARY_PATH",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

/// Builds a package for Windows, with link arguments of its own; the result is in [`output`].
pub fn build(package: &str) -> Outcome {
    cargo(
        &step::workspace(),
        "build",
        &["--package", package, "--release"],
    )
}

/// Builds the library of a package as one archive, for the linker.
pub fn build_archive(checkout: &Path, package: &str, features: &[&str]) -> Outcome {
    let what = ["--package", package, "--lib", "--crate-type", "staticlib"];
    cargo(
        checkout,
        "rustc",
        &[&what, features, &["--release"]].concat(),
    )
}

/// The lints of packages, for Windows.
pub fn clippy(packages: &[&str]) -> Outcome {
    let named = packages.iter().flat_map(|package| ["--package", package]);
    let mut command = prepared(CLIPPY, &step::workspace());
    command
        .arg("clippy")
        .args(CONFIG)
        .arg("--release")
        .args(named)
        .args(["--", "-D", "warnings"]);
    step::run_command(&mut command)
}

/// Where cargo leaves what it has built for Windows.
pub fn output(checkout: &Path) -> PathBuf {
    checkout.join("target/cross/x86_64-pc-windows-msvc/release")
}

fn cargo(checkout: &Path, subcommand: &str, arguments: &[&str]) -> Outcome {
    let mut command = prepared(CARGO, checkout);
    command.args(CONFIG).arg(subcommand).args(arguments);
    step::run_command(&mut command).map_err(|reason| {
        format!(
            "{reason}\n(if dependencies have changed: \
             RUSTC_BOOTSTRAP=1 {CARGO} --config cross/config.toml update --workspace)"
        )
    })
}

fn prepared(program: &str, checkout: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(checkout);
    for name in NOT_OURS {
        command.env_remove(name);
    }
    // cargo-clippy starts the cargo that this names.
    command.env("CARGO", CARGO);
    // build-std and the second lock file are not stable yet.
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    /// Names and versions of the packages that a lock file has.
    fn packages(lock: &str) -> BTreeSet<(String, String)> {
        let text = fs::read_to_string(step::workspace().join(lock)).unwrap();
        let value = |line: Option<&str>| {
            line.and_then(|line| line.split('"').nth(1))
                .map(String::from)
        };
        text.split("[[package]]")
            .skip(1)
            .map(|package| {
                let mut lines = package.trim().lines();
                let name = value(lines.next()).unwrap();
                (name, value(lines.next()).unwrap())
            })
            .collect()
    }

    #[test]
    fn the_build_on_linux_has_the_versions_that_the_build_on_windows_has() {
        let here = packages("cross/Cargo.lock");
        let there = packages("Cargo.lock");
        let other: Vec<_> = here.difference(&there).collect();
        assert!(other.is_empty(), "not in Cargo.lock: {other:?}");
        assert!(!here.is_empty());
    }
}
