use std::vec;
use std::vec::Vec;

use proptest::prelude::*;
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::Command;

use super::*;
use crate::testing::{Client, request, write_answer};

/// A file and how its server misbehaves.
#[derive(Clone, Debug)]
struct Server {
    file_len: u64,
    /// Reads and writes of at most this many bytes are done in full.
    most: u32,
    /// Anything that reaches over this place fails.
    bad_from: Option<u64>,
}

impl Server {
    fn answer(&self, chunk: Chunk, direction: Direction) -> Outcome<u64> {
        if let Some(bad) = self.bad_from
            && chunk.offset + u64::from(chunk.len) > bad
        {
            return Outcome::Failed(chunk.offset);
        }
        let wanted = u64::from(chunk.len.min(self.most));
        match direction {
            Direction::Write => Outcome::Done(u32::try_from(wanted).unwrap()),
            Direction::Read if chunk.offset >= self.file_len => Outcome::EndOfFile,
            Direction::Read => {
                Outcome::Done(u32::try_from(wanted.min(self.file_len - chunk.offset)).unwrap())
            }
        }
    }
}

/// Runs a transfer with up to `window` chunks in flight, answered in the order that `order` says. Marks what was
/// transferred.
fn run(
    transfer: &mut Transfer<u64>,
    direction: Direction,
    server: &Server,
    window: usize,
    mut order: impl FnMut(usize) -> usize,
    len: usize,
) -> Vec<bool> {
    let mut in_flight = vec![];
    let mut marks = vec![false; len];
    for _ in 0..100_000 {
        while in_flight.len() < window
            && let Some(chunk) = transfer.next_chunk()
        {
            in_flight.push(chunk);
        }
        assert_eq!(transfer.in_flight() as usize, in_flight.len());
        if in_flight.is_empty() {
            assert!(transfer.is_finished());
            return marks;
        }
        let chunk = in_flight.remove(order(in_flight.len()));
        let outcome = server.answer(chunk, direction);
        if let Outcome::Done(count) = outcome {
            let start = usize::try_from(chunk.position).unwrap();
            marks[start..start + count as usize].fill(true);
        }
        transfer.done(chunk, outcome);
    }
    panic!("the transfer never ends");
}

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same_result(
        offset in 0u64..1000, len in 0u64..3000, chunk in 1u32..700, window in 1usize..9,
        file_len in 0u64..4000, orders in prop::collection::vec(any::<usize>(), 64),
    ) {
        let server = Server { file_len, most: u32::MAX, bad_from: None };
        let mut transfer = Transfer::new(Direction::Read, offset, len, chunk);
        let mut turn = 0;
        let marks = run(&mut transfer, Direction::Read, &server, window, |n| {
            turn += 1;
            orders[turn % orders.len()] % n
        }, usize::try_from(len).unwrap());
        let expected = file_len.saturating_sub(offset).min(len);
        prop_assert_eq!(transfer.transferred(), expected);
        prop_assert_eq!(transfer.error(), None);
        prop_assert!(marks.iter().take(usize::try_from(expected).unwrap()).all(|mark| *mark));
    }

    #[test]
    fn short_answers_leave_no_gaps(
        len in 0u64..3000, chunk in 1u32..700, window in 2usize..9, most in 200u32..900,
        direction in prop_oneof![Just(Direction::Read), Just(Direction::Write)],
        orders in prop::collection::vec(any::<usize>(), 64),
    ) {
        let server = Server { file_len: u64::MAX, most, bad_from: None };
        let mut transfer = Transfer::new(direction, 0, len, chunk);
        let mut turn = 0;
        let marks = run(&mut transfer, direction, &server, window, |n| {
            turn += 1;
            orders[turn % orders.len()] % n
        }, usize::try_from(len).unwrap());
        let done = usize::try_from(transfer.transferred()).unwrap();
        prop_assert!(marks[..done].iter().all(|mark| *mark), "a gap before {}", done);
        if direction == Direction::Write {
            prop_assert_eq!(transfer.transferred(), len);
        }
    }

    #[test]
    fn the_error_that_counts_is_the_first_by_place(
        len in 1u64..3000, chunk in 1u32..700, window in 1usize..9, bad in 0u64..3000,
        orders in prop::collection::vec(any::<usize>(), 64),
    ) {
        let server = Server { file_len: u64::MAX, most: u32::MAX, bad_from: Some(bad) };
        let mut transfer = Transfer::new(Direction::Write, 0, len, chunk);
        let mut turn = 0;
        run(&mut transfer, Direction::Write, &server, window, |n| {
            turn += 1;
            orders[turn % orders.len()] % n
        }, usize::try_from(len).unwrap());
        if bad < len {
            let first_bad_chunk = bad / u64::from(chunk) * u64::from(chunk);
            prop_assert_eq!(transfer.error(), Some(first_bad_chunk));
            prop_assert_eq!(transfer.transferred(), first_bad_chunk);
        } else {
            prop_assert_eq!(transfer.error(), None);
            prop_assert_eq!(transfer.transferred(), len);
        }
    }
}

#[test]
fn a_transfer_of_nothing_is_finished_at_once() {
    let mut transfer: Transfer<()> = Transfer::new(Direction::Read, 5, 0, 100);
    assert_eq!(transfer.next_chunk(), None);
    assert!(transfer.is_finished());
    assert_eq!(transfer.transferred(), 0);
}

#[test]
fn the_end_of_a_file_is_asked_for_once() {
    let mut transfer: Transfer<()> = Transfer::new(Direction::Read, 0, 100, 100);
    let chunk = transfer.next_chunk().unwrap();
    transfer.done(chunk, Outcome::Done(40));
    assert!(transfer.is_finished(), "a short read at the end is the end");
    assert_eq!(transfer.transferred(), 40);
}

#[test]
fn a_short_read_with_data_behind_it_is_taken_up_again() {
    let mut transfer: Transfer<()> = Transfer::new(Direction::Read, 1000, 200, 100);
    let first = transfer.next_chunk().unwrap();
    let second = transfer.next_chunk().unwrap();
    transfer.done(second, Outcome::Done(100));
    transfer.done(first, Outcome::Done(60));
    let again = transfer.next_chunk().unwrap();
    assert_eq!((again.position, again.offset, again.len), (60, 1060, 100));
    let last = transfer.next_chunk().unwrap();
    assert_eq!((last.position, last.len), (160, 40));
    transfer.done(again, Outcome::Done(100));
    transfer.done(last, Outcome::Done(40));
    assert!(transfer.is_finished());
    assert_eq!(transfer.transferred(), 200);
}

#[test]
fn case_34_a_server_that_reads_byte_by_byte_does_not_keep_us_for_ever() {
    let server = Server {
        file_len: u64::MAX,
        most: 1,
        bad_from: None,
    };
    let mut transfer = Transfer::new(Direction::Read, 0, 1 << 20, 65536);
    run(&mut transfer, Direction::Read, &server, 4, |_| 0, 1 << 20);
    assert_eq!(transfer.transferred(), u64::from(MAX_RESUMPTIONS) + 1);
}

#[test]
fn nothing_more_is_asked_for_once_an_error_is_known() {
    let mut transfer = Transfer::new(Direction::Write, 0, 1000, 100);
    let first = transfer.next_chunk().unwrap();
    let second = transfer.next_chunk().unwrap();
    transfer.done(second, Outcome::Failed("full"));
    assert_eq!(transfer.next_chunk(), None);
    assert!(!transfer.is_finished());
    transfer.done(first, Outcome::Done(100));
    assert!(transfer.is_finished());
    assert_eq!(
        (transfer.transferred(), transfer.error()),
        (100, Some("full"))
    );
}

#[test]
fn offsets_at_the_end_of_numbers_do_not_overflow() {
    let mut transfer: Transfer<()> =
        Transfer::new(Direction::Read, u64::MAX - 10, u64::MAX, u32::MAX);
    for _ in 0..3 {
        let chunk = transfer.next_chunk().unwrap();
        transfer.done(chunk, Outcome::Done(u32::MAX));
    }
    assert_eq!(transfer.transferred(), 3 * u64::from(u32::MAX));
}

#[test]
fn case_35_a_write_that_counts_too_much_or_nothing_is_refused() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::WRITE));
    let chunk = Chunk {
        position: 0,
        offset: 0,
        len: 100,
    };
    let written = |count| {
        let frame = write_answer(&ticket, count);
        chunk.written(&frame[FrameHeader::LEN..])
    };
    assert_eq!(written(100), Ok(100));
    assert_eq!(written(1), Ok(1));
    for answered in [0, 101, u32::MAX] {
        assert_eq!(
            written(answered),
            Err(ClientError::BadWriteCount {
                sent: 100,
                answered
            })
        );
    }
}
