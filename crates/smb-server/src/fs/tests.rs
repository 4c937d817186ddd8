//! The rules of the file system, through its handles.

use std::sync::Arc;
use std::sync::mpsc;

use super::*;

fn volume() -> Arc<FileSystem> {
    FileSystem::new(Volume {
        label: "test".into(),
        serial: 1,
        capacity: 64 << 20,
        read_only: false,
    })
    .unwrap()
}

fn request(path: &[u16]) -> CreateRequest<'_> {
    CreateRequest {
        path,
        access: access::ALL,
        sharing: access::SHARE_READ | access::SHARE_WRITE | access::SHARE_DELETE,
        attributes: 0,
        disposition: Disposition::OpenIf,
        kind: Kind::Any,
        delete_on_close: false,
        allocation: 0,
        extended: &[],
    }
}

fn open(fs: &Arc<FileSystem>, path: &str) -> Open {
    fs.create(&request(&from_text(path))).unwrap().0
}

fn names(open: &Open, pattern: &str, start: SearchStart) -> Result<Vec<String>, FsError> {
    let mut found = Vec::new();
    open.list(&from_text(pattern), start, |entry| {
        found.push(to_text(entry.name));
        true
    })?;
    Ok(found)
}

#[test]
fn names_differ_by_more_than_case_and_keep_the_creators_spelling() {
    let fs = volume();
    fs.write_file("Dir/ReadMe.TXT", b"hi").unwrap();
    assert_eq!(fs.read_file("dir/README.txt").unwrap(), b"hi");
    assert_eq!(fs.list_directory("DIR").unwrap(), ["ReadMe.TXT"]);
    assert_eq!(
        to_text(&open(&fs, "DIR\\readme.txt").path()),
        "Dir\\ReadMe.TXT"
    );
}

#[test]
fn every_disposition_does_what_its_name_says() {
    use Disposition::*;
    let fs = volume();
    let path = from_text("f");
    let with = |disposition| CreateRequest {
        disposition,
        ..request(&path)
    };
    let action = |disposition| fs.create(&with(disposition)).map(|(_, action)| action);
    assert_eq!(action(Open), Err(FsError::NameNotFound));
    assert_eq!(action(Overwrite), Err(FsError::NameNotFound));
    assert_eq!(action(Create), Ok(CreateAction::Created));
    assert_eq!(action(Create), Err(FsError::Collision));
    fs.write_file("f", b"content").unwrap();
    assert_eq!(action(OpenIf), Ok(CreateAction::Opened));
    assert_eq!(fs.file_info("f").unwrap().size, 7);
    assert_eq!(action(Overwrite), Ok(CreateAction::Overwritten));
    assert_eq!(fs.file_info("f").unwrap().size, 0);
    assert_eq!(action(OverwriteIf), Ok(CreateAction::Overwritten));
    assert_eq!(action(Supersede), Ok(CreateAction::Superseded));
}

#[test]
fn a_missing_directory_is_a_missing_path_and_a_missing_file_a_missing_name() {
    let fs = volume();
    let path = from_text("no/file");
    assert_eq!(
        fs.create(&request(&path)).err(),
        Some(FsError::PathNotFound)
    );
    let path = from_text("file");
    let missing = CreateRequest {
        disposition: Disposition::Open,
        ..request(&path)
    };
    assert_eq!(fs.create(&missing).err(), Some(FsError::NameNotFound));
}

#[test]
fn share_modes_are_checked_in_both_directions() {
    let fs = volume();
    let path = from_text("f");
    let reader = CreateRequest {
        access: access::READ_DATA,
        sharing: access::SHARE_READ,
        ..request(&path)
    };
    let writer = CreateRequest {
        access: access::WRITE_DATA,
        ..request(&path)
    };
    let attributes = CreateRequest {
        access: access::READ_ATTRIBUTES,
        sharing: 0,
        ..request(&path)
    };
    let first = fs.create(&reader).unwrap().0;
    assert_eq!(fs.create(&writer).err(), Some(FsError::SharingViolation));
    assert!(fs.create(&reader).is_ok());
    assert!(fs.create(&attributes).is_ok());
    drop(first);
    let _writing = fs.create(&writer).unwrap().0;
    assert_eq!(fs.create(&reader).err(), Some(FsError::SharingViolation));
}

#[test]
fn a_node_is_deleted_with_its_last_handle() {
    let fs = volume();
    let first = open(&fs, "f");
    let second = open(&fs, "f");
    first.set_delete_pending(true).unwrap();
    first.close();
    assert_eq!(
        fs.create(&request(&from_text("f"))).err(),
        Some(FsError::DeletePending)
    );
    second.close();
    assert!(!fs.exists("f"));
    assert_eq!(fs.open_handles(), 0);
}

#[test]
fn delete_on_close_needs_the_right_and_leaves_full_directories() {
    let fs = volume();
    let path = from_text("d");
    let weak = CreateRequest {
        access: access::READ_DATA,
        delete_on_close: true,
        ..request(&path)
    };
    assert_eq!(fs.create(&weak).err(), Some(FsError::AccessDenied));
    let strong = CreateRequest {
        kind: Kind::Directory,
        delete_on_close: true,
        ..request(&path)
    };
    let directory = fs.create(&strong).unwrap().0;
    fs.write_file("d/f", b"").unwrap();
    assert_eq!(
        directory.set_delete_pending(true),
        Err(FsError::DirectoryNotEmpty)
    );
    drop(directory);
    assert!(fs.exists("d/f"));
}

#[test]
fn rights_that_were_not_granted_cannot_be_used() {
    let fs = volume();
    let path = from_text("f");
    let reader = fs
        .create(&CreateRequest {
            access: access::GENERIC_READ,
            ..request(&path)
        })
        .unwrap()
        .0;
    assert_eq!(reader.write(0, b"x"), Err(FsError::AccessDenied));
    assert_eq!(reader.set_size(1), Err(FsError::AccessDenied));
    assert_eq!(
        reader.rename(&from_text("g"), false),
        Err(FsError::AccessDenied)
    );
}

#[test]
fn a_read_only_file_is_neither_written_nor_deleted() {
    let fs = volume();
    fs.write_file("f", b"x").unwrap();
    fs.set_attributes("f", Attributes::READ_ONLY).unwrap();
    let path = from_text("f");
    assert_eq!(
        fs.create(&request(&path)).err(),
        Some(FsError::AccessDenied)
    );
    let deleter = fs
        .create(&CreateRequest {
            access: access::DELETE,
            ..request(&path)
        })
        .unwrap()
        .0;
    assert_eq!(deleter.set_delete_pending(true), Err(FsError::CannotDelete));
}

#[test]
fn a_rename_moves_a_file_and_replaces_only_if_told() {
    let fs = volume();
    fs.write_file("a/f", b"new").unwrap();
    fs.write_file("b/g", b"old").unwrap();
    let file = open(&fs, "a\\f");
    assert_eq!(
        file.rename(&from_text("b/g"), false),
        Err(FsError::Collision)
    );
    file.rename(&from_text("b/g"), true).unwrap();
    assert_eq!(fs.read_file("b/g").unwrap(), b"new");
    assert!(!fs.exists("a/f"));
    file.rename(&from_text("b/G"), false).unwrap();
    assert_eq!(fs.list_directory("b").unwrap(), ["G"]);
}

#[test]
fn a_directory_does_not_move_beneath_itself_nor_from_under_open_files() {
    let fs = volume();
    fs.make_directory("d/e").unwrap();
    let directory = open(&fs, "d");
    assert_eq!(
        directory.rename(&from_text("d/e/d"), false),
        Err(FsError::SharingViolation)
    );
    let inner = open(&fs, "d\\e");
    assert_eq!(
        directory.rename(&from_text("x"), false),
        Err(FsError::AccessDenied)
    );
    drop(inner);
    directory.rename(&from_text("x"), false).unwrap();
    assert!(fs.exists("x/e"));
}

#[test]
fn a_listing_goes_on_where_it_stopped_and_ends() {
    let fs = volume();
    for i in 0..10_000 {
        fs.write_file(&format!("d/file{i:05}"), b"").unwrap();
    }
    let directory = open(&fs, "d");
    let mut seen = Vec::new();
    let end = loop {
        let mut room = 100;
        let listed = directory.list(&from_text("*"), SearchStart::Continue, |entry| {
            room -= 1;
            if room >= 0 {
                seen.push(to_text(entry.name));
            }
            room >= 0
        });
        if let Err(end) = listed {
            break end;
        }
    };
    assert_eq!(end, FsError::NoMoreFiles);
    assert_eq!(seen.len(), 10_002);
    assert_eq!(seen[..3], [".", "..", "file00000"]);
    assert!(seen.is_sorted());
}

#[test]
fn a_pattern_stays_with_the_handle_until_it_is_reopened() {
    let fs = volume();
    for name in ["a.txt", "b.txt", "c.doc"] {
        fs.write_file(name, b"").unwrap();
    }
    let root = open(&fs, "");
    assert_eq!(
        names(&root, "*.txt", SearchStart::Continue).unwrap(),
        ["a.txt", "b.txt"]
    );
    assert_eq!(
        names(&root, "*.doc", SearchStart::Continue),
        Err(FsError::NoMoreFiles)
    );
    assert_eq!(
        names(&root, "*.doc", SearchStart::Restart).unwrap(),
        ["a.txt", "b.txt"]
    );
    assert_eq!(
        names(&root, "C.DOC", SearchStart::Reopen).unwrap(),
        ["c.doc"]
    );
    assert_eq!(
        names(&root, "z*", SearchStart::Reopen),
        Err(FsError::NoSuchFile)
    );
    assert_eq!(names(&root, "*", SearchStart::Reopen).unwrap().len(), 5);
}

#[test]
fn exclusive_locks_keep_others_out_of_their_bytes_only() {
    let fs = volume();
    let (owner, other) = (open(&fs, "f"), open(&fs, "f"));
    owner.write(0, &[0; 100]).unwrap();
    let range = LockRange {
        offset: 10,
        length: 10,
        exclusive: true,
    };
    owner.lock(&[range]).unwrap();
    assert_eq!(other.read(5, 10).err(), Some(FsError::FileLockConflict));
    assert!(other.read(20, 10).is_ok());
    assert!(owner.write(10, b"mine").is_ok());
    assert_eq!(other.lock(&[range]), Err(FsError::LockNotGranted));
    assert_eq!(other.unlock(10, 10), Err(FsError::RangeNotLocked));
    owner.close();
    assert!(other.lock(&[range]).is_ok());
}

#[test]
fn a_waiting_lock_is_granted_when_the_range_becomes_free() {
    let fs = volume();
    let (owner, other) = (open(&fs, "f"), open(&fs, "f"));
    let range = LockRange {
        offset: 0,
        length: 1,
        exclusive: true,
    };
    owner.lock(&[range]).unwrap();
    let (sender, granted) = mpsc::channel();
    let outcome = other
        .lock_or_wait(
            range,
            1,
            Box::new(move |result| sender.send(result).unwrap()),
        )
        .unwrap();
    assert_eq!(outcome, LockOutcome::Waiting);
    assert!(granted.try_recv().is_err());
    owner.unlock(0, 1).unwrap();
    assert_eq!(granted.try_recv(), Ok(Ok(())));
}

#[test]
fn a_watcher_hears_of_changes_in_its_directory() {
    let fs = volume();
    fs.make_directory("d/e").unwrap();
    let directory = open(&fs, "d");
    let (sender, heard) = mpsc::channel();
    let listen = || {
        let sender = sender.clone();
        let filter = change_filter::FILE_NAME | change_filter::SIZE;
        let waiter = Box::new(move |outcome| sender.send(outcome).unwrap());
        directory.watch(filter, true, 1, waiter).unwrap();
    };
    listen();
    drop(open(&fs, "d\\e\\f"));
    let path = from_text("e/f");
    let added = Change {
        action: ChangeAction::Added,
        path: path.clone(),
    };
    assert_eq!(heard.try_recv(), Ok(WatchOutcome::Changes(vec![added])));
    fs.write_file("d/e/f", b"x").unwrap();
    listen();
    let modified = Change {
        action: ChangeAction::Modified,
        path,
    };
    assert_eq!(heard.try_recv(), Ok(WatchOutcome::Changes(vec![modified])));
    listen();
    directory.close();
    assert_eq!(heard.try_recv(), Ok(WatchOutcome::Closed));
}

#[test]
fn a_full_volume_refuses_nodes_and_bytes() {
    let fs = FileSystem::new(Volume {
        label: String::new(),
        serial: 1,
        capacity: 16_384,
        read_only: false,
    })
    .unwrap();
    let file = open(&fs, "f");
    assert_eq!(file.write(0, &[0; 20_000]), Err(FsError::DiskFull));
    let made = (0..100)
        .take_while(|i| fs.write_file(&format!("n{i}"), b"").is_ok())
        .count();
    assert!((10..40).contains(&made), "{made}");
}

#[test]
fn a_set_write_time_survives_writes_through_the_same_handle() {
    let fs = volume();
    let file = open(&fs, "f");
    file.set_basic(&BasicUpdate {
        written: 1_000,
        ..BasicUpdate::default()
    })
    .unwrap();
    file.write(0, b"x").unwrap();
    assert_eq!(file.info().written, 1_000);
}

#[test]
fn a_named_stream_has_content_of_its_own_and_shares_its_files_times() {
    let fs = volume();
    fs.write_file("f", b"main").unwrap();
    let stream = open(&fs, "f:Side");
    stream.write(0, b"stream").unwrap();
    assert_eq!(fs.read_file("f").unwrap(), b"main");
    assert_eq!(
        open(&fs, "F:side:$data").read(0, 10).unwrap().to_vec(),
        b"stream"
    );
    assert_eq!(stream.info().id, fs.file_info("f").unwrap().id);
    assert_eq!(to_text(&stream.path()), "f:Side");
    let names = || {
        open(&fs, "f")
            .streams()
            .into_iter()
            .map(|entry| to_text(&entry.name))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["::$DATA", ":Side:$DATA"]);
    stream.set_delete_pending(true).unwrap();
    stream.close();
    assert_eq!(names(), ["::$DATA"]);
    assert!(fs.exists("f"));
}

#[test]
fn extended_attributes_are_set_replaced_and_taken_away() {
    let fs = volume();
    let file = open(&fs, "f");
    let ea = |name: &[u8], value: &[u8]| ExtendedAttribute {
        name: name.to_vec(),
        value: value.to_vec(),
    };
    file.set_extended_attributes(&[ea(b"one", b"1"), ea(b"TWO", b"2")])
        .unwrap();
    file.set_extended_attributes(&[ea(b"ONE", b"first"), ea(b"two", b"")])
        .unwrap();
    assert_eq!(file.extended_attributes().unwrap(), [ea(b"ONE", b"first")]);
    assert_eq!(file.info().ea_size, 4 + 5 + 3 + 5);
    let huge = file.set_extended_attributes(&[ea(b"X", &[0; 70_000])]);
    assert_eq!(huge, Err(FsError::ExtendedAttributesTooLarge));
}

#[test]
fn a_long_name_can_also_be_opened_by_its_short_one() {
    let fs = volume();
    fs.write_file("a long name.text", b"x").unwrap();
    let short = to_text(&open(&fs, "a long name.text").short_name());
    assert!(short.len() <= 12 && short.ends_with(".TEX"), "{short}");
    assert_eq!(fs.read_file(&short).unwrap(), b"x");
    let file = open(&fs, "a long name.text");
    file.rename(&from_text("other"), false).unwrap();
    assert!(!fs.exists(&short));
    assert_eq!(to_text(&file.short_name()), "other");
}
