//! `cargo xtask sys`: the driver and the network provider for x64 Windows, built on Linux (docs/building.md).

pub mod cross;
mod image;
mod imports;
mod lock;
mod machine;
mod microsoft;
mod twice;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

pub use machine::Machine;

use crate::setup;
use crate::step::{self, Outcome};

/// Where the images are left, from the workspace's root.
const OUT: &str = "target/sys";

/// The packages that are compiled for Windows; what they depend on is linted with them.
const FOR_WINDOWS: &[&str] = &[
    "oxsmb",
    "oxsmb-np",
    "wine-harness",
    "wine-offender",
    "np-client",
];

/// Where the driver over Microsoft's libraries is left.
const OUT_OVER_MICROSOFTS: &str = "target/sys-microsoft";
/// Where the driver over stand-ins for them is left: not among what is built to be run.
const OUT_OF_LINK_CHECK: &str = "target/cross/link-check";

/// Where the images for ARM64 are left.
const OUT_FOR_ARM64: &str = "target/sys-arm64";

/// What to build.
#[derive(Args)]
pub struct Options {
    /// Which RDBSS is in the driver
    #[arg(long, value_enum, default_value = "open")]
    rdbss: Rdbss,
    /// The kit's directory of libraries for x64 drivers; without it (and outside the kit's command prompt) the driver over
    /// Microsoft's RDBSS is only linked as a check
    #[arg(long, value_name = "DIR")]
    wdk_lib: Option<PathBuf>,
    /// Build a second time, in another directory, and compare the bytes
    #[arg(long, conflicts_with = "rdbss")]
    twice: bool,
    /// Build for ARM64 instead, only to see that it can be done
    #[arg(long, conflicts_with_all = ["rdbss", "twice"])]
    arm64: bool,
}

/// The two makes of RDBSS.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rdbss {
    /// Ours: crates/openrdbss
    Open,
    /// Microsoft's: rdbsslib.lib and rxce.lib
    Microsoft,
}

/// Does what `cargo xtask sys` was asked for.
pub fn run_with(options: Options) -> Outcome {
    if options.arm64 {
        return arm64();
    }
    if options.rdbss == Rdbss::Open {
        run()?;
        return if options.twice { again() } else { Ok(()) };
    }
    let Some(kit) = options.wdk_lib.or_else(microsoft::kit_of_environment) else {
        return check_microsoft_link();
    };
    setup::for_build()?;
    let checkout = step::workspace();
    let _turn = turn(&checkout)?;
    microsoft::build(&checkout, &kit, &checkout.join(OUT_OVER_MICROSOFTS))?;
    println!("made: {OUT_OVER_MICROSOFTS}/{}", image::DRIVER.file());
    Ok(())
}

/// Links the driver with stand-ins for Microsoft's RDBSS.
pub fn check_microsoft_link() -> Outcome {
    setup::for_build()?;
    let checkout = step::workspace();
    let _turn = turn(&checkout)?;
    microsoft::check_link(&checkout, &checkout.join(OUT_OF_LINK_CHECK))?;
    println!(
        "The driver links with what rdbsslib.lib and rxce.lib are known to offer, and offers all that they are\n\
         known to leave open. That is all: there is no RDBSS in {OUT_OF_LINK_CHECK}/oxsmb.sys.\n\
         For an image to run, give the kit's libraries by --wdk-lib."
    );
    Ok(())
}

/// Installs what the build needs, builds both images and checks them.
pub fn run() -> Outcome {
    make()?;
    let out = step::workspace().join(OUT);
    let images = [image::DRIVER, image::PROVIDER];
    // Both, even if the first fails.
    let outcomes: Vec<Outcome> = images.iter().map(|image| image.check(&out)).collect();
    outcomes.into_iter().collect()
}

/// Builds both images once more, elsewhere, and compares them with those that [`run`] has left.
pub fn again() -> Outcome {
    twice::check(&step::workspace().join(OUT))
}

/// Installs what the build needs and builds both images.
pub fn make() -> Outcome {
    setup::for_build()?;
    let checkout = step::workspace();
    build(&checkout, &checkout.join(OUT))
}

/// Builds both images for ARM64, to see that it can be done. Nothing here could run them (docs/arm64.md).
pub fn arm64() -> Outcome {
    setup::for_build()?;
    let checkout = step::workspace();
    build_for(Machine::Arm64, &checkout, &checkout.join(OUT_FOR_ARM64))?;
    // What is only there for Microsoft's RDBSS is not in that image.
    cross::compile(Machine::Arm64, &checkout, "rdbss-microsoft")
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
    let _turn = turn(checkout)?;
    build_for(Machine::X64, checkout, out)
}

fn build_for(machine: Machine, checkout: &Path, out: &Path) -> Outcome {
    let made = checkout.join("target/cross/imports").join(machine.target());
    let imports = imports::libraries(machine, &checkout.join(imports::LISTS), &made)?;
    image::DRIVER.build(machine, checkout, &imports, out)?;
    image::PROVIDER.build(machine, checkout, &[], out)
}

/// Waits until no other xtask builds in this checkout; until the file is dropped, this one does.
fn turn(checkout: &Path) -> Result<File, String> {
    let path = checkout.join("target/cross/turn");
    let open = || {
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|error: io::Error| format!("cannot lock {}: {error}", path.display()))
}
