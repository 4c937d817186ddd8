//! A session's wineserver, which ends when we do.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::program;

/// How long the server may take to start or to end.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits for the end of its input, and then ends one prefix's server with all programs.
const GUARD: &str = "cat >/dev/null; \"$WINESERVER\" -k; exec \"$WINESERVER\" -w";

/// A running wineserver. It is ended by a process that waits for a pipe's end, so it ends with this value, and just the
/// same when the test's process is killed.
#[derive(Debug)]
pub struct Server {
    guard: Mutex<Child>,
    prefix: PathBuf,
}

impl Server {
    /// Starts a server for a prefix. It stays although no program runs.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(prefix: &Path) -> Self {
        let wineserver = program::command("wineserver64", prefix);
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD]).stdin(Stdio::piped());
        for (name, value) in wineserver.get_envs() {
            match value {
                Some(value) => guard.env(name, value),
                None => guard.env_remove(name),
            };
        }
        let guard = guard
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let this = Self {
            guard: Mutex::new(guard),
            prefix: prefix.into(),
        };
        let log = prefix.join("wineserver.log");
        let started = program::run(
            program::command("wineserver64", prefix).arg("-p"),
            &log,
            LIMIT,
        );
        assert!(started.success(), "wineserver64 ended with {started}");
        this
    }

    /// Ends the server and every program of the prefix, by force. A second time it does nothing.
    pub fn end(&self) {
        let mut guard = self
            .guard
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(guard.stdin.take());
        if program::end(&mut guard, LIMIT).is_none() {
            eprintln!("wineserver of {} does not end", self.prefix.display());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::footprint::processes;
    use crate::prefix::Prefix;

    #[test]
    fn a_server_ends_with_every_program_of_its_prefix() {
        let prefix = Prefix::new();
        let server = Server::start(prefix.path());
        let mut winver = program::command("wine64", prefix.path());
        let output = prefix.path().join("output");
        // It starts the services, which would run on.
        let status = program::run(winver.args(["cmd", "/c", "ver"]), &output, LIMIT);
        assert!(status.success(), "{status}");
        assert!(!processes(prefix.path()).is_empty());
        server.end();
        assert_eq!(processes(prefix.path()), Vec::<PathBuf>::new());
    }
}
