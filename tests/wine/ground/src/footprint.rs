//! How much of the machine the drivers' process holds.

use std::fs;
use std::path::{Path, PathBuf};

/// What a process holds, as Linux counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Resident memory, in KiB.
    pub resident: u64,
    /// Threads.
    pub threads: u64,
    /// Open file descriptors. Sockets are among them.
    pub descriptors: u64,
}

impl Footprint {
    /// Of the process in the prefix that has an image of this name mapped.
    pub fn of(prefix: &Path, image: &str) -> Option<Self> {
        let process = processes(prefix)
            .into_iter()
            .find(|process| has_mapped(process, image))?;
        let status = fs::read_to_string(process.join("status")).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        Some(Self {
            resident: field("VmRSS:")?,
            threads: field("Threads:")?,
            descriptors: fs::read_dir(process.join("fd")).ok()?.count() as u64,
        })
    }
}

/// The directories in /proc of all processes that run in a prefix.
pub(crate) fn processes(prefix: &Path) -> Vec<PathBuf> {
    let mut wanted = b"WINEPREFIX=".to_vec();
    wanted.extend(prefix.as_os_str().as_encoded_bytes());
    let runs_there = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == wanted)
    };
    let entries = fs::read_dir("/proc").expect("Linux's /proc");
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(runs_there)
        .collect()
}

pub(crate) fn has_mapped(process: &Path, image: &str) -> bool {
    fs::read_to_string(process.join("maps")).is_ok_and(|maps| maps.contains(image))
}
