//! The program as people use it: what it prints, what it leaves, how it ends.
#![forbid(unsafe_code)]

mod desk;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use desk::{fails, on_share, oxsmb, succeeds, text};
use samba_ground::{Config, Samba, sha256_of_file};

#[test]
fn the_demo_shows_the_five_steps_and_ends_with_ok() {
    let printed = succeeds(&mut Command::new(env!("CARGO_BIN_EXE_oxsmb")));
    for (number, step, has_mid) in [
        ("1", "application", false),
        ("2", "RDBSS", false),
        ("3", "packet", true),
        ("4", "server", true),
        ("5", "completion", true),
    ] {
        // Number, time, its unit, who, MID, bytes, what.
        let words: Vec<_> = printed
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|words| words.len() > 6 && words[0] == number && words[3] == step)
            .unwrap_or_else(|| panic!("no {step} in\n{printed}"));
        assert!(words[1].parse::<f64>().is_ok(), "{words:?}");
        assert_eq!(words[4].parse::<u64>().is_ok(), has_mid, "{words:?}");
        assert!(has_mid || words[4] == "-", "{words:?}");
        assert!(words[5].parse::<u64>().unwrap() > 0, "{words:?}");
    }
    assert!(
        printed.contains("0 bytes of pool, 0 objects and 0 threads remain"),
        "{printed}"
    );
    assert!(
        printed.lines().last().unwrap().starts_with("ok:"),
        "{printed}"
    );
    for line in printed.lines() {
        assert!(line.chars().count() <= 80, "wider than a terminal: {line}");
    }
}

#[test]
fn a_tree_is_copied_listed_renamed_and_removed() {
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    let tree = own.path().join("tree");
    fs::create_dir_all(tree.join("a/b")).unwrap();
    fs::write(tree.join("top"), b"at the top").unwrap();
    fs::write(tree.join("a/b/deep"), b"deep down").unwrap();

    let said = succeeds(
        oxsmb(&samba)
            .arg("copy")
            .arg(&tree)
            .arg(on_share(&samba, "")),
    );
    assert!(said.contains("2 files"), "{said}");
    assert_eq!(
        fs::read(samba.directory().join("tree/a/b/deep")).unwrap(),
        b"deep down"
    );

    let said = succeeds(oxsmb(&samba).arg("ls").arg(on_share(&samba, "/tree")));
    let names: Vec<_> = said
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    assert_eq!(names, ["a", "top"]);
    assert_eq!(
        succeeds(oxsmb(&samba).arg("cat").arg(on_share(&samba, "/tree/top"))),
        "at the top"
    );
    let said = succeeds(oxsmb(&samba).arg("stat").arg(on_share(&samba, "/tree/top")));
    assert!(said.contains("10 bytes"), "{said}");

    succeeds(oxsmb(&samba).arg("mkdir").arg(on_share(&samba, "/new")));
    succeeds(
        oxsmb(&samba)
            .arg("mv")
            .args([on_share(&samba, "/tree"), on_share(&samba, "/new/moved")]),
    );
    let back = own.path().join("back");
    succeeds(
        oxsmb(&samba)
            .arg("copy")
            .arg(on_share(&samba, "/new/moved"))
            .arg(&back),
    );
    assert_eq!(fs::read(back.join("a/b/deep")).unwrap(), b"deep down");

    let said = fails(oxsmb(&samba).arg("rm").arg(on_share(&samba, "/new")));
    assert!(
        said.contains("STATUS_DIRECTORY_NOT_EMPTY") && said.contains("rm -r"),
        "{said}"
    );
    succeeds(
        oxsmb(&samba)
            .args(["rm", "-r"])
            .arg(on_share(&samba, "/new")),
    );
    assert_eq!(fs::read_dir(samba.directory()).unwrap().count(), 0);
}

#[test]
fn a_failure_says_what_on_what_and_what_to_try_and_not_the_password() {
    let samba = Samba::start(&Config::default());
    let missing = on_share(&samba, "/missing");
    let said = fails(oxsmb(&samba).arg("cat").arg(&missing));
    assert!(
        said.contains(&missing) && said.contains("STATUS_OBJECT_NAME_NOT_FOUND"),
        "{said}"
    );

    let output = oxsmb(&samba)
        .env("OXSMB_PASSWORD", "hush-hush")
        .arg("ls")
        .arg(on_share(&samba, ""))
        .output()
        .unwrap();
    assert!(
        text(&output).contains("STATUS_LOGON_FAILURE"),
        "{}",
        text(&output)
    );
    assert!(!text(&output).contains("hush-hush"));
}

#[test]
fn a_demo_that_fails_ends_with_what_failed_on_what() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_oxsmb"));
    let said = fails(demo.env("TMPDIR", "/nowhere/at/all"));
    assert!(
        said.starts_with("oxsmb: cannot make a directory in /nowhere/at/all: No such file"),
        "{said}"
    );
}

#[test]
fn an_output_that_takes_nothing_ends_the_demo_with_words_about_it() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_oxsmb"))
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output);
    assert!(
        said.starts_with("oxsmb: cannot write to standard output: No space left"),
        "{said}"
    );
}

#[test]
fn a_wrong_command_line_fails_with_1_and_its_last_line_says_what_is_wrong() {
    for (line, last) in [
        (
            &["ls"][..],
            "oxsmb: the following required arguments were not provided: <PATH>",
        ),
        (&["frob"], "oxsmb: unrecognized subcommand 'frob'"),
        (
            &["cat", "x"],
            "oxsmb: invalid value 'x' for '<PATH>': x is no path on a share: expected //host[:port]/share/path",
        ),
        (
            &["ls", "//h/s", "--user", "%hush-hush"],
            "oxsmb: cannot use --user: the name is missing; it is [DOMAIN\\]NAME[%PASSWORD]",
        ),
        (
            &["copy", "a", "b"],
            "oxsmb: cannot copy a to b: one of the two must be on a share, the other on this machine",
        ),
    ] {
        let said = fails(Command::new(env!("CARGO_BIN_EXE_oxsmb")).args(line));
        assert_eq!(said, last);
    }
}

#[test]
fn help_and_version_are_no_failure() {
    for option in ["--help", "--version", "help"] {
        let said = succeeds(Command::new(env!("CARGO_BIN_EXE_oxsmb")).arg(option));
        assert!(said.contains("oxsmb"), "{said}");
    }
}

#[test]
fn without_a_terminal_the_password_is_asked_for_with_the_variable_that_holds_it() {
    // A session of its own has no terminal, wherever the test runs.
    let said = fails(
        Command::new("setsid")
            .args(["--wait", env!("CARGO_BIN_EXE_oxsmb")])
            .args(["ls", "//127.0.0.1/share", "--user", "ann"])
            .env_remove("OXSMB_PASSWORD")
            .stdin(Stdio::null()),
    );
    assert!(
        said.starts_with("oxsmb: cannot ask for the password of ann: "),
        "{said}"
    );
    assert!(said.ends_with("set OXSMB_PASSWORD"), "{said}");
}

#[test]
fn who_named_nobody_is_told_of_the_user_option() {
    let samba = Samba::start(&Config::default());
    let mut nobody = Command::new(env!("CARGO_BIN_EXE_oxsmb"));
    let said = fails(nobody.arg("ls").arg(on_share(&samba, "")));
    assert!(
        said.contains("STATUS_LOGIN_WKSTA_RESTRICTION") && said.contains("--user"),
        "{said}"
    );
}

#[test]
fn a_large_copy_comes_back_the_same_and_takes_less_than_64_mib_of_memory() {
    const SIZE: usize = 256 << 20;
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    let original = own.path().join("large");
    let mut state = 1_u64;
    let content: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()
    })
    .take(SIZE / 8)
    .flatten()
    .collect();
    fs::write(&original, content).unwrap();
    let digest = sha256_of_file(&original);

    let there = peak_of(
        oxsmb(&samba)
            .arg("copy")
            .arg(&original)
            .arg(on_share(&samba, "")),
    );
    assert_eq!(sha256_of_file(&samba.directory().join("large")), digest);
    let returned = own.path().join("returned");
    let back = peak_of(
        oxsmb(&samba)
            .arg("copy")
            .arg(on_share(&samba, "/large"))
            .arg(&returned),
    );
    assert_eq!(sha256_of_file(&returned), digest);
    for peak in [there, back] {
        assert!(peak > 0 && peak < 64 << 10, "{peak} KiB");
    }
}

/// Runs what must succeed, and gives the most memory that it had, in KiB, as last seen before its end.
fn peak_of(command: &mut Command) -> u64 {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let status = Path::new("/proc")
        .join(child.id().to_string())
        .join("status");
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        // The kernel's own high-water mark, so a peak between two looks is seen all the same.
        let mark = text.lines().find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        });
        peak = peak.max(mark.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    peak
}
