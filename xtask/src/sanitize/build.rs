//! Cargo as each sanitizer needs it.
//!
//! AddressSanitizer replaces the allocator and needs no more than the nightly. ThreadSanitizer has to see every atomic operation
//! or it takes what the standard library orders for unordered, so the standard library is built with it: from the source that
//! Debian has for its own compiler (the nightly comes without), with the nightly's runtime.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Kind;
use crate::step::workspace;

const MACHINE: &str = "x86_64-unknown-linux-gnu";

/// Debian's toolchain, and its source of the standard library.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// What another toolchain, or this program's own cargo, has set.
const NOT_OURS: &[&str] = &[
    "CARGO",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "LD_LIBRARY_PATH",
    "RUSTC_WRAPPER",
    "RUSTUP_TOOLCHAIN",
];

/// A cargo subcommand in a build of its own.
pub fn prepared(kind: Kind, subcommand: &str) -> Result<Command, String> {
    let mut command = match kind {
        Kind::Address => address(subcommand),
        Kind::Thread => thread(subcommand)?,
    };
    command
        .current_dir(workspace())
        .arg("--quiet")
        .args(["--target", MACHINE, "--target-dir"])
        .arg(kind.place())
        // Slow enough as it is.
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    for name in NOT_OURS {
        command.env_remove(name);
    }
    Ok(command)
}

fn address(subcommand: &str) -> Command {
    let mut command = Command::new("cargo");
    command
        .args(["+nightly", subcommand])
        .env_remove("RUSTC")
        .env("RUSTFLAGS", "-Zsanitizer=address");
    command
}

fn thread(subcommand: &str) -> Result<Command, String> {
    let linker = workspace().join("xtask/sanitize/cc.sh");
    let flags = format!(
        "-Zsanitizer=thread -Zexternal-clangrt -Clinker={}",
        linker.display()
    );
    let mut command = Command::new(DEBIAN_CARGO);
    command
        .args([subcommand, "-Zbuild-std=std,panic_unwind,test"])
        .env("RUSTC", DEBIAN_RUSTC)
        // As for the build of the .sys: build-std is not stable yet.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", flags)
        .env("OXSMB_TSAN_RUNTIME", runtime()?);
    Ok(command)
}

/// ThreadSanitizer's runtime, which Debian's compiler has not.
fn runtime() -> Result<PathBuf, String> {
    let output = Command::new("rustc")
        .args(["+nightly", "--print", "sysroot"])
        .env_remove("RUSTUP_TOOLCHAIN")
        .output()
        .map_err(|error| format!("rustc could not be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let library = Path::new(text.trim())
        .join("lib/rustlib")
        .join(MACHINE)
        .join("lib/librustc-nightly_rt.tsan.a");
    if library.is_file() {
        Ok(library)
    } else {
        Err("there is no nightly (`rustup toolchain add nightly`)".into())
    }
}
