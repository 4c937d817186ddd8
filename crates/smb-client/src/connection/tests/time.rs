//! Time-outs, and whether the server still lives.

use super::*;

/// The requests that time out now, each with whether it had been sent.
fn expired(client: &mut Client) -> Vec<(u32, bool)> {
    let now = client.now;
    std::iter::from_fn(|| client.connection().expire(now))
        .map(|expired| (expired.token.number, expired.sent))
        .collect()
}

#[test]
fn a_read_is_waited_for_longer_while_the_server_answers_others() {
    let mut client = Client::ready();
    client.send(read(1, 65536));
    for number in 2..6 {
        // Each answer comes when the read's ten seconds are nearly over again.
        let ticket = client.send(request(number, Command::FLUSH));
        later(&mut client, Interval::from_secs(9));
        client
            .feed(&error(&ticket, NtStatus::ACCESS_DENIED))
            .unwrap();
        assert_eq!(expired(&mut client), []);
    }
    // Four time-outs are the limit, however busy the server is.
    later(&mut client, Interval::from_secs(5));
    assert_eq!(expired(&mut client), [(1, true)]);
}

#[test]
fn other_requests_are_not_waited_for_longer() {
    let mut client = Client::ready();
    client.send(request(1, Command::FLUSH));
    let ticket = client.send(request(2, Command::FLUSH));
    later(&mut client, Interval::from_secs(9));
    client
        .feed(&error(&ticket, NtStatus::ACCESS_DENIED))
        .unwrap();
    later(&mut client, Interval::from_secs(2));
    assert_eq!(expired(&mut client), [(1, true)]);
}

#[test]
fn case_13_a_server_that_grants_nothing_makes_requests_time_out() {
    let mut client = client(|_| {});
    let first = client.send(request(1, Command::NEGOTIATE));
    client.feed(&ok(&first, 0)).unwrap();
    assert!(matches!(
        client.submit(request(2, Command::ECHO)),
        Submitted::Queued(_)
    ));
    assert_eq!(expired(&mut client), []);
    later(&mut client, Interval::from_secs(10));
    assert_eq!(expired(&mut client), [(2, false)]);
}

#[test]
fn an_interim_response_replaces_the_time_out_once() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::LOCK));
    later(&mut client, Interval::from_secs(9));
    client.feed(&interim(&ticket, 77)).unwrap();
    later(&mut client, Interval::from_secs(99));
    assert_eq!(expired(&mut client), []);
    client.feed(&interim(&ticket, 77)).unwrap();
    later(&mut client, Interval::from_secs(1));
    assert_eq!(expired(&mut client), [(1, true)]);
}

#[test]
fn a_request_that_may_wait_for_ever_has_no_deadline_once_pended() {
    let mut client = client(|config| config.echo_after = None);
    let ticket = client.send(Request {
        pended_timeout: None,
        ..request(1, Command::CHANGE_NOTIFY)
    });
    assert_eq!(
        client.connection().deadline(),
        Some(START.after(Interval::from_secs(10)))
    );
    client.feed(&interim(&ticket, 1)).unwrap();
    client.now = Time(u64::MAX - 1);
    assert_eq!(expired(&mut client), []);
    assert_eq!(client.connection().deadline(), None);
}

#[test]
fn a_cancelled_request_ends_soon_whatever_the_server_does() {
    let mut client = Client::ready();
    let ticket = client.send(Request {
        timeout: Interval::from_secs(1000),
        ..request(1, Command::CHANGE_NOTIFY)
    });
    let now = client.now;
    client.connection().cancel(ticket.id, now);
    client.feed(&interim(&ticket, 1)).unwrap();
    later(&mut client, CANCEL_PATIENCE);
    assert_eq!(expired(&mut client), [(1, true)]);
    assert!(matches!(
        client.connection().cancel(ticket.id, now),
        Cancelled::TooLate
    ));
}

#[test]
fn case_11_an_answer_that_comes_too_late_is_dropped_with_its_data() {
    let mut client = Client::ready();
    let late = client.send(read(1, 4096));
    later(&mut client, Interval::from_secs(10));
    assert_eq!(expired(&mut client), [(1, true)]);
    let next = client.send(request(2, Command::ECHO));
    let mut bytes = read_answer(&late, &[1; 4096]);
    bytes.extend(ok(&next, 1));
    let got = client.feed(&bytes).unwrap();
    assert_eq!(got.iter().map(Got::number).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_time_out_frees_the_request_but_not_its_message_id() {
    let mut client = client(|config| config.table_capacity = 2);
    let late = client.send(request(1, Command::NEGOTIATE));
    later(&mut client, Interval::from_secs(10));
    assert_eq!(expired(&mut client), [(1, true)]);
    assert_eq!(expired(&mut client), []);
    assert!(
        client.connection().next_failed().is_none(),
        "it was given back already"
    );
    assert_eq!(
        client.feed(&ok(&late, 3)),
        Err(ClientError::UnknownMessageId(0))
    );
}

#[test]
fn silence_is_asked_about_and_then_taken_for_death() {
    let mut client = Client::ready();
    let now = client.now;
    assert_eq!(client.connection().keep_alive(now), KeepAlive::Fine);
    later(&mut client, Interval::from_secs(10));
    assert_eq!(expired(&mut client), []);
    assert_eq!(
        client.connection().deadline(),
        Some(START.after(Interval::from_secs(30)))
    );
    later(&mut client, Interval::from_secs(20));
    let now = client.now;
    assert_eq!(client.connection().keep_alive(now), KeepAlive::EchoDue);
    client.send(request(1, Command::ECHO));
    assert_eq!(client.connection().keep_alive(now), KeepAlive::Fine);
    later(&mut client, Interval::from_secs(10));
    assert_eq!(expired(&mut client), [(1, true)]);
    let now = client.now;
    assert_eq!(client.connection().keep_alive(now), KeepAlive::Dead);
}

#[test]
fn any_answer_is_a_sign_of_life() {
    let mut client = Client::ready();
    let other = client.send(Request {
        timeout: Interval::from_secs(600),
        ..request(1, Command::FLUSH)
    });
    later(&mut client, Interval::from_secs(30));
    client.send(request(2, Command::ECHO));
    later(&mut client, Interval::from_secs(5));
    client.feed(&error(&other, NtStatus::DISK_FULL)).unwrap();
    later(&mut client, Interval::from_secs(5));
    assert_eq!(expired(&mut client), [(2, true)]);
    let now = client.now;
    assert_eq!(client.connection().keep_alive(now), KeepAlive::Fine);
}

#[test]
fn an_answered_echo_starts_the_wait_anew() {
    let mut client = Client::ready();
    for _ in 0..3 {
        later(&mut client, Interval::from_secs(30));
        let now = client.now;
        assert_eq!(client.connection().keep_alive(now), KeepAlive::EchoDue);
        let echo = client.send(request(1, Command::ECHO));
        client.feed(&ok(&echo, 1)).unwrap();
        assert_eq!(client.connection().keep_alive(now), KeepAlive::Fine);
    }
}

#[test]
fn case_01_a_message_that_drips_in_is_no_sign_of_life() {
    let mut client = Client::ready();
    let ticket = client.send(request(1, Command::QUERY_INFO));
    let answer = error(&ticket, NtStatus::ACCESS_DENIED);
    for byte in &answer[..60] {
        later(&mut client, Interval::from_secs(1));
        assert_eq!(client.feed(std::slice::from_ref(byte)).unwrap(), []);
    }
    let now = client.now;
    assert_eq!(client.connection().keep_alive(now), KeepAlive::EchoDue);
}

#[test]
fn a_long_answer_that_keeps_coming_is_a_sign_of_life() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, 1 << 20));
    let answer = read_answer(&ticket, &[3; 1 << 20]);
    for piece in answer[..1 << 19].chunks(1 << 16) {
        later(&mut client, Interval::from_secs(20));
        client.feed(piece).unwrap();
        let now = client.now;
        assert_eq!(client.connection().keep_alive(now), KeepAlive::Fine);
    }
    // What is being received is out of reach of time-outs; only the receiver can give it back.
    assert_eq!(expired(&mut client), []);
    assert!(client.connection().next_failed().is_none());
    assert_eq!(client.receiver.abort().unwrap().number, 1);
}
