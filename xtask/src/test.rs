//! Everything that must hold before a change goes in.

use crate::step::{Outcome, Steps, cargo};
use crate::unsafe_places;
use crate::{inf, setup, sys};

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
    steps.run("format", || cargo(&["fmt", "--all", "--check"]));
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
    steps.run(
        "memory safety outside the kernel crates",
        unsafe_places::check,
    );
    steps.run("lints for Windows", sys::lints);
    steps.run("installation file", inf::run);
    steps.run("the driver for Windows", sys::run);
    steps.run("tests", || {
        cargo(&["test", "--workspace", "--no-fail-fast"])
    });
    steps.run("demo", || cargo(&["run", "--release"]));
    steps.finish()
}
