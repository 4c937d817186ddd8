//! Why a build could not be set up.

use std::path::PathBuf;
use std::{error, fmt, io};

/// A file that could not be read or written.
#[derive(Debug)]
pub struct IoError {
    path: PathBuf,
    reason: io::Error,
}

impl IoError {
    /// Says which file it was.
    pub fn with_path(path: impl Into<PathBuf>, reason: io::Error) -> Self {
        Self {
            path: path.into(),
            reason,
        }
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

impl error::Error for IoError {}

/// Any of the reasons.
#[derive(Debug)]
pub enum ConfigError {
    /// A file.
    Io(IoError),
    /// Something that the real kit can do and this stand-in cannot.
    Unsupported(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Unsupported(what) => write!(f, "only the real WDK can do this: {what}"),
        }
    }
}

impl error::Error for ConfigError {}

impl From<IoError> for ConfigError {
    fn from(error: IoError) -> Self {
        Self::Io(error)
    }
}
