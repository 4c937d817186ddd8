//! Encryption (anchors C.3 cases 2, 3 and 4).

use smb_wire::smb2::transform::TransformHeader;

use super::*;

const TRANSFORM: usize = TransformHeader::LEN;

/// A client that has sent one encrypted READ of 64 bytes, the request, and the buffer.
fn reading() -> (
    Client,
    crate::Ticket,
    std::rc::Rc<std::cell::RefCell<Vec<u8>>>,
) {
    let mut client = Client::ready();
    client.receiver.max_sealed = 8 << 20;
    let ask = sealed(read(1, 64));
    let buffer = ask.token.buffer.clone();
    let ticket = client.send(ask);
    (client, ticket, buffer)
}

/// What becomes of a sealed answer that was changed on its way. Never may a byte of it reach the buffer.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<Got>, ClientError> {
    let (mut client, ticket, buffer) = reading();
    let mut answer = seal(read_answer(&ticket, &[7; 64]));
    change(&mut answer);
    let result = client.feed(&answer);
    assert_eq!(buffer.borrow()[..], [0xEE; 64]);
    result
}

#[test]
fn a_sealed_reads_data_is_handed_out_once_it_is_known_to_be_the_servers() {
    assert_eq!(changed(|_| {}).unwrap()[0].data(), [7; 64]);
}

#[test]
fn sealed_and_plain_answers_come_in_any_order() {
    let (mut client, ticket, _) = reading();
    let plain = client.send(read(2, 16));
    let signed_one = client.send(signed(request(3, Command::FLUSH)));
    let second = client.send(sealed(request(4, Command::CREATE)));
    let mut bytes = seal(error(&second, NtStatus::ACCESS_DENIED));
    bytes.extend(read_answer(&plain, b"0123456789abcdef"));
    bytes.extend(seal(read_answer(&ticket, &[9; 64])));
    bytes.extend(sign(error(&signed_one, NtStatus::SUCCESS)));
    for size in [1, 7, 84, usize::MAX] {
        let mut again = reading().0;
        again.send(read(2, 16));
        again.send(signed(request(3, Command::FLUSH)));
        again.send(sealed(request(4, Command::CREATE)));
        let got = again.feed_in_pieces(&bytes, || size).unwrap();
        assert_eq!(
            got.iter().map(Got::number).collect::<Vec<_>>(),
            [4, 2, 1, 3]
        );
        assert_eq!(got[2].data(), [9; 64]);
    }
}

#[test]
fn a_sealed_compound_has_several_answers() {
    let mut client = Client::ready();
    client.receiver.max_sealed = 1 << 20;
    let asked = [
        sealed(request(1, Command::CREATE)),
        sealed(read(2, 16)),
        sealed(request(3, Command::CLOSE)),
    ];
    let [create, read, close] = asked.map(|request| client.send(request));
    let bytes = seal(compound(&[
        error(&create, NtStatus::SUCCESS),
        read_answer(&read, b"small"),
        error(&close, NtStatus::SUCCESS),
    ]));
    let got = client.feed(&bytes).unwrap();
    assert_eq!(got.iter().map(Got::number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(got[1].data(), b"small");
}

#[test]
fn sealed_interim_answers_breaks_and_late_answers_are_what_they_are_in_plain() {
    let mut client = Client::ready();
    client.receiver.max_sealed = 1 << 20;
    let lock = client.send(sealed(request(1, Command::LOCK)));
    let late = client.send(sealed(read(2, 16)));
    assert_eq!(client.feed(&seal(interim(&lock, 5))).unwrap(), []);
    assert!(matches!(
        client.feed(&seal(oplock_break())).unwrap()[..],
        [Got::Break(_)]
    ));
    client.now = client.now.after(crate::Interval::from_secs(11));
    let now = client.now;
    assert_eq!(client.connection().expire(now).unwrap().token.number, 2);
    assert_eq!(
        client.feed(&seal(read_answer(&late, &[1; 16]))).unwrap(),
        []
    );
    let answer = seal(error(&lock, NtStatus::SUCCESS));
    assert_eq!(client.feed(&answer).unwrap()[0].number(), 1);
}

#[test]
fn any_changed_byte_of_a_sealed_frame_ends_the_connection_before_a_byte_is_handed_out() {
    let (_, ticket, _) = reading();
    let len = seal(read_answer(&ticket, &[7; 64])).len();
    for index in FrameHeader::LEN..len {
        let result = changed(|answer| answer[index] ^= 1);
        let named = match index - FrameHeader::LEN {
            0..4 => parse_error("ProtocolId"),
            // Tag, nonce with its unused end, reserved field, message.
            4..36 | 40..42 | TRANSFORM.. => ClientError::BadSeal,
            36..40 => parse_error("OriginalMessageSize"),
            42..44 => parse_error("Flags"),
            _ => ClientError::UnexpectedEncryption,
        };
        match (&result, index - FrameHeader::LEN) {
            // One bit makes it the compressed, the plain or SMB1's protocol.
            (Err(_), 0..4) => {}
            _ => assert_eq!(result, Err(named), "byte {index}"),
        }
    }
}

#[test]
fn case_02_a_frame_too_short_for_a_transform_header_and_a_message_is_refused() {
    for len in [4usize, 51, 52, 53, 63, 64, 84, TRANSFORM + Header::LEN - 1] {
        let (mut client, _, _) = reading();
        let mut bytes = vec![0; FrameHeader::LEN + len];
        bytes[FrameHeader::LEN..][..4].copy_from_slice(b"\xFDSMB");
        assert_eq!(
            client.feed(&reframe(bytes)),
            Err(ClientError::FrameTooShort(u32::try_from(len).unwrap()))
        );
    }
}

#[test]
fn case_03_an_unknown_session_has_no_keys() {
    let (mut client, ticket, _) = reading();
    let answer = seal_in(SESSION + 1, read_answer(&ticket, &[7; 64]));
    assert_eq!(client.feed(&answer), Err(ClientError::UnexpectedEncryption));
}

#[test]
fn case_03_a_message_in_another_session_than_its_seal_is_refused() {
    let (mut client, ticket, _) = reading();
    let mut plain = read_answer(&ticket, &[7; 64]);
    plain[FrameHeader::LEN + 40] ^= 1;
    let other = u64::from_le_bytes(plain[44..52].try_into().unwrap());
    assert_eq!(
        client.feed(&seal(plain)),
        Err(ClientError::WrongSession(other))
    );
}

#[test]
fn case_03_a_seal_inside_a_seal_and_compression_inside_one_are_refused() {
    let (mut client, ticket, _) = reading();
    let nested = seal(seal(read_answer(&ticket, &[7; 64])));
    assert_eq!(client.feed(&nested), Err(parse_error("ProtocolId")));
    let (mut client, ticket, _) = reading();
    let mut compressed = read_answer(&ticket, &[7; 64]);
    compressed[FrameHeader::LEN] = 0xFC;
    assert_eq!(
        client.feed(&seal(compressed)),
        Err(parse_error("ProtocolId"))
    );
}

/// A connection on which a second user has a session with keys, too.
struct TwoUsers<'a>(&'a Shared);

const SECOND: u64 = SESSION + 1;

impl SharedTable<Tok> for TwoUsers<'_> {
    fn with<R>(&self, work: impl FnOnce(&mut Connection<Tok>) -> R) -> R {
        self.0.with(work)
    }

    fn with_sealing<R>(&self, session_id: u64, work: impl FnOnce(Option<&Sealing>) -> R) -> R {
        let known = if session_id == SECOND {
            SESSION
        } else {
            session_id
        };
        self.0.with_sealing(known, work)
    }
}

#[test]
fn case_03_the_answer_to_one_user_under_the_seal_of_another_is_refused() {
    let outcome = |sealed_in| {
        let mut client = Client::ready();
        let ticket = client.send(sealed(request(1, Command::CREATE)));
        client.receiver.max_sealed = 1 << 20;
        let frame = seal_in(sealed_in, error(&ticket, NtStatus::ACCESS_DENIED));
        let mut rest = &frame[..];
        let mut answered = None;
        while !rest.is_empty() {
            let Want::Inline(place) = client.receiver.want() else {
                panic!("data in an encrypted frame")
            };
            let count = place.len().min(rest.len());
            place[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            client.receiver.received(count).unwrap();
            let users = TwoUsers(&client.table);
            while let Some(event) = client.receiver.next_event(&users, client.now)? {
                let Event::Answer(answer) = event else {
                    panic!("no answer")
                };
                answered = Some(answer.token.number);
            }
        }
        Ok(answered)
    };
    assert_eq!(outcome(SESSION), Ok(Some(1)));
    assert_eq!(outcome(SECOND), Err(ClientError::WrongSession(SESSION)));
}

#[test]
fn case_03_a_seal_longer_than_all_that_was_asked_for_is_refused_at_its_header() {
    let (mut client, _, _) = reading();
    let limit = 64 + ALWAYS_ACCEPTED as usize;
    let mut front = seal(vec![0; FrameHeader::LEN + limit - TRANSFORM + 1]);
    front.truncate(84);
    assert_eq!(
        client.feed(&front),
        Err(ClientError::FrameTooLong {
            length: limit as u32 + 1,
            limit: limit as u32
        })
    );
}

#[test]
fn case_04_a_plain_answer_to_a_sealed_request_is_refused_even_an_interim_one() {
    for status in [
        NtStatus::SUCCESS,
        NtStatus::ACCESS_DENIED,
        NtStatus::USER_SESSION_DELETED,
    ] {
        let mut client = Client::ready();
        let ticket = client.send(sealed(request(1, Command::CREATE)));
        assert_eq!(
            client.feed(&error(&ticket, status)),
            Err(ClientError::NotSealed)
        );
        let mut client = Client::ready();
        client.send(sealed(request(1, Command::CREATE)));
        assert_eq!(
            client.feed(&sign(error(&ticket, status))),
            Err(ClientError::NotSealed)
        );
    }
    let (mut client, ticket, buffer) = reading();
    assert_eq!(
        client.feed(&read_answer(&ticket, &[7; 64])),
        Err(ClientError::NotSealed)
    );
    assert_eq!(buffer.borrow()[..], [0xEE; 64]);
    let (mut client, ticket, _) = reading();
    assert_eq!(
        client.feed(&interim(&ticket, 9)),
        Err(ClientError::NotSealed)
    );
}

#[test]
fn a_sealed_answer_to_a_signed_request_needs_no_signature() {
    let mut client = Client::ready();
    client.receiver.max_sealed = 1 << 20;
    let ticket = client.send(signed(request(1, Command::CREATE)));
    let answer = seal(error(&ticket, NtStatus::SUCCESS));
    assert_eq!(client.feed(&answer).unwrap()[0].number(), 1);
}

#[test]
fn the_buffer_for_sealed_answers_is_kept_for_the_next() {
    let mut client = Client::ready();
    client.receiver.max_sealed = 8 << 20;
    let mut capacity = None;
    for number in 0..5 {
        let ticket = client.send(sealed(read(number, 1 << 20)));
        let answer = seal(read_answer(&ticket, &vec![3; 1 << 20]));
        assert_eq!(client.feed(&answer).unwrap()[0].data().len(), 1 << 20);
        let now = client.receiver.inline.capacity();
        assert_eq!(*capacity.get_or_insert(now), now);
    }
}

fn parse_error(field: &'static str) -> ClientError {
    let fault = match field {
        "OriginalMessageSize" => Fault::OutOfBounds,
        _ => Fault::Value,
    };
    ClientError::Parse(ParseError { field, fault })
}
