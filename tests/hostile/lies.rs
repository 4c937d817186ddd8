//! How a lie is told, and what programs do that fall for it.
//!
//! The bytes are patched at their offsets from the SMB2 header (MS-SMB2 2.2) before the answer is signed or sealed, so the lies
//! are authentic.

use ntsim::user::File;
use smb_server::{Builder, Encryption, Fault, When};
use smb_wire::NtStatus;
use smb_wire::fscc::{FileInformationClass, FsInformationClass};
use smb_wire::smb2::{Command, Dialect};

use crate::scripted::{
    Desk, Mount, Settings, bytes, count, patch, server, share, start, with_driver,
};

pub const SIZE: usize = 1000;

/// A server that has to confirm what was negotiated.
pub fn up_to_3_0_2(server: Builder) -> Builder {
    server.dialects(Dialect::SMB2_0_2..=Dialect::SMB3_0_2)
}

pub const INVALID: Result<(), NtStatus> = Err(NtStatus::INVALID_NETWORK_RESPONSE);

/// Where the interesting fields are.
pub mod at {
    use std::ops::Range;

    pub const STATUS: Range<usize> = 8..12;
    pub const CREATE_ACTION: usize = 68;
    pub const CREATE_ALLOCATION: usize = 104;
    pub const CREATE_END: usize = 112;
    pub const CREATE_ATTRIBUTES: usize = 120;
    pub const CREATE_FILE_ID: usize = 128;
    pub const CREATE_CONTEXTS: usize = 144;
    pub const READ_OFFSET: usize = 66;
    pub const READ_COUNT: usize = 68;
    pub const READ_REMAINING: usize = 72;
    pub const WRITE_COUNT: usize = 68;
    /// Of QUERY_INFO's and QUERY_DIRECTORY's output.
    pub const OUTPUT_OFFSET: usize = 66;
    pub const OUTPUT_LENGTH: usize = 68;
    pub const OUTPUT: usize = 72;
}

pub const MINUS_ONE: &[u8] = &[0xFF; 8];
pub const GREATEST: &[u8] = &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];

/// What a program does that is lied to.
pub type Use = fn(&Mount<'_>, &File) -> Result<(), NtStatus>;

/// What is answered, and by whom it is used.
pub const USES: [(Command, Use); 4] = [
    (Command::READ, read),
    (Command::WRITE, write),
    (Command::CREATE, open),
    (Command::QUERY_INFO, query_size),
];

pub const FORGED: Result<(), NtStatus> = Err(NtStatus::INVALID_SIGNATURE);
pub const STRIPPED: Result<(), NtStatus> = Err(NtStatus::DOWNGRADE_DETECTED);

/// What one more connection takes, and the longest listing: less than what lies announce, or make of bytes.
const ROOM: u64 = 1 << 20;

/// What comes of `work`, and how many bytes of pool were taken for it at once.
fn measured<T>(desk: &Desk, work: impl FnOnce() -> T) -> (T, u64) {
    let before = desk.kernel().stats().pool_bytes;
    let outcome = work();
    (outcome, desk.kernel().stats().pool_peak - before)
}

/// No lie makes the driver take more memory than the truth could.
fn assert_bounded(taken: u64) {
    assert!(taken < ROOM, "{taken} bytes of pool were taken");
}

/// Has the server tell a lie in every answer to a command, and a program fall for it. Afterwards all works again, be it on a
/// new connection.
pub fn lie(command: Command, fault: Fault, used: Use) -> Result<(), NtStatus> {
    lie_to(&[], |server| server, command, fault, used)
}

/// As [`lie`], where all is encrypted.
pub fn lie_sealed(command: Command, fault: Fault, used: Use) -> Result<(), NtStatus> {
    let sealing = |server: Builder| server.encryption(Encryption::Required);
    lie_to(&[], sealing, command, fault, used)
}

/// Tells a lie signed and sealed. It is told before either, so that both come to the same.
pub fn lie_protected(command: Command, fault: Fault, used: Use) -> Result<(), NtStatus> {
    let signed = lie(command, fault.clone(), used);
    let sealed = lie_sealed(command, fault, used);
    assert_eq!(sealed, signed, "sealed and signed");
    signed
}

/// Asserts that none of these is believed in one place of a command's successful answers, signed or sealed.
#[track_caller]
pub fn refused_at(command: Command, place: usize, lies: &[&'static [u8]], used: Use) {
    for lie in lies {
        let outcome = lie_protected(command, patch(place, lie), used);
        assert_eq!(outcome, INVALID, "{lie:?}");
    }
}

/// As [`lie`], with the driver's settings and a server set up by `arrange`.
pub fn lie_to(
    settings: &Settings<'_>,
    arrange: impl FnOnce(Builder) -> Builder,
    command: Command,
    fault: Fault,
    used: Use,
) -> Result<(), NtStatus> {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    for name in ["dir\\one", "dir\\two", "dir\\three"] {
        share.write_file(name, b"").unwrap();
    }
    let server = start(arrange(server(&share)));
    let (outcome, taken) = with_driver(settings, |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        server.faults().add(When::command(command), fault);
        let measured = measured(desk, || used(&mount, &file));
        server.faults().clear();
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
        assert_eq!(mount.list("dir").unwrap().len(), 5);
        measured
    });
    assert_eq!(server.stop().bad_signatures, 0);
    assert_bounded(taken);
    outcome
}

/// Has the server tell a lie while a share is connected. Afterwards it connects, and works.
pub fn lie_at_connecting(when: When, fault: Fault) -> Result<(), NtStatus> {
    lie_to_connecting(&[], |server| server, when, fault)
}

/// As [`lie_at_connecting`], with the driver's settings and a server set up by `arrange`.
pub fn lie_to_connecting(
    settings: &Settings<'_>,
    arrange: impl FnOnce(Builder) -> Builder,
    when: When,
    fault: Fault,
) -> Result<(), NtStatus> {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = start(arrange(server(&share)).fault(when, fault));
    let (outcome, taken) = with_driver(settings, |desk| {
        let measured = measured(desk, || desk.try_mount(&server).map(drop));
        server.faults().clear();
        let mount = desk.mount(&server);
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
        measured
    });
    assert_bounded(taken);
    outcome
}

/// A fault that puts bytes at a place in every answer, whatever its status.
pub fn put(at: usize, bytes: &'static [u8]) -> Fault {
    Fault::rewrite(move |message| message[at..at + bytes.len()].copy_from_slice(bytes))
}

/// A fault that sends these bytes in place of an answer, frame header included.
pub fn send(bytes: Vec<u8>) -> Fault {
    Fault::raw(move |_| bytes.clone())
}

pub fn open(mount: &Mount<'_>, _: &File) -> Result<(), NtStatus> {
    mount.open("file").map(drop)
}

pub fn list(mount: &Mount<'_>, _: &File) -> Result<(), NtStatus> {
    mount.list("dir").map(drop)
}

/// Reads into the middle of a buffer, whose rest must stay as it is.
pub fn read(_: &Mount<'_>, file: &File) -> Result<(), NtStatus> {
    const FENCE: usize = 4096;
    let mut buffer = vec![0xEE; FENCE + SIZE + FENCE];
    let outcome = count(file.nt_read_file(&mut buffer[FENCE..][..SIZE], Some(0)));
    assert!(buffer[..FENCE].iter().all(|&byte| byte == 0xEE));
    assert!(buffer[FENCE + SIZE..].iter().all(|&byte| byte == 0xEE));
    if let Ok(read) = outcome {
        assert!(buffer[FENCE..][..read] == bytes(SIZE)[..read]);
    }
    outcome.map(drop)
}

pub fn write(_: &Mount<'_>, file: &File) -> Result<(), NtStatus> {
    count(file.nt_write_file(&bytes(SIZE), Some(0))).map(drop)
}

pub fn query_volume(file: &File, class: FsInformationClass) -> Result<(), NtStatus> {
    let mut buffer = [0; 256];
    count(file.nt_query_volume_information_file(&mut buffer, class.0.into())).map(drop)
}

pub fn query_file(file: &File, class: FileInformationClass) -> Result<(), NtStatus> {
    let mut buffer = [0; 256];
    count(file.nt_query_information_file(&mut buffer, class.0.into())).map(drop)
}

pub fn query_size(_: &Mount<'_>, file: &File) -> Result<(), NtStatus> {
    query_volume(file, FsInformationClass::FULL_SIZE)
}

#[test]
fn nothing_is_refused_where_nothing_is_a_lie() {
    let truth = || Fault::rewrite(|_| ());
    assert_eq!(lie(Command::CREATE, truth(), open), Ok(()));
    assert_eq!(lie(Command::READ, truth(), read), Ok(()));
    assert_eq!(lie(Command::WRITE, truth(), write), Ok(()));
    assert_eq!(lie(Command::QUERY_DIRECTORY, truth(), list), Ok(()));
    assert_eq!(lie(Command::QUERY_INFO, truth(), query_size), Ok(()));
}
