//! Servers that lie: what a program sees of it is a status, never a wrong byte, a hang or a leak.
//!
//! The bytes are patched at their offsets from the SMB2 header (MS-SMB2 2.2) before the answer is signed, so the lies are
//! authentic.
#![forbid(unsafe_code)]

mod scripted;

use std::sync::Mutex;

use ntsim::user::File;
use scripted::{Mount, bytes, count, patch, server, share, start, wait_until, with_driver};
use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::fscc::{DirectoryClass, FileInformationClass, FsInformationClass};
use smb_wire::smb2::Command;

const SIZE: usize = 1000;

const INVALID: Result<(), NtStatus> = Err(NtStatus::INVALID_NETWORK_RESPONSE);

/// Where the interesting fields are.
mod at {
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

const MINUS_ONE: &[u8] = &[0xFF; 8];
const GREATEST: &[u8] = &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];

/// What a program does that is lied to.
type Use = fn(&Mount<'_>, &File) -> Result<(), NtStatus>;

/// Has the server tell a lie in every answer to a command, and a program fall for it. Afterwards all works again, be it on a
/// new connection.
fn lie(command: Command, fault: Fault, used: Use) -> Result<(), NtStatus> {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    for name in ["dir\\one", "dir\\two", "dir\\three"] {
        share.write_file(name, b"").unwrap();
    }
    let server = start(server(&share));
    let outcome = with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        server.faults().add(When::command(command), fault);
        let outcome = used(&mount, &file);
        server.faults().clear();
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
        assert_eq!(mount.list("dir").unwrap().len(), 5);
        outcome
    });
    assert_eq!(server.stop().bad_signatures, 0);
    outcome
}

fn open(mount: &Mount<'_>, _: &File) -> Result<(), NtStatus> {
    mount.open("file").map(drop)
}

fn list(mount: &Mount<'_>, _: &File) -> Result<(), NtStatus> {
    mount.list("dir").map(drop)
}

/// Reads into the middle of a buffer, whose rest must stay as it is.
fn read(_: &Mount<'_>, file: &File) -> Result<(), NtStatus> {
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

fn write(_: &Mount<'_>, file: &File) -> Result<(), NtStatus> {
    count(file.nt_write_file(&bytes(SIZE), Some(0))).map(drop)
}

fn query_volume(file: &File, class: FsInformationClass) -> Result<(), NtStatus> {
    let mut buffer = [0; 256];
    count(file.nt_query_volume_information_file(&mut buffer, class.0.into())).map(drop)
}

fn query_file(file: &File, class: FileInformationClass) -> Result<(), NtStatus> {
    let mut buffer = [0; 256];
    count(file.nt_query_information_file(&mut buffer, class.0.into())).map(drop)
}

fn query_size(_: &Mount<'_>, file: &File) -> Result<(), NtStatus> {
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

#[test]
fn a_file_id_that_is_none_is_refused() {
    for id in [&[0; 16], &[0xFF; 16]] {
        let fault = patch(at::CREATE_FILE_ID, id);
        assert_eq!(lie(Command::CREATE, fault, open), INVALID, "{id:?}");
    }
}

#[test]
fn a_file_and_a_directory_are_not_mistaken_for_each_other() {
    const DIRECTORY: &[u8] = &[0x10, 0, 0, 0];
    const ARCHIVE: &[u8] = &[0x20, 0, 0, 0];
    let fault = patch(at::CREATE_ATTRIBUTES, DIRECTORY);
    assert_eq!(lie(Command::CREATE, fault, open), INVALID);
    let fault = patch(at::CREATE_ATTRIBUTES, ARCHIVE);
    assert_eq!(lie(Command::CREATE, fault, list), INVALID);
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    for place in [at::CREATE_END, at::CREATE_ALLOCATION] {
        let fault = patch(place, MINUS_ONE);
        assert_eq!(lie(Command::CREATE, fault, open), INVALID, "{place}");
        // What is just possible must at least do no harm; rounding it up would overflow.
        let fault = patch(place, GREATEST);
        let outcome = lie(Command::CREATE, fault, open);
        assert!(matches!(outcome, Ok(()) | INVALID), "{place}: {outcome:?}");
    }
    let standard: Use = |_, file| query_file(file, FileInformationClass::STANDARD);
    let network_open: Use = |_, file| query_file(file, FileInformationClass::NETWORK_OPEN);
    for (used, end) in [(standard, 8), (network_open, 40)] {
        let fault = patch(at::OUTPUT + end, MINUS_ONE);
        assert_eq!(lie(Command::QUERY_INFO, fault, used), INVALID, "{end}");
    }
}

#[test]
fn a_create_that_did_what_nobody_knows_is_refused() {
    let fault = patch(at::CREATE_ACTION, &[77, 0, 0, 0]);
    assert_eq!(lie(Command::CREATE, fault, open), INVALID);
}

#[test]
fn create_contexts_outside_of_the_message_are_refused() {
    for place in [
        &[0xF0, 0, 0, 0, 8, 0, 0, 0],
        &[8, 0, 0, 0, 8, 0, 0, 0],
        &[0xFF; 8],
    ] {
        let fault = patch(at::CREATE_CONTEXTS, place);
        assert_eq!(lie(Command::CREATE, fault, open), INVALID, "{place:?}");
    }
}

#[test]
fn two_opens_with_one_file_id_stay_two_opens() {
    let first = Mutex::new(None::<Vec<u8>>);
    let fault = Fault::rewrite(move |message| {
        if message[at::STATUS] == [0; 4] {
            let place = &mut message[at::CREATE_FILE_ID..][..16];
            let id = first
                .lock()
                .unwrap()
                .get_or_insert_with(|| place.to_vec())
                .clone();
            place.copy_from_slice(&id);
        }
    });
    let used: Use = |mount, _| {
        let one = mount.open("dir\\one")?;
        let two = mount.open("dir\\two")?;
        drop(one);
        // With the first the server has closed what the second names, too.
        let read = count(two.nt_read_file(&mut [0; 10], Some(0)));
        assert_eq!(read, Err(NtStatus::FILE_CLOSED));
        Ok(())
    };
    assert_eq!(lie(Command::CREATE, fault, used), Ok(()));
}

#[test]
fn read_data_outside_of_the_message_is_refused() {
    for offset in [&[0], &[63], &[79], &[255]] {
        let fault = patch(at::READ_OFFSET, offset);
        assert_eq!(lie(Command::READ, fault, read), INVALID, "{offset:?}");
    }
    for length in [
        &[0xFF, 0xFF, 0xFF, 0xFF],
        &[0, 0, 0, 0x80],
        &[0xE9, 3, 0, 0],
    ] {
        let fault = patch(at::READ_COUNT, length);
        assert_eq!(lie(Command::READ, fault, read), INVALID, "{length:?}");
    }
}

#[test]
fn more_data_than_was_asked_for_does_not_reach_the_buffer() {
    let fault = Fault::rewrite(|message| {
        message.extend_from_slice(&[0x66; 4096]);
        let length = (SIZE + 4096) as u32;
        message[at::READ_COUNT..][..4].copy_from_slice(&length.to_le_bytes());
    });
    assert_eq!(lie(Command::READ, fault, read), INVALID);
}

#[test]
fn a_nonsensical_count_of_remaining_data_is_of_no_interest() {
    let fault = patch(at::READ_REMAINING, &[0xFF; 4]);
    assert_eq!(lie(Command::READ, fault, read), Ok(()));
}

#[test]
fn a_read_of_nothing_with_success_is_the_end_of_the_file() {
    let fault = Fault::rewrite(|message| {
        message.truncate(80);
        message[at::READ_COUNT..][..4].copy_from_slice(&[0; 4]);
    });
    let end = Err(NtStatus::END_OF_FILE);
    assert_eq!(lie(Command::READ, fault, read), end);
}

#[test]
fn a_success_with_the_body_of_an_error_is_refused() {
    let used: [(Command, Use); 5] = [
        (Command::CREATE, open),
        (Command::READ, read),
        (Command::WRITE, write),
        (Command::QUERY_DIRECTORY, list),
        (Command::QUERY_INFO, query_size),
    ];
    for (command, used) in used {
        let fault = Fault::rewrite(|message| {
            message.truncate(64);
            message.extend_from_slice(&[9, 0, 0, 0, 0, 0, 0, 0, 0]);
        });
        assert_eq!(lie(command, fault, used), INVALID, "{command:?}");
    }
}

#[test]
fn a_write_of_more_than_was_sent_or_of_nothing_is_refused() {
    for written in [&[0xE9, 3, 0, 0], &[0xFF; 4], &[0; 4]] {
        let fault = patch(at::WRITE_COUNT, written);
        assert_eq!(lie(Command::WRITE, fault, write), INVALID, "{written:?}");
    }
}

#[test]
fn information_outside_of_the_message_or_of_another_size_is_refused() {
    for offset in [&[0, 0], &[71, 0], &[0xFF, 0xFF]] {
        let fault = patch(at::OUTPUT_OFFSET, offset);
        let outcome = lie(Command::QUERY_INFO, fault, query_size);
        assert_eq!(outcome, INVALID, "{offset:?}");
    }
    for length in [&[0, 0, 0, 0], &[1, 0, 0, 0], &[33, 0, 0, 0], &[0xFF; 4]] {
        let fault = patch(at::OUTPUT_LENGTH, length);
        let outcome = lie(Command::QUERY_INFO, fault, query_size);
        assert_eq!(outcome, INVALID, "{length:?}");
    }
}

#[test]
fn more_information_than_was_asked_for_is_refused() {
    let fault = Fault::rewrite(|message| {
        message.resize(at::OUTPUT + 100_000, 0x66);
        message[at::OUTPUT_LENGTH..][..4].copy_from_slice(&100_000u32.to_le_bytes());
    });
    assert_eq!(lie(Command::QUERY_INFO, fault, query_size), INVALID);
}

#[test]
fn names_longer_than_their_information_are_refused() {
    const LONG: [&[u8]; 2] = [&[0, 0, 0x10, 0], &[0xFE, 0xFF, 0xFF, 0xFF]];
    let label: Use = |_, file| query_volume(file, FsInformationClass::VOLUME);
    let file_system: Use = |_, file| query_volume(file, FsInformationClass::ATTRIBUTE);
    let short_name: Use = |_, file| query_file(file, FileInformationClass::ALTERNATE_NAME);
    let stream: Use = |_, file| query_file(file, FileInformationClass::STREAM);
    for (used, place) in [(label, 12), (file_system, 8), (short_name, 0), (stream, 4)] {
        for length in LONG {
            let fault = patch(at::OUTPUT + place, length);
            let outcome = lie(Command::QUERY_INFO, fault, used);
            assert_eq!(outcome, INVALID, "{place} {length:?}");
        }
    }
}

#[test]
fn lists_whose_links_lead_astray_are_refused() {
    let streams: Use = |_, file| query_file(file, FileInformationClass::STREAM);
    let lists: [(Command, Use); 2] = [
        (Command::QUERY_DIRECTORY, list),
        (Command::QUERY_INFO, streams),
    ];
    for (command, used) in lists {
        for link in [1u32, 8, 23, 0x7FFF_FFF8, 0xFFFF_FFF8, 0xFFFF_FFFF] {
            let fault = Fault::rewrite(move |message| {
                if message[at::STATUS] == [0; 4] {
                    message[at::OUTPUT..][..4].copy_from_slice(&link.to_le_bytes());
                }
            });
            assert_eq!(lie(command, fault, used), INVALID, "{command:?} {link:#x}");
        }
    }
}

#[test]
fn a_name_longer_than_its_directory_entry_is_refused() {
    const NAME_LENGTH: usize = at::OUTPUT + 60;
    for length in [&[0xFF, 0xFF, 0xFF, 0xFF], &[0, 0, 1, 0], &[3, 0, 0, 0]] {
        let fault = patch(NAME_LENGTH, length);
        assert_eq!(
            lie(Command::QUERY_DIRECTORY, fault, list),
            INVALID,
            "{length:?}"
        );
    }
}

#[test]
fn a_listing_of_nothing_with_success_is_refused() {
    let fault = Fault::rewrite(|message| {
        message.truncate(at::OUTPUT);
        message[at::STATUS].copy_from_slice(&[0; 4]);
        message[at::OUTPUT_LENGTH..].copy_from_slice(&[0; 4]);
    });
    assert_eq!(lie(Command::QUERY_DIRECTORY, fault, list), INVALID);
}

/// A listing of one name, again and again.
fn for_ever(name: &str) -> Fault {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut entry = vec![0; DirectoryClass::IdBoth.name_offset()];
    entry[60..64].copy_from_slice(&(units.len() as u32).to_le_bytes());
    entry.extend(units);
    let length = (entry.len() as u32).to_le_bytes();
    let body = [&[9, 0, 72, 0], &length[..], &entry].concat();
    Fault::rewrite(move |message| {
        message[at::STATUS].copy_from_slice(&[0; 4]);
        message.truncate(64);
        message.extend_from_slice(&body);
    })
}

#[test]
fn names_that_would_lead_out_of_the_directory_are_not_listed_and_do_not_keep_a_program_for_ever() {
    for name in ["a\\b", "..\\..\\etc", "a/b", "a:stream", "nul\0inside", ""] {
        let outcome = lie(Command::QUERY_DIRECTORY, for_ever(name), list);
        assert_eq!(outcome, INVALID, "{name:?}");
    }
}

#[test]
fn a_program_can_leave_a_listing_without_end() {
    let some: Use = |mount, _| {
        let directory = mount.open_directory("dir")?;
        let class = DirectoryClass::IdBoth.class().0.into();
        for _ in 0..100 {
            let mut buffer = [0; 4096];
            count(directory.nt_query_directory_file(&mut buffer, class, false, None, false))?;
        }
        Ok(())
    };
    let outcome = lie(Command::QUERY_DIRECTORY, for_ever("again"), some);
    assert_eq!(outcome, Ok(()));
}

#[test]
fn an_answer_that_comes_twice_ends_the_connection_only() {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = start(server(&share).fault(When::command(Command::READ).nth(1), Fault::Duplicate));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        assert_eq!(read(&mount, &file), Ok(()));
        wait_until("the connection is given up", || {
            server.stats().open_connections == 0
        });
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
    });
    assert_eq!(server.stop().connections, 2);
}

#[test]
fn an_answer_to_what_was_never_asked_ends_what_is_in_flight() {
    let used: [(Command, Use); 3] = [
        (Command::READ, read),
        (Command::WRITE, write),
        (Command::CREATE, open),
    ];
    for (command, used) in used {
        // The message id.
        let fault = Fault::rewrite(|message| message[24..32].copy_from_slice(&[0x77; 8]));
        let outcome = lie(command, fault, used);
        // An open is tried on the next connection, whose answers are no better.
        assert_eq!(outcome, INVALID, "{command:?}");
    }
}

#[test]
fn an_answer_to_another_command_ends_what_is_in_flight() {
    let fault = Fault::rewrite(|message| message[12..14].copy_from_slice(&[9, 0]));
    assert_eq!(lie(Command::READ, fault, read), INVALID);
}

#[test]
fn an_unsigned_or_wrongly_signed_answer_is_never_believed() {
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
