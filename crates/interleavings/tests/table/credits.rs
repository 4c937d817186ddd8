//! Credits and message ids: what waits for them is served.

use loom::thread;
use smb_client::{Cancelled, SharedTable};
use smb_wire::smb2::Command;

use crate::world::{End, NOW, World, explore, join};

#[test]
fn whoever_waits_for_credits_is_served_in_whatever_order_requests_and_answers_come() {
    explore(|| {
        let (world, mut path) = World::new(1);
        let submitters = [0, 1].map(|first| {
            let world = world.clone();
            thread::spawn(move || world.submit(first, 1, Command::ECHO))
        });
        path.answer_all();
        join(submitters);
        path.answer_all();
        assert_eq!(
            [0, 1].map(|number| world.end_of(number)),
            [End::Answered; 2]
        );
        world.check_credits();
    });
}

#[test]
fn the_dear_and_the_cheap_are_both_served() {
    explore(|| {
        let (world, mut path) = World::new(2);
        let submitters = [(0, 2), (1, 1)].map(|(number, charge)| {
            let world = world.clone();
            thread::spawn(move || world.submit(number, charge, Command::ECHO))
        });
        world.submit(2, 1, Command::ECHO);
        path.answer_all();
        join(submitters);
        path.answer_all();
        assert_eq!(
            [0, 1, 2].map(|number| world.end_of(number)),
            [End::Answered; 3]
        );
        world.check_credits();
    });
}

#[test]
fn those_behind_one_that_is_given_up_are_served() {
    explore(|| {
        let (world, mut path) = World::new(1);
        world.submit(0, 1, Command::ECHO);
        world.submit(1, 1, Command::ECHO);
        let submitter = thread::spawn({
            let world = world.clone();
            move || world.submit(2, 1, Command::ECHO)
        });
        let canceller = thread::spawn({
            let world = world.clone();
            move || {
                let cancelled = world.with(|table| {
                    let id = table.find(|token| token.number == 1)?;
                    Some(table.cancel(id, NOW))
                });
                if let Some(Cancelled::Unsent(token)) = cancelled {
                    token.end(End::Cancelled);
                }
                world.send_queued();
            }
        });
        path.answer_all();
        submitter.join().unwrap();
        canceller.join().unwrap();
        path.answer_all();
        assert_eq!(world.end_of(0), End::Answered);
        assert!(matches!(world.end_of(1), End::Answered | End::Cancelled));
        assert_eq!(world.end_of(2), End::Answered);
        world.check_credits();
    });
}

#[test]
fn what_expires_while_it_is_answered_costs_no_credit() {
    explore(|| {
        let (world, mut path) = World::new(1);
        world.submit(0, 1, Command::ECHO);
        world.submit(1, 1, Command::ECHO);
        let expirer = thread::spawn({
            let world = world.clone();
            move || world.expire()
        });
        path.answer_all();
        expirer.join().unwrap();
        path.answer_all();
        for number in [0, 1] {
            assert!(matches!(world.end_of(number), End::Answered | End::Expired));
        }
        world.check_credits();
    });
}

#[test]
fn nobody_overtakes_one_who_waits_for_what_can_come_together() {
    explore(|| {
        let (world, mut path) = World::new(2);
        world.submit(0, 1, Command::ECHO);
        world.submit(1, 1, Command::ECHO);
        let submitter = thread::spawn({
            let world = world.clone();
            move || {
                world.submit(2, 2, Command::ECHO);
                world.submit(3, 1, Command::ECHO);
            }
        });
        path.pend_next(1);
        submitter.join().unwrap();
        path.answer_all();
        for number in [0, 1, 2, 3] {
            assert_eq!(world.end_of(number), End::Answered);
        }
        assert_eq!(world.charges(), [1, 1, 1, 2, 1]);
        world.check_credits();
    });
}

/// A caller that looks for those who wait before it receives, and not after.
#[test]
#[should_panic(expected = "a request that never ended")]
fn a_caller_that_forgets_those_who_wait_is_noticed() {
    explore(|| {
        let (world, mut path) = World::new(1);
        world.submit(0, 1, Command::ECHO);
        let submitter = thread::spawn({
            let world = world.clone();
            move || world.submit(1, 1, Command::ECHO)
        });
        let answer = path.next_answer(1).unwrap();
        world.send_queued();
        path.receive(&answer, |_| {}).unwrap();
        submitter.join().unwrap();
        path.answer_all();
        world.end_of(1);
    });
}
