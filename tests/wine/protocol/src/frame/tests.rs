use super::*;
use crate::{Create, DirectoryFlags, Handle, LockFlags, MAX_DATA, MAX_MANY};
use proptest::prelude::*;
use smb_wire::Fault;
use std::string::String;
use std::vec;
use std::vec::Vec;

fn emitted(frame: &Frame<'_>) -> Vec<u8> {
    let mut buffer = vec![0xCC; frame.room()];
    let mut w = Writer::new(&mut buffer);
    frame.emit(&mut w).unwrap();
    let length = w.position();
    buffer.truncate(length);
    buffer
}

fn body(frame: &[u8]) -> &[u8] {
    let (length, body) = frame.split_first_chunk().unwrap();
    assert_eq!(body_length(*length), Ok(body.len()));
    body
}

/// Everything that requests are made of, owned.
#[derive(Debug)]
struct Parts {
    kind: usize,
    text: String,
    bytes: Vec<u8>,
    words: [u32; 6],
    longs: [i64; 2],
    flags: u8,
}

fn parts() -> impl Strategy<Value = Parts> {
    (
        0..26usize,
        any::<String>(),
        any::<Vec<u8>>(),
        any::<[u32; 6]>(),
        any::<[i64; 2]>(),
        0..4u8,
    )
        .prop_map(|(kind, text, bytes, words, longs, flags)| Parts {
            kind,
            text,
            bytes,
            words,
            longs,
            flags,
        })
}

impl Parts {
    fn request(&self) -> Request<'_> {
        let [a, b, ..] = self.words;
        let [offset, long] = self.longs;
        let (text, bytes) = (self.text.as_str(), self.bytes.as_slice());
        let file = Handle(a);
        let length = b % (MAX_DATA as u32 + 1);
        let odd = self.flags & 1 == 1;
        match self.kind {
            0 => Request::Hello {
                version: a,
                logon: long.cast_unsigned(),
            },
            1 => Request::LoadService { name: text },
            2 => Request::UnloadService { name: text },
            3 => Request::Status,
            4 => Request::Create(Create {
                path: text,
                access: a,
                attributes: b,
                share: self.words[2],
                disposition: self.words[3],
                options: self.words[4],
                allocation_size: offset.cast_unsigned(),
                extended_attributes: bytes,
            }),
            5 => Request::Cleanup { file },
            6 => Request::Close { file },
            7 => Request::Read {
                file,
                offset,
                length,
            },
            8 => Request::Write {
                file,
                offset,
                data: bytes,
            },
            9 => Request::ReadMany {
                file,
                offset,
                length: length / MAX_MANY,
                stride: self.words[2],
                count: self.words[3] % MAX_MANY + 1,
            },
            10 => Request::WriteMany {
                file,
                offset,
                stride: b,
                count: if odd { 2 } else { 1 },
                data: &bytes[..bytes.len() & !1],
            },
            11 => Request::Cancel { tag: a },
            12 => Request::QueryInformation {
                file,
                class: self.words[2],
                length,
            },
            13 => Request::SetInformation {
                file,
                class: b,
                data: bytes,
            },
            14 => Request::QueryDirectory {
                file,
                class: self.words[2],
                flags: DirectoryFlags::from_bits_truncate(self.flags),
                pattern: odd.then_some(text),
                length,
            },
            15 => Request::NotifyDirectory {
                file,
                filter: self.words[2],
                tree: odd,
                length,
            },
            16 => Request::QueryVolume {
                file,
                class: self.words[2],
                length,
            },
            17 => Request::SetVolume {
                file,
                class: b,
                data: bytes,
            },
            18 => Request::Flush { file },
            19 => Request::FsControl {
                file,
                code: self.words[2],
                output: length,
                input: bytes,
            },
            20 => Request::DeviceControl {
                file: odd.then_some(file),
                code: self.words[2],
                output: length,
                input: bytes,
            },
            21 => Request::Lock {
                file,
                offset,
                length: long,
                key: b,
                flags: LockFlags::from_bits_truncate(self.flags),
            },
            22 => Request::SetSetting {
                service: text,
                name: "name",
                value: odd.then_some(a),
            },
            23 => Request::ClearSettings { service: text },
            24 => Request::CancelAll { file },
            _ => Request::Unlock {
                file,
                offset,
                length: long,
                key: b,
            },
        }
    }
}

proptest! {
    #[test]
    fn a_request_is_what_was_sent(parts in parts(), tag: u32, overlapped: bool) {
        let frame = Frame { tag, overlapped, request: parts.request() };
        let bytes = emitted(&frame);
        prop_assert_eq!(Frame::parse(body(&bytes)), Ok(frame));
    }

    #[test]
    fn a_request_cut_short_is_refused(parts in parts(), cut: prop::sample::Index) {
        let frame = Frame { tag: 1, overlapped: false, request: parts.request() };
        let bytes = emitted(&frame);
        let body = body(&bytes);
        prop_assert!(Frame::parse(&body[..cut.index(body.len())]).is_err());
    }

    #[test]
    fn no_bytes_crash_the_parser(bytes: Vec<u8>) {
        let _ = Frame::parse(&bytes);
    }
}

const READ_MANY: Request<'_> = Request::ReadMany {
    file: Handle(1),
    offset: 0,
    length: 65536,
    stride: 65536,
    count: 32,
};

fn refused(request: Request<'_>) -> &'static str {
    let bytes = emitted(&Frame {
        tag: 1,
        overlapped: true,
        request,
    });
    let error = Frame::parse(body(&bytes)).unwrap_err();
    assert_eq!(error.fault, Fault::Value);
    error.field
}

#[test]
fn bytes_behind_a_request_are_refused() {
    let mut bytes = emitted(&Frame {
        tag: 1,
        overlapped: true,
        request: READ_MANY,
    });
    bytes.push(0);
    assert!(Frame::parse(&bytes[LENGTH_SIZE..]).is_err());
}

#[test]
fn many_reads_have_a_limit_of_count_and_of_bytes() {
    let many = |count, length| Request::ReadMany {
        file: Handle(1),
        offset: 0,
        length,
        stride: 0,
        count,
    };
    assert_eq!(refused(many(0, 1)), "Count");
    assert_eq!(refused(many(MAX_MANY + 1, 1)), "Count");
    assert_eq!(refused(many(2, MAX_DATA as u32)), "Length");
}

#[test]
fn data_of_many_writes_is_divided_evenly() {
    let many = Request::WriteMany {
        file: Handle(1),
        offset: 0,
        stride: 0,
        count: 2,
        data: &[1, 2, 3],
    };
    assert_eq!(refused(many), "Data");
}

#[test]
fn more_room_than_the_limit_cannot_be_asked_for() {
    let frame = Frame {
        tag: 1,
        overlapped: false,
        request: Request::Read {
            file: Handle(1),
            offset: 0,
            length: MAX_DATA as u32 + 1,
        },
    };
    let mut buffer = [0; 64];
    assert_eq!(
        frame.emit(&mut Writer::new(&mut buffer)),
        Err(EmitError::TooLong("Length"))
    );
    let largest = u32::try_from(MAX_FRAME).unwrap();
    assert!(body_length(largest.to_le_bytes()).is_ok());
    assert!(body_length((largest + 1).to_le_bytes()).is_err());
}

#[test]
fn an_unknown_operation_is_refused() {
    let frame = [1, 0, 0, 0, 0, 0xFF, 0xFF];
    assert_eq!(Frame::parse(&frame).unwrap_err().field, "Operation");
}
