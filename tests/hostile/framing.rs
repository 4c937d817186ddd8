//! Frames, seals and signatures (cases 1 to 9).

use smb_server::{Fault, Protection, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::lies::*;
use crate::scripted::{LIMIT_MS, bytes, frame, server, share, start, wait_until, with_driver};

#[test]
fn case_04_an_unsigned_or_wrongly_signed_answer_is_never_believed() {
    let used: [(Command, Use); 4] = [
        (Command::READ, read),
        (Command::WRITE, write),
        (Command::CREATE, open),
        (Command::QUERY_INFO, query_size),
    ];
    for (command, used) in used {
        let wrong = Fault::tamper(|message| message[50] ^= 1);
        let forged = Err(NtStatus::INVALID_SIGNATURE);
        assert_eq!(lie(command, wrong, used), forged, "{command:?}");
        let unsigned = Fault::tamper(|message| {
            message[16] &= !8;
            message[48..64].copy_from_slice(&[0; 16]);
        });
        let stripped = Err(NtStatus::DOWNGRADE_DETECTED);
        assert_eq!(lie(command, unsigned, used), stripped, "{command:?}");
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
    let hasty = [
        ("RequestTimeoutMs", LIMIT_MS),
        ("EchoAfterMs", LIMIT_MS / 2),
    ];
    for (command, used) in USES {
        let share = share();
        share.write_file("file", &bytes(SIZE)).unwrap();
        let server = start(server(&share));
        with_driver(&hasty, |desk| {
            let mount = desk.mount(&server);
            let file = mount.open("file").unwrap();
            let endless = Fault::raw(|message| {
                let mut bytes = frame(message);
                // What the next answer begins with must not be what is missing.
                bytes.truncate(bytes.len() - 8);
                bytes
            });
            server.faults().add(When::command(command), endless);
            let outcome = used(&mount, &file);
            assert!(
                matches!(
                    outcome,
                    Err(NtStatus::IO_TIMEOUT
                        | NtStatus::CONNECTION_DISCONNECTED
                        | NtStatus::INVALID_NETWORK_RESPONSE
                        | NtStatus::INVALID_SIGNATURE)
                ),
                "{command:?} {outcome:?}"
            );
            server.faults().clear();
            // What answers the next ECHO is no frame any more.
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

#[test]
fn case_08_links_of_a_compound_that_lead_astray_end_what_is_in_flight() {
    for (command, used) in USES {
        for link in [1u32, 8, 63, 64, 0x8000_0000, 0xFFFF_FFF8, 0xFFFF_FFFF] {
            let lies = || {
                Fault::rewrite(move |message| {
                    message[20..24].copy_from_slice(&link.to_le_bytes());
                })
            };
            // A link that cuts the message in two leaves the first part without its signature.
            let outcome = lie(command, lies(), used);
            assert!(
                matches!(outcome, INVALID | FORGED),
                "{command:?} {link:#x} {outcome:?}"
            );
            assert_eq!(
                lie_sealed(command, lies(), used),
                INVALID,
                "{command:?} {link:#x}"
            );
        }
    }
}

#[test]
fn case_08_a_compound_of_one_answer_again_and_again_ends_what_is_in_flight() {
    let many = Fault::raw(|message| {
        let mut one = message.to_vec();
        one.resize(one.len().next_multiple_of(8), 0);
        let link = one.len() as u32;
        one[20..24].copy_from_slice(&link.to_le_bytes());
        let mut all = one.repeat(500);
        all.extend(message);
        frame(&all)
    });
    // The first is not signed as it stands there.
    let outcome = lie(Command::QUERY_INFO, many, query_size);
    assert!(matches!(outcome, INVALID | FORGED), "{outcome:?}");
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
