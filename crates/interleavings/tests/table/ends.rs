//! How requests end: once, whoever comes first.

use loom::thread;
use smb_client::{Cancelled, SharedTable};
use smb_wire::smb2::Command;

use crate::world::{End, NOW, World, explore, join};

/// Gives request 0 up, as a write is: the server is waited for.
fn cancel(world: &World) {
    let cancelled = world.with(|table| {
        let id = table.find(|token| token.number == 0)?;
        Some(table.cancel(id, NOW))
    });
    if let Some(Cancelled::Unsent(token)) = cancelled {
        token.end(End::Cancelled);
    }
    world.send_queued();
}

/// Gives request 0 up, as a read is: at once.
fn abandon(world: &World) {
    let abandoned = world.with(|table| {
        let id = table.find(|token| token.number == 0)?;
        table.abandon(id)
    });
    if let Some((token, _)) = abandoned {
        token.end(End::Abandoned);
    }
    world.send_queued();
}

#[test]
fn an_answer_a_cancellation_and_a_time_out_end_a_request_once() {
    explore(|| {
        let (world, mut path) = World::new(2);
        world.submit(0, 1, Command::READ);
        let threads = [cancel, World::expire].map(|work| {
            let world = world.clone();
            thread::spawn(move || work(&world))
        });
        // Late or not, the answer harms nobody.
        assert!(path.answer_next(1));
        join(threads);
        assert!(matches!(world.end_of(0), End::Answered | End::Expired));
        world.check_credits();
    });
}

#[test]
fn an_answer_an_abandonment_and_the_connections_end_end_a_request_once() {
    explore(|| {
        let (world, mut path) = World::new(2);
        world.submit(0, 1, Command::READ);
        let threads = [abandon, World::close].map(|work| {
            let world = world.clone();
            thread::spawn(move || work(&world))
        });
        let answer = path.next_answer(1).unwrap();
        // After the end nobody is waited for, and whoever answers all the same is not believed.
        if path.receive(&answer, |_| {}).is_err() {
            assert_ne!(world.end_of(0), End::Answered);
        }
        join(threads);
        path.abort();
        assert!(matches!(
            world.end_of(0),
            End::Answered | End::Abandoned | End::Failed
        ));
    });
}

#[test]
fn what_is_being_received_belongs_to_the_receiver_alone() {
    explore(|| {
        let (world, mut path) = World::new(2);
        world.submit(0, 1, Command::READ);
        let threads = [abandon, World::expire].map(|work| {
            let world = world.clone();
            thread::spawn(move || work(&world))
        });
        let answer = path.next_answer(1).unwrap();
        let shared = world.clone();
        let mut was_received = false;
        path.receive(&answer, |number| {
            was_received = true;
            // Nobody else can find it any more, let alone end it: its buffer is being written to.
            assert!(shared.with(|table| table.find(|token| token.number == number).is_none()));
        })
        .unwrap();
        join(threads);
        assert_eq!(was_received, world.end_of(0) == End::Answered);
        world.check_credits();
    });
}

#[test]
fn a_request_that_comes_with_the_connections_end_is_refused_or_failed() {
    explore(|| {
        let (world, mut path) = World::new(2);
        let submitter = thread::spawn({
            let world = world.clone();
            move || {
                world.submit(0, 1, Command::ECHO);
                world.submit(1, 2, Command::ECHO);
            }
        });
        let closer = thread::spawn({
            let world = world.clone();
            move || world.close()
        });
        if let Some(answer) = path.next_answer(1) {
            let _ = path.receive(&answer, |_| {});
        }
        submitter.join().unwrap();
        closer.join().unwrap();
        path.abort();
        for number in [0, 1] {
            assert!(matches!(
                world.end_of(number),
                End::Answered | End::Failed | End::Refused
            ));
        }
    });
}

/// A caller that takes a CANCEL that it has to send for the end of the request.
#[test]
#[should_panic(expected = "a request that ended twice")]
fn a_caller_that_ends_a_request_which_the_table_still_has_is_noticed() {
    explore(|| {
        let (world, mut path) = World::new(2);
        world.submit(0, 1, Command::READ);
        let canceller = thread::spawn({
            let world = world.clone();
            move || {
                let id = world.with(|table| table.find(|token| token.number == 0));
                if let Some(id) = id
                    && let Cancelled::Send(_) = world.with(|table| table.cancel(id, NOW))
                {
                    world.end_by_hand(0, End::Cancelled);
                }
            }
        });
        path.answer_next(1);
        canceller.join().unwrap();
        world.end_of(0);
    });
}
