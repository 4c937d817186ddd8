//! Cargo and clippy as the build for Windows on Linux needs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::lock;
use super::machine::Machine;
use crate::step::{self, Outcome};

/// Debian's toolchain: only it comes with the standard library's source for itself.
pub(super) const CARGO: &str = "/usr/bin/cargo";
const CLIPPY: &str = "/usr/bin/cargo-clippy";
pub(super) const CONFIG: &[&str] = &["--config", "cross/config.toml"];
/// Offline, since cargo would else ask the registry each time which other version the stand-in could be used for.
pub(super) const LOCKED: &[&str] = &["--locked", "--offline"];

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
pub fn build_archive(
    machine: Machine,
    checkout: &Path,
    package: &str,
    features: &[&str],
) -> Outcome {
    let target = ["--target", machine.target()];
    let what = ["--package", package, "--lib", "--crate-type", "staticlib"];
    cargo(
        checkout,
        "rustc",
        &[&target, &what[..], features, &["--release"]].concat(),
    )
}

/// Compiles a package of which nothing is linked.
pub fn compile(machine: Machine, checkout: &Path, package: &str) -> Outcome {
    let target = ["--target", machine.target()];
    let what = ["--package", package, "--lib", "--release"];
    cargo(checkout, "build", &[&target, &what[..]].concat())
}

/// The lints of packages, for Windows.
pub fn clippy(packages: &[&str]) -> Outcome {
    let checkout = step::workspace();
    lock::prepare(&checkout)?;
    let named = packages.iter().flat_map(|package| ["--package", package]);
    let mut command = prepared(CLIPPY, &checkout);
    command
        .arg("clippy")
        .args(CONFIG)
        .args(LOCKED)
        .arg("--release")
        .args(named)
        .args(["--", "-D", "warnings"]);
    step::run_command(&mut command)
}

/// Where cargo leaves what it has built for Windows.
pub fn output(machine: Machine, checkout: &Path) -> PathBuf {
    let target = checkout.join("target/cross").join(machine.target());
    target.join("release")
}

fn cargo(checkout: &Path, subcommand: &str, arguments: &[&str]) -> Outcome {
    lock::prepare(checkout)?;
    let mut command = prepared(CARGO, checkout);
    command
        .args(CONFIG)
        .args(LOCKED)
        .arg(subcommand)
        .args(arguments);
    step::run_command(&mut command)
}

pub(super) fn prepared(program: &str, checkout: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(checkout);
    for name in NOT_OURS {
        command.env_remove(name);
    }
    // cargo-clippy starts the cargo that this names.
    command.env("CARGO", CARGO);
    // build-std and the place of the lock file are not stable yet.
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}
