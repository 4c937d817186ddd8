//! The keeper, which sleeps until the next deadline, and those that make an earlier one.

use std::sync::Arc;

use interleavings::explore::explore;
use interleavings::machine::{Machine, PART, Setup, TIMEOUT, spawn, start_read, start_write};
use interleavings::server::{Answers, Manners};
use nt::Status;
use nt::machine::{now, sleep};
use smb_client::Interval;

const SCHEDULES: usize = 2500;

/// After so long the keeper has forgotten the NEGOTIATE's deadline and sleeps for as long as it may.
const REST: Interval = Interval::from_secs(90);

const SILENT: Manners = Manners {
    answers: Answers::Nothing,
    ..Manners::GOOD
};

/// What is left of a second when the keeper's sleep is counted in microseconds.
const ROUNDING: u64 = 10;

#[test]
fn a_request_that_is_due_before_the_keeper_would_look_ends_when_it_is_due() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup::new(SILENT));
        sleep(REST.0);
        let begun = now();
        let read = machine.make_read(0, 2 * PART);
        let reading = Arc::clone(&read);
        let caller = machine.caller();
        let reader = spawn(move || start_read(&reading));
        assert_eq!(caller.flush(), Err(Status::IO_TIMEOUT));
        let answered = read.wait();
        assert_eq!(answered.status, Status::IO_TIMEOUT);
        assert!(answered.at <= begun + TIMEOUT.0 + ROUNDING, "{answered:?}");
        assert!(now() <= begun + TIMEOUT.0 + ROUNDING);
        drop((reader, caller));
        machine.end();
    });
}

#[test]
fn a_cancelled_write_is_waited_for_no_longer_than_a_cancelled_one_ought_to() {
    const PATIENCE: Interval = Interval::from_secs(10);
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup {
            timeout: Interval::from_secs(50),
            ..Setup::new(SILENT)
        });
        sleep(REST.0);
        let begun = now();
        let write = machine.make_write(0, vec![1; 2 * PART]);
        let cancelled = Arc::clone(&write);
        let canceller = spawn(move || cancelled.cancel());
        start_write(&write);
        let answered = write.wait();
        assert_eq!(answered.status, Status::CANCELLED);
        assert!(answered.at <= begun + PATIENCE.0 + ROUNDING, "{answered:?}");
        drop(canceller);
        machine.end();
    });
}

#[test]
fn a_cancelled_read_ends_at_once_whichever_part_it_has_come_to() {
    explore(SCHEDULES, || {
        // The first part is answered; the second one can only be asked for while the cancellation is on its way.
        let machine = Machine::start(Setup {
            io_depth: 1,
            ..Setup::new(Manners {
                answers: Answers::First(1),
                ..Manners::GOOD
            })
        });
        let begun = now();
        let read = machine.make_read(0, 2 * PART);
        let cancelled = Arc::clone(&read);
        let canceller = spawn(move || cancelled.cancel());
        start_read(&read);
        let answered = read.wait();
        assert_eq!(answered.status, Status::CANCELLED);
        assert_eq!(answered.at, begun);
        drop(canceller);
        machine.end();
    });
}

#[test]
fn a_silent_server_is_asked_for_a_sign_of_life_and_given_up() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup {
            echo_after: Some(Interval::from_secs(3)),
            timeout: Interval::from_secs(4),
            ..Setup::new(SILENT)
        });
        let caller = machine.caller();
        sleep(Interval::from_secs(8).0);
        assert_eq!(caller.flush(), Err(Status::IO_TIMEOUT));
        drop(caller);
        machine.end();
    });
}

#[test]
fn a_server_that_gives_signs_of_life_is_asked_again_and_again_and_kept() {
    const SILENCE: u32 = 3;
    const WATCHED: u32 = 60;
    explore(SCHEDULES / 4, || {
        let machine = Machine::start(Setup {
            echo_after: Some(Interval::from_secs(SILENCE)),
            ..Setup::new(Manners::GOOD)
        });
        sleep(Interval::from_secs(WATCHED).0);
        let asked = machine.server.asked();
        assert!(asked + 1 >= (WATCHED / SILENCE) as usize, "{asked}");
        assert_eq!(machine.caller().flush(), Ok(()));
        machine.end();
    });
}
