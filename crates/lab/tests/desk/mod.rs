//! Running the program: for the usual user of a Samba, to its end, with what it said.

// Each test program uses its own part of this.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use samba_ground::{PASSWORD, SHARE, Samba, USER};

/// The program for a server's usual user.
pub fn oxsmb(samba: &Samba) -> Command {
    let mut command = nobodys();
    command
        .args(["--user", USER])
        .env("OXSMB_PASSWORD", PASSWORD)
        .current_dir(samba.directory());
    command
}

/// The program without a user.
pub fn nobodys() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oxsmb"));
    command.env("TZ", "UTC").stdin(Stdio::null());
    command
}

/// A path on a server's usual share.
pub fn on_share(samba: &Samba, path: &str) -> String {
    at(samba.address(), path)
}

/// A path on the usual share of whatever listens there.
pub fn at(address: SocketAddr, path: &str) -> String {
    format!("//{address}/{SHARE}{path}")
}

/// Runs what must succeed, and gives what it printed.
pub fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs what must fail, and gives the last line of standard error.
pub fn fails(command: &mut Command) -> String {
    last_line_of(&command.output().unwrap())
}

/// The last line of standard error of what must have failed.
pub fn last_line_of(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", text(output));
    let errors = std::str::from_utf8(&output.stderr).unwrap();
    errors.lines().last().unwrap_or_default().to_owned()
}

/// All that was printed.
pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}
