//! Signatures (anchors C.3 case 4).

use super::*;

/// What became of a signed READ whose answer was changed after it was signed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<Got>, ClientError> {
    let mut client = Client::ready();
    let ticket = client.send(signed(read(1, 64)));
    let mut answer = sign(padded_read_answer(&ticket, 88, &[7; 64], 3));
    change(&mut answer);
    client.feed(&answer)
}

#[test]
fn a_signed_read_is_verified_over_header_padding_data_and_tail() {
    assert_eq!(changed(|_| {}).unwrap()[0].data(), [7; 64]);
    let len = 4 + 88 + 64 + 3;
    // Credits, the READ's reserved fields, padding, data and tail: nothing else would notice.
    for index in [4 + 14, 4 + 67, 4 + 76, 4 + 82, 4 + 88, 4 + 88 + 63, len - 1] {
        assert_eq!(
            changed(|answer| answer[index] ^= 1),
            Ok(vec![Got::Forged(1)]),
            "byte {index}"
        );
    }
}

#[test]
fn case_04_a_signature_of_zeros_or_none_at_all_is_refused() {
    assert_eq!(
        changed(|answer| answer[52..68].fill(0)),
        Ok(vec![Got::Forged(1)])
    );
    assert_eq!(
        changed(|answer| answer[4 + 16] ^= 8),
        Err(ClientError::NotSigned)
    );
}

#[test]
fn case_04_not_a_byte_of_an_unsigned_reads_data_is_placed() {
    let mut client = Client::ready();
    let ask = signed(read(1, 64));
    let buffer = ask.token.buffer.clone();
    let ticket = client.send(ask);
    assert_eq!(
        client.feed(&read_answer(&ticket, &[7; 64])),
        Err(ClientError::NotSigned)
    );
    assert_eq!(buffer.borrow()[..], [0xEE; 64]);
}

#[test]
fn a_read_whose_data_is_forged_leaves_the_connection_to_others() {
    let mut client = Client::ready();
    let forged = client.send(signed(read(1, 4)));
    let sound = client.send(signed(read(2, 4)));
    let mut stream = sign(read_answer(&forged, b"evil"));
    let last = stream.len() - 1;
    stream[last] ^= 1;
    stream.extend(sign(read_answer(&sound, b"good")));
    let got = client.feed(&stream).unwrap();
    assert_eq!(got[0], Got::Forged(1));
    assert_eq!(got[1].data(), b"good");
}

#[test]
fn an_answer_without_data_that_is_badly_signed_ends_the_connection() {
    let mut client = Client::ready();
    let ticket = client.send(signed(request(1, Command::FLUSH)));
    let mut answer = sign(error(&ticket, NtStatus::ACCESS_DENIED));
    answer[52] ^= 1;
    assert_eq!(client.feed(&answer), Err(ClientError::BadSignature));
}

#[test]
fn the_token_of_a_badly_signed_answer_comes_back_from_the_receiver() {
    let mut client = Client::ready();
    let ticket = client.send(signed(read(9, 4)));
    assert_eq!(
        client.feed(&read_answer(&ticket, b"evil")),
        Err(ClientError::NotSigned)
    );
    assert_eq!(
        client
            .receiver
            .next_event(&client.table, client.now)
            .unwrap_err(),
        ClientError::NotSigned
    );
    assert!(matches!(client.receiver.want(), Want::Inline(place) if place.is_empty()));
    assert_eq!(client.receiver.abort().unwrap().number, 9);
}

#[test]
fn case_04_any_answer_in_a_signed_session_must_be_signed_errors_too() {
    for status in [
        NtStatus::SUCCESS,
        NtStatus::ACCESS_DENIED,
        NtStatus::NETWORK_SESSION_EXPIRED,
    ] {
        let mut client = Client::ready();
        let ticket = client.send(signed(request(1, Command::CREATE)));
        assert_eq!(
            client.feed(&error(&ticket, status)),
            Err(ClientError::NotSigned)
        );
        let mut client = Client::ready();
        let ticket = client.send(signed(request(1, Command::CREATE)));
        assert_eq!(
            client.feed(&sign(error(&ticket, status))).unwrap()[0].status(),
            status
        );
    }
}

#[test]
fn a_server_that_has_lost_the_session_cannot_sign_that() {
    let mut client = Client::ready();
    let ticket = client.send(signed(read(1, 10)));
    let got = client
        .feed(&error(&ticket, NtStatus::USER_SESSION_DELETED))
        .unwrap();
    assert_eq!(got[0].status(), NtStatus::USER_SESSION_DELETED);
}

#[test]
fn interim_responses_are_not_verified() {
    let mut client = Client::ready();
    let ticket = client.send(signed(request(1, Command::LOCK)));
    client.feed(&interim(&ticket, 1)).unwrap();
    assert_eq!(
        client
            .feed(&sign(error(&ticket, NtStatus::SUCCESS)))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn each_part_of_a_compound_has_its_own_signature() {
    let parts = |client: &mut Client| {
        [1, 2].map(|number| client.send(signed(request(number, Command::CREATE))))
    };
    let mut client = Client::ready();
    let [a, b] = parts(&mut client);
    // The first part is signed with its padding and its link.
    let mut bytes = compound(&[
        error(&a, NtStatus::SUCCESS),
        sign(error(&b, NtStatus::SUCCESS)),
    ]);
    let next = u32::from_le_bytes(bytes[4 + 20..4 + 24].try_into().unwrap()) as usize;
    let first = sign([vec![0; 4], bytes[4..4 + next].to_vec()].concat());
    bytes[4..4 + next].copy_from_slice(&first[4..]);
    assert_eq!(client.feed(&bytes).unwrap().len(), 2);

    let mut client = Client::ready();
    parts(&mut client);
    bytes[4 + next - 1] ^= 1;
    assert_eq!(
        client.feed(&bytes),
        Err(ClientError::BadSignature),
        "padding"
    );
    assert_eq!(client.receiver.abort().unwrap().number, 1);
}

#[test]
fn a_late_answer_is_dropped_without_a_look_at_its_signature() {
    let mut client = Client::ready();
    let ticket = client.send(signed(read(1, 5000)));
    client.now = client.now.after(crate::Interval::from_secs(10));
    let now = client.now;
    assert!(client.connection().expire(now).is_some());
    assert_eq!(client.feed(&read_answer(&ticket, &[0; 5000])).unwrap(), []);
}
