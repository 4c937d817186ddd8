//! The programs that the build for Windows and the tests use: found, or installed by the system's own package tool.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::step::{self, Outcome};

/// Something on the system, and the Debian package that has it.
#[derive(Clone, Copy)]
struct Tool {
    /// A program, or the path of any file.
    name: &'static str,
    package: &'static str,
}

/// For the build of the Windows images (docs/building.md).
const BUILD: &[Tool] = &[
    tool("/usr/bin/rustc", "rustc-web"),
    tool("/usr/bin/cargo", "cargo-web"),
    tool("/usr/bin/cargo-clippy", "rust-web-clippy"),
    tool("/usr/lib/rustlib/src/rust/library/core", "rust-web-src"),
    tool("cc", "gcc"),
    tool("lld-link-22", "lld-22"),
    tool("llvm-mc-22", "llvm-22"),
    tool("/usr/lib/x86_64-linux-gnu/libclang-14.so.1", "libclang1-14"),
    tool(
        "/usr/share/mingw-w64/include/ddk/ntifs.h",
        "mingw-w64-common",
    ),
    tool(
        "/usr/x86_64-w64-mingw32/lib/libntoskrnl.a",
        "mingw-w64-x86-64-dev",
    ),
];

/// For the tests besides.
const TESTS: &[Tool] = &[
    tool("smbd", "samba"),
    tool("smbpasswd", "samba-common-bin"),
    tool("smbclient", "smbclient"),
    tool("smbtorture", "samba-testsuite"),
    tool("tshark", "tshark"),
    tool("dumpcap", "wireshark-common"),
    tool("/usr/lib/wine/wine64", "wine64"),
    tool("osslsigncode", "osslsigncode"),
];

/// Parts of the Rust toolchain: the subcommand that shows them, and rustup's name for them.
const COMPONENTS: &[(&str, &str)] = &[("fmt", "rustfmt"), ("clippy", "clippy")];

const fn tool(name: &'static str, package: &'static str) -> Tool {
    Tool { name, package }
}

/// Installs what is missing.
pub fn run() -> Outcome {
    components()?;
    packages(&[BUILD, TESTS])
}

/// Installs what is missing for the build of the Windows images.
pub fn for_build() -> Outcome {
    packages(&[BUILD])
}

fn components() -> Outcome {
    for (subcommand, component) in COMPONENTS {
        if !answers("cargo", &[subcommand, "--version"]) {
            println!("cargo {subcommand} is missing: installing it");
            step::run("rustup", &["component", "add", component])?;
        }
    }
    Ok(())
}

fn packages(lists: &[&[Tool]]) -> Outcome {
    let tools = lists.concat();
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !installed(tool)).collect();
    if missing.is_empty() {
        println!("all there: {}", names(tools.iter(), |tool| tool.package));
        return Ok(());
    }
    let programs = names(missing.iter().copied(), |tool| tool.name);
    let packages = names(missing.iter().copied(), |tool| tool.package);
    println!("missing: {programs}");

    let by_hand = format!("install these packages, then run this again: {packages}");
    if !answers("apt-get", &["--version"]) {
        return Err(format!("this machine has no apt-get; {by_hand}"));
    }
    let prefix = privilege().ok_or_else(|| {
        format!("not root, and no sudo that works without asking; as root, {by_hand}")
    })?;
    println!("installing with apt-get: {packages}");
    if missing.iter().any(|tool| tool.package == "samba") {
        println!(
            "(where services start by themselves, Debian's samba package starts one on port 445;\n\
             the tests use servers of their own, so `systemctl disable --now smbd nmbd` is fine)"
        );
    }
    apt(&prefix, &["update", "--quiet"])?;
    let mut install = vec!["install", "--quiet", "--yes", "--no-install-recommends"];
    install.extend(missing.iter().map(|tool| tool.package));
    apt(&prefix, &install)?;

    match tools.iter().find(|tool| !installed(tool)) {
        None => Ok(()),
        Some(tool) => Err(format!(
            "package {} is installed but {} is still not found",
            tool.package, tool.name
        )),
    }
}

fn names<'a>(tools: impl Iterator<Item = &'a Tool>, name: fn(&Tool) -> &'static str) -> String {
    tools.map(name).collect::<Vec<_>>().join(" ")
}

/// Servers live in sbin, which the PATH of an ordinary user lacks.
fn installed(tool: &Tool) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        // An absolute path replaces the directory.
        .any(|directory| directory.join(tool.name).exists())
}

/// The words before `apt-get` that make it run as root; `None` when there is no way.
fn privilege() -> Option<Vec<&'static str>> {
    let noninteractive = ["env", "DEBIAN_FRONTEND=noninteractive"];
    if rustix::process::geteuid().is_root() {
        Some(noninteractive.to_vec())
    } else if answers("sudo", &["--non-interactive", "true"]) {
        let sudo = ["sudo", "--non-interactive"];
        Some([sudo, noninteractive].concat())
    } else {
        None
    }
}

fn apt(prefix: &[&str], arguments: &[&str]) -> Outcome {
    let words = [prefix, &["apt-get"], arguments].concat();
    match words.split_first() {
        Some((program, rest)) => step::run(program, rest),
        None => Ok(()),
    }
}

/// Whether a program is there and says yes.
fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
