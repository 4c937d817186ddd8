//! The driver over Microsoft's rdbsslib.lib and rxce.lib.
//!
//! They come with the WDK and may not be given on, so here they are only where somebody has brought them. Elsewhere the driver
//! is linked with stand-ins that have the names which those libraries are known to have, and that ask for what those are known
//! to ask for. This proves that neither side wants more of the other, and makes an image that nobody can run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::image::{self, DRIVER, Image, LINKER};
use super::imports;
use super::machine::Machine;
use crate::pe::Kind;
use crate::step::{self, Outcome};

/// The driver without openrdbss.
const DRIVER_OVER_MICROSOFTS: Image = Image {
    features: &["--no-default-features", "--features", "microsoft-rdbss"],
    kind: Kind::DriverOverMicrosofts,
    ..DRIVER
};

/// What is linked, in the order of need.
const LIBRARIES: &[&str] = &[
    "rdbsslib.lib",
    "rxce.lib",
    "ksecdd.lib",
    "BufferOverflowFastFailK.lib",
    "ntoskrnl.lib",
    "hal.lib",
];

/// Where the names are that the stand-ins are made from.
const NAMES: &str = "cross/microsoft";

/// Links the driver with the libraries in `kit`, leaves it in `out` and checks it.
pub fn build(checkout: &Path, kit: &Path, out: &Path) -> Outcome {
    let libraries: Vec<PathBuf> = LIBRARIES.iter().map(|name| kit.join(name)).collect();
    if let Some(missing) = libraries.iter().find(|library| !library.is_file()) {
        return Err(format!(
            "{} is not there; --wdk-lib wants the kit's directory for x64 drivers, such as \
             Lib\\10.0.26100.0\\km\\x64",
            missing.display()
        ));
    }
    DRIVER_OVER_MICROSOFTS.build(Machine::X64, checkout, &libraries, out)?;
    DRIVER_OVER_MICROSOFTS.check(out)
}

/// Links the driver with stand-ins and leaves the result in `out`.
pub fn check_link(checkout: &Path, out: &Path) -> Outcome {
    let names = checkout.join(NAMES);
    let made = checkout.join("target/cross/microsoft");
    image::fresh(&made)?;
    // What the two real libraries ask for is asked for by one of the stand-ins.
    let asked = ["kernel.def", "ksecdd.def"]
        .map(|list| imports::names(&names.join(list)))
        .into_iter()
        .chain(
            ["BufferOverflowFastFailK.names", "supplied.names"]
                .map(|list| plain_names(&names.join(list))),
        )
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let mut libraries = vec![
        stand_in(&names, "rdbsslib", &asked, &made)?,
        stand_in(&names, "rxce", &[], &made)?,
        stand_in(&names, "BufferOverflowFastFailK", &[], &made)?,
    ];
    libraries.extend(imports::libraries(Machine::X64, &names, &made)?);
    libraries.extend(imports::libraries(
        Machine::X64,
        &checkout.join(imports::LISTS),
        &checkout.join("target/cross/imports"),
    )?);
    DRIVER_OVER_MICROSOFTS.build(Machine::X64, checkout, &libraries, out)
}

/// Makes an object that defines the names in the list `library` and refers to `asked`.
fn stand_in(names: &Path, library: &str, asked: &[String], out: &Path) -> Result<PathBuf, String> {
    let defined = plain_names(&names.join(format!("{library}.names")))?;
    let mut assembly = String::from(".text\n");
    for name in &defined {
        assembly += &format!(".globl {name}\n{name}:\n");
    }
    // Whoever calls a stand-in stops here.
    assembly += "int3\n";
    for name in asked {
        assembly += &format!(".quad {name}\n");
    }
    let source = out.join(format!("{library}.s"));
    let object = out.join(format!("{library}.obj"));
    fs::write(&source, assembly)
        .map_err(|error| format!("cannot write {}: {error}", source.display()))?;
    let mut assembler = Command::new("llvm-mc-22");
    assembler
        .args(["--triple=x86_64-pc-windows-msvc", "--filetype=obj", "-o"])
        .args([&object, &source]);
    step::run_command(&mut assembler)?;
    let archive = out.join(format!("{library}.lib"));
    let mut archiver = Command::new(LINKER);
    archiver
        .arg("/lib")
        .arg(format!("/out:{}", archive.display()))
        .arg(&object);
    step::run_command(&mut archiver)?;
    Ok(archive)
}

/// The names in a list of one a line.
fn plain_names(list: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(list)
        .map_err(|error| format!("cannot read {}: {error}", list.display()))?;
    let names = text.lines().map(str::trim);
    Ok(names
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(String::from)
        .collect())
}

/// Where the kit is, by the variables that its own command prompt sets.
pub fn kit_of_environment() -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("WDKContentRoot")?);
    let version = std::env::var_os("Version_Number")?;
    Some(root.join("Lib").join(version).join("km/x64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rdbss_microsoft_supplies_is_what_the_libraries_are_known_to_leave_open() {
        let checkout = step::workspace();
        let source = ["copy.rs", "tracing.rs"].map(|file| {
            fs::read_to_string(checkout.join("crates/rdbss-microsoft/src").join(file)).unwrap()
        });
        let mut defined: Vec<String> = source
            .iter()
            .flat_map(|text| text.split("pub extern \"C\" fn ").skip(1))
            .filter_map(|rest| rest.split('(').next())
            .map(String::from)
            .collect();
        defined.sort();
        let supplied = plain_names(&checkout.join(NAMES).join("supplied.names")).unwrap();
        assert_eq!(defined, supplied);
    }
}
