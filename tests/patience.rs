//! Servers that take their time: announced or not, for ever or not, with credits or without.
#![forbid(unsafe_code)]

mod scripted;

use std::time::{Duration, Instant};

use ntsim::sys;
use ntsim::user::Process;
use scripted::{
    AND_SOME, Answers, HASTY, LIMIT_MS, Mount, SHARE, Settings, bytes, count, server, share, start,
    wait_until, with_driver,
};
use smb_server::{Fault, Share, When};
use smb_wire::NtStatus;
use smb_wire::fscc::FsInformationClass;
use smb_wire::smb2::{Command, Dialect};

const SIZE: usize = 300_000;

fn with_file() -> Share {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    share
}

/// Has the driver send every command that it knows but ECHO, CANCEL and those of disconnecting.
fn use_everything(mount: &Mount<'_>) {
    assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
    mount
        .create(
            "dir",
            sys::FILE_GENERIC_READ,
            sys::FILE_CREATE,
            sys::FILE_DIRECTORY_FILE,
        )
        .unwrap();
    let file = mount.make("dir\\new").unwrap();
    assert_eq!(count(file.nt_write_file(&bytes(SIZE), Some(0))), Ok(SIZE));
    assert_eq!(count(file.nt_flush_buffers_file()), Ok(0));
    mount.rename(&file, "dir\\renamed", false).unwrap();
    assert_eq!(mount.list("dir").unwrap(), [".", "..", "renamed"]);
    let class = FsInformationClass::FULL_SIZE.0.into();
    let volume = file.nt_query_volume_information_file(&mut [0; 64], class);
    assert_eq!(count(volume), Ok(32));
    mount.delete(&file).unwrap();
}

fn pends_everything(dialects: std::ops::RangeInclusive<Dialect>, settings: &Settings<'_>) {
    let share = with_file();
    let but_tree_connect = When::any().filter(|seen| seen.header.command != Command::TREE_CONNECT);
    let server = start(
        server(&share)
            .dialects(dialects)
            .fault(but_tree_connect, Fault::Interim(Duration::from_millis(1))),
    );
    with_driver(settings, |desk| {
        let mount = desk.mount(&server);
        use_everything(&mount);
        mount.disconnect(false).unwrap();
    });
    assert!(share.list_directory("dir").unwrap().is_empty());
    let stats = server.stop();
    assert_eq!(stats.connections, 1);
    for command in [
        Command::NEGOTIATE,
        Command::SESSION_SETUP,
        Command::LOGOFF,
        Command::TREE_CONNECT,
        Command::TREE_DISCONNECT,
        Command::CREATE,
        Command::CLOSE,
        Command::FLUSH,
        Command::READ,
        Command::WRITE,
        Command::QUERY_DIRECTORY,
        Command::QUERY_INFO,
        Command::SET_INFO,
    ] {
        assert!(stats.requests_of(command) > 0, "{command:?}");
    }
}

#[test]
fn case_12_every_command_but_tree_connect_may_be_pended_before_it_is_answered() {
    pends_everything(Dialect::SMB2_0_2..=Dialect::SMB3_1_1, &[]);
}

#[test]
fn every_command_but_tree_connect_may_be_pended_before_it_is_answered_in_2_1_unsigned() {
    let unsigned = [("RequireSigning", 0)];
    pends_everything(Dialect::SMB2_1..=Dialect::SMB2_1, &unsigned);
}

#[test]
fn a_pended_tree_connect_is_refused_because_its_answer_has_no_tree_id() {
    let server = start(server(&share()).fault(
        When::command(Command::TREE_CONNECT),
        Fault::Interim(Duration::from_millis(1)),
    ));
    with_driver(&[], |desk| {
        let refused = desk.try_mount(&server).err();
        assert_eq!(refused, Some(NtStatus::INVALID_NETWORK_RESPONSE));
    });
}

#[test]
fn case_11_a_request_without_answer_times_out_and_its_late_answer_does_no_harm() {
    for command in [Command::READ, Command::WRITE] {
        let share = with_file();
        let answers = Answers::keep();
        let server = start(server(&share).fault(When::command(command), answers.fault()));
        with_driver(HASTY, |desk| {
            let file = desk.mount(&server).open("file").unwrap();
            let mut block = bytes(1000);
            let begun = Instant::now();
            let status = match command {
                Command::READ => file.nt_read_file(&mut block, Some(0)),
                _ => file.nt_write_file(&block, Some(0)),
            };
            assert_eq!(count(status), Err(NtStatus::IO_TIMEOUT), "{command:?}");
            let limit = Duration::from_millis(LIMIT_MS.into());
            assert!(begun.elapsed() >= limit && begun.elapsed() < limit + AND_SOME);
            // The late answer comes in front of the next.
            answers.release();
            for _ in 0..3 {
                let mut block = [0; 1000];
                let status = match command {
                    Command::READ => file.nt_read_file(&mut block, Some(0)),
                    _ => file.nt_write_file(&block, Some(0)),
                };
                assert_eq!(count(status), Ok(1000), "{command:?}");
            }
        });
        assert_eq!(server.stop().connections, 1);
    }
}

#[test]
fn case_11_a_late_answer_to_a_user_who_has_left_does_no_harm_to_another() {
    for settings in [[("RequireEncryption", 1)], [("RequireSigning", 1)]] {
        let share = with_file();
        let answers = Answers::keep();
        let server = start(
            server(&share)
                .user("bob", "hidden")
                .fault(When::command(Command::READ), answers.fault()),
        );
        with_driver(&[&settings, HASTY].concat(), |desk| {
            let second = Process::new();
            let ann = desk.mount(&server);
            let bob = Mount::connect(&second, &server, SHARE, Some(("bob", "hidden"))).unwrap();
            let file = ann.open("file").unwrap();
            let timed_out = count(file.nt_read_file(&mut [0; 1000], Some(0)));
            assert_eq!(timed_out, Err(NtStatus::IO_TIMEOUT));
            drop(file);
            ann.disconnect(true).unwrap();
            wait_until("ann is gone", || server.stats().open_sessions == 1);
            // Her answer comes in front of his.
            answers.release();
            assert_eq!(bob.read("file", 1000).unwrap().len(), 1000);
            // She comes back, and the keys that were kept are not in her way.
            assert_eq!(desk.mount(&server).read("file", 1000).unwrap().len(), 1000);
        });
        assert_eq!(server.stop().connections, 1);
    }
}

#[test]
fn whatever_a_silent_server_is_asked_ends_within_the_time_limit() {
    for command in [
        Command::NEGOTIATE,
        Command::SESSION_SETUP,
        Command::TREE_CONNECT,
        Command::CREATE,
        Command::QUERY_INFO,
        Command::QUERY_DIRECTORY,
        Command::SET_INFO,
        Command::FLUSH,
    ] {
        let share = with_file();
        share.write_file("other", b"other").unwrap();
        let server = start(server(&share).fault(When::command(command), Fault::Swallow));
        with_driver(HASTY, |desk| {
            let begun = Instant::now();
            let outcome = desk.try_mount(&server).and_then(|mount| {
                let file = mount.open("file")?;
                mount.list("")?;
                count(file.nt_flush_buffers_file())?;
                let class = FsInformationClass::FULL_SIZE.0.into();
                count(file.nt_query_volume_information_file(&mut [0; 64], class))?;
                mount.rename(&file, "renamed", false)
            });
            assert_eq!(outcome, Err(NtStatus::IO_TIMEOUT), "{command:?}");
            assert!(begun.elapsed() < AND_SOME);
            // Once it speaks again, it is spoken to.
            server.faults().clear();
            let again = desk
                .try_mount(&server)
                .and_then(|mount| mount.read("other", 10));
            assert_eq!(again, Ok(b"other".to_vec()), "{command:?}");
        });
    }
}

#[test]
fn a_server_that_falls_silent_altogether_is_given_up_and_a_new_connection_is_made() {
    let settings = [&[("EchoAfterMs", 200)], HASTY].concat();
    let server = start(server(&with_file()));
    with_driver(&settings, |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        server
            .faults()
            .add(When::any().connection(1), Fault::Swallow);
        let reads: Vec<_> = (0..8)
            .map(|index| file.nt_read_file_overlapped(vec![0; 100], index))
            .collect();
        for read in reads {
            let ended = count(read.wait().1);
            assert_eq!(ended, Err(NtStatus::IO_TIMEOUT));
        }
        wait_until("the connection is given up", || {
            server.stats().open_connections == 0
        });
        assert!(server.stats().requests_of(Command::ECHO) > 0);
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
        assert_eq!(server.stats().connections, 2);
    });
}

#[test]
fn an_idle_connection_to_a_dead_server_is_ended_by_its_echo() {
    let settings = [&[("EchoAfterMs", 100)], HASTY].concat();
    let server = start(server(&with_file()).fault(When::command(Command::ECHO), Fault::Swallow));
    with_driver(&settings, |desk| {
        let mount = desk.mount(&server);
        wait_until("the connection is ended", || {
            server.stats().open_connections == 0
        });
        assert_eq!(server.stats().requests_of(Command::ECHO), 1);
        server.faults().clear();
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
    });
}

#[test]
fn an_idle_connection_to_a_living_server_is_kept_by_its_echoes() {
    let server = start(server(&with_file()));
    with_driver(&[("EchoAfterMs", 100)], |desk| {
        let mount = desk.mount(&server);
        wait_until("there are echoes", || {
            server.stats().requests_of(Command::ECHO) >= 5
        });
        assert_eq!(mount.read("file", 10).unwrap().len(), 10);
    });
    assert_eq!(server.stop().connections, 1);
}

#[test]
fn case_13_a_server_with_a_single_credit_is_enough_for_everything() {
    let share = with_file();
    let server = start(server(&share).max_credits(1));
    with_driver(&[], |desk| use_everything(&desk.mount(&server)));
    assert_eq!(server.stop().protocol_errors, 0);
}

#[test]
fn case_13_a_server_that_grants_no_more_credits_ends_requests_within_the_time_limit() {
    const GRANTED: u64 = 20;
    let share = with_file();
    let server = start(server(&share).max_credits(GRANTED as u16));
    with_driver(HASTY, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        server.faults().add(When::any(), Fault::Credits(0));
        let outcomes: Vec<_> = (0..2 * GRANTED)
            .map(|index| file.nt_read_file_overlapped(vec![0; 100], index))
            .collect();
        let outcomes: Vec<_> = outcomes
            .into_iter()
            .map(|read| count(read.wait().1))
            .collect();
        let (read, starved) = outcomes.split_at(GRANTED as usize);
        assert!(read.iter().all(|&outcome| outcome == Ok(100)), "{read:?}");
        assert!(
            starved
                .iter()
                .all(|&outcome| outcome == Err(NtStatus::IO_TIMEOUT)),
            "{starved:?}"
        );
        // Nothing can be asked on this connection any more, not even to close the file.
        server.faults().clear();
        drop(file);
    });
    assert_eq!(server.stop().protocol_errors, 0);
}

#[test]
fn case_13_a_server_that_grants_far_too_many_credits_does_no_harm() {
    let share = with_file();
    let server = start(server(&share).fault(When::any(), Fault::Credits(u16::MAX)));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        for _ in 0..20 {
            assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
        }
        use_everything(&mount);
    });
    assert_eq!(server.stop().protocol_errors, 0);
}
