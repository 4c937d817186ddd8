//! Samba's own client, by which the tests check what really arrived.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::config::Dialect;
use crate::digest::sha256_of;
use crate::program;
use crate::server::{PASSWORD, SHARE, USER};

/// `smbclient`, set to one server and share.
#[derive(Clone, Debug)]
pub struct SmbClient {
    server: SocketAddr,
    share: String,
    user: String,
    password: String,
    dialect: Option<Dialect>,
    signed: bool,
}

/// One line of a directory listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The entry's name.
    pub name: String,
    /// Attribute letters: `D`, `A`, `R`, `H`, `S`, `N`.
    pub attributes: String,
    /// Size in bytes.
    pub size: u64,
}

impl SmbClient {
    /// A client of the usual share for the usual user, on any server.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            share: SHARE.into(),
            user: USER.into(),
            password: PASSWORD.into(),
            dialect: None,
            signed: false,
        }
    }

    /// The same for another user.
    pub fn user(mut self, user: &str, password: &str) -> Self {
        self.user = user.into();
        self.password = password.into();
        self
    }

    /// The same for another share.
    pub fn share(mut self, share: &str) -> Self {
        self.share = share.into();
        self
    }

    /// The same with no other dialect than this one.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// The same with every message signed.
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Runs smbclient's own commands, such as `ls; allinfo x`, and gives whatever came of it.
    pub fn run(&self, commands: &str) -> Output {
        program::run(&mut self.command(commands))
    }

    /// Runs smbclient's own commands, and gives what it printed.
    ///
    /// # Panics
    /// When smbclient fails.
    pub fn expect(&self, commands: &str) -> String {
        program::output_of(&mut self.command(commands))
    }

    /// Copies a local file to the share; `remote` is a path with backslashes.
    ///
    /// # Panics
    /// When smbclient fails.
    pub fn put(&self, local: &Path, remote: &str) {
        self.expect(&format!("put {} {}", quoted(local), quoted(remote)));
    }

    /// Copies a file of the share to a local file.
    ///
    /// # Panics
    /// When smbclient fails.
    pub fn get(&self, remote: &str, local: &Path) {
        self.expect(&format!("get {} {}", quoted(remote), quoted(local)));
    }

    /// The SHA-256 of a file of the share as smbclient reads it, without a copy on this machine's disk.
    ///
    /// # Panics
    /// When smbclient fails.
    pub fn sha256(&self, remote: &str) -> String {
        let mut child = self
            .command(&format!("get {} -", quoted(remote)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("smbclient starts");
        let digest = child.stdout.take().map(sha256_of).expect("a pipe");
        let status = child.wait().expect("smbclient ends");
        assert!(status.success(), "smbclient read no {remote}: {status}");
        digest.expect("smbclient's output")
    }

    /// Lists a directory, `.` and `..` left out; `""` is the share's root.
    ///
    /// # Panics
    /// When smbclient fails, or prints a line that is no entry.
    pub fn list(&self, directory: &str) -> Vec<Listed> {
        let pattern = if directory.is_empty() {
            "*".into()
        } else {
            format!("{directory}\\*")
        };
        let text = self.expect(&format!("ls {}", quoted(&pattern)));
        // The listing ends with an empty line before the count of free blocks.
        text.lines()
            .take_while(|line| !line.trim().is_empty())
            .map(|line| entry(line).unwrap_or_else(|| panic!("no directory entry: {line:?}")))
            .filter(|entry| entry.name != "." && entry.name != "..")
            .collect()
    }

    /// All that the server says of a file: times, attributes, streams.
    ///
    /// # Panics
    /// When smbclient fails.
    pub fn allinfo(&self, path: &str) -> String {
        self.expect(&format!("allinfo {}", quoted(path)))
    }

    fn command(&self, commands: &str) -> Command {
        let mut command = program::command("smbclient");
        command
            .arg(format!("//{}/{}", self.server.ip(), self.share))
            .args(["--port", &self.server.port().to_string()])
            // Not on the command line, where every user of the machine could read it.
            .env("PASSWD", &self.password)
            .args(["--user", &self.user])
            // Neither the machine's settings nor its idea of a workgroup matter here.
            .args(["--configfile", "/dev/null", "--debuglevel", "0"])
            .args([
                "--client-protection",
                if self.signed { "sign" } else { "off" },
            ]);
        if let Some(dialect) = self.dialect {
            let name = dialect.samba_name();
            command
                .args(["--max-protocol", name])
                .args(["--option", &format!("client min protocol = {name}")]);
        }
        command.args(["--command", commands]);
        command
    }
}

/// An argument as smbclient's command line wants it. It has no way to quote a quotation mark.
fn quoted(argument: impl AsRef<OsStr>) -> String {
    format!("\"{}\"", argument.as_ref().to_string_lossy())
}

/// Reads a line such as `  two words.txt      A   12  Sat Nov 21 02:48:51 2026`.
fn entry(line: &str) -> Option<Listed> {
    // From the end: five words of date, the size, the attributes; what remains is the name, which may have spaces.
    let mut rest = line;
    let mut words = Vec::new();
    for _ in 0..6 {
        let (before, word) = rest.trim_end().rsplit_once(' ')?;
        words.push(word);
        rest = before;
    }
    let size = words.last()?.parse().ok()?;
    let rest = rest.trim_end();
    let (name, attributes) = rest.rsplit_once(' ')?;
    Some(Listed {
        name: name.trim().into(),
        attributes: attributes.into(),
        size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_a_one_digit_day_are_read_from_a_listing() {
        let listed =
            entry("  two words.txt                       A       12  Sun Nov  1 02:48:51 2026");
        assert_eq!(
            listed,
            Some(Listed {
                name: "two words.txt".into(),
                attributes: "A".into(),
                size: 12,
            })
        );
        assert_eq!(entry("NT_STATUS_NO_SUCH_FILE listing \\x"), None);
    }
}
