//! Bad input (anchors C.3 cases 1, 3, 5, 6, 8 to 12, 14, 34).

use super::*;
use crate::Ticket;

fn fed(bytes: &[u8]) -> Result<Vec<Got>, ClientError> {
    let mut client = Client::ready();
    client.send(read(1, 100));
    client.feed(bytes)
}

fn parse_error(field: &'static str, fault: Fault) -> ClientError {
    ClientError::Parse(ParseError { field, fault })
}

/// What became of a READ of 100 bytes whose answer is `change`d.
fn read_answered(change: impl FnOnce(&Ticket, &mut Vec<u8>)) -> Result<Vec<Got>, ClientError> {
    let mut client = Client::ready();
    let ticket = client.send(read(1, 100));
    let mut answer = read_answer(&ticket, &[1; 100]);
    change(&ticket, &mut answer);
    let result = client.feed(&answer);
    if result.is_err() {
        let held = client.table.0.get_mut().next_failed().is_some();
        assert!(
            held || client.receiver.abort().is_some(),
            "the token is lost"
        );
    }
    result
}

#[test]
fn case_01_a_frame_shorter_than_a_header_is_refused() {
    for length in 0..64u8 {
        let mut bytes = vec![0, 0, 0, length];
        bytes.extend(*b"\xFESMB");
        bytes.resize(84, 0);
        assert_eq!(fed(&bytes), Err(ClientError::FrameTooShort(length.into())));
    }
    assert_eq!(fed(&[0, 0, 0, 0]), Err(ClientError::FrameTooShort(0)));
}

#[test]
fn case_01_a_frame_that_never_ends_holds_nothing_but_its_request() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::ECHO));
    let answer = error(&ticket, NtStatus::SUCCESS);
    assert_eq!(client.feed(&answer[..answer.len() - 1]).unwrap(), []);
    let failed = client.table.with(|connection| connection.next_failed());
    assert_eq!(failed.or(client.receiver.abort()).unwrap().number, 1);
}

#[test]
fn case_40_a_frame_longer_than_was_asked_for_is_refused_before_any_memory_is_taken() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::QUERY_INFO));
    let mut answer = error(&ticket, NtStatus::SUCCESS);
    answer[1..4].copy_from_slice(&[0xFF; 3]);
    let capacity = client.receiver.inline.capacity();
    let too_long = ClientError::FrameTooLong {
        length: 0x00FF_FFFF,
        limit: ALWAYS_ACCEPTED,
    };
    answer.resize(100, 0);
    assert_eq!(client.feed(&answer), Err(too_long));
    assert_eq!(client.receiver.inline.capacity(), capacity);
}

#[test]
fn case_08_a_compound_longer_than_any_answer_is_refused() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::QUERY_INFO));
    let mut answer = compound(&[
        error(&ticket, NtStatus::SUCCESS),
        error(&ticket, NtStatus::SUCCESS),
    ]);
    answer[1..4].copy_from_slice(&[0x01, 0x00, 0x01]);
    assert!(matches!(
        client.feed(&answer),
        Err(ClientError::FrameTooLong {
            length: 0x1_0001,
            ..
        })
    ));
}

#[test]
fn a_compound_longer_than_all_that_was_asked_for_is_refused_before_any_memory_is_taken() {
    for (length, accepted) in [(165_536_u32, true), (165_537, false)] {
        let mut client = Client::ready();
        client.receiver.max_inline = 1 << 20;
        let ticket = client.send(read(1, 100_000));
        let mut answer = compound(&[
            error(&ticket, NtStatus::SUCCESS),
            error(&ticket, NtStatus::SUCCESS),
        ]);
        answer[..4].copy_from_slice(&length.to_be_bytes());
        let capacity = client.receiver.inline.capacity();
        assert_eq!(client.feed(&answer).is_ok(), accepted, "{length}");
        assert_eq!(
            client.receiver.inline.capacity() == capacity,
            !accepted,
            "{length}"
        );
    }
}

#[test]
fn case_05_large_answers_are_accepted_up_to_what_was_asked_for() {
    for (len, accepted) in [(200_000, true), (200_000 + 1024 + 1, false)] {
        let mut client = Client::ready();
        client.receiver.max_inline = 1 << 20;
        let ticket = client.send(crate::Request {
            reply: Reply::Message { max: 200_000 },
            ..request(1, Command::QUERY_DIRECTORY)
        });
        let mut answer = error(&ticket, NtStatus::SUCCESS);
        answer.resize(FrameHeader::LEN + len, 0);
        assert_eq!(client.feed(&reframe(answer)).is_ok(), accepted, "{len}");
    }
}

#[test]
fn case_10_other_protocols_are_named() {
    let message = |id: &[u8; 4]| {
        let mut bytes = vec![0, 0, 0, 200];
        bytes.extend(id);
        bytes.resize(204, 0);
        fed(&bytes).unwrap_err()
    };
    assert_eq!(message(b"\xFCSMB"), ClientError::UnexpectedCompression);
    assert_eq!(message(b"\xFFSMB"), ClientError::Smb1Only);
    assert_eq!(message(b"HTTP"), parse_error("ProtocolId", Fault::Value));
    assert_eq!(
        message(b"\xFESMB"),
        parse_error("StructureSize", Fault::Value)
    );
}

#[test]
fn case_01_frame_types_of_netbios_have_no_place_here() {
    for packet_type in [0x01, 0x81, 0x82, 0x83, 0x84, 0xFF] {
        assert_eq!(
            fed(&[packet_type, 0, 0, 80, 0]),
            Err(ClientError::FrameType(packet_type))
        );
    }
    assert_eq!(fed(&[0x85, 0, 0, 4]), Err(ClientError::FrameType(0x85)));
}

#[test]
fn case_11_an_unsolicited_message_must_be_a_break() {
    let header = Header {
        flags: HeaderFlags::SERVER_TO_REDIR,
        ..Header::request(Command::READ, Header::UNSOLICITED)
    };
    let bytes = frame(&header, |w| ErrorResponse::EMPTY.emit(w));
    assert_eq!(fed(&bytes), Err(ClientError::Unsolicited(Command::READ)));
}

#[test]
fn case_38_ten_thousand_breaks_are_ten_thousand_events_and_no_memory() {
    let mut client = Client::ready();
    let bytes = oplock_break().repeat(10_000);
    let capacity = client.receiver.inline.capacity();
    assert_eq!(client.feed(&bytes).unwrap().len(), 10_000);
    assert_eq!(client.receiver.inline.capacity(), capacity);
}

#[test]
fn case_08_links_of_a_compound_must_lead_to_another_header_of_it() {
    for (next, fault) in [
        (8, Fault::OutOfBounds),
        (63, Fault::Misaligned),
        (68, Fault::Misaligned),
        (0x8000_0000, Fault::OutOfBounds),
        (0xFFFF_FFF8, Fault::OutOfBounds),
        (160, Fault::OutOfBounds),
    ] {
        let mut client = Client::ready();
        let a = client.send(request(1, Command::CREATE));
        let b = client.send(request(2, Command::CLOSE));
        let mut bytes = compound(&[error(&a, NtStatus::SUCCESS), error(&b, NtStatus::SUCCESS)]);
        bytes[4 + 20..4 + 24].copy_from_slice(&u32::to_le_bytes(next));
        assert_eq!(
            client.feed(&bytes),
            Err(parse_error("NextCommand", fault)),
            "{next}"
        );
    }
}

#[test]
fn case_08_a_compound_cannot_answer_one_request_again_and_again() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::ECHO));
    let bytes = compound(&vec![error(&ticket, NtStatus::SUCCESS); 500]);
    let result = client.feed(&bytes);
    assert_eq!(
        result,
        Err(ClientError::UnknownMessageId(ticket.message_id))
    );
}

#[test]
fn case_34_a_read_cannot_bring_more_than_was_asked_for() {
    for answered in [101, 0x7FFF_FFFF, u32::MAX] {
        let result = read_answered(|_, answer| {
            answer[4 + 68..4 + 72].copy_from_slice(&answered.to_le_bytes())
        });
        assert_eq!(
            result,
            Err(ClientError::TooMuchData {
                asked: 100,
                answered
            })
        );
    }
}

#[test]
fn case_34_a_reads_data_must_lie_in_its_message() {
    for offset in [0, 1, 16, 64, 79] {
        let result = read_answered(|_, answer| answer[4 + 66] = offset);
        assert_eq!(result, Err(parse_error("DataOffset", Fault::OutOfBounds)));
    }
    for offset in [81, 255] {
        let result = read_answered(|_, answer| answer[4 + 66] = offset);
        assert_eq!(result, Err(parse_error("DataLength", Fault::OutOfBounds)));
    }
}

#[test]
fn case_14_a_successful_read_needs_a_reads_body() {
    let errors_body = read_answered(|ticket, answer| *answer = error(ticket, NtStatus::SUCCESS));
    assert_eq!(errors_body, Err(parse_error("StructureSize", Fault::Value)));
    for len in [64, 79] {
        let cut = read_answered(|_, answer| {
            answer.truncate(4 + len);
            *answer = reframe(answer.clone());
        });
        assert!(matches!(cut, Err(ClientError::Parse(_))));
    }
}

#[test]
fn case_14_an_error_with_a_reads_body_touches_no_buffer() {
    let got = read_answered(|ticket, answer| {
        let header = answer_header(ticket, NtStatus::ACCESS_DENIED, 1);
        answer[4..4 + 64].copy_from_slice(&frame(&header, |_| Ok(()))[4..]);
    });
    assert_eq!(got.unwrap()[0].data(), []);
}

#[test]
fn case_09_endless_bytes_behind_a_reads_data_are_refused() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, 100));
    let answer = padded_read_answer(&ticket, 80, &[1; 100], MAX_TAIL + 1);
    assert!(matches!(
        client.feed(&answer),
        Err(ClientError::FrameTooLong { .. })
    ));
}

#[test]
fn more_bytes_than_wanted_are_the_callers_mistake() {
    let mut client = Client::ready();
    assert_eq!(client.receiver.received(85), Err(ClientError::TooManyBytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A conversation with a few bytes changed: no panic, no endless loop, and no token lost or given twice.
    #[test]
    fn damaged_conversations_end_in_an_error_or_in_answers(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        size in 1usize..3000,
    ) {
        let mut client = Client::ready();
        let mut bytes = conversation(&mut client);
        // The data of the READs is most of the bytes and the least of interest.
        bytes.truncate(4000 + 66_000);
        for (index, value) in damage {
            let index = match index.index(8000) {
                near if near < 4000 => near,
                far => bytes.len() - 1 - (far - 4000),
            };
            bytes[index] = value;
        }
        let mut got = vec![];
        let _ = client.feed_in_pieces_to(&bytes, || size, &mut got);
        let answered = got.iter().filter(|got| matches!(got, Got::Answer { .. })).count();
        let held = usize::from(client.receiver.abort().is_some());
        let failed = std::iter::from_fn(|| client.table.0.get_mut().next_failed()).count();
        prop_assert_eq!(answered + held + failed, 40);
    }

    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 1..500)) {
        let mut client = Client::ready();
        client.send(read(1, 100));
        if let Ok(got) = client.feed(&bytes) {
            prop_assert!(got.is_empty());
        }
    }
}
