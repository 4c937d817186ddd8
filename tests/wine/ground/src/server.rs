//! A session's wineserver, which ends when we do.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::program;

/// How long the server may take to start or to end.
const LIMIT: Duration = Duration::from_secs(60);

/// At a word, or at the end of its input, ends one prefix's server with all programs; at the end of its input it removes the
/// prefix too, for where the test's process is killed, or keeps its session to its end, nobody else does.
const GUARD: &str = "read -r word; \"$WINESERVER\" -k; \"$WINESERVER\" -w; \
                     cat >/dev/null; rm -rf \"$WINEPREFIX\"";

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
        // What kills the test's process may kill its whole group, and the guard is to outlive that.
        guard.process_group(0);
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

    /// Ends the server and every program of the prefix, by force. The prefix stays.
    pub fn end(&self) {
        if let Some(word) = self.guard().stdin.as_mut() {
            let _ = word.write_all(b"\n");
        }
        let mut wait = program::command("wineserver64", &self.prefix);
        let ended = wait.arg("-w").stdout(Stdio::null()).spawn();
        if ended.is_ok_and(|mut child| program::end(&mut child, LIMIT).is_none()) {
            eprintln!("wineserver of {} does not end", self.prefix.display());
        }
    }

    fn guard(&self) -> MutexGuard<'_, Child> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        let mut guard = self.guard();
        drop(guard.stdin.take());
        let _ = program::end(&mut guard, LIMIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::footprint::{has_mapped, processes};
    use crate::prefix::Prefix;

    #[test]
    fn a_server_ends_with_every_program_of_its_prefix_and_then_with_the_prefix() {
        let prefix = Prefix::new();
        let server = Server::start(prefix.path());
        let mut winver = program::command("wine64", prefix.path());
        let output = prefix.path().join("output");
        // It starts the services, which would run on.
        let status = program::run(winver.args(["cmd", "/c", "ver"]), &output, LIMIT);
        assert!(status.success(), "{status}");
        assert!(!processes(prefix.path()).is_empty());
        server.end();
        let wine = processes(prefix.path());
        let wine = wine.iter().filter(|process| has_mapped(process, "ntdll"));
        assert_eq!(wine.count(), 0);
        drop(server);
        assert!(!prefix.path().exists());
    }
}
