//! What holds for every message alike, and for the small ones each.

use proptest::prelude::*;

use super::compound::Chain;
use super::samples::{FILE_ID, Sample, all, message, named};
use super::*;
use crate::{Fault, ParseError};

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
fn case_09_junk_behind_a_message_is_ignored() {
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
fn case_15_an_offset_out_of_the_message_or_into_its_fixed_part_is_refused_by_name() {
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
fn case_09_a_create_response_without_its_trailing_byte_parses() {
    let Sample { bytes, parse, .. } = named("CREATE response");
    let mut without_contexts = bytes[..64 + 88].to_vec();
    without_contexts[144..152].fill(0);
    assert_eq!(parse(&without_contexts), Ok(()));
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
fn case_38_a_break_of_unknown_size_is_refused() {
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
