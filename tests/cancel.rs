//! NtCancelIoFile ends reads and writes, wherever they are.
#![forbid(unsafe_code)]

mod scripted;

use std::time::{Duration, Instant};

use ntsim::user::{File, Pending};
use scripted::{
    AND_SOME, Answers, HASTY, Settings, bytes, count, server, share, start, wait_until, with_driver,
};
use smb_server::{Fault, RunningServer, Share, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

const MANY: usize = 8;
const BLOCK: usize = 4096;
const UNSIGNED: &Settings<'static> = &[("RequireSigning", 0)];
const SIGNED: &Settings<'static> = &[("RequireSigning", 1)];
const SEALED: &Settings<'static> = &[("RequireEncryption", 1)];
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

fn with_file() -> Share {
    let share = share();
    share.write_file("file", &bytes(MANY * BLOCK)).unwrap();
    share
}

fn start_reads(file: &File) -> Vec<Pending<Vec<u8>>> {
    (0..MANY)
        .map(|index| file.nt_read_file_overlapped(vec![0; BLOCK], (index * BLOCK) as u64))
        .collect()
}

fn start_writes(file: &File) -> Vec<Pending<Vec<u8>>> {
    (0..MANY)
        .map(|index| file.nt_write_file_overlapped(vec![1; BLOCK], (index * BLOCK) as u64))
        .collect()
}

fn asked(server: &RunningServer, command: Command) -> usize {
    server.stats().requests_of(command) as usize
}

fn all_end_cancelled(flights: Vec<Pending<Vec<u8>>>) {
    for flight in flights {
        assert_eq!(count(flight.wait().1), Err(NtStatus::CANCELLED));
    }
}

/// The connection has not suffered: the file can be read through the same handle.
fn goes_on(file: &File, server: &RunningServer) {
    server.faults().clear();
    let mut block = [0; BLOCK];
    assert_eq!(count(file.nt_read_file(&mut block, Some(0))), Ok(BLOCK));
    let stats = server.stats();
    assert_eq!(stats.connections, 1);
    assert_eq!([stats.protocol_errors, stats.bad_signatures], [0; 2]);
    if stats.sealed_requests != 0 {
        // What goes before there are keys is all that was not sealed.
        let all: u64 = stats.requests.iter().sum();
        let logon = [Command::NEGOTIATE, Command::SESSION_SETUP];
        let plain: u64 = logon.map(|command| stats.requests_of(command)).iter().sum();
        assert_eq!(stats.sealed_requests, all - plain);
    }
}

#[test]
fn reads_that_the_server_has_pended_end_and_it_hears_of_their_cancellation() {
    for settings in [UNSIGNED, SIGNED, SEALED] {
        let share = with_file();
        let server =
            start(server(&share).fault(When::command(Command::READ), Fault::Interim(NEVER)));
        with_driver(settings, |desk| {
            let file = desk.mount(&server).open("file").unwrap();
            let reads = start_reads(&file);
            wait_until("all are asked for", || {
                asked(&server, Command::READ) == MANY
            });
            assert_eq!(file.nt_cancel_io_file(), MANY);
            all_end_cancelled(reads);
            wait_until("it has heard", || asked(&server, Command::CANCEL) == MANY);
            goes_on(&file, &server);
        });
    }
}

#[test]
fn reads_that_the_server_has_not_even_pended_end_and_it_hears_of_their_cancellation() {
    let share = with_file();
    let server = start(server(&share).fault(When::command(Command::READ), Fault::Delay(NEVER)));
    with_driver(&[], |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let reads = start_reads(&file);
        wait_until("all are asked for", || {
            asked(&server, Command::READ) == MANY
        });
        assert_eq!(file.nt_cancel_io_file(), MANY);
        all_end_cancelled(reads);
        wait_until("it has heard", || asked(&server, Command::CANCEL) == MANY);
        goes_on(&file, &server);
    });
}

#[test]
fn writes_end_when_the_server_has_heard_of_their_cancellation() {
    for settings in [UNSIGNED, SIGNED, SEALED] {
        let share = with_file();
        let server =
            start(server(&share).fault(When::command(Command::WRITE), Fault::Interim(NEVER)));
        with_driver(settings, |desk| {
            let file = desk.mount(&server).open("file").unwrap();
            let writes = start_writes(&file);
            wait_until("all are asked for", || {
                asked(&server, Command::WRITE) == MANY
            });
            assert_eq!(file.nt_cancel_io_file(), MANY);
            all_end_cancelled(writes);
            assert_eq!(asked(&server, Command::CANCEL), MANY);
            goes_on(&file, &server);
        });
    }
}

#[test]
fn a_read_ends_at_once_while_a_write_waits_for_the_servers_word() {
    let share = with_file();
    let server = start(
        server(&share)
            .fault(When::command(Command::READ), Fault::Swallow)
            .fault(When::command(Command::WRITE), Fault::Swallow),
    );
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let (written, read) = (mount.open("file").unwrap(), mount.open("file").unwrap());
        let (writes, reads) = (start_writes(&written), start_reads(&read));
        wait_until("all are asked for", || {
            asked(&server, Command::READ) + asked(&server, Command::WRITE) == 2 * MANY
        });
        // Of what is only waited for less long, the writes would end first.
        assert_eq!(written.nt_cancel_io_file(), MANY);
        assert_eq!(read.nt_cancel_io_file(), MANY);
        all_end_cancelled(reads);
        assert!(writes.iter().all(|write| write.try_wait().is_none()));
        wait_until("the server has heard of all", || {
            asked(&server, Command::CANCEL) == 2 * MANY
        });
        server.disconnect_all();
        all_end_cancelled(writes);
    });
}

#[test]
fn case_11_the_late_answers_to_cancelled_reads_are_dropped_with_their_data() {
    for settings in [UNSIGNED, SIGNED, SEALED] {
        let share = with_file();
        let answers = Answers::keep();
        let server = start(server(&share).fault(When::command(Command::READ), answers.fault()));
        with_driver(settings, |desk| {
            let file = desk.mount(&server).open("file").unwrap();
            let reads = start_reads(&file);
            wait_until("all are answered", || answers.most() == MANY);
            assert_eq!(file.nt_cancel_io_file(), MANY);
            for read in reads {
                let (buffer, status) = read.wait();
                assert_eq!(count(status), Err(NtStatus::CANCELLED));
                assert_eq!(buffer, [0; BLOCK]);
            }
            // They come in front of the next.
            answers.release();
            let mut block = [0; BLOCK];
            assert_eq!(count(file.nt_read_file(&mut block, Some(0))), Ok(BLOCK));
            assert!(block[..] == bytes(BLOCK));
            goes_on(&file, &server);
        });
    }
}

#[test]
fn a_server_that_does_not_care_for_a_writes_cancellation_is_waited_for_within_the_time_limit() {
    let share = with_file();
    let server = start(server(&share).fault(When::command(Command::WRITE), Fault::Swallow));
    with_driver(HASTY, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let writes = start_writes(&file);
        wait_until("all are asked for", || {
            asked(&server, Command::WRITE) == MANY
        });
        let begun = Instant::now();
        assert_eq!(file.nt_cancel_io_file(), MANY);
        all_end_cancelled(writes);
        assert!(begun.elapsed() < AND_SOME);
        assert_eq!(asked(&server, Command::CANCEL), MANY);
        goes_on(&file, &server);
    });
}

#[test]
fn a_request_that_waits_for_credits_is_cancelled_without_the_server_knowing_of_it() {
    const CREDITS: usize = 4;
    let share = with_file();
    let server = start(
        server(&share)
            .max_credits(CREDITS as u16)
            .fault(When::command(Command::READ), Fault::Interim(NEVER)),
    );
    // The interim answers give the credits back, but these do not.
    server
        .faults()
        .add(When::command(Command::READ), Fault::Credits(0));
    with_driver(UNSIGNED, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let reads = start_reads(&file);
        wait_until("credits are spent", || {
            asked(&server, Command::READ) == CREDITS
        });
        let (sent, waiting): (Vec<_>, Vec<_>) = reads
            .into_iter()
            .enumerate()
            .partition(|(index, _)| *index < CREDITS);
        for (_, read) in &waiting {
            read.cancel();
        }
        for (index, read) in waiting {
            assert_eq!(
                count(read.wait().1),
                Err(NtStatus::CANCELLED),
                "read {index}"
            );
        }
        assert_eq!(asked(&server, Command::CANCEL), 0);
        for (_, read) in &sent {
            assert!(read.try_wait().is_none());
            read.cancel();
        }
        for (_, read) in sent {
            assert_eq!(count(read.wait().1), Err(NtStatus::CANCELLED));
        }
        assert_eq!(asked(&server, Command::READ), CREDITS);
        wait_until("it has heard", || {
            asked(&server, Command::CANCEL) == CREDITS
        });
        // Without credits nothing can be asked any more, so the connection is given up here.
        server.disconnect_all();
    });
}

#[test]
fn a_large_read_is_cancelled_as_a_whole() {
    const LARGE: usize = 8 << 20;
    let share = share();
    share.write_file("file", &bytes(LARGE)).unwrap();
    // The first parts are answered, the others are not.
    let server =
        start(server(&share).fault(When::command(Command::READ).after(3), Fault::Interim(NEVER)));
    let settings = [("RequireSigning", 0), ("MaxIoBytes", 65536), ("IoDepth", 4)];
    with_driver(&settings, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let read = file.nt_read_file_overlapped(vec![0; LARGE], 0);
        wait_until("it has got stuck", || asked(&server, Command::READ) == 7);
        assert_eq!(file.nt_cancel_io_file(), 1);
        assert_eq!(count(read.wait().1), Err(NtStatus::CANCELLED));
        assert_eq!(asked(&server, Command::READ), 7);
        wait_until("it has heard", || asked(&server, Command::CANCEL) == 4);
        goes_on(&file, &server);
    });
}

#[test]
fn case_45_a_cancellation_that_races_with_the_answer_ends_the_request_once_and_rightly() {
    const TIMES: usize = 500;
    let share = with_file();
    let content = bytes(MANY * BLOCK);
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        // After one that came in time the next cancellation comes later, and sooner after one that was too late, so that the
        // race stays close.
        let mut delay = Duration::from_micros(10);
        let [mut cancelled, mut answered] = [0; 2];
        for _ in 0..TIMES {
            let read = file.nt_read_file_overlapped(vec![0; MANY * BLOCK], 0);
            let begun = Instant::now();
            while begun.elapsed() < delay {
                std::hint::spin_loop();
            }
            read.cancel();
            let (buffer, status) = read.wait();
            if count(status) == Ok(MANY * BLOCK) {
                assert!(buffer == content);
                answered += 1;
                delay = delay * 7 / 8;
            } else {
                assert_eq!(count(status), Err(NtStatus::CANCELLED));
                cancelled += 1;
                delay = delay * 9 / 8;
            }
        }
        assert!(cancelled != 0 && answered != 0, "{cancelled} {answered}");
        goes_on(&file, &server);
    });
}

#[test]
fn closing_a_file_with_reads_under_way_ends_them() {
    let share = with_file();
    let server = start(server(&share).fault(When::command(Command::READ), Fault::Interim(NEVER)));
    with_driver(&[], |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let reads = start_reads(&file);
        wait_until("all are asked for", || {
            asked(&server, Command::READ) == MANY
        });
        // A dropped request is cancelled, and waited for.
        drop(reads);
        drop(file);
        wait_until("the file is closed", || server.stats().open_handles == 0);
    });
}
