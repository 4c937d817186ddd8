mod hostile;
mod late;
mod sealed;
mod signed;

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;
use smb_wire::smb2::{
    BreakNotification, EchoResponse, ErrorResponse, FileId, HeaderFlags, OplockBreak, OplockLevel,
    ReadResponseHead,
};
use smb_wire::{Fault, NtStatus, ParseError};

use super::data::MAX_TAIL;
use super::*;
use crate::testing::*;

/// The bytes of a break notification.
fn oplock_break() -> Vec<u8> {
    let header = Header {
        flags: HeaderFlags::SERVER_TO_REDIR,
        ..Header::request(Command::OPLOCK_BREAK, Header::UNSOLICITED)
    };
    let body = OplockBreak {
        oplock_level: OplockLevel::NONE,
        file_id: FileId::new(1, 2),
    };
    frame(&header, |w| body.emit(w))
}

/// A READ response whose data begins at `offset` and has `tail` more bytes behind it.
fn padded_read_answer(ticket: &crate::Ticket, offset: u8, data: &[u8], tail: usize) -> Vec<u8> {
    response(ticket, NtStatus::SUCCESS, 1, |w| {
        let head = ReadResponseHead {
            data_offset: offset,
            data_length: u32::try_from(data.len()).unwrap(),
            data_remaining: 0,
            flags: 0,
        };
        head.emit(w)?;
        w.zeros(usize::from(offset) - ReadResponse::FIXED_END)?;
        w.bytes(data)?;
        w.zeros(tail)
    })
}

#[test]
fn the_first_look_ends_where_a_reads_data_begins() {
    let mut client = Client::ready();
    assert!(matches!(client.receiver.want(), Want::Inline(place) if place.len() == 84));
    let ticket = client.send(read(1, 1000));
    let answer = read_answer(&ticket, &[5; 600]);
    assert_eq!(client.feed(&answer[..84]).unwrap(), []);
    match client.receiver.want() {
        Want::Data { token, offset, len } => assert_eq!((token.number, offset, len), (1, 0, 600)),
        Want::Inline(_) => panic!("data must not go inline"),
    }
    let got = client.feed(&answer[84..]).unwrap();
    assert_eq!(got[0].data(), [5; 600]);
}

#[test]
fn bytes_behind_a_short_message_belong_to_the_next() {
    let mut client = Client::ready();
    let echo = client.send(request(1, Command::ECHO));
    let ticket = client.send(read(2, 16));
    let mut bytes = response(&echo, NtStatus::SUCCESS, 1, |w| EchoResponse.emit(w));
    bytes.extend(read_answer(&ticket, b"0123456789abcdef"));
    let got = client.feed(&bytes).unwrap();
    assert_eq!(got.iter().map(Got::number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(got[1].data(), b"0123456789abcdef");
}

#[test]
fn thirty_two_reads_are_answered_in_any_order() {
    let mut client = Client::ready();
    let tickets: Vec<_> = (0..32)
        .map(|number| client.send(read(number, 4096)))
        .collect();
    let order: Vec<usize> = (0..32).map(|index| (index * 13 + 5) % 32).collect();
    let mut bytes = vec![];
    for index in &order {
        bytes.extend(read_answer(&tickets[*index], &vec![*index as u8; 4096]));
    }
    let got = client.feed(&bytes).unwrap();
    assert_eq!(got.len(), 32);
    for (got, index) in got.iter().zip(order) {
        assert_eq!(got.number(), index as u32);
        assert_eq!(got.data(), vec![index as u8; 4096]);
    }
}

#[test]
fn a_short_read_leaves_the_rest_of_the_buffer_alone() {
    let mut client = Client::ready();
    let request = read(1, 100);
    let buffer = request.token.buffer.clone();
    let ticket = client.send(request);
    let got = client.feed(&read_answer(&ticket, &[1; 40])).unwrap();
    assert_eq!(got[0].data().len(), 40);
    assert_eq!(buffer.borrow()[40..], [0xEE; 60]);
}

#[test]
fn a_read_of_nothing_brings_nothing() {
    let mut client = Client::ready();
    for answer in [read_answer as fn(&_, &_) -> _, |ticket, _: &[u8]| {
        padded_read_answer(ticket, 80, &[], 0)
    }] {
        let ticket = client.send(read(1, 100));
        let got = client.feed(&answer(&ticket, &[])).unwrap();
        assert_eq!(
            (got[0].status(), got[0].data()),
            (NtStatus::SUCCESS, &[][..])
        );
    }
}

#[test]
fn a_pipes_message_that_is_longer_than_the_buffer_still_brings_data() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, 4));
    let header = answer_header(&ticket, NtStatus::BUFFER_OVERFLOW, 1);
    let body = ReadResponse {
        data_remaining: 0,
        flags: 0,
        data: b"abcd",
    };
    let got = client.feed(&frame(&header, |w| body.emit(w))).unwrap();
    assert_eq!(
        (got[0].status(), got[0].data()),
        (NtStatus::BUFFER_OVERFLOW, &b"abcd"[..])
    );
}

#[test]
fn a_reads_error_touches_no_buffer() {
    let mut client = Client::ready();
    let request = read(1, 8);
    let buffer = request.token.buffer.clone();
    let ticket = client.send(request);
    let got = client.feed(&error(&ticket, NtStatus::END_OF_FILE)).unwrap();
    assert_eq!(
        (got[0].status(), got[0].data()),
        (NtStatus::END_OF_FILE, &[][..])
    );
    assert_eq!(buffer.borrow()[..], [0xEE; 8]);
}

#[test]
fn case_09_padding_before_and_behind_a_reads_data_is_passed_over() {
    for offset in [80, 81, 88, 255] {
        for tail in [0, 1, 3, 7, 24, MAX_TAIL] {
            let mut client = Client::ready();
            let ticket = client.send(read(1, 500));
            let next = client.send(request(2, Command::ECHO));
            let mut bytes = padded_read_answer(&ticket, offset, &[9; 500], tail);
            bytes.extend(error(&next, NtStatus::SUCCESS));
            let got = client.feed(&bytes).unwrap();
            assert_eq!((got[0].data(), got[1].number()), (&[9; 500][..], 2));
        }
    }
}

#[test]
fn case_09_padding_behind_a_message_is_passed_over() {
    for tail in [1, 3, 8, 24] {
        let mut client = Client::ready();
        let ticket = client.send(request(1, Command::ECHO));
        let mut answer = response(&ticket, NtStatus::SUCCESS, 1, |w| EchoResponse.emit(w));
        answer.resize(answer.len() + tail, 0xAA);
        assert_eq!(client.feed(&reframe(answer)).unwrap().len(), 1);
    }
}

#[test]
fn netbios_keep_alives_are_passed_over() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::ECHO));
    let mut bytes = [0x85, 0, 0, 0].repeat(50);
    bytes.extend(error(&ticket, NtStatus::SUCCESS));
    assert_eq!(client.feed(&bytes).unwrap().len(), 1);
}

#[test]
fn breaks_are_events_at_any_time() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, 10));
    let mut bytes = oplock_break();
    bytes.extend(read_answer(&ticket, b"data"));
    bytes.extend(oplock_break());
    let got = client.feed(&bytes).unwrap();
    assert_eq!(got.len(), 3);
    for index in [0, 2] {
        let Got::Break(message) = &got[index] else {
            panic!()
        };
        assert!(matches!(
            BreakNotification::parse(message),
            Ok(BreakNotification::Oplock(_))
        ));
    }
}

#[test]
fn the_parts_of_a_compound_are_answers_of_their_own() {
    let mut client = Client::ready();
    let tickets: Vec<_> = [Command::CREATE, Command::READ, Command::CLOSE]
        .into_iter()
        .zip(1..)
        .map(|(command, number)| client.send(request(number, command)))
        .collect();
    let bytes = compound(&[
        error(&tickets[0], NtStatus::SUCCESS),
        read_answer(&tickets[1], b"small file"),
        error(&tickets[2], NtStatus::SUCCESS),
    ]);
    let got = client.feed(&bytes).unwrap();
    assert_eq!(got.iter().map(Got::number).collect::<Vec<_>>(), [1, 2, 3]);
    let Got::Answer { message, .. } = &got[1] else {
        panic!()
    };
    assert_eq!(ReadResponse::parse(message).unwrap().data, b"small file");
}

#[test]
fn a_reads_data_in_a_compound_is_for_the_caller_to_copy() {
    let mut client = Client::ready();
    let ask = read(1, 100);
    let buffer = ask.token.buffer.clone();
    let ticket = client.send(ask);
    let other = client.send(request(2, Command::ECHO));
    let bytes = compound(&[
        read_answer(&ticket, &[7; 90]),
        error(&other, NtStatus::SUCCESS),
    ]);
    let got = client.feed(&bytes).unwrap();
    assert_eq!((got[0].data(), got[1].number()), (&[7; 90][..], 2));
    assert_eq!(buffer.borrow()[..], [0xEE; 100]);
}

#[test]
fn a_compound_cannot_bring_more_data_than_was_asked_for() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, 89));
    let other = client.send(request(2, Command::ECHO));
    let bytes = compound(&[
        read_answer(&ticket, &[7; 90]),
        error(&other, NtStatus::SUCCESS),
    ]);
    assert_eq!(
        client.feed(&bytes),
        Err(ClientError::TooMuchData {
            asked: 89,
            answered: 90
        })
    );
    assert_eq!(client.receiver.abort().unwrap().number, 1);
}

#[test]
fn a_compounds_parts_may_be_interim_late_or_breaks() {
    let mut client = Client::ready();
    let a = client.send(request(1, Command::CREATE));
    let b = client.send(request(2, Command::CLOSE));
    let bytes = compound(&[
        interim(&a, 4),
        oplock_break(),
        error(&b, NtStatus::FILE_CLOSED),
    ]);
    let got = client.feed(&bytes).unwrap();
    assert!(matches!(
        got[..],
        [Got::Break(_), Got::Answer { number: 2, .. }]
    ));
    assert_eq!(client.feed(&error(&a, NtStatus::SUCCESS)).unwrap().len(), 1);
}

#[test]
fn session_ends_are_passed_up_untouched() {
    for status in [
        NtStatus::NETWORK_SESSION_EXPIRED,
        NtStatus::USER_SESSION_DELETED,
        NtStatus::NETWORK_NAME_DELETED,
    ] {
        let mut client = Client::ready();
        let ticket = client.send(read(1, 10));
        assert_eq!(
            client.feed(&error(&ticket, status)).unwrap()[0].status(),
            status
        );
    }
}

#[test]
fn the_inline_buffer_is_kept_for_the_next_answer() {
    let mut client = Client::ready();
    let mut capacity = None;
    for _ in 0..5 {
        let ticket = client.send(request(1, Command::QUERY_DIRECTORY));
        let mut answer = error(&ticket, NtStatus::SUCCESS);
        answer.resize(5000, 0);
        client.feed(&reframe(answer)).unwrap();
        let now = client.receiver.inline.capacity();
        assert_eq!(*capacity.get_or_insert(now), now);
    }
}

#[test]
fn a_receiver_gives_back_what_it_holds() {
    let mut client = Client::ready();
    let ticket = client.send(request(7, Command::ECHO));
    let answer = response(&ticket, NtStatus::SUCCESS, 1, |w| {
        EchoResponse.emit(w)?;
        w.zeros(100)
    });
    client.feed(&answer[..90]).unwrap();
    assert!(client.connection().next_failed().is_none());
    assert_eq!(client.receiver.abort().unwrap().number, 7);
}

/// A long and mixed conversation: the requests' answers, and the events they must lead to.
fn conversation(client: &mut Client) -> Vec<u8> {
    let mut bytes = vec![];
    for number in (0..40).step_by(8) {
        let small = client.send(request(number, Command::ECHO));
        let big = client.send(read(number + 1, 3000));
        let other = client.send(read(number + 2, 70_000));
        let dir = client.send(request(number + 3, Command::QUERY_DIRECTORY));
        let parts =
            [number + 4, number + 5].map(|number| client.send(request(number, Command::CREATE)));
        let signed_read = client.send(signed(read(number + 6, 999)));
        let pended = client.send(request(number + 7, Command::LOCK));
        bytes.extend(interim(&pended, u64::from(number) + 1));
        bytes.extend(padded_read_answer(&other, 88, &[number as u8; 66_000], 5));
        bytes.extend(error(&small, NtStatus::SUCCESS));
        bytes.extend(read_answer(&big, &[number as u8 + 1; 3000]));
        bytes.extend(oplock_break());
        bytes.extend(compound(
            &parts.map(|part| error(&part, NtStatus::OBJECT_NAME_NOT_FOUND)),
        ));
        let mut listing = error(&dir, NtStatus::SUCCESS);
        listing.resize(2000, 1);
        bytes.extend(reframe(listing));
        bytes.extend([0x85, 0, 0, 0]);
        bytes.extend(sign(read_answer(&signed_read, &[number as u8 + 2; 500])));
        let header = Header {
            target: smb_wire::smb2::Target::Async(u64::from(number) + 1),
            ..answer_header(&pended, NtStatus::RANGE_NOT_LOCKED, 0)
        };
        bytes.extend(frame(&header, |w| ErrorResponse::EMPTY.emit(w)));
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_pieces_that_bytes_arrive_in_do_not_matter(
        sizes in prop::collection::vec(prop_oneof![1usize..8, 1usize..200, 1usize..5000], 1..50)
    ) {
        let mut whole = Client::ready();
        let bytes = conversation(&mut whole);
        let expected = whole.feed(&bytes).unwrap();
        prop_assert_eq!(expected.len(), 45);
        let mut client = Client::ready();
        conversation(&mut client);
        let mut turn = 0;
        let got = client.feed_in_pieces(&bytes, || {
            turn += 1;
            sizes[turn % sizes.len()]
        }).unwrap();
        prop_assert!(got == expected);
    }
}
