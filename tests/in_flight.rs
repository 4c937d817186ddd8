//! Many reads and writes of one thread are in flight at once, and their answers may come in any order.
#![forbid(unsafe_code)]

mod scripted;

use ntsim::user::{File, Pending};
use scripted::{Answers, Settings, bytes, count, server, share, start, with_driver};
use smb_server::When;
use smb_wire::smb2::Command;

const MANY: usize = 32;
/// A size that is no multiple of anything.
const BLOCK: usize = 10_007;

const UNSIGNED: &Settings<'static> = &[("RequireSigning", 0)];
const SIGNED: &Settings<'static> = &[("RequireSigning", 1)];
const BY_TDI: &Settings<'static> = &[scripted::BY_TDI];

type Order = fn(&mut Vec<Vec<u8>>);

/// In order, backwards, and two that are neither.
const ORDERS: [Order; 4] = [
    |_| (),
    |answers| answers.reverse(),
    |answers| answers.rotate_left(13),
    |answers| {
        (0..answers.len())
            .step_by(3)
            .for_each(|at| answers.swap(0, at))
    },
];

fn start_read(file: &File, index: usize) -> Pending<Vec<u8>> {
    file.nt_read_file_overlapped(vec![0; BLOCK], (index * BLOCK) as u64)
}

fn start_write(file: &File, content: &[u8], index: usize) -> Pending<Vec<u8>> {
    let block = content[index * BLOCK..][..BLOCK].to_vec();
    file.nt_write_file_overlapped(block, (index * BLOCK) as u64)
}

/// Starts all, none of which can end before the last has started.
fn start_all(start: impl Fn(usize) -> Pending<Vec<u8>>) -> Vec<Pending<Vec<u8>>> {
    let mut started = Vec::new();
    for index in 0..MANY {
        assert!(
            started
                .iter()
                .all(|one: &Pending<_>| one.try_wait().is_none())
        );
        started.push(start(index));
    }
    started
}

fn reads_are_in_flight_at_once(settings: &Settings<'_>, order: Order) {
    let share = share();
    let content = bytes(MANY * BLOCK);
    share.write_file("file", &content).unwrap();
    let answers = Answers::gather(MANY, order);
    let server = start(server(&share).fault(When::command(Command::READ), answers.fault()));
    with_driver(settings, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let reads = start_all(|index| start_read(&file, index));
        for (index, read) in reads.into_iter().enumerate() {
            let (block, status) = read.wait();
            assert_eq!(count(status), Ok(BLOCK), "read {index}");
            assert!(block == content[index * BLOCK..][..BLOCK], "read {index}");
        }
    });
    assert_eq!(answers.most(), MANY);
    let stats = server.stop();
    assert_eq!(stats.requests_of(Command::READ), MANY as u64);
    assert_eq!(stats.protocol_errors, 0);
}

fn writes_are_in_flight_at_once(settings: &Settings<'_>, order: Order) {
    let share = share();
    let content = bytes(MANY * BLOCK);
    let answers = Answers::gather(MANY, order);
    let server = start(server(&share).fault(When::command(Command::WRITE), answers.fault()));
    with_driver(settings, |desk| {
        let file = desk.mount(&server).make("file").unwrap();
        let writes = start_all(|index| start_write(&file, &content, index));
        for (index, write) in writes.into_iter().enumerate() {
            assert_eq!(count(write.wait().1), Ok(BLOCK), "write {index}");
        }
    });
    assert_eq!(answers.most(), MANY);
    assert!(share.read_file("file").unwrap() == content);
    let stats = server.stop();
    assert_eq!(stats.requests_of(Command::WRITE), MANY as u64);
    assert_eq!(stats.bad_signatures, 0);
}

#[test]
fn thirty_two_reads_of_one_thread_are_in_flight_at_once_and_answered_in_any_order() {
    for order in ORDERS {
        reads_are_in_flight_at_once(UNSIGNED, order);
    }
}

#[test]
fn thirty_two_reads_and_writes_by_tdi_are_in_flight_at_once_and_answered_in_any_order() {
    for order in ORDERS {
        reads_are_in_flight_at_once(BY_TDI, order);
        writes_are_in_flight_at_once(BY_TDI, order);
    }
}

#[test]
fn thirty_two_signed_reads_of_one_thread_are_in_flight_at_once_and_answered_in_any_order() {
    for order in ORDERS {
        reads_are_in_flight_at_once(SIGNED, order);
    }
}

#[test]
fn thirty_two_writes_of_one_thread_are_in_flight_at_once_and_answered_in_any_order() {
    for order in ORDERS {
        writes_are_in_flight_at_once(UNSIGNED, order);
    }
}

#[test]
fn thirty_two_signed_writes_of_one_thread_are_in_flight_at_once_and_answered_in_any_order() {
    for order in ORDERS {
        writes_are_in_flight_at_once(SIGNED, order);
    }
}

#[test]
fn more_reads_and_writes_than_credits_all_complete() {
    const TIMES: usize = 8;
    let share = share();
    let content = bytes(MANY * BLOCK);
    let server = start(server(&share).max_credits(4));
    with_driver(UNSIGNED, |desk| {
        let file = desk.mount(&server).make("file").unwrap();
        let writes: Vec<_> = (0..MANY * TIMES)
            .map(|index| start_write(&file, &content, index % MANY))
            .collect();
        for write in writes {
            assert_eq!(count(write.wait().1), Ok(BLOCK));
        }
        let reads: Vec<_> = (0..MANY * TIMES)
            .map(|index| start_read(&file, index % MANY))
            .collect();
        for (index, read) in reads.into_iter().enumerate() {
            let (block, status) = read.wait();
            assert_eq!(count(status), Ok(BLOCK));
            assert!(block == content[index % MANY * BLOCK..][..BLOCK]);
        }
    });
    // The server ends a connection that uses a message id which it was not granted.
    assert_eq!(server.stop().protocol_errors, 0);
}
