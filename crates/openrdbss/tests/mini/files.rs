//! Files, synchronously.

use crate::toy::{Bench, path};
use nt::sys::_FILE_INFORMATION_CLASS as class;
use nt::sys::*;
use ntsim::user::Create;
use std::sync::atomic::Ordering::SeqCst;

#[test]
fn the_driver_loads_and_unloads_without_a_leak() {
    Bench::new().finish();
}

#[test]
fn what_is_written_can_be_read_in_every_header_version() {
    for version in 1..=5 {
        assert!(openrdbss::set_fcb_header_version(version));
        let bench = Bench::new();
        let file = bench.file("a.txt");
        assert_eq!(file.nt_write_file(b"hello, world", Some(0)).ok(), Ok(12));
        let mut buffer = [0; 32];
        assert_eq!(file.nt_read_file(&mut buffer, Some(7)).ok(), Ok(5));
        assert_eq!(&buffer[..5], b"world");
        assert_eq!(
            file.nt_read_file(&mut buffer, Some(12)).status,
            STATUS_END_OF_FILE
        );
        drop(file);
        bench.finish();
    }
    assert!(!openrdbss::set_fcb_header_version(6));
    assert!(openrdbss::set_fcb_header_version(5));
}

#[test]
fn a_synchronous_handle_keeps_its_position() {
    let bench = Bench::new();
    let file = bench.file("p");
    assert_eq!(file.nt_write_file(b"abc", None).ok(), Ok(3));
    assert_eq!(file.nt_write_file(b"def", None).ok(), Ok(3));
    let mut buffer = [0; 6];
    assert_eq!(file.nt_read_file(&mut buffer, Some(0)).ok(), Ok(6));
    assert_eq!(&buffer, b"abcdef");
    assert_eq!(
        file.nt_read_file(&mut buffer, None).status,
        STATUS_END_OF_FILE
    );
    drop(file);
    bench.finish();
}

#[test]
fn a_write_to_the_end_appends() {
    let bench = Bench::new();
    let file = bench.file("log");
    for _ in 0..3 {
        assert_eq!(file.nt_write_file(b"xy", Some(u64::MAX)).ok(), Ok(2));
    }
    assert_eq!(bench.toy.nodes()[r"\log"].data, b"xyxyxy");
    drop(file);
    bench.finish();
}

#[test]
fn transfers_of_nothing_succeed_without_the_server() {
    let bench = Bench::new();
    let file = bench.file("z");
    assert_eq!(file.nt_read_file(&mut [], Some(5)).ok(), Ok(0));
    assert_eq!(file.nt_write_file(&[], Some(5)).ok(), Ok(0));
    drop(file);
    bench.finish();
}

#[test]
fn all_information_is_put_together_from_its_parts() {
    let bench = Bench::new();
    let file = bench.file("info");
    file.nt_write_file(b"12345", Some(0)).ok().unwrap();
    let mut buffer = [0; 256];
    let length = file
        .nt_query_information_file(&mut buffer, class::FileAllInformation)
        .ok()
        .unwrap() as usize;
    assert_eq!(buffer[48..56], 5u64.to_le_bytes());
    assert_eq!(buffer[64..72], 42u64.to_le_bytes());
    assert_eq!(buffer[80..88], 5u64.to_le_bytes());
    let name: Vec<u8> = r"\toy\pub\info"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(buffer[96..100], (name.len() as u32).to_le_bytes());
    assert_eq!(&buffer[100..length], name);
    let mut short = [0; 110];
    let cut = file.nt_query_information_file(&mut short, class::FileAllInformation);
    assert_eq!(cut.status, STATUS_BUFFER_OVERFLOW);
    drop(file);
    bench.finish();
}

#[test]
fn an_answer_that_does_not_fit_overflows() {
    let bench = Bench::new();
    let file = bench.file("v");
    let mut buffer = [0; 24];
    assert_eq!(
        file.nt_query_volume_information_file(&mut buffer, 3).ok(),
        Ok(24)
    );
    let mut short = [0; 8];
    assert_eq!(
        file.nt_query_volume_information_file(&mut short, 3).status,
        STATUS_BUFFER_OVERFLOW
    );
    drop(file);
    bench.finish();
}

#[test]
fn the_end_of_file_goes_back_when_the_server_refuses() {
    let bench = Bench::new();
    let file = bench.file("eof");
    file.nt_write_file(b"12345678", Some(0)).ok().unwrap();
    let set = |size: u64| {
        file.nt_set_information_file(&size.to_le_bytes(), class::FileEndOfFileInformation)
            .status
    };
    assert_eq!(set(3), STATUS_SUCCESS);
    assert_eq!(bench.toy.nodes()[r"\eof"].data, b"123");
    assert_eq!(set(1 << 40), STATUS_DISK_FULL);
    // Appends go to the end that holds.
    file.nt_write_file(b"4", Some(u64::MAX)).ok().unwrap();
    assert_eq!(bench.toy.nodes()[r"\eof"].data, b"1234");
    drop(file);
    bench.finish();
}

#[test]
fn a_directory_lists_its_entries_once() {
    let bench = Bench::new();
    drop((bench.file("one"), bench.file("two"), bench.file("three")));
    let root = path("");
    let (directory, _) = bench
        .create(&Create {
            options: FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT,
            ..Create::open(&root)
        })
        .unwrap();
    let mut buffer = [0; 512];
    let names = |buffer: &mut [u8], single, pattern, restart| {
        directory.nt_query_directory_file(
            buffer,
            class::FileNamesInformation,
            single,
            pattern,
            restart,
        )
    };
    assert!(names(&mut buffer, false, Some("*"), false).ok().unwrap() > 36);
    assert_eq!(
        names(&mut buffer, false, None, false).status,
        STATUS_NO_MORE_FILES
    );
    assert!(names(&mut buffer, true, None, true).ok().is_ok());
    assert_eq!(&buffer[12..16], b"o\0n\0");
    assert!(names(&mut buffer, true, None, false).ok().is_ok());
    assert_eq!(&buffer[12..16], b"t\0h\0");
    drop(directory);
    let (directory, _) = bench
        .create(&Create {
            options: FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT,
            ..Create::open(&root)
        })
        .unwrap();
    let none = directory.nt_query_directory_file(
        &mut buffer,
        class::FileNamesInformation,
        false,
        Some("x"),
        false,
    );
    assert_eq!(none.status, STATUS_NO_SUCH_FILE);
    drop(directory);
    bench.finish();
}

fn rename_information(target: &str, replace: bool) -> Vec<u8> {
    let name: Vec<u8> = target.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = vec![replace.into(), 0, 0, 0, 0, 0, 0, 0];
    bytes.extend([0; 8]);
    bytes.extend((name.len() as u32).to_le_bytes());
    bytes.extend(name);
    bytes.resize(bytes.len().max(24), 0);
    bytes
}

#[test]
fn a_rename_beside_the_file_and_one_by_full_name_reach_the_server() {
    let bench = Bench::new();
    let file = bench.file("old");
    let rename = |target: &str, replace| {
        let information = rename_information(target, replace);
        file.nt_set_information_file(&information, class::FileRenameInformation)
            .status
    };
    assert_eq!(rename("new", false), STATUS_SUCCESS);
    assert!(bench.toy.nodes().contains_key(r"\new"));
    drop(file);
    let file = bench.file("new");
    let taken = bench.file("taken");
    let information = rename_information(&path("taken"), false);
    let status = file
        .nt_set_information_file(&information, class::FileRenameInformation)
        .status;
    assert_eq!(status, STATUS_OBJECT_NAME_COLLISION);
    let information = rename_information(&path("moved"), true);
    let status = file
        .nt_set_information_file(&information, class::FileRenameInformation)
        .status;
    assert_eq!(status, STATUS_SUCCESS);
    assert!(bench.toy.nodes().contains_key(r"\moved"));
    drop((file, taken));
    bench.finish();
}

#[test]
fn a_deleted_name_can_be_used_again_while_the_old_handle_is_open() {
    let bench = Bench::new();
    let old = bench.file("f");
    assert_eq!(
        old.nt_set_information_file(&[1], class::FileDispositionInformation)
            .status,
        STATUS_SUCCESS
    );
    let new = bench.file("f");
    assert_eq!(new.nt_write_file(b"new", Some(0)).ok(), Ok(3));
    drop(old);
    assert_eq!(bench.toy.nodes()[r"\f"].data, b"new");
    drop(new);
    bench.finish();
}

#[test]
fn delete_on_close_deletes_with_the_last_handle() {
    let bench = Bench::new();
    let name = path("tmp");
    let create = Create {
        access: FILE_GENERIC_READ | DELETE,
        disposition: FILE_OPEN_IF,
        options: FILE_DELETE_ON_CLOSE | FILE_SYNCHRONOUS_IO_NONALERT,
        ..Create::open(&name)
    };
    let (file, information) = bench.create(&create).unwrap();
    assert_eq!(information, u64::from(FILE_CREATED));
    assert!(bench.toy.nodes().contains_key(r"\tmp"));
    drop(file);
    assert!(!bench.toy.nodes().contains_key(r"\tmp"));
    bench.finish();
}

#[test]
fn share_access_is_checked_before_the_server_is_asked() {
    let bench = Bench::new();
    let name = path("s");
    let exclusive = Create {
        share: 0,
        disposition: FILE_OPEN_IF,
        ..Create::open(&name)
    };
    let (file, _) = bench.create(&exclusive).unwrap();
    let creates = bench.toy.counters.creates.load(SeqCst);
    assert_eq!(
        bench.create(&Create::open(&name)).unwrap_err(),
        STATUS_SHARING_VIOLATION
    );
    assert_eq!(bench.toy.counters.creates.load(SeqCst), creates);
    drop(file);
    let again = bench.create(&Create::open(&name)).unwrap();
    drop(again);
    bench.finish();
}

#[test]
fn names_that_no_server_can_hold_are_refused_here() {
    let bench = Bench::new();
    for name in ["a*b", r"a\\b"] {
        assert_eq!(
            bench.create(&Create::open(&path(name))).unwrap_err(),
            STATUS_OBJECT_NAME_INVALID,
            "{name}"
        );
    }
    let slash = path(r"file\");
    let create = Create {
        options: FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT,
        ..Create::open(&slash)
    };
    assert_eq!(
        bench.create(&create).unwrap_err(),
        STATUS_OBJECT_NAME_INVALID
    );
    assert_eq!(
        bench.create(&Create::open(&path("none"))).unwrap_err(),
        STATUS_OBJECT_NAME_NOT_FOUND
    );
    bench.finish();
}

#[test]
fn names_differ_in_case_only_for_the_reader() {
    let bench = Bench::new();
    let file = bench.file("Mixed.TXT");
    let other = bench.create(&Create::open(&path("mIXED.txt"))).unwrap().0;
    // One file has one FCB.
    // SAFETY: both file objects are open.
    let fcbs = [&file, &other].map(|file| unsafe { (*file.object()).FsContext });
    assert_eq!(fcbs[0], fcbs[1]);
    drop((file, other));
    bench.finish();
}

#[test]
fn locks_go_to_the_server_and_come_back_at_cleanup() {
    let bench = Bench::new();
    let (one, two) = (bench.file("l"), bench.file("l"));
    assert_eq!(one.nt_lock_file(0, 10, true, true).status, STATUS_SUCCESS);
    assert_eq!(
        two.nt_lock_file(5, 10, true, true).status,
        STATUS_LOCK_NOT_GRANTED
    );
    assert_eq!(two.nt_lock_file(10, 10, true, false).status, STATUS_SUCCESS);
    assert_eq!(one.nt_unlock_file(0, 9).status, STATUS_RANGE_NOT_LOCKED);
    assert_eq!(one.nt_unlock_file(0, 10).status, STATUS_SUCCESS);
    assert_eq!(one.nt_lock_file(0, 5, true, false).status, STATUS_SUCCESS);
    drop(one);
    assert_eq!(two.nt_lock_file(0, 5, true, true).status, STATUS_SUCCESS);
    drop(two);
    let counters = &bench.toy.counters;
    assert_eq!(counters.locks.load(SeqCst), 4);
    assert_eq!(counters.unlocks.load(SeqCst), 4);
    bench.finish();
}

#[test]
fn a_lock_that_waits_comes_when_the_other_goes() {
    let bench = Bench::new();
    let (one, two) = (bench.file("w"), bench.file("w"));
    assert_eq!(one.nt_lock_file(0, 10, true, true).status, STATUS_SUCCESS);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| two.nt_lock_file(0, 10, false, true).status);
        assert_eq!(one.nt_unlock_file(0, 10).status, STATUS_SUCCESS);
        assert_eq!(waiting.join().unwrap(), STATUS_SUCCESS);
    });
    drop((one, two));
    bench.finish();
}

#[test]
fn a_lock_that_waits_ends_when_it_is_cancelled_or_its_handle_is_closed() {
    let bench = Bench::new();
    let (one, two) = (bench.file("w"), bench.overlapped("w"));
    let three = bench.overlapped("w");
    assert_eq!(one.nt_lock_file(0, 10, true, true).status, STATUS_SUCCESS);
    let cancelled = two.nt_lock_file_overlapped(0, 10, true);
    let closed = two.nt_lock_file_overlapped(5, 1, true);
    let granted = three.nt_lock_file_overlapped(5, 1, true);
    cancelled.cancel();
    assert_eq!(cancelled.wait().1.status, STATUS_CANCELLED);
    drop(two);
    assert_eq!(closed.wait().1.status, STATUS_CANCELLED);
    assert!(granted.try_wait().is_none());
    drop(one);
    assert_eq!(granted.wait().1.status, STATUS_SUCCESS);
    drop(three);
    assert_eq!(bench.toy.counters.locks.load(SeqCst), 2);
    assert_eq!(bench.toy.counters.cancels.load(SeqCst), 0);
    bench.finish();
}

#[test]
fn controls_of_a_file_and_security_go_through() {
    let bench = Bench::new();
    let file = bench.file("c");
    let mut output = [0; 8];
    assert_eq!(
        file.nt_fs_control_file(0x9_0000, b"ping", &mut output).ok(),
        Ok(4)
    );
    assert_eq!(&output[..4], b"ping");
    let mut descriptor = [0; 20];
    assert_eq!(
        file.nt_query_security_object(&mut descriptor, 4).status,
        STATUS_SUCCESS
    );
    assert_eq!(descriptor, [1; 20]);
    assert_eq!(file.nt_flush_buffers_file().status, STATUS_SUCCESS);
    drop(file);
    bench.finish();
}
