//! What is built: always a WDM driver for x64 Windows.

use std::env;
use std::path::PathBuf;

use crate::ConfigError;

/// Debian's mingw-w64-common.
const MINGW: &str = "/usr/share/mingw-w64/include";
/// Headers of ours, which come before mingw-w64's.
const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include");

/// What the headers are told: x64, kernel, Windows 10 version 1903.
const DEFINITIONS: &[(&str, Option<&str>)] = &[
    ("_AMD64_", None),
    ("AMD64", None),
    ("_KERNEL_MODE", None),
    ("_WIN32_WINNT", Some("0x0A00")),
    ("NTDDI_VERSION", Some("0x0A000007")),
];

/// The groups of headers that the real kit has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiSubset {
    /// The kernel itself.
    Base,
    /// The driver framework; empty for a WDM driver.
    Wdf,
    /// Not here.
    Gpio,
    /// Not here.
    Hid,
    /// Not here.
    ParallelPorts,
    /// Not here.
    Spb,
    /// Not here.
    Storage,
    /// Not here.
    Usb,
}

/// Versions of the kernel-mode framework. Never made here; `wdk-sys` names it.
#[derive(Clone, Copy, Debug)]
pub struct KmdfConfig {
    /// Major version.
    pub kmdf_version_major: u8,
    /// Minor version that the driver is built for.
    pub target_kmdf_version_minor: u8,
}

/// Versions of the user-mode framework. Never made here; `wdk-sys` names it.
#[derive(Clone, Copy, Debug)]
pub struct UmdfConfig {
    /// Major version.
    pub umdf_version_major: u8,
    /// Minor version that the driver is built for.
    pub target_umdf_version_minor: u8,
}

/// The kinds of driver.
#[derive(Clone, Copy, Debug)]
pub enum DriverConfig {
    /// Ours.
    Wdm,
    /// Not here.
    Kmdf(KmdfConfig),
    /// Not here.
    Umdf(UmdfConfig),
}

/// What a build script is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The kind of driver.
    pub driver_config: DriverConfig,
}

impl Config {
    /// Reads the target from cargo's variables and tells rustc the kind of driver, under the name that the crates of
    /// `windows-drivers-rs` ask for.
    pub(crate) fn from_cargo() -> Result<Self, ConfigError> {
        let target = env::var("TARGET").unwrap_or_default();
        if target != "x86_64-pc-windows-msvc" {
            return Err(ConfigError::Unsupported(format!("a build for {target}")));
        }
        const KIND: &str = "driver_model__driver_type";
        println!(r#"cargo::rustc-check-cfg=cfg({KIND}, values("WDM", "KMDF", "UMDF"))"#);
        println!(r#"cargo::rustc-cfg={KIND}="WDM""#);
        println!("cargo::rerun-if-changed={OURS}");
        Ok(Self {
            driver_config: DriverConfig::Wdm,
        })
    }

    /// Where headers are looked for, in order.
    ///
    /// # Errors
    /// None here; the real one looks for the kit.
    pub fn include_paths(&self) -> Result<impl Iterator<Item = PathBuf> + use<>, ConfigError> {
        let paths = [OURS.into(), format!("{MINGW}/ddk").into(), MINGW.into()];
        Ok(paths.into_iter())
    }

    /// The macros that the headers are read with.
    pub fn preprocessor_definitions(
        &self,
    ) -> impl Iterator<Item = (String, Option<String>)> + use<> {
        DEFINITIONS
            .iter()
            .map(|(name, value)| (name.to_string(), value.map(String::from)))
    }

    /// The C text that includes the headers of `subsets`.
    ///
    /// # Errors
    /// When mingw-w64 has no such headers.
    pub fn bindgen_header_contents(
        &self,
        subsets: impl IntoIterator<Item = ApiSubset>,
    ) -> Result<String, ConfigError> {
        let mut text = String::new();
        for subset in subsets {
            match subset {
                ApiSubset::Base => text.push_str("#include \"kernel.h\"\n"),
                ApiSubset::Wdf => {}
                other => {
                    return Err(ConfigError::Unsupported(format!("headers of {other:?}")));
                }
            }
        }
        Ok(text)
    }

    /// The Rust lines that make everything with these bindings link the import libraries.
    pub fn bindgen_library_link_raw_lines(&self, subset: ApiSubset) -> Option<String> {
        (subset == ApiSubset::Base).then(crate::imports::link_lines)
    }

    /// Only frameworks have such a symbol.
    pub fn compute_wdffunctions_symbol_name(&self) -> Option<String> {
        None
    }
}
