use std::vec::Vec;

use proptest::prelude::*;
use smb_wire::smb2::{EchoResponse, ErrorResponse, Header, HeaderFlags};

use super::*;
use crate::testing::*;
use crate::{ServerName, Want};

mod abandoned;
mod time;

fn ok(ticket: &Ticket, credits: u16) -> Vec<u8> {
    response(ticket, NtStatus::SUCCESS, credits, |w| EchoResponse.emit(w))
}

/// A client on a connection with these settings, negotiated.
fn client(change: impl FnOnce(&mut Config)) -> Client {
    let mut config = config();
    change(&mut config);
    let mut client = Client::fresh(&config);
    client.connection().set_multi_credit(true);
    client
}

fn later(client: &mut Client, interval: Interval) {
    client.now = client.now.after(interval);
}

#[test]
fn a_new_connection_may_send_one_request_with_id_0() {
    let mut client = client(|_| {});
    let ticket = client.send(request(1, Command::NEGOTIATE));
    assert_eq!((ticket.message_id, ticket.credit_request), (0, 512));
    assert!(matches!(
        client.submit(request(2, Command::ECHO)),
        Submitted::Queued(_)
    ));
}

#[test]
fn a_pended_request_counts_as_answered_once() {
    let mut client = client(|config| config.credits = 10);
    let first = client.send(request(1, Command::NEGOTIATE));
    client.feed(&ok(&first, 10)).unwrap();
    let pended = client.send(request(2, Command::ECHO));
    client.send(request(3, Command::ECHO));
    client.feed(&interim(&pended, 7)).unwrap();
    client.feed(&ok(&pended, 0)).unwrap();
    // Nine are held and one is spent: nothing is missing.
    assert_eq!(client.send(request(4, Command::ECHO)).credit_request, 1);
}

#[test]
fn a_header_without_multi_credit_has_no_charge() {
    let mut client = client(|_| {});
    client.connection().set_multi_credit(false);
    let ticket = client.send(request(1, Command::NEGOTIATE));
    assert_eq!(ticket.credit_charge, 0);
    client.feed(&ok(&ticket, 4)).unwrap();
    client.connection().set_multi_credit(true);
    assert_eq!(client.send(request(2, Command::ECHO)).credit_charge, 1);
}

#[test]
fn what_waits_for_credits_goes_in_order_when_they_come() {
    let mut client = client(|_| {});
    let first = client.send(request(1, Command::NEGOTIATE));
    for number in 2..5 {
        assert!(matches!(
            client.submit(request(number, Command::ECHO)),
            Submitted::Queued(_)
        ));
    }
    let now = client.now;
    assert!(client.connection().next_queued(now).is_none());
    client.feed(&ok(&first, 2)).unwrap();
    let mut sent = Vec::new();
    while let Some((ticket, token)) = client.connection().next_queued(now) {
        sent.push((ticket.message_id, token.number));
    }
    assert_eq!(sent, [(1, 2), (2, 3)]);
}

#[test]
fn a_cheap_request_does_not_overtake_a_dear_one() {
    let mut client = client(|_| {});
    let first = client.send(request(1, Command::NEGOTIATE));
    client.feed(&ok(&first, 4)).unwrap();
    client.send(read(2, 128 << 10));
    for waiting in [read(3, 256 << 10), request(4, Command::ECHO)] {
        assert!(matches!(client.submit(waiting), Submitted::Queued(_)));
    }
    assert!(!client.connection().can_send(1, 1));
}

#[test]
fn a_request_dearer_than_all_credits_does_not_hold_up_the_others() {
    let mut client = client(|_| {});
    let first = client.send(request(1, Command::NEGOTIATE));
    client.feed(&ok(&first, 4)).unwrap();
    assert_eq!(client.connection().affordable_charge(), 4);
    assert!(matches!(
        client.submit(read(2, 1 << 20)),
        Submitted::Queued(_)
    ));
    let third = client.send(request(3, Command::ECHO));
    assert_eq!(client.connection().affordable_charge(), 4);
    // In time the others' answers may bring enough.
    client.feed(&ok(&third, 13)).unwrap();
    let now = client.now;
    let (ticket, token) = client.connection().next_queued(now).unwrap();
    assert_eq!((ticket.message_id, token.number), (2, 2));
}

#[test]
fn interim_and_final_responses_both_grant_credits() {
    let mut client = client(|_| {});
    let ticket = client.send(request(1, Command::NEGOTIATE));
    let header = Header {
        target: Target::Async(9),
        ..answer_header(&ticket, NtStatus::PENDING, 3)
    };
    client
        .feed(&frame(&header, |w| ErrorResponse::EMPTY.emit(w)))
        .unwrap();
    assert_eq!(client.connection().available_credits(), 3);
    client.feed(&ok(&ticket, 5)).unwrap();
    assert_eq!(client.connection().available_credits(), 8);
}

#[test]
fn compounds_can_be_sent_when_credits_and_slots_are_there() {
    let mut client = client(|config| config.table_capacity = 3);
    let first = client.send(request(1, Command::NEGOTIATE));
    assert!(!client.connection().can_send(1, 1));
    client.feed(&ok(&first, 2)).unwrap();
    assert!(client.connection().can_send(2, 2));
    assert!(!client.connection().can_send(3, 3), "three credits");
    assert!(!client.connection().can_send(4, 2), "four slots");
    client.connection().close();
    assert!(!client.connection().can_send(1, 1));
}

#[test]
fn a_full_table_a_closed_connection_and_a_bad_charge_refuse() {
    let mut client = client(|config| config.table_capacity = 1);
    let now = client.now;
    let refuse = |client: &mut Client, charge| {
        let request = Request {
            charge,
            ..request(2, Command::ECHO)
        };
        client.connection().submit(request, now).unwrap_err().why
    };
    assert_eq!(refuse(&mut client, 0), Refusal::BadCharge);
    assert_eq!(
        refuse(&mut client, MAX_CREDIT_CHARGE + 1),
        Refusal::BadCharge
    );
    client.send(request(1, Command::NEGOTIATE));
    assert_eq!(refuse(&mut client, 1), Refusal::TableFull);
    client.connection().close();
    assert_eq!(refuse(&mut client, 1), Refusal::Closed);
}

#[test]
fn used_up_message_ids_end_the_connection_not_the_client() {
    let mut client = client(|_| {});
    client.connection().credits = Credits::new(8).with_next_message_id(u64::MAX - 2);
    let now = client.now;
    let refused = client
        .connection()
        .submit(request(1, Command::ECHO), now)
        .unwrap_err();
    assert_eq!(refused.why, Refusal::MessageIdsExhausted);
}

#[test]
fn case_12_a_pended_answer_needs_an_async_id_and_keeps_it() {
    for (first, second, error) in [
        (None, None, ClientError::PendingWithoutAsyncId),
        (Some(5), Some(6), ClientError::WrongAsyncId(6)),
    ] {
        let mut client = Client::ready();
        let ticket = client.send(request(1, Command::READ));
        let answer = |status, id: Option<u64>| {
            let header = answer_header(&ticket, status, 1);
            let target = id.map_or(header.target, Target::Async);
            frame(&Header { target, ..header }, |w| {
                ErrorResponse::EMPTY.emit(w)
            })
        };
        let mut bytes = answer(NtStatus::PENDING, first);
        bytes.extend(answer(NtStatus::CANCELLED, second));
        assert_eq!(client.feed(&bytes), Err(error));
    }
}

#[test]
fn case_12_an_async_id_cannot_belong_to_two_requests() {
    let mut client = Client::ready();
    let a = client.send(request(1, Command::LOCK));
    let b = client.send(request(2, Command::LOCK));
    client.feed(&interim(&a, 5)).unwrap();
    assert_eq!(
        client.feed(&interim(&b, 5)),
        Err(ClientError::AsyncIdReused(5))
    );
}

#[test]
fn an_async_id_may_come_back_once_its_request_is_answered() {
    let mut client = Client::ready();
    for number in 1..3 {
        let ticket = client.send(request(number, Command::LOCK));
        client.feed(&interim(&ticket, 5)).unwrap();
        let header = Header {
            target: Target::Async(5),
            ..answer_header(&ticket, NtStatus::CANCELLED, 0)
        };
        let got = client
            .feed(&frame(&header, |w| ErrorResponse::EMPTY.emit(w)))
            .unwrap();
        assert_eq!(got[0].status(), NtStatus::CANCELLED);
    }
}

#[test]
fn case_12_every_command_may_be_answered_by_an_interim_response_first() {
    for command in (0..0x12)
        .map(Command)
        .filter(|command| *command != Command::CANCEL)
    {
        let mut client = Client::ready();
        let ticket = client.send(request(1, command));
        assert_eq!(client.feed(&interim(&ticket, 3)).unwrap(), []);
        assert_eq!(
            client
                .feed(&error(&ticket, NtStatus::ACCESS_DENIED))
                .unwrap()
                .len(),
            1
        );
    }
}

#[test]
fn cancelling_what_was_not_sent_gives_it_back() {
    let mut client = client(|_| {});
    client.send(request(1, Command::NEGOTIATE));
    let Submitted::Queued(id) = client.submit(request(2, Command::ECHO)) else {
        panic!()
    };
    let now = client.now;
    assert!(
        matches!(client.connection().cancel(id, now), Cancelled::Unsent(token) if token.number == 2)
    );
    assert!(matches!(
        client.connection().cancel(id, now),
        Cancelled::TooLate
    ));
}

#[test]
fn cancelling_what_was_sent_names_it_and_waits_for_its_answer() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::CHANGE_NOTIFY));
    let now = client.now;
    let Cancelled::Send(target) = client.connection().cancel(ticket.id, now) else {
        panic!()
    };
    assert_eq!(
        (target.message_id, target.async_id),
        (ticket.message_id, None)
    );
    let got = client.feed(&error(&ticket, NtStatus::CANCELLED)).unwrap();
    assert_eq!((got[0].number(), got[0].status()), (1, NtStatus::CANCELLED));
}

#[test]
fn a_cancel_names_the_async_id_of_what_is_pended() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::CHANGE_NOTIFY));
    client.feed(&interim(&ticket, 0xABCD)).unwrap();
    let now = client.now;
    let Cancelled::Send(target) = client.connection().cancel(ticket.id, now) else {
        panic!()
    };
    assert_eq!(target.async_id, Some(0xABCD));
}

#[test]
fn a_request_gets_one_cancel_whatever_comes_between() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::CHANGE_NOTIFY));
    let now = client.now;
    let first = client.connection().cancel(ticket.id, now);
    assert!(matches!(first, Cancelled::Send(_)));
    client.feed(&interim(&ticket, 0xABCD)).unwrap();
    let second = client.connection().cancel(ticket.id, now);
    assert!(matches!(second, Cancelled::TooLate));
    let (token, target) = client.connection().abandon(ticket.id).unwrap();
    assert_eq!((token.number, target), (1, None));
}

#[test]
fn case_41_the_end_of_the_connection_gives_back_everything_once() {
    let mut client = Client::ready();
    for number in 1..=600 {
        client.submit(request(number, Command::ECHO));
    }
    client.connection().close();
    let mut failed: Vec<u32> = std::iter::from_fn(|| client.connection().next_failed())
        .map(|token| token.number)
        .collect();
    failed.sort_unstable();
    assert_eq!(failed, (1..=600).collect::<Vec<_>>());
}

#[test]
fn case_12_an_answer_must_fit_its_request() {
    let wrong = |change: fn(&mut Header)| {
        let mut client = Client::ready();
        let ticket = client.send(request(1, Command::FLUSH));
        let mut header = answer_header(&ticket, NtStatus::SUCCESS, 1);
        change(&mut header);
        let result = client.feed(&frame(&header, |w| EchoResponse.emit(w)));
        (
            result.unwrap_err(),
            client.connection().next_failed().map(|token| token.number),
        )
    };
    // The request is still there to be failed.
    let wrong_command = ClientError::WrongCommand {
        asked: Command::FLUSH,
        answered: Command(19),
    };
    assert_eq!(
        wrong(|header| header.command = Command(19)),
        (wrong_command, Some(1))
    );
    assert_eq!(
        wrong(|header| header.session_id = 3),
        (ClientError::WrongSession(3), Some(1))
    );
    assert_eq!(
        wrong(|header| header.target = Target::tree(9)),
        (ClientError::WrongTree(9), Some(1))
    );
    assert_eq!(
        wrong(|header| header.message_id = 99),
        (ClientError::UnknownMessageId(99), Some(1))
    );
    assert_eq!(
        wrong(|header| header.flags = HeaderFlags::empty()),
        (ClientError::NotAResponse, Some(1))
    );
}

#[test]
fn case_11_an_answer_comes_once() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::ECHO));
    client.feed(&ok(&ticket, 1)).unwrap();
    let again = ClientError::UnknownMessageId(ticket.message_id);
    assert_eq!(client.feed(&ok(&ticket, 1)), Err(again));
}

#[test]
fn answers_that_make_a_session_or_a_tree_bring_its_id() {
    let mut client = Client::ready();
    let setup = client.send(Request {
        session_id: 0,
        tree_id: 0,
        ..request(1, Command::SESSION_SETUP)
    });
    let header = Header {
        session_id: 42,
        ..answer_header(&setup, NtStatus::LOGON_FAILURE, 1)
    };
    client
        .feed(&frame(&header, |w| ErrorResponse::EMPTY.emit(w)))
        .unwrap();
    let connect = client.send(Request {
        tree_id: 0,
        ..request(2, Command::TREE_CONNECT)
    });
    let header = Header {
        target: Target::tree(77),
        ..answer_header(&connect, NtStatus::SUCCESS, 1)
    };
    assert_eq!(
        client
            .feed(&frame(&header, |w| ErrorResponse::EMPTY.emit(w)))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn no_capacity_means_no_request() {
    let mut client = client(|config| config.table_capacity = 0);
    assert!(matches!(client.receiver.want(), Want::Inline(place) if place.len() == 84));
    let now = client.now;
    assert!(
        client
            .connection()
            .submit(request(1, Command::ECHO), now)
            .is_err()
    );
    assert!(ServerName::new(&[0; 256]).is_err());
}

proptest! {
    /// Whatever is asked and granted: no id is used twice, none is sent without a credit, and everything comes back once.
    #[test]
    fn credits_and_message_ids_stay_sound(script in prop::collection::vec((1u16..20, 0u16..40, any::<bool>()), 1..200)) {
        let mut client = client(|config| config.table_capacity = 64);
        let mut granted = 1u64;
        let mut highest = None;
        let mut flying: Vec<Ticket> = Vec::new();
        for (number, (charge, grant, answer)) in (0u32..).zip(script) {
            let now = client.now;
            let request = Request { charge, ..request(number, Command::FLUSH) };
            let mut sent = Vec::new();
            if let Ok(Submitted::Send(ticket)) = client.connection().submit(request, now) {
                sent.push(ticket);
            }
            if answer && !flying.is_empty() {
                let ticket = flying.remove(usize::from(grant) % flying.len());
                granted += u64::from(grant);
                client.feed(&response(&ticket, NtStatus::SUCCESS, grant, |w| EchoResponse.emit(w))).unwrap();
                while let Some((ticket, _)) = client.connection().next_queued(now) {
                    sent.push(ticket);
                }
            }
            for ticket in sent {
                let last = ticket.message_id + u64::from(ticket.credit_charge) - 1;
                prop_assert!(highest.is_none_or(|highest| ticket.message_id > highest), "id used twice");
                prop_assert!(last < granted, "more ids than credits");
                highest = Some(last);
                flying.push(ticket);
            }
        }
    }
}
