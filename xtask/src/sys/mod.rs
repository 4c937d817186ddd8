//! `cargo xtask sys`: the driver and the network provider for x64 Windows, built on Linux (docs/building.md).

pub mod cross;
mod image;
mod imports;

use std::path::Path;

use crate::setup;
use crate::step::{self, Outcome};

/// Where the images are left, from the workspace's root.
const OUT: &str = "target/sys";

/// The packages that are compiled for Windows; what they depend on is linted with them.
const FOR_WINDOWS: &[&str] = &["oxsmb", "wine-harness"];

/// Installs what the build needs, builds both images and checks them.
pub fn run() -> Outcome {
    make()?;
    let out = step::workspace().join(OUT);
    let images = [image::DRIVER, image::PROVIDER];
    let outcomes: Vec<Outcome> = images
        .iter()
        .filter(|image| out.join(image.file()).exists())
        .map(|image| image.check(&out))
        .collect();
    outcomes.into_iter().collect()
}

/// Installs what the build needs and builds both images.
pub fn make() -> Outcome {
    setup::for_build()?;
    let checkout = step::workspace();
    build(&checkout, &checkout.join(OUT))
}

/// The lints of everything that is compiled for Windows.
pub fn lints() -> Outcome {
    cross::clippy(FOR_WINDOWS)
}

/// Builds a package for Windows that brings its own link arguments.
pub fn package(name: &str) -> Outcome {
    cross::build(name)
}

/// Builds both images from `checkout` and leaves them in `out`, each with its PDB and its map.
pub fn build(checkout: &Path, out: &Path) -> Outcome {
    let imports = imports::libraries(checkout)?;
    image::DRIVER.build(checkout, &imports, out)?;
    if checkout.join("crates/oxsmb-np/oxsmbnp.def").exists() {
        image::PROVIDER.build(checkout, &[], out)?;
    }
    Ok(())
}
