//! Data, controls, notifications and breaks (cases 34 to 40).

use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::{Command, Fsctl};

use crate::lies::*;
use crate::scripted::{count, frame, patch, server, share, start, with_driver};

#[test]
fn case_34_read_data_outside_of_the_message_is_refused() {
    refused_at(
        Command::READ,
        at::READ_OFFSET,
        &[&[0], &[63], &[79], &[255]],
        read,
    );
    refused_at(
        Command::READ,
        at::READ_COUNT,
        &[
            &[0xFF, 0xFF, 0xFF, 0xFF],
            &[0, 0, 0, 0x80],
            &[0xE9, 3, 0, 0],
        ],
        read,
    );
}

#[test]
fn case_34_more_data_than_was_asked_for_does_not_reach_the_buffer() {
    let fault = Fault::rewrite(|message| {
        message.extend_from_slice(&[0x66; 4096]);
        let length = (SIZE + 4096) as u32;
        message[at::READ_COUNT..][..4].copy_from_slice(&length.to_le_bytes());
    });
    assert_eq!(lie_protected(Command::READ, fault, read), INVALID);
}

#[test]
fn case_34_a_nonsensical_count_of_remaining_data_is_of_no_interest() {
    let fault = patch(at::READ_REMAINING, &[0xFF; 4]);
    assert_eq!(lie_protected(Command::READ, fault, read), Ok(()));
}

#[test]
fn case_34_a_read_of_nothing_with_success_is_the_end_of_the_file() {
    let fault = Fault::rewrite(|message| {
        message.truncate(80);
        message[at::READ_COUNT..][..4].copy_from_slice(&[0; 4]);
    });
    let end = Err(NtStatus::END_OF_FILE);
    assert_eq!(lie_protected(Command::READ, fault, read), end);
}

#[test]
fn case_35_a_write_of_more_than_was_sent_or_of_nothing_is_refused() {
    refused_at(
        Command::WRITE,
        at::WRITE_COUNT,
        &[&[0xE9, 3, 0, 0], &[0xFF; 4], &[0; 4]],
        write,
    );
}

#[test]
fn case_35_a_server_that_writes_byte_by_byte_does_not_keep_a_program_for_ever() {
    let one = patch(at::WRITE_COUNT, &[1, 0, 0, 0]);
    // Who writes so little has no room.
    let full = Err(NtStatus::DISK_FULL);
    assert_eq!(lie_protected(Command::WRITE, one, write), full);
}

#[test]
fn case_36_output_of_a_control_outside_of_its_message_or_cut_short_is_refused() {
    const OUTPUT_OFFSET: usize = 96;
    const OUTPUT_COUNT: usize = 100;
    let check = || When::fsctl(Fsctl::VALIDATE_NEGOTIATE_INFO);
    for (place, bytes) in [
        (OUTPUT_COUNT, &[0xFF; 4]),
        (OUTPUT_COUNT, &[0, 0, 0, 0]),
        (OUTPUT_COUNT, &[23, 0, 0, 0]),
        (OUTPUT_OFFSET, &[0xFF; 4]),
        (OUTPUT_OFFSET, &[64, 0, 0, 0]),
    ] {
        let outcome = lie_to_connecting(&[], up_to_3_0_2, check(), put(place, bytes));
        assert_eq!(outcome, INVALID, "{place} {bytes:?}");
    }
}

#[test]
fn case_36_output_of_a_control_behind_what_was_asked_for_is_not_looked_at() {
    const OUTPUT_COUNT: usize = 100;
    let check = When::fsctl(Fsctl::VALIDATE_NEGOTIATE_INFO);
    let long = Fault::rewrite(|message| {
        message.resize(112 + 5000, 0x66);
        message[OUTPUT_COUNT..][..4].copy_from_slice(&5000u32.to_le_bytes());
    });
    assert_eq!(lie_to_connecting(&[], up_to_3_0_2, check, long), Ok(()));
}

#[test]
fn case_37_no_notification_is_asked_for() {
    const NAMES: u32 = 3;
    let share = share();
    share.write_file("dir\\file", b"").unwrap();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let directory = mount.open_directory("dir").unwrap();
        let waiting = directory.nt_notify_change_directory_file(vec![0; 256], NAMES, false);
        assert!(count(waiting.wait().1).is_err());
    });
    assert_eq!(server.stop().requests_of(Command::CHANGE_NOTIFY), 0);
}

/// A break that nobody asked for, with a body of `length` bytes that says so of itself.
fn break_of(length: usize) -> Vec<u8> {
    const BREAK: u8 = 18;
    let mut message = b"\xFESMB".to_vec();
    message.resize(64, 0);
    message[4] = 64;
    message[12] = BREAK;
    message[16] = 1;
    message[24..32].fill(0xFF);
    message.push(length as u8);
    message.resize(64 + length, 0);
    // A level or a state above all that there are.
    message[66..].fill(0xEE);
    frame(&message)
}

#[test]
fn case_38_breaks_of_what_nobody_holds_change_nothing() {
    for length in [24, 36, 44, 25, 200] {
        for (command, used) in USES {
            let fault = Fault::raw(move |answer| [break_of(length), frame(answer)].concat());
            assert_eq!(lie(command, fault, used), Ok(()), "{command:?} {length}");
        }
    }
}

#[test]
fn case_38_ten_thousand_breaks_in_front_of_an_answer_change_nothing() {
    let fault = Fault::raw(|answer| [break_of(44).repeat(10_000), frame(answer)].concat());
    assert_eq!(lie(Command::READ, fault, read), Ok(()));
}

#[test]
fn case_39_without_oplocks_every_read_is_the_servers_word() {
    const OPLOCK_LEVEL: usize = 67;
    let share = share();
    share.write_file("file", b"before").unwrap();
    let greedy = When::command(Command::CREATE).filter(|seen| seen.message[OPLOCK_LEVEL] != 0);
    let server = start(server(&share).fault(greedy, Fault::Status(NtStatus::INTERNAL_ERROR)));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        let breaking = Fault::raw(|answer| [break_of(24), frame(answer), break_of(24)].concat());
        server.faults().add(When::command(Command::READ), breaking);
        for content in [b"before", b"during", b"after."] {
            share.write_file("file", content).unwrap();
            let mut buffer = [0; 6];
            assert_eq!(count(file.nt_read_file(&mut buffer, Some(0))), Ok(6));
            assert_eq!(&buffer, content);
        }
    });
}

#[test]
fn case_39_an_oplock_that_was_granted_unasked_is_not_believed() {
    const GRANTED: usize = 66;
    const BATCH: &[u8] = &[9];
    let share = share();
    share.write_file("file", b"before").unwrap();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        server
            .faults()
            .add(When::command(Command::CREATE), patch(GRANTED, BATCH));
        let file = mount.open("file").unwrap();
        for content in [b"before", b"after."] {
            share.write_file("file", content).unwrap();
            let mut buffer = [0; 6];
            assert_eq!(count(file.nt_read_file(&mut buffer, Some(0))), Ok(6));
            assert_eq!(&buffer, content);
        }
    });
}

#[test]
fn case_40_no_count_of_the_servers_makes_the_driver_take_memory() {
    // Sixteen megabytes announced, none of them sent.
    for (command, used) in USES {
        let fault =
            Fault::raw(|answer| [&[0, 0xFF, 0xFF, 0xFF], &answer[..80.min(answer.len())]].concat());
        assert_eq!(lie(command, fault, used), INVALID, "{command:?}");
    }
    let listing = Fault::rewrite(|message| {
        if message[at::STATUS] == [0; 4] {
            message[at::OUTPUT_LENGTH..][..4].copy_from_slice(&0x7FFF_FFFFu32.to_le_bytes());
        }
    });
    assert_eq!(
        lie_protected(Command::QUERY_DIRECTORY, listing, list),
        INVALID
    );
}
