//! The real driver in Wine's kernel: everything built, then the tests of wine-ground.

use std::fs;
use std::path::Path;

use crate::step::{self, Outcome, cargo};
use crate::{setup, sys};

/// What runs in Wine besides the driver and its network provider: package, file of the build, name in Wine.
const BUILT: &[(&str, &str, &str)] = &[
    ("wine-harness", "wine_harness.dll", "oxharness.sys"),
    ("wine-offender", "wine_offender.dll", "offender.sys"),
    ("np-client", "np-client.exe", "np-client.exe"),
];

/// Builds the driver, the network provider, the harness and its client, and runs the tests.
pub fn run() -> Outcome {
    setup::run()?;
    sys::make()?;
    let workspace = step::workspace();
    let place = workspace.join("target/wine");
    fs::create_dir_all(&place)
        .map_err(|error| format!("cannot make {}: {error}", place.display()))?;
    for (package, file, name) in BUILT {
        sys::package(package)?;
        let from = sys::cross::output(sys::Machine::X64, &workspace).join(file);
        copy(&from, &place.join(name))?;
        // By the symbols a crash is shown with lines. They are looked for under the name that the linker gave them.
        let symbols = format!("{}.pdb", package.replace('-', "_"));
        copy(&from.with_file_name(&symbols), &place.join(symbols))?;
    }
    cargo(&["test", "-p", "wine-ground", "--no-fail-fast"])
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map(drop).map_err(|error| {
        format!(
            "cannot copy {} to {}: {error}",
            from.display(),
            to.display()
        )
    })
}
