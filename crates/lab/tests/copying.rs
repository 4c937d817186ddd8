//! What becomes of a copy that cannot go as it should: what can be copied is, and no half of a file stays behind.
#![forbid(unsafe_code)]

mod desk;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use desk::{at, fails, last_line_of, nobodys, on_share, oxsmb, succeeds, text};
use rustix::process::{Pid, Signal, kill_process};
use samba_ground::{Config, PASSWORD, SHARE, Samba, USER};
use smb_server::{Builder, Fault, RunningServer, Share, When};
use smb_wire::smb2::Command as Smb2Command;

const MIB: usize = 1 << 20;

/// A server of the test's own.
fn serve(share: &Share, more: impl FnOnce(Builder) -> Builder) -> RunningServer {
    let server = smb_server::builder().share(share).user(USER, PASSWORD);
    more(server).bind("127.0.0.1:0").unwrap()
}

/// The program for that server's user.
fn user_in(directory: &Path) -> Command {
    let mut command = nobodys();
    command
        .args(["--user", USER])
        .env("OXSMB_PASSWORD", PASSWORD)
        .current_dir(directory);
    command
}

#[test]
fn what_a_share_cannot_have_is_left_out_and_all_else_is_copied() {
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    let tree = own.path().join("tree");
    fs::create_dir_all(tree.join("empty directory")).unwrap();
    fs::create_dir(tree.join("outside")).unwrap();
    for name in [
        "a:stream",
        "outside\\or not",
        "Twice",
        "twice",
        "what?",
        "日本 🦀.txt",
        "empty",
    ] {
        let content = if name == "empty" { "" } else { name };
        fs::write(tree.join(name), content).unwrap();
    }
    std::os::unix::fs::symlink("empty", tree.join("link")).unwrap();

    let output = oxsmb(&samba)
        .arg("copy")
        .arg(&tree)
        .arg(on_share(&samba, ""))
        .output()
        .unwrap();
    let last = last_line_of(&output);
    assert_eq!(
        last,
        format!(
            "oxsmb: cannot copy all of {}: 5 of its entries were left out, for the reasons above",
            tree.display()
        )
    );
    let said = text(&output);
    for name in ["a:stream", "outside\\or not", "twice", "what?", "link"] {
        let told = said
            .lines()
            .filter(|line| line.starts_with("oxsmb: left out: cannot "))
            .filter(|line| line.contains(&format!("/{name}: ")));
        assert_eq!(told.count(), 1, "{name}: {said}");
    }
    assert!(
        said.contains("\n3 files, ") || said.starts_with("3 files, "),
        "{said}"
    );

    let there = samba.directory().join("tree");
    let mut names: Vec<_> = fs::read_dir(&there)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "Twice",
            "empty",
            "empty directory",
            "outside",
            "日本 🦀.txt"
        ]
    );
    assert_eq!(fs::read_dir(there.join("outside")).unwrap().count(), 0);
    assert_eq!(fs::read(there.join("Twice")).unwrap(), b"Twice");

    let back = own.path().join("back");
    let copy = on_share(&samba, "/tree");
    succeeds(oxsmb(&samba).arg("copy").arg(copy).arg(&back));
    assert_eq!(fs::read(back.join("empty")).unwrap(), b"");
    assert!(back.join("empty directory").is_dir());
}

#[test]
fn a_file_is_replaced_by_a_file_and_by_nothing_else() {
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("short"), b"short").unwrap();
    fs::write(samba.directory().join("file"), b"longer than before").unwrap();
    let file = on_share(&samba, "/file");
    let copy = |from: &Path, to: &str| {
        let mut command = oxsmb(&samba);
        command.arg("copy").arg(from).arg(to);
        command
    };
    succeeds(&mut copy(&own.path().join("short"), &file));
    assert_eq!(fs::read(samba.directory().join("file")).unwrap(), b"short");
    let said = fails(&mut copy(own.path(), &file));
    assert!(
        said.contains(": a directory cannot take the place of a file; "),
        "{said}"
    );
    let said = fails(&mut copy(&own.path().join("missing"), &file));
    assert!(
        said.ends_with("/missing: No such file or directory (os error 2)"),
        "{said}"
    );
    let said = fails(&mut copy(
        &own.path().join("short"),
        &on_share(&samba, "/no/dir"),
    ));
    assert!(
        said.contains("a directory in the path does not exist (STATUS_OBJECT_PATH"),
        "{said}"
    );
    assert_eq!(fs::read(samba.directory().join("file")).unwrap(), b"short");
}

#[test]
fn a_share_without_the_right_to_write_keeps_its_files() {
    let samba = Samba::start(&Config::default().of_share("read only", "yes"));
    fs::write(samba.directory().join("file"), b"there").unwrap();
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("file"), b"other").unwrap();
    let said = fails(
        oxsmb(&samba)
            .arg("copy")
            .arg(own.path().join("file"))
            .arg(on_share(&samba, "")),
    );
    assert_eq!(
        said,
        format!(
            "oxsmb: cannot open {}: the user may not do this (STATUS_ACCESS_DENIED); \
             ask for the right to do it, or take another user",
            on_share(&samba, "/file")
        )
    );
    assert_eq!(fs::read(samba.directory().join("file")).unwrap(), b"there");
}

#[test]
fn a_copy_that_finds_no_room_leaves_no_part_of_the_file() {
    let share = Share::with_capacity(SHARE, MIB as u64).unwrap();
    let server = serve(&share, |server| server);
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("large"), vec![1; 4 * MIB]).unwrap();
    let said = fails(
        user_in(own.path())
            .args(["copy", "large"])
            .arg(at(server.address(), "")),
    );
    assert!(
        said.contains("no room left on the share (STATUS_DISK_FULL)"),
        "{said}"
    );
    assert!(!share.exists("large"));

    share.write_file("small", b"small").unwrap();
    let said = fails(
        user_in(own.path())
            .arg("copy")
            .arg(at(server.address(), "/small"))
            .arg("/dev/full"),
    );
    assert!(
        said.contains("/small to /dev/full: No space left on device"),
        "{said}"
    );
    assert!(Path::new("/dev/full").exists());
}

#[test]
fn a_copy_whose_server_is_lost_leaves_no_part_of_the_file_where_it_can_be_removed() {
    let large = vec![1; 16 * MIB];
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("large"), &large).unwrap();
    for (comes_back, part) in [(true, ""), (false, "; a part of it is there now")] {
        let share = Share::new(SHARE).unwrap();
        let server = serve(&share, |server| {
            let lost = When::command(Smb2Command::WRITE).nth(3);
            let server = server.fault(lost, Fault::Disconnect);
            if comes_back {
                return server;
            }
            let again = When::command(Smb2Command::NEGOTIATE).after(1);
            server.fault(again, Fault::Disconnect)
        });
        let to = at(server.address(), "");
        let said = fails(user_in(own.path()).args(["copy", "large"]).arg(&to));
        assert!(
            said.contains("the connection to the server broke (STATUS_CONN"),
            "{said}"
        );
        assert!(
            said.ends_with(&format!("the server's log says more{part}")),
            "{said}"
        );
        assert_eq!(share.exists("large"), !comes_back);
    }

    let share = Share::new(SHARE).unwrap();
    share.write_file("large", &large).unwrap();
    let lost = When::command(Smb2Command::READ).nth(3);
    let server = serve(&share, |server| server.fault(lost, Fault::Disconnect));
    let from = at(server.address(), "/large");
    let said = fails(user_in(own.path()).args(["copy", &from, "back"]));
    assert!(
        said.contains(" to back: the connection to the server broke"),
        "{said}"
    );
    assert!(!own.path().join("back").exists());
}

#[test]
fn a_copy_stopped_by_ctrl_c_leaves_no_part_of_the_file_and_goes_in_order() {
    const SIZE: usize = 64 * MIB;
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("there"), vec![1; SIZE]).unwrap();
    let share = Share::new(SHARE).unwrap();
    share.write_file("back", &vec![1; SIZE]).unwrap();
    let program = Arc::new(AtomicI32::new(0));
    let pressed = Arc::clone(&program);
    let server = serve(&share, |server| {
        // Ctrl-C at the first block, of many.
        server.observe(move |served| {
            if matches!(served.command, Smb2Command::READ | Smb2Command::WRITE) {
                let program = pressed.swap(0, Ordering::SeqCst);
                if let Some(program) = Pid::from_raw(program) {
                    kill_process(program, Signal::INT).unwrap();
                }
            }
        })
    });
    for (from, to) in [
        ("there".to_owned(), at(server.address(), "/there")),
        (at(server.address(), "/back"), "back".to_owned()),
    ] {
        let mut command = user_in(own.path());
        command.args(["copy", &from, &to]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        program.store(child.id().try_into().unwrap(), Ordering::SeqCst);
        let said = last_line_of(&child.wait_with_output().unwrap());
        assert_eq!(
            said,
            format!("oxsmb: cannot copy {from} to {to}: it was stopped")
        );
    }
    assert!(!share.exists("there"));
    assert!(!own.path().join("back").exists());
    assert_eq!(server.stop().open_sessions, 0);
}

#[test]
fn what_nobody_reads_ends_cat_with_words_about_the_output() {
    let samba = Samba::start(&Config::default());
    fs::write(samba.directory().join("file"), vec![1; MIB]).unwrap();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = oxsmb(&samba)
        .arg("cat")
        .arg(on_share(&samba, "/file"))
        .stdout(full)
        .output()
        .unwrap();
    let said = last_line_of(&output);
    assert!(
        said.starts_with("oxsmb: cannot write to standard output: No space"),
        "{said}"
    );
}
