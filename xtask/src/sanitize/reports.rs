//! What a sanitizer reports, each process into a file of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::Kind;
use crate::step::workspace;

/// The reports of one command.
pub struct Reports(PathBuf);

impl Reports {
    /// Has the command's programs report to an empty directory.
    pub fn begin(kind: Kind, command: &mut Command) -> Result<Self, String> {
        let place = kind.place().join("reports");
        if place.exists() {
            fs::remove_dir_all(&place)
                .map_err(|error| format!("cannot empty {}: {error}", place.display()))?;
        }
        fs::create_dir_all(&place)
            .map_err(|error| format!("cannot make {}: {error}", place.display()))?;
        let log = format!("log_path={}/report", place.display());
        match kind {
            Kind::Address => command
                .env(
                    "ASAN_OPTIONS",
                    format!("{log}:detect_stack_use_after_return=1"),
                )
                .env("LSAN_OPTIONS", "report_objects=1"),
            Kind::Thread => {
                let list = workspace().join("xtask/sanitize/thread.supp");
                let options = format!(
                    "{log}:suppressions={}:history_size=4:second_deadlock_stack=1",
                    list.display()
                );
                command.env("TSAN_OPTIONS", options)
            }
        };
        Ok(Self(place))
    }

    /// The files with reports.
    pub fn found(&self) -> Result<Vec<PathBuf>, String> {
        let failed = |error| format!("cannot list {}: {error}", self.0.display());
        fs::read_dir(&self.0)
            .map_err(failed)?
            .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
            .collect()
    }
}
