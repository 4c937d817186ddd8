//! Surprises of Windows' own that other redirectors work around, and that this one has no need to.

use std::fs;
use std::path::Path;

use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::scripted::{bytes, count, server, share, start, with_driver};

#[test]
fn no_text_is_converted_from_utf_8_by_windows() {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("cross/imports");
    let mut seen = 0;
    for list in fs::read_dir(lists).unwrap() {
        let names = fs::read_to_string(list.unwrap().path()).unwrap();
        assert!(!names.contains("RtlUTF8"), "{names}");
        seen += names.matches("Rtl").count();
    }
    assert_ne!(seen, 0);
}

#[test]
fn no_lock_list_of_rdbss_is_read() {
    let share = share();
    share.write_file("file", &bytes(10)).unwrap();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let locked = count(file.nt_lock_file(0, 10, true, true));
        assert_eq!(locked, Err(NtStatus::NOT_IMPLEMENTED));
    });
    assert_eq!(server.stop().requests_of(Command::LOCK), 0);
}
