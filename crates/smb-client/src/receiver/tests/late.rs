//! Answers to what was given up meanwhile.

use super::*;
use crate::{Request, Ticket};

const LEN: u32 = 200_000;

/// Sends a request and abandons it.
fn abandoned(client: &mut Client, request: Request<Tok>) -> Ticket {
    let ticket = client.send(request);
    assert!(client.connection().abandon(ticket.id).is_some());
    ticket
}

#[test]
fn case_11_a_late_answer_is_dropped_with_its_data_however_it_is_protected() {
    let data = [7; LEN as usize];
    type Protect = fn(Request<Tok>) -> Request<Tok>;
    type Answer = fn(Vec<u8>) -> Vec<u8>;
    let ways: [(Protect, Answer); 3] = [(|r| r, |f| f), (signed, sign), (sealed, seal)];
    for (protect, answer) in ways {
        let mut client = Client::ready();
        client.receiver.max_sealed = 1 << 20;
        let late = abandoned(&mut client, protect(read(1, LEN)));
        let next = client.send(protect(read(2, LEN)));
        let mut bytes = answer(read_answer(&late, &data));
        bytes.extend(answer(read_answer(&next, &data)));
        let got = client.feed(&bytes).unwrap();
        assert_eq!(got.iter().map(Got::number).collect::<Vec<_>>(), [2]);
        assert_eq!(got[0].data(), data);
        // The id is forgotten with its answer.
        assert_eq!(
            client.feed(&answer(error(&late, NtStatus::CANCELLED))),
            Err(ClientError::UnknownMessageId(late.message_id))
        );
    }
}

#[test]
fn a_late_answer_in_a_compound_is_dropped_too() {
    let mut client = Client::ready();
    let late = abandoned(&mut client, read(1, 4096));
    let next = client.send(read(2, 4096));
    let both = compound(&[
        read_answer(&late, &[1; 4096]),
        read_answer(&next, &[2; 4096]),
    ]);
    let got = client.feed(&both).unwrap();
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].number(), got[0].data()), (2, &[2; 4096][..]));
}

#[test]
fn a_late_sealed_answer_may_be_as_long_as_was_asked_for_and_no_longer() {
    let answer = |asked: u32, answered: usize| {
        let mut client = Client::ready();
        let late = abandoned(&mut client, sealed(read(1, asked)));
        client.receiver.max_sealed = 1 << 20;
        let got = client.feed(&seal(read_answer(&late, &vec![1; answered])));
        got.map(|got| got.len())
    };
    assert_eq!(answer(LEN, LEN as usize), Ok(0));
    assert!(matches!(
        answer(LEN, LEN as usize + (64 << 10)),
        Err(ClientError::FrameTooLong { .. })
    ));
}

#[test]
fn what_nobody_waits_for_is_received_in_large_steps() {
    let mut client = Client::ready();
    let late = abandoned(&mut client, read(1, 1 << 20));
    let mut steps = 0;
    client
        .feed_in_pieces(&read_answer(&late, &vec![0; 1 << 20]), || {
            steps += 1;
            usize::MAX
        })
        .unwrap();
    assert!(steps < 20, "{steps}");
}
