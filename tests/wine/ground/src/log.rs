//! What the kernel's part of a session prints: the driver's own words, and Wine's complaints.

use std::fs;
use std::path::{Path, PathBuf};

/// Words that make a line a failure, whatever the test was about: a crash, a call of something that Wine does not have, a
/// bug check, a deadlock.
const BAD: &[&str] = &[
    "wine: ",
    "KeBugCheckEx",
    "wait timed out",
    "unimplemented function",
    "err:module:",
    "err:ntoskrnl:",
    "err:seh:",
];

/// What stands before the text that a driver prints.
const DRIVER: &str = ":vDbgPrintExWithPrefix ";

/// The output of a session's kernel.
#[derive(Clone, Debug)]
pub struct Log {
    file: PathBuf,
}

impl Log {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The file that it is in.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All of it.
    pub fn text(&self) -> String {
        let bytes = fs::read(&self.file).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How long it is by now, in bytes.
    pub fn length(&self) -> usize {
        fs::metadata(&self.file).map_or(0, |metadata| metadata.len() as usize)
    }

    /// What drivers have printed since it was `from` bytes long, a line each.
    pub fn printed(&self, from: usize) -> Vec<String> {
        self.since(from)
            .lines()
            .filter_map(printed)
            .map(str::to_owned)
            .collect()
    }

    /// The lines since it was `from` bytes long that no test may bring about.
    pub fn complaints(&self, from: usize) -> Vec<String> {
        self.since(from)
            .lines()
            .filter(|line| is_bad(line))
            .map(str::to_owned)
            .collect()
    }

    /// Its end, for people.
    pub fn tail(&self, lines: usize) -> String {
        let text = self.text();
        let all: Vec<_> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    fn since(&self, from: usize) -> String {
        let bytes = fs::read(&self.file).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned()
    }
}

/// The text of a driver's line: `0120:warn:debugstr:vDbgPrintExWithPrefix 00000000:00000001: text`.
fn printed(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(DRIVER)?;
    rest.split_once(": ").map(|(_, text)| text)
}

fn is_bad(line: &str) -> bool {
    // A driver may say what it likes about Wine.
    printed(line).is_none() && BAD.iter().any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drivers_words_are_what_it_printed_and_never_a_complaint() {
        let line = "0120:warn:debugstr:vDbgPrintExWithPrefix 00000000:00000001: oxsmb: wine: x";
        assert_eq!(printed(line), Some("oxsmb: wine: x"));
        assert!(!is_bad(line));
    }

    #[test]
    fn crashes_missing_functions_bug_checks_and_deadlocks_are_complaints() {
        for line in [
            "wine: Unhandled page fault on write access to 0000 at address 0000 (thread 0120)",
            "wine: Call from 00007B to unimplemented function ntoskrnl.exe.CcCopyRead, aborting",
            "0120:err:ntoskrnl:KeBugCheckEx e2 1 2 3 4",
            "0120:err:sync:RtlpWaitForCriticalSection section 0 \"sync_cs\" wait timed out in thread",
        ] {
            assert!(is_bad(line), "{line}");
        }
    }
}
