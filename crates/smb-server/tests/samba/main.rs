//! Samba's own client and its torture tests against this server.

mod client;
mod sealed;
mod torture;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use smb_server::{Builder, RunningServer, builder};

/// Why a test may do without the programs that it needs.
const SKIP: &str = "OXSMB_SKIP_EXTERNAL";

fn is_skipped() -> bool {
    std::env::var_os(SKIP).is_some_and(|value| value == "1")
}

fn run(mut command: Command) -> Output {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!(
            "{program} cannot be run ({error}); `cargo xtask test` installs it, {SKIP}=1 skips this test"
        ),
    }
}

fn serve(configure: impl FnOnce(Builder) -> Builder) -> RunningServer {
    configure(builder().user("user", "pass"))
        .bind("127.0.0.1:0")
        .expect("a free port")
}

/// Runs `smbclient -c script` and gives what it printed, which must not tell of an error.
fn smbclient(server: &RunningServer, options: &[&str], script: &str) -> String {
    let (output, text) = try_smbclient(server, options, script);
    assert!(
        output.status.success() && !text.contains("NT_STATUS_"),
        "{script}: {text}"
    );
    text
}

/// Runs `smbclient -c script` and gives what came of it and what it printed.
fn try_smbclient(server: &RunningServer, options: &[&str], script: &str) -> (Output, String) {
    let mut command = Command::new("smbclient");
    command
        .args([
            "//127.0.0.1/data",
            "-U",
            "user%pass",
            "-p",
            &server.address().port().to_string(),
        ])
        .args(options)
        .args(["-c", script]);
    let output = run(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output, text)
}

/// A directory for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("smb-server-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 251) as u8).collect()
}
