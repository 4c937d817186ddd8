//! Everything that must hold before a change goes in.

use crate::step::{self, Outcome, Steps, cargo};
use crate::unsafe_places;
use crate::{conditions, inf, powershell, setup, sys, wine};

/// Runs every check; all of them, even when one fails.
pub fn run() -> Outcome {
    // Without its programs the tests would fail one by one for the same reason.
    let mut steps = Steps::default();
    let mut ready = false;
    steps.run("programs that the tests use", || {
        setup::run().inspect(|()| ready = true)
    });
    if !ready {
        return steps.finish();
    }
    // Cheap ones first.
    steps.run("format", format);
    steps.run(
        "memory safety outside the kernel crates",
        unsafe_places::check,
    );
    steps.run("the same lines everywhere", conditions::check);
    steps.run("installation file", inf::run);
    steps.run("scripts for Windows", powershell::run);
    steps.run("lints", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
    });
    steps.run("lints for Windows", sys::lints);
    steps.run("the driver for Windows", sys::run);
    steps.run("a link with Microsoft's RDBSS", sys::check_microsoft_link);
    steps.run("the same bytes when built again", sys::again);
    steps.run("the same sources for ARM64", sys::arm64);
    steps.run("tests", || {
        // Those in Wine want the driver, and have a step of their own.
        cargo(&[
            "test",
            "--workspace",
            "--exclude",
            "wine-ground",
            "--no-fail-fast",
        ])
    });
    steps.run("the driver in Wine's kernel", wine::run);
    steps.run("demo", || cargo(&["run", "--release"]));
    steps.finish()
}

fn format() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])?;
    // No member of the workspace, so cargo does not come by.
    step::run(
        "rustfmt",
        &["--check", "--edition", "2024", "cross/wdk-build/src/lib.rs"],
    )
}
