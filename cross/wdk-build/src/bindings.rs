//! How bindgen is to read the headers.

use std::borrow::Borrow;
use std::fmt;

use bindgen::{Builder, EnumVariation, Formatter, RustEdition, RustTarget};

use crate::config::Processor;
use crate::{Config, ConfigError};

/// The compiler's settings: Microsoft's target, whose enumerations are `int` and whose alignments are the WDK's, but no
/// Microsoft compiler, since mingw-w64's headers then take their way for GNU C.
const CLANG: &[&str] = &[
    "-fmsc-version=0",
    "-fgnuc-version=4.2.1",
    "-D__MINGW32__",
    "-D__MINGW64__",
    // The library libclang alone is enough: headers that come with the compiler are not asked for.
    "-nobuiltininc",
    // Else `memcpy` and its like take `u64` in place of `usize`.
    "-fno-builtin",
    "-w",
];

fn target(processor: Processor) -> &'static str {
    match processor {
        Processor::X64 => "--target=x86_64-pc-windows-msvc",
        Processor::Arm64 => "--target=aarch64-pc-windows-msvc",
    }
}

/// Bindgen, set up.
pub trait BuilderExt {
    /// Settings that make the shapes of the real `wdk-sys`.
    ///
    /// # Errors
    /// None here; the real one has some.
    fn wdk_default(config: impl Borrow<Config> + fmt::Debug) -> Result<Builder, ConfigError>;
}

impl BuilderExt for Builder {
    fn wdk_default(config: impl Borrow<Config> + fmt::Debug) -> Result<Builder, ConfigError> {
        let language = RustTarget::stable(91, 0).map_err(|_| {
            ConfigError::Unsupported("a bindgen that does not know Rust 1.91".into())
        })?;
        let mut builder = Builder::default()
            .use_core()
            .derive_default(true)
            .generate_cstr(true)
            .detect_include_paths(false)
            .clang_arg(target(config.borrow().processor))
            .clang_args(CLANG)
            .default_enum_style(EnumVariation::ModuleConsts)
            .must_use_type("NTSTATUS")
            .rust_target(language)
            .rust_edition(RustEdition::Edition2024)
            .formatter(Formatter::Prettyplease);
        for path in config.borrow().include_paths()? {
            builder = builder.clang_arg(format!("-I{}", path.display()));
        }
        for (name, value) in config.borrow().preprocessor_definitions() {
            let value = value.map_or_else(String::new, |value| format!("={value}"));
            builder = builder.clang_arg(format!("-D{name}{value}"));
        }
        // Deprecated; the real wdk-sys hides them too.
        for suffix in ["", "WithTag", "WithQuotaTag", "WithTagPriority"] {
            builder = builder.blocklist_item(format!("ExAllocatePool{suffix}"));
        }
        Ok(builder)
    }
}
