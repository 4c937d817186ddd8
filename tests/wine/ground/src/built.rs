//! Where the builds leave what is run here. `cargo xtask wine` makes all of it.

use std::path::{Path, PathBuf};

/// A file that `cargo xtask wine` has built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// The driver under test.
    Driver,
    /// The network provider.
    NetworkProvider,
    /// The harness driver.
    Harness,
    /// The program that calls WNet functions.
    NetworkClient,
    /// The driver that breaks rules on purpose.
    Offender,
}

impl Built {
    /// The name that the file has in Wine.
    pub fn name(self) -> &'static str {
        match self {
            Self::Driver => "oxsmb.sys",
            Self::NetworkProvider => "oxsmbnp.dll",
            Self::Harness => "oxharness.sys",
            Self::NetworkClient => "np-client.exe",
            Self::Offender => "offender.sys",
        }
    }

    /// The file.
    ///
    /// # Panics
    /// When it has not been built.
    pub fn path(self) -> PathBuf {
        let directory = match self {
            Self::Driver | Self::NetworkProvider => target().join("sys"),
            Self::Harness | Self::NetworkClient | Self::Offender => wine(),
        };
        let path = directory.join(self.name());
        assert!(
            path.is_file(),
            "{} is not there: run `cargo xtask wine`",
            path.display()
        );
        path
    }
}

/// The directory of all that Wine needs and leaves.
pub(crate) fn wine() -> PathBuf {
    target().join("wine")
}

fn target() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // tests/wine/ground
    let root = here.ancestors().nth(3).unwrap_or(here);
    root.join("target")
}
