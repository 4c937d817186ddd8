//! A Wine prefix for one session: a copy of a template that is made once.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::built::{self, Built};
use crate::program;
use crate::registry::Key;

/// How long a new prefix may take. It takes ten seconds; a busy machine gets five minutes.
const MAKE_LIMIT: Duration = Duration::from_secs(300);

/// A prefix of its own. Dropping it removes it; no program may run in it by then.
#[derive(Debug)]
pub struct Prefix {
    directory: TempDir,
}

impl Prefix {
    /// Makes one, as fresh as from wineboot.
    ///
    /// # Panics
    /// When Wine is missing, or the disk is full.
    pub fn new() -> Self {
        let template = template();
        let directory = tempfile::Builder::new()
            .prefix("session-")
            .tempdir_in(built::wine())
            .expect("a directory for the prefix");
        copy(&template, directory.path()).expect("a copy of the template");
        Self { directory }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The Unix path of a file below `C:`, its parts separated by slashes.
    pub fn on_c(&self, path: &str) -> PathBuf {
        self.path().join("drive_c").join(path)
    }

    /// Puts a file where Windows would have it: drivers among the drivers, others into system32.
    pub fn install(&self, file: Built) {
        self.install_as(file, file);
    }

    /// Puts a file where another one of ours belongs, such as another driver in the driver's place.
    pub fn install_as(&self, file: Built, other: Built) {
        let directory = match other {
            Built::Driver | Built::Harness | Built::Offender => "windows/system32/drivers",
            Built::NetworkProvider | Built::NetworkClient => "windows/system32",
        };
        let place = self.on_c(directory).join(other.name());
        fs::copy(file.path(), place).expect("room for a driver");
    }

    /// Sets registry values of the machine. Only before the first program runs in the prefix.
    pub(crate) fn set_machine(&self, key: &Key<'_>) {
        key.append(&self.path().join("system.reg"));
    }

    /// Sets registry values of the user. Only before the first program runs in the prefix.
    pub(crate) fn set_user(&self, key: &Key<'_>) {
        key.append(&self.path().join("user.reg"));
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self::new()
    }
}

/// The template of this Wine version, made by whoever comes first.
fn template() -> PathBuf {
    let wine = built::wine();
    fs::create_dir_all(&wine).expect("a directory for Wine");
    let name = format!("template-{}", version());
    let template = wine.join(&name);
    let lock = File::create(wine.join("template.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if !template.is_dir() {
        make(&wine, &name);
    }
    template
}

fn version() -> String {
    let output = program::command("wine64", Path::new("/nonexistent"))
        .arg("--version")
        .output()
        .expect("wine64 starts");
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().next().unwrap_or("wine").to_owned()
}

/// Makes a prefix elsewhere and moves it, so that one that was interrupted is never used.
fn make(wine: &Path, name: &str) {
    let unfinished = wine.join(format!("{name}.unfinished"));
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir(&unfinished).expect("a directory for the template");
    let log = wine.join(format!("{name}.log"));
    let run = |command: &mut Command| program::run(command, &log, MAKE_LIMIT);
    let booted = run(program::command("wine64", &unfinished).args(["wineboot", "-i"]));
    // The server writes the registry when it ends, some seconds after the last program.
    let _ = run(program::command("wineserver64", &unfinished).arg("-k"));
    let _ = run(program::command("wineserver64", &unfinished).arg("-w"));
    assert!(
        booted.success() && unfinished.join("system.reg").is_file(),
        "wineboot ended with {booted}: see {}",
        log.display()
    );
    fs::rename(&unfinished, wine.join(name)).expect("the template gets its name");
}

/// Copies a prefix without its 700 MB: files are linked, for nobody writes to them, except the registry.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, name) = (entry.path(), entry.file_name());
        let target = to.join(&name);
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if source
            .extension()
            .is_some_and(|extension| extension == "reg")
        {
            fs::copy(&source, &target)?;
        } else if name != "wineserver" {
            // Debian's server keeps its socket's name in that one.
            fs::hard_link(&source, &target)?;
        }
    }
    Ok(())
}
