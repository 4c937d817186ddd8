//! Names and what belongs to them: scripts of all kinds, long names, renaming, deleting, times, many in one place.
#![forbid(unsafe_code)]

mod desk;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

use desk::with_drive;
use lab::facts::FileTime;
use lab::file::{Access, Disposition};
use lab::machine::Settings;
use samba_ground::{Config, Samba};
use smb_wire::NtStatus;

#[test]
fn names_in_any_script_and_of_255_characters_cross_both_ways() {
    let samba = Samba::start(&Config::default());
    // On the server's disk a name has at most 255 bytes, so the longest is in ASCII.
    let names = [
        "日本語のファイル名.txt",
        "🦀🗄️.bin",
        "Ünïcödé ẞ",
        "x".repeat(255).as_str(),
        "a b  c",
    ]
    .map(String::from);
    with_drive(&samba, &Settings::default(), |drive| {
        for name in &names {
            let file = drive
                .open(&format!("\\{name}"), Access::Write, Disposition::Create)
                .unwrap();
            assert_eq!(file.write_at(0, name.as_bytes()), Ok(name.len()));
            drop(file);
            assert_eq!(
                fs::read(samba.directory().join(name)).unwrap(),
                name.as_bytes(),
                "{name}"
            );
        }
        let expected: BTreeSet<_> = names.iter().cloned().collect();
        let ours: BTreeSet<_> = drive
            .list("")
            .unwrap()
            .map(|entry| entry.unwrap().name)
            .collect();
        assert_eq!(ours, expected);
        let theirs: BTreeSet<_> = samba
            .client()
            .list("")
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(theirs, expected);
    });
}

#[test]
fn a_directory_of_ten_thousand_entries_is_listed_without_loss_or_repetition() {
    let samba = Samba::start(&Config::default());
    let directory = samba.directory().join("many");
    fs::create_dir(&directory).unwrap();
    for index in 0..10_000 {
        fs::write(directory.join(format!("entry {index:05}")), b"").unwrap();
    }
    with_drive(&samba, &Settings::default(), |drive| {
        let mut names: Vec<_> = drive
            .list("\\many")
            .unwrap()
            .map(|entry| entry.unwrap().name)
            .collect();
        names.sort();
        let expected: Vec<_> = (0..10_000)
            .map(|index| format!("entry {index:05}"))
            .collect();
        assert_eq!(names, expected);
    });
}

#[test]
fn a_rename_moves_the_file_and_replaces_only_when_told() {
    let samba = Samba::start(&Config::default());
    let root = samba.directory();
    fs::create_dir(root.join("inner")).unwrap();
    fs::write(root.join("one"), b"1").unwrap();
    fs::write(root.join("two"), b"2").unwrap();
    with_drive(&samba, &Settings::default(), |drive| {
        drive.rename("\\one", "\\inner\\moved", false).unwrap();
        assert!(!root.join("one").exists());
        assert_eq!(fs::read(root.join("inner/moved")).unwrap(), b"1");

        let refused = drive.rename("\\two", "\\inner\\moved", false).unwrap_err();
        assert_eq!(refused.status(), Some(NtStatus::OBJECT_NAME_COLLISION));
        drive.rename("\\two", "\\inner\\moved", true).unwrap();
        assert_eq!(fs::read(root.join("inner/moved")).unwrap(), b"2");
    });
}

#[test]
fn deleting_removes_files_and_empty_directories_only() {
    let samba = Samba::start(&Config::default());
    let root = samba.directory();
    fs::create_dir(root.join("full")).unwrap();
    fs::write(root.join("full/file"), b"").unwrap();
    with_drive(&samba, &Settings::default(), |drive| {
        let refused = drive.remove("\\full").unwrap_err();
        assert_eq!(refused.status(), Some(NtStatus::DIRECTORY_NOT_EMPTY));
        drive.remove("\\full\\file").unwrap();
        drive.remove("\\full").unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        let gone = drive.remove("\\full").unwrap_err();
        assert_eq!(gone.status(), Some(NtStatus::OBJECT_NAME_NOT_FOUND));
    });
}

#[test]
fn times_set_by_the_driver_are_on_the_server() {
    const WRITTEN: i64 = 1_000_000_000;
    const ACCESSED: i64 = 1_100_000_000;
    let samba = Samba::start(&Config::default());
    let path = samba.directory().join("file");
    fs::write(&path, b"content").unwrap();
    with_drive(&samba, &Settings::default(), |drive| {
        let file = drive
            .open("\\file", Access::ReadWrite, Disposition::Open)
            .unwrap();
        file.set_times(FileTime::from_unix(ACCESSED), FileTime::from_unix(WRITTEN))
            .unwrap();
        drop(file);
        let there = fs::metadata(&path).unwrap();
        assert_eq!((there.mtime(), there.atime()), (WRITTEN, ACCESSED));
        assert_eq!(
            drive.stat("\\file").unwrap().written,
            FileTime::from_unix(WRITTEN)
        );
    });
}
