//! The lock file of the build on Linux: that of the workspace, less what only the real wdk-build needs.
//!
//! The stand-in has other dependencies than the real one, so one file cannot serve both. Made anew from the workspace's, the
//! second one needs no care, and every package has the version that Windows builds with.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::cross;
use crate::step::{self, Outcome};

/// As cross/config.toml says.
const DERIVED: &str = "target/cross/Cargo.lock";
/// The workspace's file that it was made from.
const ORIGIN: &str = "target/cross/Cargo.lock.origin";

/// Makes the lock file if the workspace's has changed, and fetches what it names if that is not here.
pub fn prepare(checkout: &Path) -> Outcome {
    let origin = checkout.join(ORIGIN);
    let lock = checkout.join("Cargo.lock");
    let text =
        fs::read(&lock).map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
    let same = fs::read(&origin).is_ok_and(|old| old == text);
    if same && complete(checkout) {
        return Ok(());
    }
    let write = |path: &Path| {
        fs::create_dir_all(path.parent().unwrap_or(path))
            .and_then(|()| fs::write(path, &text))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    };
    write(&checkout.join(DERIVED))?;
    step::run_command(
        cross::prepared(cross::CARGO, checkout)
            .args(cross::CONFIG)
            .arg("fetch"),
    )?;
    write(&origin)
}

/// Whether a build would lack nothing.
fn complete(checkout: &Path) -> bool {
    cross::prepared(cross::CARGO, checkout)
        .args(cross::CONFIG)
        .args(cross::LOCKED)
        .arg("fetch")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
