//! Requests that are given up without waiting for the server's word.

use super::*;

const LEN: u32 = 200_000;

/// Sends a READ and abandons it.
fn abandoned(client: &mut Client, request: Request<Tok>) -> Ticket {
    let number = request.token.number;
    let ticket = client.send(request);
    let (token, target) = client.connection().abandon(ticket.id).unwrap();
    assert_eq!(token.number, number);
    assert_eq!(target.unwrap().message_id, ticket.message_id);
    ticket
}

#[test]
fn what_was_not_sent_is_given_back_and_needs_no_cancel() {
    let mut client = client(|_| {});
    client.send(request(1, Command::NEGOTIATE));
    let Submitted::Queued(id) = client.submit(request(2, Command::READ)) else {
        panic!()
    };
    let (token, target) = client.connection().abandon(id).unwrap();
    assert_eq!((token.number, target), (2, None));
    assert!(client.connection().abandon(id).is_none());
}

#[test]
fn what_was_sent_is_given_back_at_once_and_only_once() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, LEN));
    client.feed(&interim(&ticket, 0xABCD)).unwrap();
    let (token, target) = client.connection().abandon(ticket.id).unwrap();
    assert_eq!((token.number, target.unwrap().async_id), (1, Some(0xABCD)));
    let now = client.now;
    assert!(client.connection().abandon(ticket.id).is_none());
    assert!(matches!(
        client.connection().cancel(ticket.id, now),
        Cancelled::TooLate
    ));
    later(&mut client, Interval::from_secs(10_000));
    let now = client.now;
    assert!(client.connection().expire(now).is_none());
    client.connection().close();
    assert!(client.connection().next_failed().is_none());
}

#[test]
fn what_was_cancelled_can_still_be_abandoned() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, LEN));
    let now = client.now;
    assert!(matches!(
        client.connection().cancel(ticket.id, now),
        Cancelled::Send(_)
    ));
    assert!(client.connection().abandon(ticket.id).is_some());
}

#[test]
fn a_session_is_awaited_as_long_as_it_may_have_a_late_answer() {
    let mut client = Client::ready();
    let other = SESSION + 1;
    let ticket = abandoned(&mut client, read(1, LEN));
    assert!(client.connection().awaits_session(SESSION));
    assert!(!client.connection().awaits_session(other));
    client.feed(&interim(&ticket, 5)).unwrap();
    assert!(client.connection().awaits_session(SESSION));
    client.feed(&error(&ticket, NtStatus::CANCELLED)).unwrap();
    assert!(!client.connection().awaits_session(SESSION));
}

#[test]
fn what_is_being_received_cannot_be_abandoned() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, LEN));
    let answer = read_answer(&ticket, &[7; LEN as usize]);
    let (first, rest) = answer.split_at(1000);
    assert_eq!(client.feed(first).unwrap(), []);
    assert!(client.connection().abandon(ticket.id).is_none());
    let got = client.feed(rest).unwrap();
    assert_eq!(got[0].data(), [7; LEN as usize]);
}

#[test]
fn the_credits_of_late_answers_count() {
    let mut client = Client::ready();
    let before = client.connection().available_credits();
    let ticket = abandoned(&mut client, read(1, LEN));
    assert_eq!(
        client.connection().available_credits(),
        before - u32::from(ticket.credit_charge)
    );
    client.feed(&interim(&ticket, 9)).unwrap();
    client.feed(&error(&ticket, NtStatus::CANCELLED)).unwrap();
    assert_eq!(client.connection().available_credits(), before + 1);
}

#[test]
fn an_abandoned_echo_is_asked_again() {
    let mut client = Client::ready();
    later(&mut client, Interval::from_secs(30));
    abandoned(&mut client, request(1, Command::ECHO));
    let now = client.now;
    assert_eq!(client.connection().keep_alive(now), KeepAlive::EchoDue);
}
