//! What an open is told (cases 24 to 26).

use std::sync::Mutex;

use smb_server::Fault;
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::lies::*;
use crate::scripted::{count, patch};

#[test]
fn case_26_a_file_id_that_is_none_is_refused() {
    refused_at(
        Command::CREATE,
        at::CREATE_FILE_ID,
        &[&[0; 16], &[0xFF; 16]],
        open,
    );
}

#[test]
fn case_26_a_file_and_a_directory_are_not_mistaken_for_each_other() {
    const DIRECTORY: &[u8] = &[0x10, 0, 0, 0];
    const ARCHIVE: &[u8] = &[0x20, 0, 0, 0];
    let fault = patch(at::CREATE_ATTRIBUTES, DIRECTORY);
    assert_eq!(lie_protected(Command::CREATE, fault, open), INVALID);
    let fault = patch(at::CREATE_ATTRIBUTES, ARCHIVE);
    assert_eq!(lie_protected(Command::CREATE, fault, list), INVALID);
}

#[test]
fn case_26_a_create_that_did_what_nobody_knows_is_refused() {
    let fault = patch(at::CREATE_ACTION, &[77, 0, 0, 0]);
    assert_eq!(lie_protected(Command::CREATE, fault, open), INVALID);
}

#[test]
fn case_24_create_contexts_outside_of_the_message_are_refused() {
    refused_at(
        Command::CREATE,
        at::CREATE_CONTEXTS,
        &[
            &[0xF0, 0, 0, 0, 8, 0, 0, 0],
            &[8, 0, 0, 0, 8, 0, 0, 0],
            &[0xFF; 8],
        ],
        open,
    );
}

#[test]
fn case_26_two_opens_with_one_file_id_stay_two_opens() {
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

/// Has the server answer an open with these contexts.
fn answered_with(contexts: Vec<u8>) -> Result<(), NtStatus> {
    let fault = Fault::rewrite(move |message| {
        if message[at::STATUS] != [0; 4] {
            return;
        }
        message.truncate(64 + 88);
        let place = [message.len() as u32, contexts.len() as u32].map(u32::to_le_bytes);
        message[at::CREATE_CONTEXTS..][..8].copy_from_slice(&place.concat());
        message.extend(&contexts);
    });
    lie_protected(Command::CREATE, fault, open)
}

/// A context of a tag with data, and where the next one begins.
fn context(tag: &[u8; 4], data: &[u8], last: bool) -> Vec<u8> {
    let mut bytes = vec![0; 24];
    bytes[4] = 16;
    bytes[6] = 4;
    bytes[10] = 24;
    bytes[12..16].copy_from_slice(&(data.len() as u32).to_le_bytes());
    bytes[16..20].copy_from_slice(tag);
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    if !last {
        bytes[0] = bytes.len() as u8;
    }
    bytes
}

#[test]
fn case_24_a_chain_of_contexts_that_leads_astray_is_refused() {
    let changes: [fn(&mut Vec<u8>); 6] = [
        // Links: into itself, not aligned, past the end.
        |chain| chain[0] = 8,
        |chain| chain[0] = 25,
        |chain| chain[..4].fill(0xFF),
        // Name and data out of range.
        |chain| chain[4..8].fill(0xFF),
        |chain| chain[10..16].fill(0xFF),
        |chain| chain.fill(0xFF),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut chain = [
            context(b"MxAc", &[0; 8], false),
            context(b"QFid", &[0; 32], true),
        ]
        .concat();
        change(&mut chain);
        assert_eq!(answered_with(chain), INVALID, "{number}");
    }
    let lease = context(b"RqLs", &[0; 7], true);
    assert_eq!(answered_with(lease), INVALID);
}

#[test]
fn case_24_contexts_that_nobody_asked_for_change_nothing() {
    let for_ever = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];
    for chain in [
        context(b"what", b"ever", true),
        context(b"DH2Q", &[0; 8], true),
        context(b"DH2Q", &for_ever, true),
        [
            context(b"MxAc", &[0; 8], false),
            context(b"MxAc", &[0; 8], true),
        ]
        .concat(),
    ] {
        assert_eq!(answered_with(chain.clone()), Ok(()), "{chain:?}");
    }
}

#[test]
fn case_25_a_link_is_never_followed_wherever_it_leads() {
    /// Of the link's own fields: its lengths and its offsets.
    const LENGTHS: [std::ops::Range<usize>; 4] = [0..4, 8..10, 12..14, 14..16];
    for damaged in 0..=LENGTHS.len() {
        let fault = Fault::rewrite(move |message| {
            // To `..\..\x`, which leads out of the share.
            let target: Vec<u8> = r"..\..\x"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            let length = target.len() as u16;
            let mut link = vec![0; 28];
            link[..4].copy_from_slice(&(24 + u32::from(length)).to_le_bytes());
            link[4..8].copy_from_slice(b"SYML");
            link[8..12].copy_from_slice(&[0x0C, 0, 0, 0xA0]);
            link[12..14].copy_from_slice(&(12 + length).to_le_bytes());
            link[18..20].copy_from_slice(&length.to_le_bytes());
            link[24] = 1;
            link.extend(target);
            if let Some(place) = LENGTHS.get(damaged) {
                link[place.clone()].fill(0xFF);
            }
            message[at::STATUS].copy_from_slice(&NtStatus::STOPPED_ON_SYMLINK.0.to_le_bytes());
            message.truncate(64);
            message.extend([9, 0, 0, 0]);
            message.extend((link.len() as u32).to_le_bytes());
            message.extend(link);
        });
        let outcome = lie_protected(Command::CREATE, fault, open);
        assert_eq!(outcome, Err(NtStatus::STOPPED_ON_SYMLINK), "{damaged}");
    }
}
