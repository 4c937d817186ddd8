//! What is built: always a WDM driver, for x64 Windows, or to see how far that goes, for ARM64.

use std::env;
use std::path::PathBuf;

use crate::ConfigError;

/// Debian's mingw-w64-common.
const MINGW: &str = "/usr/share/mingw-w64/include";
/// Headers of ours, which come before mingw-w64's.
const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include");

/// What the headers are told besides: kernel, Windows 10 version 1903.
const DEFINITIONS: &[(&str, Option<&str>)] = &[
    ("_KERNEL_MODE", None),
    ("_WIN32_WINNT", Some("0x0A00")),
    ("NTDDI_VERSION", Some("0x0A000007")),
];

/// The processors that the headers can be read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processor {
    X64,
    Arm64,
}

impl Processor {
    fn of_target(target: &str) -> Option<Self> {
        match target {
            "x86_64-pc-windows-msvc" => Some(Self::X64),
            "aarch64-pc-windows-msvc" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// The macros by which the headers know it.
    fn definitions(self) -> &'static [&'static str] {
        match self {
            Self::X64 => &["_AMD64_", "AMD64"],
            // mingw-w64's kernel headers know of no ARM64: _M_ARM has them ask for armddk.h, which is ours, and _IA64_ has
            // them align as every 64-bit Windows does.
            Self::Arm64 => &["_ARM64_", "ARM64", "_M_ARM", "_IA64_"],
        }
    }
}

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
    /// What the build is for.
    pub(crate) processor: Processor,
}

impl Config {
    /// Reads the target from cargo's variables and tells rustc the kind of driver, under the name that the crates of
    /// `windows-drivers-rs` ask for.
    pub(crate) fn from_cargo() -> Result<Self, ConfigError> {
        let target = env::var("TARGET").unwrap_or_default();
        let processor = Processor::of_target(&target)
            .ok_or_else(|| ConfigError::Unsupported(format!("a build for {target}")))?;
        const KIND: &str = "driver_model__driver_type";
        println!(r#"cargo::rustc-check-cfg=cfg({KIND}, values("WDM", "KMDF", "UMDF"))"#);
        println!(r#"cargo::rustc-cfg={KIND}="WDM""#);
        println!("cargo::rerun-if-changed={OURS}");
        Ok(Self {
            driver_config: DriverConfig::Wdm,
            processor,
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
        let of_processor = self.processor.definitions().iter();
        DEFINITIONS
            .iter()
            .copied()
            .chain(of_processor.map(|name| (*name, None)))
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
