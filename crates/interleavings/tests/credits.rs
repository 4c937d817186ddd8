//! Requests that wait for credits.

use std::sync::Arc;

use interleavings::explore::explore;
use interleavings::machine::{Machine, PART, Setup, spawn, start_read, start_write};
use interleavings::server::{Answers, Manners};
use nt::Status;
use nt::machine::{now, pass, sleep};
use smb_wire::smb2::Command;

const SCHEDULES: usize = 2500;

/// One credit: whoever comes second waits.
const MEAN: Manners = Manners {
    credits: 1,
    ..Manners::GOOD
};

#[test]
fn those_behind_a_cancelled_request_get_their_turn() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup::new(MEAN));
        let begun = now();
        let transfers = [
            machine.make_read(0, 2 * PART),
            machine.make_write(512, vec![1; 2 * PART]),
        ];
        let [read, write] = [0, 1].map(|index: usize| Arc::clone(&transfers[index]));
        let [first, second] = [0, 1].map(|index: usize| Arc::clone(&transfers[index]));
        let (caller, last) = (machine.caller(), machine.caller());
        let threads = [
            spawn(move || start_read(&read)),
            spawn(move || start_write(&write)),
            spawn(move || assert_eq!(caller.flush(), Ok(()))),
            spawn(move || {
                first.cancel();
                second.cancel();
            }),
        ];
        assert_eq!(last.flush(), Ok(()));
        for transfer in &transfers {
            let answered = transfer.wait();
            assert!(matches!(
                answered.status,
                Status::SUCCESS | Status::CANCELLED
            ));
        }
        // Nobody waited for a time-out.
        drop((threads, last));
        assert_eq!(now(), begun);
        machine.end();
    });
}

#[test]
fn a_cheap_request_goes_at_once_when_the_dear_one_in_front_is_cancelled() {
    const DEAR: usize = 2 * 65536;
    explore(SCHEDULES / 4, || {
        let machine = Machine::start(Setup {
            part: DEAR,
            ..Setup::new(Manners {
                credits: 2,
                answers: Answers::Not(Command::FLUSH),
                ..Manners::GOOD
            })
        });
        let caller = machine.caller();
        let flusher = spawn(move || assert_eq!(caller.flush(), Err(Status::IO_TIMEOUT)));
        // One of two credits is spent for good.
        while machine.server.asked() == 0 {
            sleep(1);
        }
        let read = machine.make_read(0, DEAR);
        let write = machine.make_write(0, vec![1; PART]);
        let (reading, writing, cancelled) =
            (Arc::clone(&read), Arc::clone(&write), Arc::clone(&read));
        let begun = now();
        let threads = [
            spawn(move || start_read(&reading)),
            spawn(move || start_write(&writing)),
            spawn(move || cancelled.cancel()),
        ];
        assert_eq!(read.wait().status, Status::CANCELLED);
        let answered = write.wait();
        assert_eq!(answered.status, Status::SUCCESS);
        assert_eq!(answered.at, begun);
        drop((threads, flusher));
        machine.end();
    });
}

#[test]
fn those_that_wait_for_credits_which_never_come_end_by_their_time_out() {
    explore(SCHEDULES, || {
        let machine = Machine::start(Setup::new(Manners {
            answers: Answers::Not(Command::READ),
            ..MEAN
        }));
        let read = machine.make_read(0, 2 * PART);
        let reading = Arc::clone(&read);
        let caller = machine.caller();
        let threads = [
            spawn(move || start_read(&reading)),
            spawn(move || {
                let flushed = caller.flush();
                assert!(matches!(flushed, Ok(()) | Err(Status::IO_TIMEOUT)));
            }),
        ];
        assert_eq!(read.wait().status, Status::IO_TIMEOUT);
        drop(threads);
        machine.end();
    });
}

#[test]
fn threads_that_wait_for_their_answers_get_them_once_whatever_happens() {
    explore(SCHEDULES, || {
        let mut machine = Machine::start(Setup::new(Manners {
            pends: true,
            thinks: 10_000_000,
            ..MEAN
        }));
        let callers = [machine.caller(), machine.caller(), machine.caller()];
        let keeper = machine.take_keeper();
        let threads = callers.map(|caller| {
            spawn(move || {
                let flushed = caller.flush();
                assert!(matches!(
                    flushed,
                    Ok(()) | Err(Status::CONNECTION_DISCONNECTED | Status::IO_TIMEOUT)
                ));
            })
        });
        pass(20_000_000);
        drop(keeper);
        drop(threads);
        machine.end();
    });
}
