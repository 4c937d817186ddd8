//! A read or write larger than one request is split, pipelined, and put together again, whatever the server does to its parts.
#![forbid(unsafe_code)]

mod scripted;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use scripted::{Answers, Settings, bytes, count, server, share, start, with_driver};
use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::{Command, ReadRequest};

const LARGE: usize = (8 << 20) + 3;
const PART: usize = 1 << 20;
const DEPTH: usize = 8;

const SETTINGS: &Settings<'static> = &[
    ("RequireSigning", 0),
    ("MaxIoBytes", PART as u32),
    ("IoDepth", DEPTH as u32),
];

/// Where in a READ's answer its data begins, and where in answers the counts are.
const READ_DATA: usize = 80;
const READ_COUNT: std::ops::Range<usize> = 68..72;
const WRITE_COUNT: std::ops::Range<usize> = 68..72;

/// Cuts a READ's answer down to a third of its data, if there is more than one byte.
fn a_third_is_read() -> Fault {
    Fault::rewrite(|message| {
        let asked = message.len().saturating_sub(READ_DATA);
        if asked > 1 {
            let left = asked.div_ceil(3);
            message.truncate(READ_DATA + left);
            message[READ_COUNT].copy_from_slice(&(left as u32).to_le_bytes());
        }
    })
}

#[test]
fn a_large_read_is_split_and_pipelined_and_right_when_its_parts_come_backwards() {
    let share = share();
    let content = bytes(LARGE);
    share.write_file("file", &content).unwrap();
    let answers = Answers::gather(DEPTH, |answers| answers.reverse());
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ranges);
    let server = start(
        server(&share)
            .fault(When::command(Command::READ), answers.fault())
            .observe(move |served| seen.lock().unwrap().extend(served.range)),
    );
    with_driver(SETTINGS, |desk| {
        assert!(desk.mount(&server).read("file", LARGE).unwrap() == content);
    });
    assert_eq!(answers.most(), DEPTH);
    let mut ranges = ranges.lock().unwrap().clone();
    ranges.sort_unstable();
    let expected: Vec<_> = (0..LARGE)
        .step_by(PART)
        .map(|at| (at as u64, PART.min(LARGE - at) as u32))
        .collect();
    assert_eq!(ranges, expected);
}

#[test]
fn a_large_write_is_split_and_pipelined_and_right_when_its_parts_are_answered_backwards() {
    let share = share();
    let content = bytes(LARGE);
    let answers = Answers::gather(DEPTH, |answers| answers.reverse());
    let server = start(server(&share).fault(When::command(Command::WRITE), answers.fault()));
    with_driver(SETTINGS, |desk| {
        let file = desk.mount(&server).make("file").unwrap();
        assert_eq!(count(file.nt_write_file(&content, Some(0))), Ok(LARGE));
    });
    assert_eq!(answers.most(), DEPTH);
    assert!(share.read_file("file").unwrap() == content);
}

#[test]
fn large_reads_and_writes_are_right_when_signed() {
    let share = share();
    let content = bytes(LARGE);
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let file = mount.make("file").unwrap();
        assert_eq!(count(file.nt_write_file(&content, Some(0))), Ok(LARGE));
        drop(file);
        assert!(mount.read("file", LARGE).unwrap() == content);
    });
    assert!(share.read_file("file").unwrap() == content);
    assert_eq!(server.stop().bad_signatures, 0);
}

#[test]
fn what_a_server_left_out_of_its_answers_is_asked_for_again() {
    let share = share();
    let content = bytes(LARGE);
    share.write_file("file", &content).unwrap();
    // Every other part, when it is first asked for.
    let some = When::command(Command::READ).filter(|seen| {
        ReadRequest::parse(seen.message)
            .is_ok_and(|read| read.offset % (2 * PART as u64) == PART as u64)
    });
    let server = start(server(&share).fault(some, a_third_is_read()));
    with_driver(SETTINGS, |desk| {
        assert!(desk.mount(&server).read("file", LARGE).unwrap() == content);
    });
}

#[test]
fn a_server_that_always_reads_less_at_the_end_of_a_request_ends_the_read_there() {
    // As far as anybody can tell, that is where the file ends.
    let share = share();
    let content = bytes(3000);
    share.write_file("file", &content).unwrap();
    let server =
        start(server(&share).fault(When::command(Command::READ).first(1), a_third_is_read()));
    with_driver(SETTINGS, |desk| {
        assert_eq!(
            desk.mount(&server).read("file", 3000).unwrap(),
            content[..1000]
        );
    });
}

#[test]
fn what_a_server_left_unwritten_is_written_again() {
    let share = share();
    let content = bytes(LARGE);
    let halves = Fault::rewrite(|message| {
        let count = u32::from_le_bytes(message[WRITE_COUNT].try_into().unwrap());
        message[WRITE_COUNT].copy_from_slice(&count.div_ceil(2).to_le_bytes());
    });
    let times = AtomicU64::new(0);
    let every_third = When::command(Command::WRITE)
        .filter(move |_| times.fetch_add(1, Ordering::Relaxed) % 3 == 1);
    let server = start(server(&share).fault(every_third, halves));
    with_driver(SETTINGS, |desk| {
        let file = desk.mount(&server).make("file").unwrap();
        assert_eq!(count(file.nt_write_file(&content, Some(0))), Ok(LARGE));
    });
    assert!(share.read_file("file").unwrap() == content);
    assert!(server.stop().requests_of(Command::WRITE) > LARGE.div_ceil(PART) as u64);
}

#[test]
fn a_read_past_the_end_brings_what_there_is() {
    const SIZE: usize = 3 * PART + 17;
    let share = share();
    let content = bytes(SIZE);
    share.write_file("file", &content).unwrap();
    let server = start(server(&share));
    with_driver(SETTINGS, |desk| {
        let mount = desk.mount(&server);
        assert!(mount.read("file", LARGE).unwrap() == content);
        let file = mount.open("file").unwrap();
        let read = file.nt_read_file(&mut [0; 10], Some(SIZE as u64));
        assert_eq!(count(read), Err(NtStatus::END_OF_FILE));
    });
}

#[test]
fn a_file_that_was_cut_by_somebody_else_ends_where_it_was_cut() {
    const SIZE: usize = 3 * PART + 17;
    let share = share();
    let content = bytes(LARGE);
    share.write_file("file", &content).unwrap();
    let server = start(server(&share));
    with_driver(SETTINGS, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        share.write_file("file", &content[..SIZE]).unwrap();
        let mut buffer = vec![0; LARGE];
        assert_eq!(count(file.nt_read_file(&mut buffer, Some(0))), Ok(SIZE));
        assert!(buffer[..SIZE] == content[..SIZE]);
    });
    assert!(server.stop().requests_of(Command::READ) > 4);
}

#[test]
fn a_part_that_fails_fails_the_whole() {
    for command in [Command::READ, Command::WRITE] {
        let share = share();
        let content = bytes(LARGE);
        share.write_file("file", &content).unwrap();
        let server = start(server(&share).fault(
            When::command(command).nth(4),
            Fault::Status(NtStatus::FILE_LOCK_CONFLICT),
        ));
        with_driver(SETTINGS, |desk| {
            let file = desk.mount(&server).open("file").unwrap();
            let status = if command == Command::READ {
                file.nt_read_file(&mut vec![0; LARGE], Some(0))
            } else {
                file.nt_write_file(&content, Some(0))
            };
            assert_eq!(
                count(status),
                Err(NtStatus::FILE_LOCK_CONFLICT),
                "{command:?}"
            );
        });
    }
}
