//! Reads and writes against cancellation, time-outs and the connection's end.

use std::sync::Arc;

use interleavings::explore::explore;
use interleavings::machine::{
    Machine, PART, Setup, TIMEOUT, Transfer, spawn, start_read, start_write,
};
use interleavings::server::{Answers, Manners, content};
use nt::Status;
use nt::machine::{self, choose, now, pass};
use smb_client::Interval;
use smb_wire::smb2::Command;

const SCHEDULES: usize = 2500;

/// As RDBSS calls it: the write is twice as long as what one WRITE may have, the read as what one READ may bring.
const LENGTH: usize = 2 * PART;
const OFFSET: usize = 100;

/// How long a connection's end may take: as long as the server is given to hear of it.
const GOODBYE: Interval = Interval::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

impl Kind {
    fn make(self, machine: &Machine) -> Arc<Transfer> {
        match self {
            Self::Read => machine.make_read(OFFSET, LENGTH),
            Self::Write => machine.make_write(OFFSET, data()),
        }
    }

    fn start(self, transfer: &Arc<Transfer>) {
        match self {
            Self::Read => start_read(transfer),
            Self::Write => start_write(transfer),
        }
    }

    /// Waits for the answer, which is success, and then true, or one of these.
    fn expect(self, machine: &Machine, transfer: &Transfer, others: &[Status]) -> Status {
        let answered = transfer.wait();
        if answered.status == Status::SUCCESS {
            assert_eq!(answered.information, LENGTH);
            match self {
                Self::Read => assert_eq!(transfer.bytes(), data()),
                Self::Write => {
                    let written = machine.server.written(OFFSET, LENGTH);
                    assert!(written.into_iter().eq(data().into_iter().map(Some)));
                }
            }
        } else {
            assert!(others.contains(&answered.status), "{answered:?}");
            assert_eq!(answered.information, 0);
        }
        answered.status
    }
}

/// What the file has, and what is written to it.
fn data() -> Vec<u8> {
    (OFFSET..OFFSET + LENGTH)
        .map(|place| content(place as u64))
        .collect()
}

fn against_cancellation(kind: Kind, protected: bool) {
    explore(SCHEDULES, move || {
        let machine = Machine::start(Setup {
            protected,
            ..Setup::new(Manners {
                pends: true,
                cancels: true,
                ..Manners::GOOD
            })
        });
        let transfer = kind.make(&machine);
        let cancelled = Arc::clone(&transfer);
        let canceller = spawn(move || cancelled.cancel());
        kind.start(&transfer);
        kind.expect(&machine, &transfer, &[Status::CANCELLED]);
        drop(canceller);
        machine.end();
    });
}

#[test]
fn a_read_against_its_cancellation_is_answered_once() {
    against_cancellation(Kind::Read, false);
}

#[test]
fn a_read_that_the_relay_serves_against_its_cancellation_is_answered_once() {
    against_cancellation(Kind::Read, true);
}

#[test]
fn a_write_against_its_cancellation_is_answered_once() {
    against_cancellation(Kind::Write, false);
}

fn against_time_out(kind: Kind) {
    explore(SCHEDULES, move || {
        let machine = Machine::start(Setup::new(Manners {
            answers: Answers::Some,
            thinks: TIMEOUT.0,
            ..Manners::GOOD
        }));
        let transfer = kind.make(&machine);
        let begun = now();
        kind.start(&transfer);
        // A server that is heard of is waited for up to four times as long.
        kind.expect(&machine, &transfer, &[Status::IO_TIMEOUT]);
        let took = transfer.wait().at - begun;
        assert!(took <= 4 * TIMEOUT.0, "{took}");
        machine.end();
    });
}

#[test]
fn a_read_against_its_time_out_is_answered_once_and_in_time() {
    against_time_out(Kind::Read);
}

#[test]
fn a_write_against_its_time_out_is_answered_once_and_in_time() {
    against_time_out(Kind::Write);
}

fn against_the_end(kind: Kind, protected: bool) {
    explore(SCHEDULES, move || {
        let mut machine = Machine::start(Setup {
            protected,
            ..Setup::new(Manners::GOOD)
        });
        let transfer = kind.make(&machine);
        let wire = Arc::clone(&machine.wire);
        let keeper = machine.take_keeper();
        let ender = spawn(move || {
            match choose(3) {
                0 => wire.reset(),
                1 => wire.hang_up(),
                _ => {}
            }
            // An unload.
            let begun = now();
            drop(keeper);
            assert!(now() <= begun + GOODBYE.0);
        });
        kind.start(&transfer);
        kind.expect(&machine, &transfer, &[Status::CONNECTION_DISCONNECTED]);
        drop(ender);
        machine.end();
    });
}

#[test]
fn a_read_against_the_connections_end_is_answered_once() {
    against_the_end(Kind::Read, false);
}

#[test]
fn a_read_that_the_relay_serves_against_the_connections_end_is_answered_once() {
    against_the_end(Kind::Read, true);
}

#[test]
fn a_write_against_the_connections_end_is_answered_once() {
    against_the_end(Kind::Write, false);
}

#[test]
fn a_write_whose_data_does_not_leave_ends_the_connection_and_gives_its_buffer_back() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup {
            // A server that answers a WRITE before its data is there: nothing but its silence shows that something is wrong.
            echo_after: Some(Interval::from_secs(3)),
            ..Setup::new(Manners::GOOD)
        });
        let wire = Arc::clone(&machine.wire);
        let staller = spawn(move || wire.stall());
        let write = machine.make_write(OFFSET, data());
        start_write(&write);
        let others = [Status::IO_TIMEOUT, Status::CONNECTION_DISCONNECTED];
        Kind::Write.expect(&machine, &write, &others);
        drop(staller);
        machine.end();
    });
}

#[test]
fn a_write_whose_data_never_leaves_ends_the_connection_by_its_time_out() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup::new(Manners::GOOD));
        machine.wire.stall();
        let begun = now();
        let write = machine.write(OFFSET, data());
        let answered = write.wait();
        assert_eq!(answered.status, Status::IO_TIMEOUT);
        assert_eq!(answered.at, begun + TIMEOUT.0);
        assert!(machine.caller().flush().is_err());
        machine.end();
    });
}

#[test]
fn a_write_that_is_answered_but_never_taken_ends_however_lively_its_server_is() {
    /// Until then the server gives signs of life.
    const LIVES: u32 = 600;
    explore(SCHEDULES / 10, || {
        let machine = Machine::start(Setup {
            echo_after: Some(Interval::from_secs(3)),
            ..Setup::new(Manners {
                answers: Answers::Not(Command::READ),
                ..Manners::GOOD
            })
        });
        let read = machine.read(0, PART);
        let server = Arc::clone(&machine.server);
        let lives = spawn(move || {
            for _ in 0..LIVES / 2 {
                server.pend_again();
                machine::sleep(Interval::from_secs(2).0);
            }
        });
        machine.wire.keep_buffers();
        let begun = now();
        let write = machine.write(OFFSET, data());
        let answered = write.wait();
        assert_eq!(answered.status, Status::SUCCESS);
        assert!(answered.at <= begun + 30 * TIMEOUT.0, "{answered:?}");
        read.wait();
        drop(lives);
        machine.end();
    });
}

#[test]
fn a_write_that_is_not_answered_although_its_data_has_left_costs_no_connection() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup::new(Manners {
            answers: Answers::Not(Command::WRITE),
            ..Manners::GOOD
        }));
        let write = machine.write(OFFSET, data());
        assert_eq!(write.wait().status, Status::IO_TIMEOUT);
        assert_eq!(machine.caller().flush(), Ok(()));
        machine.end();
    });
}

#[test]
fn a_read_whose_late_answer_is_dropped_costs_no_connection() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup::new(Manners {
            thinks: 2 * TIMEOUT.0,
            ..Manners::GOOD
        }));
        let read = Kind::Read.make(&machine);
        Kind::Read.start(&read);
        Kind::Read.expect(&machine, &read, &[Status::IO_TIMEOUT]);
        machine::sleep(20 * TIMEOUT.0);
        let flushed = machine.caller().flush();
        assert!(
            matches!(flushed, Ok(()) | Err(Status::IO_TIMEOUT)),
            "{flushed:?}"
        );
        machine.end();
    });
}

#[test]
fn everything_at_once_is_answered_once_each() {
    explore(2 * SCHEDULES, || {
        let mut machine = Machine::start(Setup {
            echo_after: Some(Interval::from_secs(3)),
            ..Setup::new(Manners {
                credits: 2,
                answers: Answers::Some,
                pends: true,
                cancels: true,
                thinks: TIMEOUT.0 / 2,
            })
        });
        let read = machine.make_read(OFFSET, LENGTH);
        let write = machine.make_write(OFFSET, data());
        let (reading, writing) = (Arc::clone(&read), Arc::clone(&write));
        let (first, second) = (Arc::clone(&read), Arc::clone(&write));
        let (caller, wire) = (machine.caller(), Arc::clone(&machine.wire));
        let keeper = machine.take_keeper();
        let threads = [
            spawn(move || start_read(&reading)),
            spawn(move || start_write(&writing)),
            spawn(move || {
                // It waits for an answer, whatever that is.
                let _ = caller.flush();
            }),
            spawn(move || {
                first.cancel();
                second.cancel();
            }),
            spawn(move || {
                for _ in 0..3 {
                    pass(TIMEOUT.0 / 2);
                }
                match choose(4) {
                    0 => wire.reset(),
                    1 => wire.hang_up(),
                    _ => {}
                }
                drop(keeper);
            }),
        ];
        let any = [
            Status::CANCELLED,
            Status::IO_TIMEOUT,
            Status::CONNECTION_DISCONNECTED,
        ];
        Kind::Read.expect(&machine, &read, &any);
        Kind::Write.expect(&machine, &write, &any);
        drop(threads);
        machine.end();
    });
}
