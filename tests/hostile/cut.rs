//! Answers that say that they were cut off, and volumes that programs would divide by (cases 27 to 29 and 33).

use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::fscc::{FileInformationClass, FsInformationClass};
use smb_wire::smb2::Command;

use crate::lies::*;
use crate::scripted::{patch, server, share, start, with_driver};

/// An answer with this output, of which it says that it was cut off.
fn cut(output: Vec<u8>) -> Fault {
    Fault::rewrite(move |message| {
        let length = u32::try_from(output.len()).unwrap();
        message[at::STATUS].copy_from_slice(&NtStatus::BUFFER_OVERFLOW.0.to_le_bytes());
        message[at::OUTPUT_LENGTH..][..4].copy_from_slice(&length.to_le_bytes());
        message.truncate(at::OUTPUT);
        message.extend(&output);
    })
}

/// One stream, whose link leads so far.
fn stream(name: &str, link: u32, size: i64) -> Vec<u8> {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u32::try_from(units.len()).unwrap();
    let mut entry = [link.to_le_bytes(), length.to_le_bytes()].concat();
    entry.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
    entry.extend(units);
    entry.resize(entry.len().next_multiple_of(8), 0);
    entry
}

/// What a program is given of a list of streams that the server says it has cut off.
fn listed(output: Vec<u8>) -> (NtStatus, Vec<u8>) {
    let share = share();
    share.write_file("file", b"").unwrap();
    let server = start(server(&share).fault(When::command(Command::QUERY_INFO), cut(output)));
    with_driver(&[], |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let mut buffer = vec![0xEE; 8192];
        let class = FileInformationClass::STREAM.0.into();
        let ended = file.nt_query_information_file(&mut buffer, class);
        let given = usize::try_from(ended.information).unwrap();
        assert!(buffer[given..].iter().all(|&byte| byte == 0xEE));
        buffer.truncate(given);
        (NtStatus(ended.status.cast_unsigned()), buffer)
    })
}

#[test]
fn case_29_of_a_list_that_was_cut_off_only_whole_entries_reach_the_program() {
    let overflow = NtStatus::BUFFER_OVERFLOW;
    let (one, two) = (stream("::$DATA", 40, 5), stream(":two:$DATA", 48, 6));
    assert_eq!((one.len(), two.len()), (40, 48));
    let alone = stream("::$DATA", 0, 5);
    // The second ends in the middle of its name, or of itself; or its link leads out of the list.
    for length in [two.len(), 30, 20, 4] {
        let list = [&one, &two[..length]].concat();
        assert_eq!(listed(list), (overflow, alone.clone()), "{length}");
    }
    let whole = [&one, &stream(":two:$DATA", 0, 6)[..]].concat();
    assert_eq!(listed(whole.clone()), (overflow, whole));
    // Not one of these is whole, whatever it says.
    let far = stream("::$DATA", 0x10_0000, 5);
    for list in [vec![], one[..20].to_vec(), one, far] {
        assert_eq!(listed(list), (overflow, vec![]));
    }
}

#[test]
fn case_33_a_stream_of_impossible_size_is_refused() {
    for size in [-1, i64::MAX] {
        let (status, _) = listed(stream("::$DATA", 0, size));
        assert_eq!(Err(status), INVALID, "{size}");
    }
}

#[test]
fn case_27_what_cannot_be_too_long_cannot_have_been_cut_off() {
    let label: Use = |_, file| query_volume(file, FsInformationClass::VOLUME);
    let file_system: Use = |_, file| query_volume(file, FsInformationClass::ATTRIBUTE);
    let short_name: Use = |_, file| query_file(file, FileInformationClass::ALTERNATE_NAME);
    for used in [label, file_system, short_name, query_size] {
        let outcome = lie(Command::QUERY_INFO, cut(vec![0xFF; 64]), used);
        assert_eq!(outcome, INVALID);
    }
}

#[test]
fn case_33_a_volume_by_whose_sizes_nobody_can_divide_is_refused() {
    let size: Use = |_, file| query_volume(file, FsInformationClass::SIZE);
    for (used, sectors) in [(size, 16), (query_size, 24)] {
        for place in [sectors, sectors + 4] {
            let fault = patch(at::OUTPUT + place, &[0; 4]);
            assert_eq!(lie(Command::QUERY_INFO, fault, used), INVALID, "{place}");
        }
    }
}
