//! Frames, seals and signatures (cases 1 to 9).

use ntsim::user::Process;
use smb_server::{Fault, Protection, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::lies::*;
use crate::scripted::{
    LIMIT_MS, Mount, SHARE, bytes, frame, server, share, start, wait_until, with_driver,
};

#[test]
fn case_04_an_unsigned_or_wrongly_signed_answer_is_never_believed() {
    for (command, used) in USES {
        let wrong = Fault::tamper(|message| message[50] ^= 1);
        assert_eq!(lie(command, wrong, used), FORGED, "{command:?}");
        let unsigned = Fault::tamper(|message| {
            message[16] &= !8;
            message[48..64].copy_from_slice(&[0; 16]);
        });
        assert_eq!(lie(command, unsigned, used), STRIPPED, "{command:?}");
    }
}

/// A frame of so many bytes that begins with a protocol's id.
fn frame_of(protocol: &[u8; 4], length: usize) -> Vec<u8> {
    let mut message = protocol.to_vec();
    message.resize(length, 0);
    frame(&message)
}

#[test]
fn case_01_a_frame_too_short_or_too_long_ends_what_is_in_flight() {
    for (command, used) in USES {
        for length in [4, 63] {
            let short = send(frame_of(b"\xFESMB", length));
            assert_eq!(lie(command, short, used), INVALID, "{command:?} {length}");
        }
        assert_eq!(lie(command, send(vec![0; 4]), used), INVALID, "{command:?}");
        let long = Fault::raw(|message| [&[0, 0xFF, 0xFF, 0xFF], message].concat());
        assert_eq!(lie(command, long, used), INVALID, "{command:?}");
    }
}

#[test]
fn case_01_a_frame_that_never_ends_is_given_up_in_bounded_time() {
    // The request has timed out before an ECHO does.
    let hasty = [("RequestTimeoutMs", LIMIT_MS), ("EchoAfterMs", LIMIT_MS)];
    for (command, used) in USES {
        let share = share();
        share.write_file("file", &bytes(SIZE)).unwrap();
        let server = start(server(&share));
        with_driver(&hasty, |desk| {
            let mount = desk.mount(&server);
            let file = mount.open("file").unwrap();
            let endless = Fault::raw(|message| {
                let mut bytes = frame(message);
                bytes.truncate(bytes.len() - 8);
                bytes
            });
            server.faults().add(When::command(command), endless);
            // Its answer would end the frame.
            let echo = When::command(Command::ECHO);
            server.faults().add(echo, Fault::Swallow);
            let outcome = used(&mount, &file);
            assert_eq!(outcome, Err(NtStatus::IO_TIMEOUT), "{command:?}");
            server.faults().clear();
            wait_until("the connection is given up", || {
                server.stats().open_connections == 0
            });
            assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
        });
    }
}

#[test]
fn case_02_a_seal_too_short_for_a_message_ends_what_is_in_flight() {
    for length in [4, 51, 52, 53, 56, 63, 64, 115] {
        let short = || send(frame_of(b"\xFDSMB", length));
        assert_eq!(lie(Command::READ, short(), read), INVALID, "{length}");
        let sealed = lie_sealed(Command::QUERY_INFO, short(), query_size);
        assert_eq!(sealed, INVALID, "{length}");
    }
}

#[test]
fn case_03_a_seal_of_another_session_size_or_kind_is_refused() {
    for (command, used) in USES {
        // Session id, flags, original size.
        for place in [44, 42, 36] {
            let fault = Fault::transform(move |header| header[place] ^= 6);
            assert_eq!(
                lie_sealed(command, fault, used),
                INVALID,
                "{command:?} {place}"
            );
        }
        let nested = Fault::Protect(Protection::SealedTwice);
        assert_eq!(lie_sealed(command, nested, used), INVALID, "{command:?}");
        let compressed = Fault::rewrite(|message| message[0] = 0xFC);
        assert_eq!(
            lie_sealed(command, compressed, used),
            INVALID,
            "{command:?}"
        );
    }
}

#[test]
fn case_03_a_seal_where_nothing_is_encrypted_ends_what_is_in_flight() {
    // A server that seals what was not asked to be has no less to prove.
    let unknown = send(frame_of(b"\xFDSMB", 200));
    assert_eq!(lie(Command::READ, unknown, read), INVALID);
}

#[test]
fn case_03_a_seal_by_another_key_or_changed_on_the_way_is_never_believed() {
    for (command, used) in USES {
        for by in [
            Protection::SealedByClientsKey,
            Protection::SealedByUnknownKey,
        ] {
            let outcome = lie_sealed(command, Fault::Protect(by), used);
            assert_eq!(outcome, FORGED, "{command:?} {by:?}");
        }
        // The tag, the nonce, the first sealed byte.
        for place in [4, 20, 52] {
            let fault = Fault::on_the_way(move |message| message[place] ^= 1);
            assert_eq!(
                lie_sealed(command, fault, used),
                FORGED,
                "{command:?} {place}"
            );
        }
    }
}

#[test]
fn case_03_an_answer_under_another_users_seal_is_refused() {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    for (command, used) in USES {
        let server = start(server(&share).user("bob", "hidden"));
        with_driver(&[("RequireEncryption", 1)], |desk| {
            let second = Process::new();
            let ann = desk.mount(&server);
            let bob = Mount::connect(&second, &server, SHARE, Some(("bob", "hidden"))).unwrap();
            let file = ann.open("file").unwrap();
            assert_eq!(server.stats().connections, 1);
            let by_bob = Fault::Protect(Protection::SealedByAnotherSession);
            let asked = When::command(command).nth(1);
            server.faults().add(asked, by_bob);
            assert_eq!(used(&ann, &file), INVALID, "{command:?}");
            assert!(bob.read("file", SIZE).unwrap() == bytes(SIZE));
        });
    }
}

#[test]
fn case_04_a_plain_or_only_signed_answer_to_a_sealed_request_is_never_believed() {
    for (command, used) in USES {
        for by in [Protection::Plain, Protection::Signed] {
            let outcome = lie_sealed(command, Fault::Protect(by), used);
            assert_eq!(outcome, STRIPPED, "{command:?} {by:?}");
        }
    }
}

#[test]
fn case_05_no_more_than_the_length_itself_counts_as_the_length() {
    for (command, used) in USES {
        // The lower 16 bits are right.
        let long = Fault::raw(|message| {
            let mut bytes = frame(message);
            bytes[1] += 1;
            bytes
        });
        assert_eq!(lie(command, long, used), INVALID, "{command:?}");
    }
}

/// The front of a compressed message: original size, algorithm, flags, offset.
fn compressed(size: u32, algorithm: u16, flags: u16, offset: u32, length: usize) -> Fault {
    let mut message = b"\xFCSMB".to_vec();
    message.extend(size.to_le_bytes());
    message.extend(algorithm.to_le_bytes());
    message.extend(flags.to_le_bytes());
    message.extend(offset.to_le_bytes());
    message.resize(length, 0x66);
    send(frame(&message))
}

#[test]
fn case_06_compression_that_was_not_agreed_on_ends_what_is_in_flight() {
    const LZ4: u16 = 5;
    for (command, used) in USES {
        for (size, flags, length) in [
            (100, 0, 200),
            (100, 1, 200),
            (u32::MAX, 0, 200),
            (100, 0, 8),
        ] {
            let fault = compressed(size, LZ4, flags, 0, length);
            assert_eq!(
                lie(command, fault, used),
                INVALID,
                "{command:?} {size} {length}"
            );
        }
    }
}

#[test]
fn case_07_sizes_of_compression_that_overflow_are_not_even_added() {
    for (size, offset) in [
        (u32::MAX, u32::MAX),
        (u32::MAX, 1),
        (1, u32::MAX),
        (16, 4096),
    ] {
        let fault = compressed(size, 1, 0, offset, 200);
        assert_eq!(lie(Command::READ, fault, read), INVALID, "{size} {offset}");
        let fault = compressed(size, 1, 0, offset, 200);
        assert_eq!(
            lie_sealed(Command::READ, fault, read),
            INVALID,
            "{size} {offset}"
        );
    }
}

/// Tells a lie without any signature that would give it away, and under a seal that holds for it.
fn lie_unsigned_and_sealed(
    command: Command,
    lie: impl Fn() -> Fault,
    used: Use,
) -> [Result<(), NtStatus>; 2] {
    let unsigned = lie_to(
        &[("RequireSigning", 0)],
        |server| server,
        command,
        lie(),
        used,
    );
    [unsigned, lie_sealed(command, lie(), used)]
}

#[test]
fn case_08_links_of_a_compound_that_lead_astray_end_what_is_in_flight() {
    for (command, used) in USES {
        for link in [1u32, 8, 63, 64, 0x8000_0000, 0xFFFF_FFF8, 0xFFFF_FFFF] {
            let astray = || {
                Fault::rewrite(move |message| {
                    message[20..24].copy_from_slice(&link.to_le_bytes());
                })
            };
            let outcomes = lie_unsigned_and_sealed(command, astray, used);
            assert_eq!(outcomes, [INVALID; 2], "{command:?} {link:#x}");
        }
    }
}

/// A compound of one answer, so many times.
fn repeated(times: usize) -> Fault {
    Fault::rewrite(move |message| {
        message.resize(message.len().next_multiple_of(8), 0);
        let last = message.clone();
        let link = message.len() as u32;
        message[20..24].copy_from_slice(&link.to_le_bytes());
        *message = message.repeat(times - 1);
        message.extend(last);
    })
}

#[test]
fn case_08_a_compound_of_one_answer_again_and_again_ends_the_connection() {
    // Without signatures, and under a seal that holds for all of it, so that nothing else gives it away.
    for settings in [("RequireSigning", 0), ("RequireEncryption", 1)] {
        for times in [2, 500] {
            let share = share();
            share.write_file("file", &bytes(SIZE)).unwrap();
            let server = start(server(&share));
            with_driver(&[settings], |desk| {
                let mount = desk.mount(&server);
                let file = mount.open("file").unwrap();
                let queries = When::command(Command::QUERY_INFO);
                server.faults().add(queries.nth(1), repeated(times));
                // The first of them is the answer.
                assert_eq!(query_size(&mount, &file), Ok(()), "{settings:?} {times}");
                wait_until("the connection is given up", || {
                    server.stats().open_connections == 0
                });
                assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
            });
        }
    }
}

#[test]
fn case_09_padding_and_junk_behind_an_answer_do_no_harm() {
    let harmless: [fn(&mut Vec<u8>); 4] = [
        |message| message.resize(message.len().next_multiple_of(8), 0),
        |message| message.extend([0xEE; 3]),
        |message| message.extend([0xEE; 24]),
        |message| message.extend([0; 7]),
    ];
    let all = [
        USES.as_slice(),
        &[(Command::QUERY_DIRECTORY, list), (Command::CLOSE, open)],
    ]
    .concat();
    for (command, used) in all {
        for (number, change) in harmless.into_iter().enumerate() {
            let outcome = lie(command, Fault::rewrite(change), used);
            assert_eq!(outcome, Ok(()), "{command:?} {number}");
            let outcome = lie_sealed(command, Fault::rewrite(change), used);
            assert_eq!(outcome, Ok(()), "sealed {command:?} {number}");
        }
    }
}

#[test]
fn case_09_an_open_whose_answer_is_a_byte_short_works() {
    // The structure's 89th byte stands for contexts that there are none of.
    let short = || Fault::rewrite(|message| message.truncate(64 + 88));
    assert_eq!(lie(Command::CREATE, short(), open), Ok(()));
    assert_eq!(lie_sealed(Command::CREATE, short(), open), Ok(()));
}

#[test]
fn case_09_a_refusal_is_understood_with_or_without_its_ninth_byte() {
    for length in [8, 9, 10, 33] {
        let fault = Fault::rewrite(move |message| {
            message[at::STATUS].copy_from_slice(&NtStatus::ACCESS_DENIED.0.to_le_bytes());
            message.truncate(64);
            message.extend([9, 0, 0, 0, 0, 0, 0, 0]);
            message.resize(64 + length, 0);
        });
        let outcome = lie(Command::CREATE, fault, open);
        assert_eq!(outcome, Err(NtStatus::ACCESS_DENIED), "{length}");
    }
}
