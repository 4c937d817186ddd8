//! A connection that is lost ends what is in flight on it; what is opened later has a new one, without anybody's help.
#![forbid(unsafe_code)]

mod scripted;

use std::sync::atomic::{AtomicU64, Ordering};

use ntsim::sys;
use scripted::{
    Answers, BY_TDI, HASTY, Mount, PASSWORD, SHARE, Settings, USER, bytes, count, server, share,
    start, wait_until, with_driver,
};
use smb_server::{Fault, RunningServer, Share, StreamFault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

const SIZE: usize = 100_000;

fn with_file() -> Share {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    share
}

fn asked(server: &RunningServer, command: Command) -> u64 {
    server.stats().requests_of(command)
}

/// What every test here does with a connection: connect, open, read, write, list, close.
fn use_share(mount: &Mount<'_>) -> Result<(), NtStatus> {
    let file = mount.open("file")?;
    let mut buffer = vec![0; SIZE];
    let read = count(file.nt_read_file(&mut buffer, Some(0)))?;
    assert_eq!(read, SIZE);
    assert!(buffer == bytes(SIZE));
    count(file.nt_write_file(&buffer, Some(0)))?;
    drop(file);
    mount.list("").map(drop)
}

/// How many bytes the server sends while a share is connected and used.
fn bytes_of_a_life() -> u64 {
    let server = start(server(&with_file()));
    with_driver(&[], |desk| use_share(&desk.mount(&server)).unwrap());
    server.stop().bytes_out
}

#[test]
fn case_41_a_connection_that_ends_at_any_byte_ends_its_requests_and_the_next_one_works() {
    connections_end_at_any_byte(HASTY);
}

#[test]
fn case_41_a_connection_by_tdi_that_ends_at_any_byte_ends_its_requests_and_the_next_one_works() {
    connections_end_at_any_byte(&[HASTY, &[BY_TDI]].concat());
}

fn connections_end_at_any_byte(settings: &Settings<'_>) {
    const STEPS: u64 = 60;
    let life = bytes_of_a_life();
    // Near the beginning, where the messages are short, and all along.
    let places = (0..40)
        .map(|step| step * 37)
        .chain((0..STEPS).map(|step| life * step / STEPS));
    for place in places {
        let share = with_file();
        let server = start(server(&share).stream_fault(Some(1), StreamFault::CloseAtByte(place)));
        with_driver(settings, |desk| {
            let first = desk
                .try_mount(&server)
                .and_then(|mount| use_share(&mount).map(|()| mount));
            match first {
                // What was lost was of no use to anybody any more.
                Ok(_) => {}
                Err(status) => {
                    assert_eq!(status, NtStatus::CONNECTION_DISCONNECTED, "byte {place}");
                }
            }
            let mount = desk.try_mount(&server);
            let mount = mount.unwrap_or_else(|status| panic!("{status:?} after byte {place}"));
            assert_eq!(use_share(&mount), Ok(()), "after byte {place}");
        });
        assert!(
            share.read_file("file").unwrap() == bytes(SIZE),
            "byte {place}"
        );
    }
}

#[test]
fn every_request_in_flight_ends_when_the_connection_does() {
    const MANY: usize = 16;
    let share = with_file();
    let answers = Answers::keep();
    let server = start(
        server(&share)
            .fault(When::command(Command::READ), answers.fault())
            .fault(When::command(Command::WRITE), answers.fault()),
    );
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        let flights: Vec<_> = (0..MANY as u64)
            .map(|index| match index % 2 {
                0 => file.nt_read_file_overlapped(vec![0; 100], index),
                _ => file.nt_write_file_overlapped(vec![0; 100], index),
            })
            .collect();
        wait_until("all are there", || answers.most() == MANY);
        server.disconnect_all();
        for flight in flights {
            let ended = count(flight.wait().1);
            assert_eq!(ended, Err(NtStatus::CONNECTION_DISCONNECTED));
        }
        // The handle went with the connection; the share did not.
        let read = file.nt_read_file(&mut [0; 10], Some(0));
        assert_eq!(count(read), Err(NtStatus::CONNECTION_DISCONNECTED));
        server.faults().clear();
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
        drop(file);
    });
    assert_eq!(server.stop().connections, 2);
}

#[test]
fn an_open_after_the_connection_was_lost_connects_and_logs_on_again_by_itself() {
    let server = start(server(&with_file()));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        use_share(&mount).unwrap();
        let logons = asked(&server, Command::SESSION_SETUP);
        for lost in 1..4 {
            server.disconnect_all();
            wait_until("it is lost", || server.stats().open_connections == 0);
            assert_eq!(use_share(&mount), Ok(()), "lost {lost} times");
            assert_eq!(server.stats().connections, lost + 1);
            assert_eq!(asked(&server, Command::SESSION_SETUP), (lost + 1) * logons);
            assert_eq!(asked(&server, Command::TREE_CONNECT), lost + 1);
        }
    });
    let left = server.stats();
    assert_eq!((left.open_sessions, left.open_handles), (0, 0));
}

#[test]
fn a_server_that_was_away_is_found_again_when_it_is_back() {
    let share = with_file();
    let first = start(server(&share));
    let address = first.address();
    with_driver(HASTY, |desk| {
        let mount = desk.mount(&first);
        use_share(&mount).unwrap();
        first.stop();
        assert_eq!(mount.read("file", 10), Err(NtStatus::REMOTE_NOT_LISTENING));
        let again = server(&share)
            .bind(address)
            .expect("the port is still there");
        assert_eq!(use_share(&mount), Ok(()));
        drop(mount);
        drop(again);
    });
}

#[test]
fn case_42_an_open_whose_answer_was_lost_is_asked_again_but_a_creation_is_not() {
    let share = with_file();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let lose_one = || {
            server
                .faults()
                .add(When::command(Command::CREATE).first(1), Fault::Disconnect);
        };
        lose_one();
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
        assert_eq!(asked(&server, Command::CREATE), 2);
        // The server has made the file, so a second time it would be there already.
        lose_one();
        let options = sys::FILE_NON_DIRECTORY_FILE;
        let made = mount.create("new", sys::FILE_GENERIC_WRITE, sys::FILE_CREATE, options);
        assert_eq!(made.err(), Some(NtStatus::CONNECTION_DISCONNECTED));
        assert_eq!(asked(&server, Command::CREATE), 3);
        assert!(share.exists("new"));
    });
}

#[test]
fn case_42_an_unsigned_word_that_the_session_is_gone_proves_no_more_than_a_cut() {
    let share = with_file();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let deny_one = || {
            let when = When::command(Command::CREATE).first(1);
            server.faults().add(when, session_is_gone());
        };
        deny_one();
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
        assert_eq!(asked(&server, Command::CREATE), 2);
        // The server has made the file, whatever the user hears.
        deny_one();
        let options = sys::FILE_NON_DIRECTORY_FILE;
        let made = mount.create("new", sys::FILE_GENERIC_WRITE, sys::FILE_CREATE, options);
        assert_eq!(made.err(), Some(NtStatus::USER_SESSION_DELETED));
        assert_eq!(asked(&server, Command::CREATE), 3);
        assert!(share.exists("new"));
        // The next open has a new session.
        let logons = asked(&server, Command::SESSION_SETUP);
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
        assert!(asked(&server, Command::SESSION_SETUP) > logons);
    });
}

/// On the way, an answer is replaced by the one that needs no signature.
fn session_is_gone() -> Fault {
    Fault::on_the_way(|message| {
        message[8..12].copy_from_slice(&NtStatus::USER_SESSION_DELETED.0.to_le_bytes());
        message[16] &= !8;
        message[48..64].fill(0);
        message.truncate(64);
        message.extend([9, 0, 0, 0, 0, 0, 0, 0, 0]);
    })
}

#[test]
fn a_session_that_the_server_has_deleted_is_logged_on_anew() {
    let server = start(server(&with_file()).fault(
        When::command(Command::CREATE).nth(2),
        Fault::Status(NtStatus::USER_SESSION_DELETED),
    ));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        mount.read("file", 10).unwrap();
        let logons = asked(&server, Command::SESSION_SETUP);
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
        assert_eq!(asked(&server, Command::SESSION_SETUP), 2 * logons);
        assert_eq!(asked(&server, Command::TREE_CONNECT), 2);
    });
    assert_eq!(server.stop().connections, 1);
}

#[test]
fn a_share_that_the_server_has_dropped_is_connected_anew() {
    let server = start(server(&with_file()).fault(
        When::command(Command::CREATE).nth(2),
        Fault::Status(NtStatus::NETWORK_NAME_DELETED),
    ));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        mount.read("file", 10).unwrap();
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
        assert_eq!(asked(&server, Command::TREE_CONNECT), 2);
    });
    assert_eq!(server.stop().connections, 1);
}

#[test]
fn a_deleted_session_that_two_shares_used_is_logged_on_anew_for_both() {
    let (one, other) = (with_file(), Share::new("other").unwrap());
    other.write_file("file", b"other").unwrap();
    let server = start(server(&one).share(&other));
    with_driver(&[], |desk| {
        let user = Some((USER, PASSWORD));
        let one = Mount::connect(desk.process(), &server, SHARE, user).unwrap();
        let other = Mount::connect(desk.process(), &server, "other", user).unwrap();
        one.read("file", 10).unwrap();
        other.read("file", 10).unwrap();
        // From here on the server knows nothing of the session that there was.
        let session = AtomicU64::new(0);
        let of_old_session = When::any().filter(move |seen| {
            let id = seen.header.session_id;
            let first = session.compare_exchange(0, id, Ordering::Relaxed, Ordering::Relaxed);
            id != 0 && first.map_or_else(|known| known == id, |_| true)
        });
        server.faults().add(
            of_old_session,
            Fault::Status(NtStatus::USER_SESSION_DELETED),
        );
        assert_eq!(one.read("file", 5).unwrap().len(), 5);
        assert_eq!(other.read("file", 5).unwrap(), b"other");
    });
    assert_eq!(server.stop().connections, 1);
}

#[test]
fn a_server_that_deletes_every_session_at_once_is_not_asked_for_ever() {
    let server = start(server(&with_file()).fault(
        When::command(Command::CREATE),
        Fault::Status(NtStatus::USER_SESSION_DELETED),
    ));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        assert_eq!(mount.read("file", 10), Err(NtStatus::USER_SESSION_DELETED));
        assert_eq!(asked(&server, Command::CREATE), 2);
        server.faults().clear();
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
    });
}
