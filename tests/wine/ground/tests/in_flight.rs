//! Thirty-two reads and writes are under way at once, and their answers may come in any order.
#![forbid(unsafe_code)]

#[path = "../../../scripted/answers.rs"]
#[allow(dead_code)]
mod answers;
mod desk;
mod server;

use answers::Answers;
use desk::{bytes, on_samba};
use server::{PATIENT, connect, serve, share};
use smb_server::When;
use smb_wire::smb2::Command;
use wine_ground::with_driver;

const MANY: usize = 32;
/// A size that is no multiple of anything.
const BLOCK: usize = 10_007;

type Order = fn(&mut Vec<Vec<u8>>);

/// In order, backwards, and one that is neither.
const ORDERS: [Order; 3] = [
    |_| (),
    |answers| answers.reverse(),
    |answers| answers.rotate_left(13),
];

#[test]
fn thirty_two_reads_are_in_flight_at_once_and_answered_in_any_order() {
    let content = bytes(MANY * BLOCK);
    for order in ORDERS {
        let share = share();
        share.write_file("file", &content).unwrap();
        let answers = Answers::gather(MANY, order);
        let builder = serve(&share).fault(When::command(Command::READ), answers.fault());
        let server = builder.bind("127.0.0.1:0").unwrap();
        with_driver(PATIENT, |desk| {
            let file = connect(desk, &server).open("file").unwrap();
            let reads = file.start_reads(0, BLOCK as u32, MANY as u32);
            for (index, read) in reads.into_iter().enumerate() {
                let block = read.wait().data().unwrap();
                assert!(block == content[index * BLOCK..][..BLOCK], "read {index}");
            }
        });
        assert_eq!(answers.most(), MANY);
        let stats = server.stop();
        assert_eq!(stats.requests_of(Command::READ), MANY as u64);
        assert_eq!(stats.protocol_errors, 0);
    }
}

#[test]
fn thirty_two_signed_writes_are_in_flight_at_once_and_answered_in_any_order() {
    let content = bytes(MANY * BLOCK);
    for order in ORDERS {
        let share = share();
        let answers = Answers::gather(MANY, order);
        let builder = serve(&share).fault(When::command(Command::WRITE), answers.fault());
        let server = builder.bind("127.0.0.1:0").unwrap();
        with_driver(&[("RequireSigning", 1)], |desk| {
            let file = connect(desk, &server).make("file").unwrap();
            let writes = file.start_writes(0, &content, MANY as u32);
            for (index, write) in writes.into_iter().enumerate() {
                assert_eq!(write.wait().count(), Ok(BLOCK), "write {index}");
            }
        });
        assert_eq!(answers.most(), MANY);
        assert!(share.read_file("file").unwrap() == content);
        assert_eq!(server.stop().bad_signatures, 0);
    }
}

#[test]
fn thirty_two_reads_and_writes_at_once_are_all_right_on_samba() {
    let content = bytes(MANY * BLOCK);
    on_samba(|samba, mount| {
        let file = mount.make("file").unwrap();
        for write in file.start_writes(0, &content, MANY as u32) {
            assert_eq!(write.wait().count(), Ok(BLOCK));
        }
        assert!(std::fs::read(samba.directory().join("file")).unwrap() == content);
        let reads = file.start_reads(0, BLOCK as u32, MANY as u32);
        for (index, read) in reads.into_iter().enumerate() {
            let block = read.wait().data().unwrap();
            assert!(block == content[index * BLOCK..][..BLOCK], "read {index}");
        }
    });
}

#[test]
fn more_requests_than_credits_all_complete() {
    const TIMES: usize = 4;
    let content = bytes(MANY * BLOCK);
    let share = share();
    let server = serve(&share).max_credits(4).bind("127.0.0.1:0").unwrap();
    with_driver(PATIENT, |desk| {
        let file = connect(desk, &server).make("file").unwrap();
        let start = |_| file.start_writes(0, &content, MANY as u32);
        let writes: Vec<_> = (0..TIMES).flat_map(start).collect();
        for write in writes {
            assert_eq!(write.wait().count(), Ok(BLOCK));
        }
    });
    assert!(share.read_file("file").unwrap() == content);
    // The server ends a connection that uses a message id which it was not granted.
    assert_eq!(server.stop().protocol_errors, 0);
}
