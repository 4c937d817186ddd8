//! What the driver does at DISPATCH_LEVEL is little, whatever the server sends.
#![forbid(unsafe_code)]

mod scripted;

use scripted::{Settings, bytes, count, server, share, start, with_driver};
use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

const UNSIGNED: &Settings<'static> = &[("RequireSigning", 0)];
const SIGNED: &Settings<'static> = &[("RequireSigning", 1)];

/// NetBIOS's keep-alive, which says nothing (RFC 1002, 4.3.7).
const KEEP_ALIVE: [u8; 4] = [0x85, 0, 0, 0];

/// How many network completions in a row there are at DISPATCH when a server says nothing at length before it answers.
fn longest_stay(settings: &Settings<'_>) -> u64 {
    const SIZE: usize = 100_000;
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let chatter = Fault::raw(|message| {
        let mut sent = KEEP_ALIVE.repeat(100_000);
        sent.extend(scripted::frame(message));
        sent
    });
    let server = start(server(&share).fault(When::command(Command::READ), chatter));
    let stay = with_driver(settings, |desk| {
        let mount = desk.mount(&server);
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
        desk.kernel().stats().longest_stay
    });
    server.stop();
    stay
}

#[test]
fn a_server_that_never_pauses_keeps_no_processor() {
    let stay = longest_stay(UNSIGNED);
    assert!(stay <= 20, "{stay} completions in a row");
}

#[test]
fn where_messages_are_signed_a_thread_receives_them() {
    let stay = longest_stay(SIGNED);
    assert!(stay <= 2, "{stay} completions in a row");
}

#[test]
fn a_buffer_that_cannot_be_mapped_fails_its_own_operation_only() {
    const SIZE: usize = 300_000;
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = start(server(&share));
    let settings = [SIGNED, &[("MaxIoBytes", 65536)]].concat();
    with_driver(&settings, |desk| {
        let mount = desk.mount(&server);
        let (from, to) = (mount.open("file").unwrap(), mount.make("copy").unwrap());
        let faults = desk.kernel().faults();
        let refused = Err(NtStatus::INSUFFICIENT_RESOURCES);
        faults.fail_nth_of(b"MmMp", 1);
        assert_eq!(count(to.nt_write_file(&bytes(SIZE), Some(0))), refused);
        assert_eq!(faults.struck(), 1);
        faults.fail_nth_of(b"MmMp", 1);
        let mut content = vec![0; SIZE];
        assert_eq!(count(from.nt_read_file(&mut content, Some(0))), refused);
        assert_eq!(faults.struck(), 1);
        assert_eq!(count(to.nt_write_file(&bytes(SIZE), Some(0))), Ok(SIZE));
        assert_eq!(count(from.nt_read_file(&mut content, Some(0))), Ok(SIZE));
        assert!(content == bytes(SIZE));
    });
    assert!(share.read_file("copy").unwrap() == bytes(SIZE));
    assert_eq!(server.stop().connections, 1);
}
