//! The programs of Samba and Wireshark: where they are, and running one to its end.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A command for one of the programs that `cargo xtask setup` installs.
pub(crate) fn command(program: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers live in sbin, which the PATH of an ordinary user lacks.
    let found = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("{program} is not installed: run `cargo xtask setup`"));
    let mut command = Command::new(found);
    // Fixed words in what they print: the tests read some of it.
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end; its output is kept.
pub(crate) fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"))
}

/// Runs a command that must succeed, and gives what it printed.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?} ended with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
