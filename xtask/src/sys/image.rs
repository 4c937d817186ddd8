//! The two images, and how they are linked.
//!
//! Cargo could link them, but then the path of a directory that rustc makes up at random gets into the PDB, and its hash into
//! the image. So cargo makes an archive, and the linker runs here, in a directory where every file has a plain name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cross;
use super::machine::Machine;
use crate::pe;
use crate::step::{self, Outcome};

/// What can be built.
pub struct Image {
    /// The package whose library it is.
    pub package: &'static str,
    /// Options of cargo that choose features.
    pub features: &'static [&'static str],
    /// The library's file name, without the extension.
    pub name: &'static str,
    /// `sys` or `dll`.
    pub extension: &'static str,
    /// What the checker expects of it.
    pub kind: pe::Kind,
    /// Arguments of the linker that are this image's own.
    pub arguments: &'static [&'static str],
}

/// The driver. The arguments are those that the real wdk-build and the WDK's project templates give.
pub const DRIVER: Image = Image {
    package: "oxsmb",
    features: &[],
    name: "oxsmb",
    extension: "sys",
    kind: pe::Kind::Driver,
    arguments: &[
        "/DRIVER",
        "/KERNEL",
        "/ENTRY:DriverEntry",
        "/SUBSYSTEM:NATIVE,10.0",
        "/INTEGRITYCHECK",
        // Set for every program otherwise, and about desktops.
        "/TSAWARE:NO",
        // Nothing of the driver may be paged out: for lld, P marks a section so.
        "/SECTION:.text,ERP",
        "/SECTION:.rdata,RP",
        "/SECTION:.data,RWP",
        "/SECTION:.pdata,RP",
    ],
};

/// The network provider.
pub const PROVIDER: Image = Image {
    package: "oxsmb-np",
    features: &[],
    name: "oxsmbnp",
    extension: "dll",
    kind: pe::Kind::Provider,
    arguments: &["/DLL", "/ENTRY:DllMain", "/SUBSYSTEM:WINDOWS,10.0"],
};

/// Arguments for every image.
const ARGUMENTS: &[&str] = &[
    "/NOLOGO",
    "/NODEFAULTLIB",
    "/OSVERSION:10.0",
    "/VERSION:10.0",
    "/NXCOMPAT",
    "/DYNAMICBASE",
    "/HIGHENTROPYVA",
    "/OPT:REF,ICF",
    "/MANIFEST:NO",
    // The checksum in the header is right: Windows looks at a driver's.
    "/RELEASE",
    // A hash in place of the time, and no path of this machine: the same sources make the same bytes.
    "/Brepro",
    "/DEBUG",
    "/PDBALTPATH:%_PDB%",
    r"/PDBSOURCEPATH:C:\oxsmb",
];

impl Image {
    /// Checks the image in `out`, and prints what it was found to be.
    pub fn check(&self, out: &Path) -> Outcome {
        let map = out.join(format!("{}.map", self.name));
        pe::check(self.kind, &out.join(self.file()), &map)
    }

    /// The name of the image's file.
    pub fn file(&self) -> String {
        format!("{}.{}", self.name, self.extension)
    }

    /// Builds the image from `checkout` and leaves it in `out`, with its PDB and its map. `libraries` are those that it is
    /// linked with, besides what its crates bring along.
    pub fn build(
        &self,
        machine: Machine,
        checkout: &Path,
        libraries: &[PathBuf],
        out: &Path,
    ) -> Outcome {
        cross::build_archive(machine, checkout, self.package, self.features)?;
        let archive = format!("{}.lib", self.name);
        let work = checkout.join("target/cross/link").join(self.name);
        fresh(&work)?;
        copy(&cross::output(machine, checkout).join(&archive), &work)?;
        let mut linker = Command::new(LINKER);
        linker.current_dir(&work).arg(&archive);
        for library in libraries {
            linker.arg(copy(library, &work)?);
        }
        let exports = checkout
            .join("crates")
            .join(self.package)
            .join(format!("{}.def", self.name));
        if exports.is_file() {
            linker.arg(format!("/DEF:{}", copy(&exports, &work)?));
        }
        linker
            .args(ARGUMENTS)
            .arg(machine.linker_argument())
            .args(self.arguments)
            .arg(format!("/MAP:{}.map", self.name))
            .arg(format!("/OUT:{}", self.file()));
        step::run_command(&mut linker).map_err(|reason| {
            format!("{reason}\n(an undefined symbol is a routine to add to cross/imports, if the driver should use it)")
        })?;
        fs::create_dir_all(out)
            .map_err(|error| format!("cannot make {}: {error}", out.display()))?;
        for extension in [self.extension, "pdb", "map"] {
            copy(&work.join(format!("{}.{extension}", self.name)), out)?;
        }
        Ok(())
    }
}

/// LLVM's linker for Windows; older ones know neither /KERNEL nor /RELEASE.
pub const LINKER: &str = "lld-link-22";

/// An empty directory.
pub fn fresh(directory: &Path) -> Outcome {
    if directory.exists() {
        fs::remove_dir_all(directory)
            .map_err(|error| format!("cannot empty {}: {error}", directory.display()))?;
    }
    fs::create_dir_all(directory)
        .map_err(|error| format!("cannot make {}: {error}", directory.display()))
}

/// Copies a file into a directory; its name there.
fn copy(file: &Path, directory: &Path) -> Result<String, String> {
    let name = file
        .file_name()
        .ok_or_else(|| format!("{} is no file", file.display()))?;
    fs::copy(file, directory.join(name)).map_err(|error| {
        format!(
            "cannot copy {} to {}: {error}",
            file.display(),
            directory.display()
        )
    })?;
    Ok(name.to_string_lossy().into_owned())
}
