//! Information about files and volumes, and listings (cases 27 to 33).

use ntsim::user::File;
use smb_server::Fault;
use smb_wire::NtStatus;
use smb_wire::fscc::{DirectoryClass, FileInformationClass, FsInformationClass};
use smb_wire::smb2::Command;

use crate::lies::*;
use crate::scripted::{Mount, count, patch, server, share, start, with_driver};

#[test]
fn case_33_sizes_that_cannot_be_are_refused() {
    for place in [at::CREATE_END, at::CREATE_ALLOCATION] {
        let fault = patch(place, MINUS_ONE);
        assert_eq!(
            lie_protected(Command::CREATE, fault, open),
            INVALID,
            "{place}"
        );
        // Rounding this up would overflow.
        let fault = patch(place, GREATEST);
        assert_eq!(
            lie_protected(Command::CREATE, fault, open),
            INVALID,
            "{place}"
        );
    }
    let standard: Use = |_, file| query_file(file, FileInformationClass::STANDARD);
    let network_open: Use = |_, file| query_file(file, FileInformationClass::NETWORK_OPEN);
    for (used, end) in [(standard, 8), (network_open, 40)] {
        let fault = patch(at::OUTPUT + end, MINUS_ONE);
        assert_eq!(
            lie_protected(Command::QUERY_INFO, fault, used),
            INVALID,
            "{end}"
        );
    }
}

#[test]
fn case_27_information_outside_of_the_message_or_of_another_size_is_refused() {
    refused_at(
        Command::QUERY_INFO,
        at::OUTPUT_OFFSET,
        &[&[0, 0], &[71, 0], &[0xFF, 0xFF]],
        query_size,
    );
    refused_at(
        Command::QUERY_INFO,
        at::OUTPUT_LENGTH,
        &[&[0, 0, 0, 0], &[1, 0, 0, 0], &[33, 0, 0, 0], &[0xFF; 4]],
        query_size,
    );
}

#[test]
fn case_27_more_information_than_was_asked_for_is_refused() {
    let fault = Fault::rewrite(|message| {
        message.resize(at::OUTPUT + 100_000, 0x66);
        message[at::OUTPUT_LENGTH..][..4].copy_from_slice(&100_000u32.to_le_bytes());
    });
    assert_eq!(
        lie_protected(Command::QUERY_INFO, fault, query_size),
        INVALID
    );
}

#[test]
fn case_27_a_label_longer_than_was_asked_for_is_refused_though_it_is_sound() {
    const LABEL: usize = 18;
    let label: Use = |_, file| query_volume(file, FsInformationClass::VOLUME);
    let of = |length: usize| {
        Fault::rewrite(move |message| {
            let name = (length - LABEL) as u32;
            message.resize(at::OUTPUT + length, b'x');
            message[at::OUTPUT + 12..][..4].copy_from_slice(&name.to_le_bytes());
            message[at::OUTPUT_LENGTH..][..4].copy_from_slice(&(length as u32).to_le_bytes());
        })
    };
    let too_long_for_the_program = Err(NtStatus::BUFFER_OVERFLOW);
    for (length, outcome) in [
        (4096, too_long_for_the_program),
        (4098, INVALID),
        (5000, INVALID),
    ] {
        let met = lie_protected(Command::QUERY_INFO, of(length), label);
        assert_eq!(met, outcome, "{length}");
    }
}

#[test]
fn case_28_names_longer_than_their_information_are_refused() {
    const LONG: [&[u8]; 2] = [&[0, 0, 0x10, 0], &[0xFE, 0xFF, 0xFF, 0xFF]];
    let label: Use = |_, file| query_volume(file, FsInformationClass::VOLUME);
    let file_system: Use = |_, file| query_volume(file, FsInformationClass::ATTRIBUTE);
    let short_name: Use = |_, file| query_file(file, FileInformationClass::ALTERNATE_NAME);
    let stream: Use = |_, file| query_file(file, FileInformationClass::STREAM);
    for (used, place) in [(label, 12), (file_system, 8), (short_name, 0), (stream, 4)] {
        for length in LONG {
            let fault = patch(at::OUTPUT + place, length);
            let outcome = lie_protected(Command::QUERY_INFO, fault, used);
            assert_eq!(outcome, INVALID, "{place} {length:?}");
        }
    }
}

#[test]
fn case_29_lists_whose_links_lead_astray_are_refused() {
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
            assert_eq!(
                lie_protected(command, fault, used),
                INVALID,
                "{command:?} {link:#x}"
            );
        }
    }
}

#[test]
fn case_29_a_name_longer_than_its_directory_entry_is_refused() {
    const NAME_LENGTH: usize = at::OUTPUT + 60;
    refused_at(
        Command::QUERY_DIRECTORY,
        NAME_LENGTH,
        &[&[0xFF, 0xFF, 0xFF, 0xFF], &[0, 0, 1, 0], &[3, 0, 0, 0]],
        list,
    );
}

#[test]
fn case_30_a_listing_of_nothing_with_success_is_refused() {
    let fault = Fault::rewrite(|message| {
        message.truncate(at::OUTPUT);
        message[at::STATUS].copy_from_slice(&[0; 4]);
        message[at::OUTPUT_LENGTH..].copy_from_slice(&[0; 4]);
    });
    assert_eq!(
        lie_protected(Command::QUERY_DIRECTORY, fault, list),
        INVALID
    );
}

/// A listing of one name, again and again.
fn for_ever(name: &str) -> Fault {
    listing(entry(name))
}

/// An entry of a directory, the last one.
fn entry(name: &str) -> Vec<u8> {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut entry = vec![0; DirectoryClass::IdBoth.name_offset()];
    entry[60..64].copy_from_slice(&(units.len() as u32).to_le_bytes());
    entry.extend(units);
    entry
}

/// A listing of these entries, again and again.
fn listing(entries: Vec<u8>) -> Fault {
    let length = (entries.len() as u32).to_le_bytes();
    let body = [&[9, 0, 72, 0], &length[..], &entries].concat();
    Fault::rewrite(move |message| {
        message[at::STATUS].copy_from_slice(&[0; 4]);
        message.truncate(64);
        message.extend_from_slice(&body);
    })
}

/// Asks for the beginning of a listing only.
fn begin_list(mount: &Mount<'_>, _: &File) -> Result<(), NtStatus> {
    let directory = mount.open_directory("dir")?;
    let class = DirectoryClass::IdBoth.class().0.into();
    let mut buffer = [0; 4096];
    count(directory.nt_query_directory_file(&mut buffer, class, false, None, false)).map(drop)
}

#[test]
fn case_27_a_listing_longer_than_was_asked_for_is_refused_though_it_is_sound() {
    const ASKED_FOR: usize = 256 << 10;
    let mut one = entry(&"x".repeat(204));
    let length = one.len() as u32;
    assert_eq!(length % 8, 0);
    let last = one.clone();
    one[..4].copy_from_slice(&length.to_le_bytes());
    let fit = ASKED_FOR / one.len();
    for (entries, outcome) in [(fit, Ok(())), (fit + 1, INVALID)] {
        let mut all = one.repeat(entries - 1);
        all.extend(&last);
        let met = lie_protected(Command::QUERY_DIRECTORY, listing(all), begin_list);
        assert_eq!(met, outcome, "{entries}");
    }
}

#[test]
fn case_33_a_directory_entry_of_a_size_that_cannot_be_is_refused() {
    const SIZE: usize = 40;
    const ALLOCATION: usize = 48;
    for place in [SIZE, ALLOCATION] {
        for size in [MINUS_ONE, GREATEST] {
            let fault = patch(at::OUTPUT + place, size);
            let outcome = lie_protected(Command::QUERY_DIRECTORY, fault, list);
            assert_eq!(outcome, INVALID, "{place} {size:?}");
        }
    }
}

#[test]
fn case_30_names_that_would_lead_out_of_the_directory_are_not_listed() {
    for name in ["a\\b", "..\\..\\etc", "a/b", "a:stream", "nul\0inside", ""] {
        let outcome = lie_protected(Command::QUERY_DIRECTORY, for_ever(name), list);
        assert_eq!(outcome, INVALID, "{name:?}");
    }
}

#[test]
fn case_30_a_name_longer_than_255_characters_is_not_listed() {
    for (length, outcome) in [(255, Ok(())), (256, INVALID), (16_000, INVALID)] {
        let long = for_ever(&"x".repeat(length));
        assert_eq!(
            lie_protected(Command::QUERY_DIRECTORY, long, begin_list),
            outcome,
            "{length}"
        );
    }
}

#[test]
fn case_30_a_program_can_leave_a_listing_of_one_name_without_end() {
    let some: Use = |mount, _| {
        let directory = mount.open_directory("dir")?;
        let class = DirectoryClass::IdBoth.class().0.into();
        for _ in 0..100 {
            let mut buffer = [0; 4096];
            count(directory.nt_query_directory_file(&mut buffer, class, false, None, false))?;
        }
        Ok(())
    };
    let outcome = lie_protected(Command::QUERY_DIRECTORY, for_ever("again"), some);
    assert_eq!(outcome, Ok(()));
}

#[test]
fn case_28_a_volume_label_longer_than_32_characters_reaches_the_program_as_it_is() {
    const LABEL_LENGTH: usize = at::OUTPUT + 12;
    const LABEL: usize = at::OUTPUT + 18;
    let label: Use = |_, file| query_volume(file, FsInformationClass::VOLUME);
    let fault = Fault::rewrite(|message| {
        message.resize(LABEL + 80, b'x');
        message[LABEL_LENGTH..][..4].copy_from_slice(&80u32.to_le_bytes());
        message[at::OUTPUT_LENGTH..][..4].copy_from_slice(&98u32.to_le_bytes());
    });
    assert_eq!(lie_protected(Command::QUERY_INFO, fault, label), Ok(()));
}

/// Asks for what the driver asks no server for. What the program hears, and how many requests of a kind the server got.
fn unasked(command: Command, used: fn(&File) -> Result<usize, NtStatus>) {
    let share = share();
    share.write_file("dir\\file", b"").unwrap();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let directory = mount.open_directory("dir").unwrap();
        let before = server.stats().requests_of(command);
        assert!(used(&directory).is_err());
        assert_eq!(server.stats().requests_of(command), before);
    });
}

#[test]
fn case_31_no_security_descriptor_is_asked_for() {
    const OWNER: u32 = 1;
    unasked(Command::QUERY_INFO, |file| {
        count(file.nt_query_security_object(&mut [0; 256], OWNER))
    });
}

#[test]
fn case_32_no_reparse_data_is_asked_for() {
    const GET_REPARSE_POINT: u32 = 0x0009_00A8;
    unasked(Command::IOCTL, |file| {
        count(file.nt_fs_control_file(GET_REPARSE_POINT, &[], &mut [0; 256]))
    });
}

#[test]
fn case_33_an_allocation_below_the_size_does_no_harm() {
    let fault = patch(at::CREATE_ALLOCATION, &[0; 8]);
    assert_eq!(lie_protected(Command::CREATE, fault, open), Ok(()));
}
