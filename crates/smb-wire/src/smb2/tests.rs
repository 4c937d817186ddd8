use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::compound::{Builder, Chain};
use super::compression::CompressedMessage;
use super::create_context::{RequestContext, ResponseContext};
use super::samples::{FILE_ID, Sample, all, message, named};
use super::transform::TransformHeader;
use super::*;
use crate::writer::emitted;
use crate::{Fault, List, NtStatus, ParseError};

const fn error(field: &'static str, fault: Fault) -> ParseError {
    ParseError { field, fault }
}

#[test]
fn every_sample_parses() {
    for Sample {
        name, bytes, parse, ..
    } in all()
    {
        assert_eq!(parse(&bytes), Ok(()), "{name}");
    }
}

#[test]
fn every_truncation_of_every_message_fails_cleanly_or_parses() {
    for Sample {
        name,
        bytes,
        fixed_end,
        parse,
    } in all()
    {
        for len in 0..bytes.len() {
            let result = parse(&bytes[..len]);
            assert!(
                len >= fixed_end || result.is_err(),
                "{name} parses from {len} bytes"
            );
        }
    }
}

#[test]
fn junk_behind_a_message_is_ignored() {
    for Sample {
        name,
        mut bytes,
        parse,
        ..
    } in all()
    {
        // A TRANSFORM names the size of all that follows, and a chain of compressed pieces has no other end than the frame's.
        if name == "TRANSFORM" || name == "COMPRESSION chained" {
            continue;
        }
        for junk in [1, 3, 7, 24] {
            bytes.extend(std::iter::repeat_n(0xEE, junk));
            assert_eq!(parse(&bytes), Ok(()), "{name}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_parse_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Header::parse(&bytes);
        Chain::new(&bytes).for_each(drop);
        for sample in all() {
            let _ = (sample.parse)(&bytes);
        }
    }

    #[test]
    fn any_change_of_any_message_parses_or_fails(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        for Sample { mut bytes, parse, .. } in all() {
            for (index, value) in &changes {
                let index = index.index(bytes.len());
                bytes[index] = *value;
            }
            let _ = parse(&bytes);
            Chain::new(&bytes).for_each(drop);
        }
    }
}

#[test]
fn an_offset_out_of_the_message_or_into_its_fixed_part_is_refused_by_name() {
    /// A field of a sample: where the offset is, its size, where the length is, its size, the offset's name.
    type Row = (&'static str, usize, usize, usize, usize, &'static str);
    const ROWS: [Row; 15] = [
        ("NEGOTIATE response", 120, 2, 122, 2, "SecurityBufferOffset"),
        (
            "SESSION_SETUP request",
            76,
            2,
            78,
            2,
            "SecurityBufferOffset",
        ),
        (
            "SESSION_SETUP response",
            68,
            2,
            70,
            2,
            "SecurityBufferOffset",
        ),
        ("TREE_CONNECT request", 68, 2, 70, 2, "PathOffset"),
        ("CREATE request", 108, 2, 110, 2, "NameOffset"),
        ("CREATE request", 112, 4, 116, 4, "CreateContextsOffset"),
        ("CREATE response", 144, 4, 148, 4, "CreateContextsOffset"),
        ("READ response", 66, 1, 68, 4, "DataOffset"),
        ("WRITE request", 66, 2, 68, 4, "DataOffset"),
        ("IOCTL request", 88, 4, 92, 4, "InputOffset"),
        ("IOCTL response", 96, 4, 100, 4, "OutputOffset"),
        ("QUERY_DIRECTORY request", 88, 2, 90, 2, "FileNameOffset"),
        (
            "QUERY_DIRECTORY response",
            66,
            2,
            68,
            4,
            "OutputBufferOffset",
        ),
        ("QUERY_INFO request", 72, 2, 76, 4, "InputBufferOffset"),
        ("SET_INFO request", 72, 2, 68, 4, "BufferOffset"),
    ];
    for (name, offset, offset_size, length, length_size, field) in ROWS {
        let refused = |position: usize, size: usize, value: u32| {
            let Sample {
                mut bytes, parse, ..
            } = named(name);
            bytes[position..position + size].copy_from_slice(&value.to_le_bytes()[..size]);
            assert_eq!(
                parse(&bytes),
                Err(error(field, Fault::OutOfBounds)),
                "{name}, {value:#x} at {position}"
            );
        };
        refused(offset, offset_size, 0);
        refused(offset, offset_size, 64);
        refused(offset, offset_size, u32::MAX);
        refused(length, length_size, u32::MAX);
    }
}

#[test]
fn an_empty_part_may_have_any_offset() {
    let mut bytes = message(Command::SESSION_SETUP, |w| {
        SessionSetupResponse {
            flags: SessionFlags::empty(),
            security_buffer: &[],
        }
        .emit(w)
    });
    bytes[68..70].copy_from_slice(&[0xFF, 0xFF]);
    bytes.truncate(72);
    assert_eq!(
        SessionSetupResponse::parse(&bytes).unwrap().security_buffer,
        b""
    );
}

#[test]
fn a_structure_size_of_another_message_is_refused() {
    for Sample {
        name,
        mut bytes,
        parse,
        ..
    } in all()
    {
        if name == "TRANSFORM" || name.starts_with("COMPRESSION") {
            continue;
        }
        bytes[64] ^= 0x80;
        assert_eq!(
            parse(&bytes),
            Err(error("StructureSize", Fault::Value)),
            "{name}"
        );
    }
}

#[test]
fn a_header_of_the_wrong_protocol_or_size_is_refused() {
    let bytes = message(Command::ECHO, |w| EchoRequest.emit(w));
    let mut smb1 = bytes.clone();
    smb1[0] = 0xFF;
    assert_eq!(Header::parse(&smb1), Err(error("ProtocolId", Fault::Value)));
    let mut long = bytes.clone();
    long[4] = 65;
    assert_eq!(
        Header::parse(&long),
        Err(error("StructureSize", Fault::Value))
    );
    assert_eq!(
        Header::parse(&bytes[..63]),
        Err(error("SMB2 header", Fault::Truncated))
    );
}

#[test]
fn an_unknown_command_is_kept() {
    let bytes = message(Command(0x77), |_| Ok(()));
    assert_eq!(Header::parse(&bytes).unwrap().command, Command(0x77));
}

#[test]
fn a_create_response_without_its_trailing_byte_parses() {
    let Sample { bytes, parse, .. } = named("CREATE response");
    let mut without_contexts = bytes[..64 + 88].to_vec();
    without_contexts[144..152].fill(0);
    assert_eq!(parse(&without_contexts), Ok(()));
}

#[test]
fn an_error_response_without_its_trailing_byte_parses() {
    let Sample { bytes, parse, .. } = named("ERROR response");
    assert_eq!(bytes.len(), 64 + 9);
    assert_eq!(parse(&bytes[..64 + 8]), Ok(()));
}

#[test]
fn an_error_response_with_more_bytes_than_there_are_is_refused() {
    let Sample {
        mut bytes, parse, ..
    } = named("ERROR response");
    bytes[68..72].copy_from_slice(&100_u32.to_le_bytes());
    assert_eq!(parse(&bytes), Err(error("ByteCount", Fault::Truncated)));
}

#[test]
fn a_symlink_error_with_names_out_of_range_is_refused() {
    // Of the error's data: where the field is, what it becomes, and who complains.
    let rows: [(usize, u16, ParseError); 8] = [
        (0, 0xFFFF, error("SymLinkLength", Fault::Truncated)),
        (4, 0, error("SymLinkErrorTag", Fault::Value)),
        (8, 0, error("ReparseTag", Fault::Value)),
        (12, 11, error("ReparseDataLength", Fault::Value)),
        (12, 0xFFFF, error("ReparseDataLength", Fault::Truncated)),
        (14, 7, error("UnparsedPathLength", Fault::Misaligned)),
        (
            18,
            0x1000,
            error("SubstituteNameOffset", Fault::OutOfBounds),
        ),
        (22, 3, error("PrintNameLength", Fault::Misaligned)),
    ];
    for (position, value, expected) in rows {
        let Sample {
            mut bytes, parse, ..
        } = named("ERROR response with a symlink");
        bytes[72 + position..][..2].copy_from_slice(&value.to_le_bytes());
        assert_eq!(parse(&bytes), Err(expected));
    }
}

#[test]
fn negotiate_contexts_that_pass_their_list_are_refused() {
    let Sample { bytes, parse, .. } = named("NEGOTIATE response");
    let contexts = 64 + 64 + 24;
    let with = |position: usize, value: u16| {
        let mut bytes = bytes.clone();
        bytes[position..position + 2].copy_from_slice(&value.to_le_bytes());
        parse(&bytes)
    };
    assert_eq!(
        with(70, 3),
        Err(error("NegotiateContextList", Fault::Truncated)),
        "more contexts than there are"
    );
    assert_eq!(
        with(124, 100),
        Err(error("NegotiateContextOffset", Fault::OutOfBounds)),
        "inside the fixed part"
    );
    assert_eq!(
        with(124, 0xFFFF),
        Err(error("NegotiateContextOffset", Fault::OutOfBounds)),
        "behind the message"
    );
    assert_eq!(
        with(contexts + 2, 0xFFFF),
        Err(error("DataLength", Fault::Truncated)),
        "longer than the message"
    );
    assert_eq!(
        with(contexts + 8, 0xFFFF),
        Err(error("HashAlgorithms", Fault::Truncated)),
        "more hashes than there are"
    );
    assert_eq!(
        with(contexts + 10, 0xFFFF),
        Err(error("SaltLength", Fault::Truncated)),
        "more salt than there is"
    );
}

#[test]
fn a_netname_of_odd_length_is_refused() {
    let Sample {
        mut bytes, parse, ..
    } = named("NEGOTIATE request");
    let netname = [5, 0, 12, 0, 0, 0, 0, 0];
    let position = bytes
        .windows(8)
        .position(|window| window == netname)
        .unwrap();
    bytes[position + 2] = 11;
    assert_eq!(parse(&bytes), Err(error("NetName", Fault::Misaligned)));
}

#[test]
fn negotiate_contexts_of_an_older_dialect_are_not_looked_at() {
    let Sample { mut bytes, .. } = named("NEGOTIATE response");
    bytes[68..70].copy_from_slice(&Dialect::SMB3_0_2.0.to_le_bytes());
    bytes[124..128].copy_from_slice(&[0xFF; 4]);
    assert!(
        NegotiateResponse::parse(&bytes)
            .unwrap()
            .contexts
            .is_empty()
    );
}

#[test]
fn a_chain_of_create_contexts_that_goes_astray_is_refused() {
    let rows: [(u32, ParseError); 5] = [
        (8, error("Next", Fault::OutOfBounds)),
        (20, error("Next", Fault::Misaligned)),
        (0xFFFF_FFF8, error("Next", Fault::OutOfBounds)),
        (64, error("Next", Fault::OutOfBounds)),
        (72, error("Next", Fault::OutOfBounds)),
    ];
    let chain = emitted(|w| List::new(&[RequestContext::Durable, RequestContext::DiskId]).emit(w));
    assert_eq!(chain.len(), 64);
    for (next, expected) in rows {
        let mut chain = chain.clone();
        chain[..4].copy_from_slice(&next.to_le_bytes());
        assert_eq!(List::<RequestContext<'_>>::parse(&chain), Err(expected));
    }
}

#[test]
fn a_create_context_cannot_reach_out_of_its_link() {
    let chain = emitted(|w| List::new(&[RequestContext::Durable, RequestContext::DiskId]).emit(w));
    let with = |position: usize, value: u16| {
        let mut chain = chain.clone();
        chain[position..position + 2].copy_from_slice(&value.to_le_bytes());
        List::<RequestContext<'_>>::parse(&chain).map(drop)
    };
    assert_eq!(
        with(4, 40),
        Err(error("NameOffset", Fault::OutOfBounds)),
        "the name lies in the next context"
    );
    assert_eq!(
        with(4, 8),
        Err(error("NameOffset", Fault::OutOfBounds)),
        "the name lies in the header"
    );
    assert_eq!(
        with(6, 0xFFFF),
        Err(error("NameOffset", Fault::OutOfBounds))
    );
    assert_eq!(
        with(10, 32),
        Err(error("DataOffset", Fault::OutOfBounds)),
        "the data lies in the next context"
    );
    assert_eq!(
        with(14, 0xFFFF),
        Err(error("DataOffset", Fault::OutOfBounds))
    );
}

#[test]
fn a_lease_of_neither_version_is_refused() {
    for len in [0_u8, 31, 33, 51, 53] {
        let mut context = vec![0, 0, 0, 0, 16, 0, 4, 0, 0, 0, 24, 0, len, 0, 0, 0];
        context.extend(b"RqLs\0\0\0\0");
        context.resize(24 + usize::from(len), 0);
        let parsed = List::<ResponseContext<'_>>::parse(&context).map(drop);
        assert_eq!(parsed, Err(error("RqLs", Fault::Value)));
    }
}

#[test]
fn a_lock_request_without_locks_is_refused() {
    let Sample {
        mut bytes, parse, ..
    } = named("LOCK request");
    bytes[66] = 0;
    assert_eq!(parse(&bytes), Err(error("LockCount", Fault::Value)));
    bytes[66] = 3;
    assert_eq!(parse(&bytes), Err(error("Locks", Fault::Truncated)));
}

#[test]
fn a_read_or_write_over_rdma_is_refused() {
    for (name, position) in [("READ request", 64 + 36), ("WRITE request", 64 + 32)] {
        let Sample {
            mut bytes, parse, ..
        } = named(name);
        bytes[position] = 1;
        assert_eq!(parse(&bytes), Err(error("Channel", Fault::Value)), "{name}");
    }
}

#[test]
fn a_read_response_gives_its_head_without_its_data() {
    let Sample { bytes, .. } = named("READ response");
    let head = ReadResponse::parse_fixed(&bytes[..ReadResponse::FIXED_END]).unwrap();
    assert_eq!(
        head,
        ReadResponseHead {
            data_offset: 80,
            data_length: 9,
            data_remaining: 0,
            flags: 0
        }
    );
}

#[test]
fn a_write_whose_length_is_not_its_datas_is_not_emitted() {
    let head = WriteHead {
        length: 5,
        offset: 0,
        file_id: FILE_ID,
        remaining_bytes: 0,
        flags: WriteFlags::empty(),
    };
    let mut buffer = [0; 256];
    let result = WriteRequest {
        head,
        data: b"four",
    }
    .emit(&mut crate::Writer::new(&mut buffer));
    assert_eq!(result, Err(crate::EmitError::Contradiction("Length")));
}

#[test]
fn a_break_of_unknown_size_is_refused() {
    let acknowledgment = named("lease break acknowledgment").bytes;
    assert_eq!(
        BreakNotification::parse(&acknowledgment),
        Err(error("StructureSize", Fault::Value))
    );
    let notification = named("lease break notification").bytes;
    assert_eq!(
        BreakAck::parse(&notification),
        Err(error("StructureSize", Fault::Value))
    );
}

/// A compound of three messages: 64 + 4 bytes, padded to 72; the same; 64 + 24 bytes.
fn compound() -> Vec<u8> {
    emitted(|w| {
        let mut compound = Builder::new(w);
        compound.add(w, &Header::request(Command::ECHO, 1), |w| {
            EchoRequest.emit(w)
        })?;
        compound.add(w, &Header::request(Command::ECHO, 2), |w| {
            EchoRequest.emit(w)
        })?;
        let header = Header {
            flags: HeaderFlags::RELATED_OPERATIONS,
            ..Header::request(Command::FLUSH, 3)
        };
        compound.add(w, &header, |w| {
            FlushRequest {
                file_id: FileId::RELATED,
            }
            .emit(w)
        })?;
        Ok(())
    })
}

#[test]
fn a_compound_gives_its_messages_in_order() {
    let frame = compound();
    let messages: Vec<&[u8]> = Chain::new(&frame).collect::<Result<_, _>>().unwrap();
    let lengths: Vec<usize> = messages.iter().map(|message| message.len()).collect();
    assert_eq!(lengths, [72, 72, 88]);
    let ids: Vec<u64> = messages
        .iter()
        .map(|message| Header::parse(message).unwrap().message_id)
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(
        FlushRequest::parse(messages[2]).unwrap().file_id,
        FileId::RELATED
    );
}

#[test]
fn the_last_message_of_a_compound_takes_what_is_behind_it() {
    for junk in [0, 1, 3, 8, 24] {
        let mut frame = compound();
        frame.extend(vec![0; junk]);
        assert_eq!(Chain::new(&frame).last().unwrap().unwrap().len(), 88 + junk);
    }
}

#[test]
fn a_compound_whose_link_goes_astray_ends_with_an_error() {
    let rows: [(u32, Fault); 7] = [
        (8, Fault::OutOfBounds),
        (56, Fault::OutOfBounds),
        (70, Fault::Misaligned),
        (0xFFFF_FFF8, Fault::OutOfBounds),
        (176, Fault::OutOfBounds),
        (232, Fault::OutOfBounds),
        (240, Fault::OutOfBounds),
    ];
    for (next, fault) in rows {
        let mut frame = compound();
        frame[Header::NEXT_COMMAND].copy_from_slice(&next.to_le_bytes());
        let messages: Vec<_> = Chain::new(&frame).collect();
        assert_eq!(
            messages,
            [Err(error("NextCommand", fault))],
            "NextCommand {next}"
        );
    }
}

#[test]
fn a_compound_cut_inside_a_header_ends_with_an_error() {
    let frame = compound();
    assert!(Chain::new(&frame[..63]).all(|message| message.is_err()));
    assert!(Chain::new(&[]).next().is_none());
}

#[test]
fn a_transform_header_must_name_the_size_of_what_follows() {
    let Sample {
        mut bytes, parse, ..
    } = named("TRANSFORM");
    bytes.push(0);
    assert_eq!(
        parse(&bytes),
        Err(error("OriginalMessageSize", Fault::OutOfBounds))
    );
}

#[test]
fn a_transform_header_without_the_encrypted_flag_is_refused() {
    let Sample {
        mut bytes, parse, ..
    } = named("TRANSFORM");
    bytes[42] = 0;
    assert_eq!(parse(&bytes), Err(error("Flags", Fault::Value)));
}

#[test]
fn the_parts_of_a_transform_header_lie_where_the_specification_has_them() {
    let Sample { bytes, .. } = named("TRANSFORM");
    assert_eq!(bytes[TransformHeader::SIGNATURE], [1; 16]);
    assert_eq!(bytes[TransformHeader::AUTHENTICATED][..16], [2; 16]);
    assert_eq!(
        bytes[TransformHeader::AUTHENTICATED][24..],
        3_u64.to_le_bytes()
    );
}

#[test]
fn a_compressed_message_whose_sizes_overflow_is_refused() {
    let Sample {
        mut bytes, parse, ..
    } = named("COMPRESSION unchained");
    bytes[4..8].copy_from_slice(&[0xFF; 4]);
    assert_eq!(
        parse(&bytes),
        Err(error("OriginalCompressedSegmentSize", Fault::Value))
    );
}

#[test]
fn a_compressed_message_with_an_offset_behind_its_end_is_refused() {
    let Sample {
        mut bytes, parse, ..
    } = named("COMPRESSION unchained");
    bytes[12] = 16;
    assert_eq!(parse(&bytes), Err(error("Offset", Fault::OutOfBounds)));
}

#[test]
fn the_size_of_a_decompressed_message_counts_what_was_not_compressed() {
    let Sample { bytes, .. } = named("COMPRESSION unchained");
    assert_eq!(CompressedMessage::parse(&bytes).unwrap().total_size(), 105);
}

#[test]
fn a_response_answers_the_request_it_was_made_for() {
    let request = Header {
        credits: 31,
        session_id: 5,
        target: Target::tree(6),
        ..Header::request(Command::READ, 9)
    };
    let response = Header::response(&request, NtStatus::END_OF_FILE);
    assert!(response.is_response());
    assert_eq!(
        (response.message_id, response.session_id, response.tree_id()),
        (9, 5, Some(6))
    );
    assert_eq!(response.status, NtStatus::END_OF_FILE);
}

#[test]
fn the_header_has_the_layout_of_the_specification() {
    // MS-SMB2 2.2.1.2, each field in its place and little-endian.
    let header = Header {
        credit_charge: 0x0102,
        status: NtStatus(0x0304_0506),
        command: Command::CREATE,
        credits: 0x0708,
        flags: HeaderFlags::SIGNED,
        next_command: 0x090A_0B0C,
        message_id: 0x1112_1314_1516_1718,
        target: Target::Tree {
            process_id: 0x2122_2324,
            tree_id: 0x3132_3334,
        },
        session_id: 0x4142_4344_4546_4748,
        signature: [0x99; 16],
    };
    let mut expected = vec![
        0xFE, b'S', b'M', b'B', 64, 0, 2, 1, 6, 5, 4, 3, 5, 0, 8, 7, 8, 0, 0, 0,
    ];
    expected.extend([
        0x0C, 0x0B, 0x0A, 0x09, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
    ]);
    expected.extend([0x24, 0x23, 0x22, 0x21, 0x34, 0x33, 0x32, 0x31]);
    expected.extend([0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41]);
    expected.extend([0x99; 16]);
    assert_eq!(emitted(|w| header.emit(w)), expected);
}
