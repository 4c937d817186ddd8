//! The processors that Windows runs on.

/// What an image is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// x64: what is built, checked and run.
    X64,
    /// ARM64: built only, to see that it can be (docs/arm64.md).
    Arm64,
}

impl Machine {
    /// Rust's name for it.
    pub fn target(self) -> &'static str {
        match self {
            Self::X64 => "x86_64-pc-windows-msvc",
            Self::Arm64 => "aarch64-pc-windows-msvc",
        }
    }

    /// The linker's argument for it.
    pub fn linker_argument(self) -> &'static str {
        match self {
            Self::X64 => "/MACHINE:X64",
            Self::Arm64 => "/MACHINE:ARM64",
        }
    }
}
