//! Wine's own programs, and running one within a time limit.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Debian's wrappers in /usr/bin end a session when its last program ends, so they are passed by.
const DIRECTORY: &str = "/usr/lib/wine";

/// The driver's own output, and what goes wrong below it. Only the first program of a session has a say in that.
const CHANNELS: &str = "-all,warn+debugstr,err+ntoskrnl,err+sync,err+module,err+seh";

/// A command for one of Wine's programs, set to a prefix: `wine64` or `wineserver64`.
///
/// # Panics
/// When Wine is not installed.
pub fn command(program: &str, prefix: &Path) -> Command {
    let path = Path::new(DIRECTORY).join(program);
    assert!(
        path.is_file(),
        "{} is not there: run `cargo xtask setup`",
        path.display()
    );
    let mut command = Command::new(path);
    command
        .env("WINEPREFIX", prefix)
        .env("WINEARCH", "win64")
        .env("WINESERVER", Path::new(DIRECTORY).join("wineserver64"))
        .env("WINEDEBUG", CHANNELS)
        // No .NET and no browser: nobody asks for them, and installing them takes most of a new prefix's time.
        .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end, its output going to a file: programs that it leaves behind keep the file open and not a
/// pipe of ours.
///
/// # Panics
/// When it cannot be started, or does not end within `limit`.
pub fn run(command: &mut Command, output: &Path, limit: Duration) -> ExitStatus {
    let file = File::options()
        .create(true)
        .append(true)
        .open(output)
        .expect("a file for a program's output");
    let second = file.try_clone().expect("the same file for both");
    let mut child = command
        .stdout(file)
        .stderr(second)
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    match end(&mut child, limit) {
        Some(status) => status,
        None => {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{command:?} did not end within {limit:?}");
        }
    }
}

/// Waits for a program's end; `None` when it has not come within `limit`.
pub fn end(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
