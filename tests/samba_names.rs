//! Names and what belongs to them: scripts of all kinds, long names, renaming, deleting, times, many in one place.
#![forbid(unsafe_code)]

mod desk;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use desk::{Configuration, in_every_configuration};
use lab::drive::Drive;
use lab::facts::FileTime;
use lab::file::{Access, Disposition};
use samba_ground::{Samba, SmbClient};
use smb_wire::NtStatus;

in_every_configuration! {
    names_in_any_script_and_of_255_characters_cross_both_ways;
    a_directory_of_ten_thousand_entries_is_listed_without_loss_or_repetition;
    a_rename_moves_the_file_and_replaces_only_when_told;
    deleting_removes_files_and_empty_directories_only;
    times_set_by_the_driver_are_on_the_server;
    times_set_on_the_server_are_seen_by_the_driver;
}

/// On the server's disk a name has at most 255 bytes, so the longest is in ASCII.
fn names() -> BTreeSet<String> {
    [
        "日本語のファイル名.txt",
        "🦀🗄️.bin",
        "Ünïcödé ẞ",
        "x".repeat(255).as_str(),
        "a b  c",
    ]
    .map(String::from)
    .into()
}

fn listed_by_the_driver(drive: &Drive<'_>, directory: &str) -> Vec<String> {
    let entries = drive.list(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().name).collect();
    names.sort();
    names
}

fn listed_by_smbclient(client: &SmbClient) -> BTreeSet<String> {
    let entries = client.list("").into_iter();
    entries.map(|entry| entry.name).collect()
}

fn names_in_any_script_and_of_255_characters_cross_both_ways(configuration: Configuration) {
    let names = names();
    let own = tempfile::tempdir().unwrap();
    let local = own.path().join("local");
    configuration.with_drive(|samba, drive| {
        let client = samba.client();
        for name in &names {
            let file = drive
                .open(&format!("\\{name}"), Access::Write, Disposition::Create)
                .unwrap();
            assert_eq!(file.write_at(0, name.as_bytes()), Ok(name.len()));
            drop(file);
            let on_disk = fs::read(samba.directory().join(name)).unwrap();
            assert_eq!(on_disk, name.as_bytes(), "{name}");
            client.get(name, &local);
            assert_eq!(fs::read(&local).unwrap(), name.as_bytes(), "{name}");
        }
        assert!(listed_by_the_driver(drive, "").iter().eq(&names));
        assert_eq!(listed_by_smbclient(&client), names);

        for name in &names {
            drive.remove(&format!("\\{name}")).unwrap();
        }
        assert_eq!(client.list(""), []);
        for name in &names {
            fs::write(&local, name).unwrap();
            client.put(&local, name);
            assert_eq!(read(drive, &format!("\\{name}")), name.as_bytes());
        }
        assert!(listed_by_the_driver(drive, "").iter().eq(&names));
    });
}

/// The content of a short file.
fn read(drive: &Drive<'_>, path: &str) -> Vec<u8> {
    let file = drive.open(path, Access::Read, Disposition::Open).unwrap();
    let mut content = vec![0; 1024];
    let length = file.read_at(0, &mut content).unwrap();
    content.truncate(length);
    content
}

fn a_directory_of_ten_thousand_entries_is_listed_without_loss_or_repetition(
    configuration: Configuration,
) {
    let samba = configuration.samba();
    let directory = samba.directory().join("many");
    fs::create_dir(&directory).unwrap();
    let names: Vec<_> = (0..10_000)
        .map(|index| format!("entry {index:05}"))
        .collect();
    for name in &names {
        fs::write(directory.join(name), b"").unwrap();
    }
    desk::with_drive(&samba, &configuration.settings(), |drive| {
        assert_eq!(listed_by_the_driver(drive, "\\many"), names);
    });
}

fn a_rename_moves_the_file_and_replaces_only_when_told(configuration: Configuration) {
    configuration.with_drive(|samba, drive| {
        let root = samba.directory();
        fs::create_dir(root.join("inner")).unwrap();
        fs::write(root.join("one"), b"1").unwrap();
        fs::write(root.join("two"), b"2").unwrap();
        drive.rename("\\one", "\\inner\\移動", false).unwrap();
        assert!(!root.join("one").exists());
        assert_eq!(fs::read(root.join("inner/移動")).unwrap(), b"1");

        let refused = drive.rename("\\two", "\\inner\\移動", false).unwrap_err();
        assert_eq!(refused.status(), Some(NtStatus::OBJECT_NAME_COLLISION));
        assert_eq!(fs::read(root.join("two")).unwrap(), b"2");
        drive.rename("\\two", "\\inner\\移動", true).unwrap();
        assert_eq!(fs::read(root.join("inner/移動")).unwrap(), b"2");

        drive.rename("\\inner", "\\outer", false).unwrap();
        assert_eq!(read(drive, "\\outer\\移動"), b"2");
        assert!(!root.join("inner").exists());
    });
}

fn deleting_removes_files_and_empty_directories_only(configuration: Configuration) {
    configuration.with_drive(|samba, drive| {
        let root = samba.directory();
        fs::create_dir(root.join("full")).unwrap();
        fs::write(root.join("full/file"), b"").unwrap();
        let refused = drive.remove("\\full").unwrap_err();
        assert_eq!(refused.status(), Some(NtStatus::DIRECTORY_NOT_EMPTY));
        drive.remove("\\full\\file").unwrap();
        drive.remove("\\full").unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        let gone = drive.remove("\\full").unwrap_err();
        assert_eq!(gone.status(), Some(NtStatus::OBJECT_NAME_NOT_FOUND));
    });
}

const WRITTEN: i64 = 1_000_000_000;
const ACCESSED: i64 = 1_100_000_000;

/// A file of the share, with some content.
fn put_file(samba: &Samba) -> std::path::PathBuf {
    let path = samba.directory().join("file");
    fs::write(&path, b"content").unwrap();
    path
}

fn times_set_by_the_driver_are_on_the_server(configuration: Configuration) {
    configuration.with_drive(|samba, drive| {
        let path = put_file(samba);
        let file = drive
            .open("\\file", Access::ReadWrite, Disposition::Open)
            .unwrap();
        file.set_times(FileTime::from_unix(ACCESSED), FileTime::from_unix(WRITTEN))
            .unwrap();
        drop(file);
        let there = fs::metadata(&path).unwrap();
        assert_eq!((there.mtime(), there.atime()), (WRITTEN, ACCESSED));
        let seen = samba.client().allinfo("file");
        // 1,000,000,000 seconds after 1970.
        assert!(
            seen.contains("write_time:     Sun Sep  9 01:46:40 2001"),
            "{seen}"
        );
    });
}

fn times_set_on_the_server_are_seen_by_the_driver(configuration: Configuration) {
    let after_1970 =
        |seconds: i64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs());
    configuration.with_drive(|samba, drive| {
        let path = put_file(samba);
        let times = fs::FileTimes::new()
            .set_modified(after_1970(WRITTEN))
            .set_accessed(after_1970(ACCESSED));
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_times(times).unwrap();
        let facts = drive.stat("\\file").unwrap();
        assert_eq!(
            (facts.written, facts.accessed),
            (FileTime::from_unix(WRITTEN), FileTime::from_unix(ACCESSED))
        );
    });
}
