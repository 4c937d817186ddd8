//! A cancelled request ends, wherever it is, and the connection goes on.
#![forbid(unsafe_code)]

mod desk;
mod server;

use std::time::Duration;

use desk::bytes;
use server::{HASTY, PATIENT, asked, connect, serve, share, start};
use smb_server::{Fault, RunningServer, Share, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;
use wine_ground::{File, Pending, wait_until, with_driver};

const MANY: u32 = 8;
const BLOCK: u32 = 4096;
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

fn with_file() -> Share {
    let share = share();
    let content = bytes((MANY * BLOCK) as usize);
    share.write_file("file", &content).unwrap();
    share
}

fn all_end_cancelled(flights: Vec<Pending>) {
    for flight in flights {
        assert_eq!(flight.wait().count(), Err(NtStatus::CANCELLED));
    }
}

/// The connection has not suffered: the file can be read through the same handle.
fn goes_on(file: &File, server: &RunningServer) {
    server.faults().clear();
    assert_eq!(file.read(0, 100).map(|data| data.len()), Ok(100));
    assert_eq!(server.stats().connections, 1);
    assert_eq!(server.stats().protocol_errors, 0);
}

#[test]
fn pending_reads_and_writes_end_when_they_are_cancelled_and_the_server_is_told() {
    for command in [Command::READ, Command::WRITE] {
        let server =
            start(serve(&with_file()).fault(When::command(command), Fault::Interim(NEVER)));
        with_driver(PATIENT, |desk| {
            let mount = connect(desk, &server);
            let file = mount.open("file").unwrap();
            let flights = match command {
                Command::READ => file.start_reads(0, BLOCK, MANY),
                _ => file.start_writes(0, &bytes((MANY * BLOCK) as usize), MANY),
            };
            wait_until("all are asked for", || {
                asked(&server, command) == MANY as usize
            });
            for flight in &flights {
                assert!(flight.cancel());
            }
            all_end_cancelled(flights);
            assert_eq!(asked(&server, Command::CANCEL), MANY as usize);
            goes_on(&file, &server);
        });
    }
}

#[test]
fn all_requests_of_a_file_are_cancelled_together() {
    let server =
        start(serve(&with_file()).fault(When::command(Command::READ), Fault::Interim(NEVER)));
    with_driver(PATIENT, |desk| {
        let mount = connect(desk, &server);
        let file = mount.open("file").unwrap();
        let reads = file.start_reads(0, BLOCK, MANY);
        wait_until("all are asked for", || {
            asked(&server, Command::READ) == MANY as usize
        });
        assert_eq!(file.cancel_all(), MANY.into());
        all_end_cancelled(reads);
        goes_on(&file, &server);
    });
}

#[test]
fn a_server_that_does_not_care_for_a_cancellation_is_waited_for_within_the_time_limit() {
    let server = start(serve(&with_file()).fault(When::command(Command::READ), Fault::Swallow));
    with_driver(HASTY, |desk| {
        let file = connect(desk, &server).open("file").unwrap();
        let reads = file.start_reads(0, BLOCK, MANY);
        wait_until("all are asked for", || {
            asked(&server, Command::READ) == MANY as usize
        });
        assert_eq!(file.cancel_all(), MANY.into());
        all_end_cancelled(reads);
        goes_on(&file, &server);
    });
}

#[test]
fn a_request_that_waits_for_credits_is_cancelled_without_the_server_knowing_of_it() {
    const CREDITS: usize = 4;
    let server = start(
        serve(&with_file())
            .max_credits(CREDITS as u16)
            .fault(When::command(Command::READ), Fault::Interim(NEVER))
            .fault(When::command(Command::READ), Fault::Credits(0)),
    );
    with_driver(PATIENT, |desk| {
        let file = connect(desk, &server).open("file").unwrap();
        let mut reads = file.start_reads(0, BLOCK, MANY);
        wait_until("credits are spent", || {
            asked(&server, Command::READ) == CREDITS
        });
        for waiting in reads.drain(CREDITS..) {
            assert!(waiting.cancel());
            assert_eq!(waiting.wait().count(), Err(NtStatus::CANCELLED));
        }
        assert_eq!(asked(&server, Command::CANCEL), 0);
        for sent in reads {
            assert!(sent.cancel());
            assert_eq!(sent.wait().count(), Err(NtStatus::CANCELLED));
        }
        assert_eq!(asked(&server, Command::READ), CREDITS);
        // Without credits nothing can be asked any more, so the connection is given up here.
        server.disconnect_all();
    });
}

#[test]
fn a_cancellation_that_races_with_the_answer_ends_the_request_once_and_rightly() {
    const TIMES: usize = 200;
    let content = bytes((MANY * BLOCK) as usize);
    let server = start(serve(&with_file()));
    with_driver(&[], |desk| {
        let mount = connect(desk, &server);
        let file = mount.open("file").unwrap();
        for _ in 0..TIMES {
            let read = file.start_read(0, content.len());
            read.cancel();
            match read.wait().data() {
                Ok(data) => assert!(data == content),
                Err(status) => assert_eq!(status, NtStatus::CANCELLED),
            }
        }
        goes_on(&file, &server);
    });
}

#[test]
fn closing_a_file_with_reads_under_way_ends_them() {
    let server =
        start(serve(&with_file()).fault(When::command(Command::READ), Fault::Interim(NEVER)));
    with_driver(&[], |desk| {
        let file = connect(desk, &server).open("file").unwrap();
        let reads = file.start_reads(0, BLOCK, MANY);
        wait_until("all are asked for", || {
            asked(&server, Command::READ) == MANY as usize
        });
        // A dropped request is cancelled, and waited for.
        drop(reads);
        drop(file);
        wait_until("the file is closed", || server.stats().open_handles == 0);
    });
}
