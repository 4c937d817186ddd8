//! Stands in for Microsoft's `wdk-build` where there is no Windows Driver Kit: the names that the build scripts of
//! `wdk-sys`, `wdk`, `wdk-alloc` and `wdk-panic` use, over mingw-w64's headers and import libraries.
//!
//! The declarations that come out are mingw-w64's. They were compared with Microsoft's published ones, but a build with
//! the real kit is still what shows that they agree (docs/building.md).

mod bindings;
mod config;
mod error;
mod imports;

pub use bindings::BuilderExt;
pub use config::{ApiSubset, Config, DriverConfig, KmdfConfig, UmdfConfig};
pub use error::{ConfigError, IoError};

/// Sets up the build of a crate that only needs to know which kind of driver it is for.
///
/// # Errors
/// When the build is for something else than a driver for x64 Windows.
pub fn configure_wdk_library_build() -> Result<(), ConfigError> {
    Config::from_cargo().map(drop)
}

/// As [`configure_wdk_library_build`], then `work` with what was found. This is what `wdk-sys` calls, so rustc is shown the
/// import libraries for its declarations here.
///
/// # Errors
/// As [`configure_wdk_library_build`], and those of `work`.
pub fn configure_wdk_library_build_and_then<F, E>(mut work: F) -> Result<(), E>
where
    F: FnMut(Config) -> Result<(), E>,
    E: From<ConfigError>,
{
    let config = Config::from_cargo()?;
    imports::show_libraries();
    work(config)
}
