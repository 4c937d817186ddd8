//! What goes wrong without a single bad byte (cases 41 to 48).

use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::lies::*;
use crate::scripted::{
    Answers, HASTY, bytes, count, frame, server, share, start, wait_until, with_driver,
};

#[test]
fn case_41_a_connection_that_ends_in_any_exchange_ends_it_and_the_next_one_works() {
    for (command, used) in USES {
        // An open is tried again, and meets the same.
        let ended = Err(NtStatus::CONNECTION_DISCONNECTED);
        assert_eq!(lie(command, Fault::Disconnect, used), ended, "{command:?}");
        let answered = lie(command, Fault::DisconnectAfter, used);
        assert_eq!(answered, Ok(()), "{command:?}");
    }
    for command in [
        Command::NEGOTIATE,
        Command::SESSION_SETUP,
        Command::TREE_CONNECT,
    ] {
        let outcome = lie_at_connecting(When::command(command), Fault::Disconnect);
        assert_eq!(
            outcome,
            Err(NtStatus::CONNECTION_DISCONNECTED),
            "{command:?}"
        );
    }
}

#[test]
fn case_42_what_was_asked_again_is_answered_and_ended_once() {
    // The first open is carried out, but its answer is lost with the connection.
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server =
        start(server(&share).fault(When::command(Command::CREATE).nth(1), Fault::Disconnect));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        assert_eq!(read(&mount, &file), Ok(()));
        drop(file);
    });
    let stats = server.stop();
    assert_eq!(stats.requests_of(Command::CREATE), 2);
    assert_eq!(stats.requests_of(Command::CLOSE), 1);
}

#[test]
fn case_43_no_refusal_leaves_anything_behind() {
    // `lie` ends by unloading the driver, which fails if anything is left.
    for (command, used) in USES {
        for status in [
            NtStatus::ACCESS_DENIED,
            NtStatus::DISK_FULL,
            NtStatus::INSUFFICIENT_RESOURCES,
        ] {
            let outcome = lie(command, Fault::Status(status), used);
            assert_eq!(outcome, Err(status), "{command:?}");
        }
    }
    for command in [
        Command::NEGOTIATE,
        Command::SESSION_SETUP,
        Command::TREE_CONNECT,
    ] {
        let fault = Fault::Status(NtStatus::ACCESS_DENIED);
        let outcome = lie_at_connecting(When::command(command), fault);
        assert_eq!(outcome, Err(NtStatus::ACCESS_DENIED), "{command:?}");
    }
}

#[test]
fn case_44_a_close_that_is_never_answered_does_not_outlive_its_share() {
    for fault in [Fault::Swallow, Fault::Disconnect] {
        let share = share();
        share.write_file("file", &bytes(SIZE)).unwrap();
        let server = start(server(&share).fault(When::command(Command::CLOSE), fault));
        with_driver(HASTY, |desk| {
            let mount = desk.mount(&server);
            let closing = mount.open("file").unwrap();
            let kept = mount.open("file").unwrap();
            std::thread::scope(|scope| {
                scope.spawn(move || drop(closing));
                wait_until("the close is asked for", || {
                    server.stats().requests_of(Command::CLOSE) == 1
                });
                // The share goes while the close is still waiting.
                let _ = mount.clone().disconnect(true);
            });
            let read = kept.nt_read_file(&mut [0; 10], Some(0));
            assert_eq!(count(read), Err(NtStatus::FILE_CLOSED));
        });
    }
}

#[test]
fn case_43_what_opens_after_nobody_waits_for_it_does_not_stay_open() {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let answers = Answers::keep();
    let first = When::command(Command::CREATE).nth(1);
    let server = start(server(&share).fault(first, answers.fault()));
    with_driver(HASTY, |desk| {
        let mount = desk.mount(&server);
        assert_eq!(mount.open("file").err(), Some(NtStatus::IO_TIMEOUT));
        // The server opened the file, and closes it with its connection.
        wait_until("nothing is open", || server.stats().open_handles == 0);
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
    });
    assert_eq!(server.stop().connections, 2);
}

#[test]
fn case_46_no_handle_is_durable_so_none_is_reclaimed() {
    let durable = |message: &[u8]| {
        [b"DHnQ", b"DHnC", b"DH2Q", b"DH2C"]
            .iter()
            .any(|tag| message.windows(4).any(|bytes| bytes == *tag))
    };
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let asks = When::command(Command::CREATE).filter(move |seen| durable(seen.message));
    let server = start(server(&share).fault(asks, Fault::Status(NtStatus::INTERNAL_ERROR)));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let lost = mount.open("file").unwrap();
        server.disconnect_all();
        // The other program's open is one of its own; the lost handle stays lost.
        let found = mount.open("file").unwrap();
        assert_eq!(read(&mount, &found), Ok(()));
        assert_eq!(read(&mount, &lost), Err(NtStatus::CONNECTION_DISCONNECTED));
    });
}

#[test]
fn case_47_whichever_allocation_fails_the_open_or_read_ends_and_the_next_works() {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let faults = desk.kernel().faults();
        for n in 1.. {
            faults.fail_nth(n);
            let outcome = mount.read("file", SIZE);
            let struck = faults.struck();
            faults.clear();
            match outcome {
                Ok(found) => assert!(found == bytes(SIZE), "allocation {n}"),
                Err(status) => {
                    assert_eq!(status, NtStatus::INSUFFICIENT_RESOURCES, "allocation {n}")
                }
            }
            if struck == 0 {
                break;
            }
        }
    });
    assert_eq!(server.stop().open_handles, 0);
}

#[test]
fn case_48_smb1_is_not_spoken_whatever_it_says() {
    const TRANSACTION2: u8 = 0x32;
    // A transaction's answer whose totals and displacements are as large as can be.
    let transaction = || {
        let mut message = b"\xFFSMB".to_vec();
        message.push(TRANSACTION2);
        message.resize(32, 0);
        message.extend([10; 1]);
        message.extend([0xFF; 40]);
        send(frame(&message))
    };
    let smb1 = Err(NtStatus::SMB1_NOT_AVAILABLE);
    for command in [
        Command::NEGOTIATE,
        Command::SESSION_SETUP,
        Command::TREE_CONNECT,
    ] {
        let outcome = lie_at_connecting(When::command(command), transaction());
        assert_eq!(outcome, smb1, "{command:?}");
    }
    for (command, used) in USES {
        assert_eq!(lie(command, transaction(), used), smb1, "{command:?}");
        assert_eq!(
            lie_sealed(command, transaction(), used),
            smb1,
            "{command:?}"
        );
    }
}
