//! A server that answers wrongly or not at all: the right bytes or the right status, never others.
#![forbid(unsafe_code)]

mod desk;

use desk::{credentials, share_at, with_machine};
use lab::drive::Drive;
use lab::file::{Access, Disposition, File};
use lab::machine::Settings;
use samba_ground::{PASSWORD, SHARE, USER};
use smb_server::{Builder, Fault, Share, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

const SIZE: usize = (8 << 20) + 3;
const NAME: &str = "file";

/// Works on a file of [`SIZE`] bytes through the driver, on a server set up by `arrange`.
fn with_file(
    settings: &Settings,
    arrange: impl FnOnce(Builder) -> Builder,
    work: impl FnOnce(&Drive<'_>, &File),
) {
    let share = Share::new(SHARE).unwrap();
    share.write_file(NAME, &desk::bytes(SIZE)).unwrap();
    let server = arrange(smb_server::builder().share(&share).user(USER, PASSWORD))
        .bind("127.0.0.1:0")
        .unwrap();
    with_machine(settings, |machine| {
        let share = share_at(server.address().port());
        let drive = machine.connect(&share, Some(&credentials()), None).unwrap();
        let file = open(&drive);
        work(&drive, &file);
        drop(file);
        // A connection that the test has broken has nobody left to say goodbye to.
        let _ = drive.disconnect();
    });
}

fn open(drive: &Drive<'_>) -> File {
    drive
        .open(&format!("\\{NAME}"), Access::ReadWrite, Disposition::Open)
        .unwrap()
}

fn hasty() -> Settings {
    Settings::default()
        .set("RequestTimeoutMs", 1_000)
        .set("EchoAfterMs", 1_000)
}

fn read(file: &File, length: usize) -> Result<Vec<u8>, NtStatus> {
    let mut buffer = vec![0; length];
    let count = file.read_at(0, &mut buffer)?;
    buffer.truncate(count);
    Ok(buffer)
}

#[test]
fn a_server_that_grants_one_credit_at_a_time_is_slow_and_right() {
    let arrange = |server: Builder| server.max_credits(1).max_io(64 << 10);
    with_file(&Settings::default(), arrange, |_, file| {
        assert_eq!(read(file, 1 << 20).unwrap(), &desk::bytes(SIZE)[..1 << 20]);
    });
}

#[test]
fn a_reply_that_was_tampered_with_never_becomes_data() {
    let flip = |reply: &mut Vec<u8>| {
        if let Some(last) = reply.last_mut() {
            *last ^= 1;
        }
    };
    let arrange =
        |server: Builder| server.fault(When::command(Command::READ).nth(1), Fault::tamper(flip));
    with_file(&Settings::default(), arrange, |_, file| {
        assert!(read(file, 4096).unwrap_err().is_error());
    });
}

#[test]
fn a_read_without_an_answer_times_out() {
    let arrange =
        |server: Builder| server.fault(When::command(Command::READ).nth(1), Fault::Swallow);
    with_file(&hasty(), arrange, |_, file| {
        assert_eq!(read(file, 4096), Err(NtStatus::IO_TIMEOUT));
    });
}

#[test]
fn a_connection_lost_in_the_middle_of_a_read_is_disconnected() {
    let arrange = |server: Builder| {
        server
            .max_io(64 << 10)
            .fault(When::command(Command::READ).nth(7), Fault::Disconnect)
    };
    with_file(&hasty(), arrange, |_, file| {
        assert_eq!(read(file, SIZE), Err(NtStatus::CONNECTION_DISCONNECTED));
    });
}

#[test]
fn what_the_server_refuses_reaches_the_user_unchanged_and_the_file_stays_usable() {
    let arrange = |server: Builder| {
        server.fault(
            When::command(Command::WRITE).nth(1),
            Fault::Status(NtStatus::DISK_FULL),
        )
    };
    with_file(&Settings::default(), arrange, |_, file| {
        assert_eq!(file.write_at(0, b"x"), Err(NtStatus::DISK_FULL));
        assert_eq!(file.write_at(0, b"x"), Ok(1));
    });
}

#[test]
fn a_session_that_the_server_has_ended_says_so() {
    let arrange = |server: Builder| {
        server.fault(
            When::command(Command::READ).nth(1),
            Fault::Status(NtStatus::USER_SESSION_DELETED),
        )
    };
    with_file(&Settings::default(), arrange, |_, file| {
        assert_eq!(read(file, 4096), Err(NtStatus::USER_SESSION_DELETED));
    });
}

#[test]
fn a_share_taken_away_says_so() {
    let arrange = |server: Builder| {
        server.fault(
            When::command(Command::CREATE).filter(|seen| names(seen.message, "other")),
            Fault::Status(NtStatus::NETWORK_NAME_DELETED),
        )
    };
    with_file(&Settings::default(), arrange, |drive, _| {
        let failure = drive.stat("\\other").unwrap_err();
        assert_eq!(failure.status(), Some(NtStatus::NETWORK_NAME_DELETED));
    });
}

/// Whether a request has this text in it somewhere.
fn names(request: &[u8], text: &str) -> bool {
    let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    request.windows(text.len()).any(|window| window == text)
}
