//! Headers, and which answer is for which request (cases 10 to 14).

use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::lies::*;
use crate::scripted::{bytes, frame, server, share, start, wait_until, with_driver};

#[test]
fn case_14_a_success_with_the_body_of_an_error_is_refused() {
    let all = [USES.as_slice(), &[(Command::QUERY_DIRECTORY, list)]].concat();
    for (command, used) in all {
        let fault = Fault::rewrite(|message| {
            message.truncate(64);
            message.extend_from_slice(&[9, 0, 0, 0, 0, 0, 0, 0, 0]);
        });
        assert_eq!(lie_protected(command, fault, used), INVALID, "{command:?}");
    }
}

#[test]
fn case_11_an_answer_that_comes_twice_ends_the_connection_only() {
    assert_eq!(connections_after_a_read_and(Fault::Duplicate), 2);
}

/// How many connections it takes to read twice, when what the server says after the first READ's answer ends one.
fn connections_after_a_read_and(fault: Fault) -> u64 {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = start(server(&share).fault(When::command(Command::READ).nth(1), fault));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        assert_eq!(read(&mount, &file), Ok(()));
        wait_until("the connection is given up", || {
            server.stats().open_connections == 0
        });
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
    });
    server.stop().connections
}

#[test]
fn case_11_an_answer_to_what_was_never_asked_ends_what_is_in_flight() {
    for (command, used) in USES {
        // The message id.
        let fault = Fault::rewrite(|message| message[24..32].copy_from_slice(&[0x77; 8]));
        let outcome = lie(command, fault, used);
        // An open is tried on the next connection, whose answers are no better.
        assert_eq!(outcome, INVALID, "{command:?}");
    }
}

#[test]
fn case_12_an_answer_to_another_command_ends_what_is_in_flight() {
    let fault = Fault::rewrite(|message| message[12..14].copy_from_slice(&[9, 0]));
    assert_eq!(lie(Command::READ, fault, read), INVALID);
}

#[test]
fn case_10_an_answer_whose_header_is_none_ends_what_is_in_flight() {
    // Protocol id, structure size, a command that does not exist, the response flag.
    let lies: [fn(&mut Vec<u8>); 5] = [
        |message| message[..4].copy_from_slice(b"HTTP"),
        |message| message[4] = 65,
        |message| message[12] = 19,
        |message| message[12..14].copy_from_slice(&[0xFF; 2]),
        |message| message[16] &= !1,
    ];
    for (command, used) in USES {
        for (number, change) in lies.into_iter().enumerate() {
            let outcome = lie(command, Fault::tamper(change), used);
            assert_eq!(outcome, INVALID, "{command:?} {number}");
            let outcome = lie_sealed(command, Fault::tamper(change), used);
            assert_eq!(outcome, INVALID, "sealed {command:?} {number}");
        }
    }
}

#[test]
fn case_11_what_nobody_asked_for_must_be_a_break() {
    for (command, used) in USES {
        let unasked = Fault::rewrite(|message| message[24..32].copy_from_slice(&[0xFF; 8]));
        assert_eq!(lie(command, unasked, used), INVALID, "{command:?}");
    }
}

#[test]
fn case_12_an_answer_of_another_session_or_tree_ends_what_is_in_flight() {
    const TREE: usize = 36;
    const SESSION: usize = 40;
    for (command, used) in USES {
        for place in [TREE, SESSION] {
            let other = || Fault::rewrite(move |message| message[place] ^= 0x40);
            assert_eq!(lie(command, other(), used), INVALID, "{command:?} {place}");
            assert_eq!(
                lie_sealed(command, other(), used),
                INVALID,
                "{command:?} {place}"
            );
        }
    }
}

/// What says that the answer comes later, under this id.
fn interim(answer: &[u8], id: u64) -> Vec<u8> {
    const ASYNC: u8 = 2;
    const SIGNED: u8 = 8;
    let mut message = answer[..64].to_vec();
    message[at::STATUS].copy_from_slice(&NtStatus::PENDING.0.to_le_bytes());
    message[14..16].fill(0);
    message[16] = (message[16] | ASYNC) & !SIGNED;
    message[32..40].copy_from_slice(&id.to_le_bytes());
    message[48..64].fill(0);
    message.extend([9, 0, 0, 0, 0, 0, 0, 0, 0]);
    frame(&message)
}

#[test]
fn case_12_an_answer_may_be_announced_once_or_twice() {
    for (command, used) in USES {
        for times in 1..3 {
            let announced = Fault::raw(move |answer| {
                [interim(answer, 7).repeat(times), frame(answer)].concat()
            });
            assert_eq!(lie(command, announced, used), Ok(()), "{command:?} {times}");
        }
    }
}

#[test]
fn case_12_an_answer_announced_under_two_ids_or_none_ends_what_is_in_flight() {
    for (command, used) in USES {
        let two_ids = Fault::raw(|answer| [interim(answer, 7), interim(answer, 8)].concat());
        assert_eq!(lie(command, two_ids, used), INVALID, "{command:?}");
        let no_id = Fault::raw(|answer| {
            let mut bytes = interim(answer, 7);
            bytes[4 + 16] &= !2;
            bytes
        });
        assert_eq!(lie(command, no_id, used), INVALID, "{command:?}");
    }
}

#[test]
fn case_12_an_answer_before_its_announcement_ends_the_connection_only() {
    let late = Fault::raw(|answer| [frame(answer), interim(answer, 7)].concat());
    assert_eq!(connections_after_a_read_and(late), 2);
}

#[test]
fn case_13_an_answer_that_names_another_charge_changes_nothing() {
    const CREDIT_CHARGE: usize = 6;
    for (command, used) in USES {
        for charge in [&[0, 0], &[7, 0], &[0xFF, 0xFF]] {
            let outcome = lie(command, put(CREDIT_CHARGE, charge), used);
            assert_eq!(outcome, Ok(()), "{command:?} {charge:?}");
        }
    }
}

#[test]
fn case_14_a_refusal_with_the_body_of_a_success_is_a_refusal() {
    let refused = Err(NtStatus::ACCESS_DENIED);
    for (command, used) in USES {
        let fault = Fault::rewrite(|message| {
            message[at::STATUS].copy_from_slice(&NtStatus::ACCESS_DENIED.0.to_le_bytes());
        });
        assert_eq!(lie_protected(command, fault, used), refused, "{command:?}");
    }
}

#[test]
fn case_14_a_refusal_with_more_bytes_than_there_are_is_a_refusal() {
    let refused = Err(NtStatus::ACCESS_DENIED);
    for (command, used) in USES {
        for count in [[0xFF; 4], [2, 0, 0, 0], [0, 0, 0, 0x80]] {
            let fault = Fault::rewrite(move |message| {
                message[at::STATUS].copy_from_slice(&NtStatus::ACCESS_DENIED.0.to_le_bytes());
                message.truncate(64);
                message.extend([9, 0, 0, 0]);
                message.extend(count);
                message.push(0);
            });
            assert_eq!(
                lie_protected(command, fault, used),
                refused,
                "{command:?} {count:?}"
            );
        }
    }
}
