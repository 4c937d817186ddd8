//! What comes in one frame: an SMB2 message or a compound, SMB1's opener, a transform or compression header; and the frames
//! of NetBIOS themselves.

use smb_wire::netbios::{FrameHeader, PacketType, SessionRequest};
use smb_wire::smb2::compound::{Chain, first_len};
use smb_wire::smb2::compression::{self, CompressedMessage};
use smb_wire::smb2::transform::{self, TransformHeader};
use smb_wire::smb2::{Header, header};
use smb_wire::{EmitError, Writer, smb1};

use crate::messages;
use crate::round_trip::{both_ways, round_trip};

/// A frame's contents, told apart by their first four bytes.
pub fn frame(frame: &[u8]) {
    match frame.first_chunk() {
        Some(&header::PROTOCOL_ID) => compound(frame),
        Some(&smb1::PROTOCOL_ID) => smb1(frame),
        Some(&transform::PROTOCOL_ID) => transform(frame),
        Some(&compression::PROTOCOL_ID) => {
            both_ways!(frame, 0, CompressedMessage);
        }
        _ => {}
    }
}

/// The messages of a compound lie behind one another and are all there is.
fn compound(frame: &[u8]) {
    let mut end = 0;
    let mut broken = false;
    for message in Chain::new(frame) {
        assert!(!broken, "the chain goes on behind a broken link");
        match message {
            Ok(message) => {
                assert_eq!(first_len(&frame[end..]), Ok(message.len()));
                assert!(message.len() >= Header::LEN);
                assert_eq!(message.as_ptr(), frame[end..].as_ptr());
                end += message.len();
                match Header::parse(message) {
                    Ok(header) if header.is_response() => messages::response(message),
                    _ => messages::request(message),
                }
            }
            Err(_) => broken = true,
        }
    }
    assert!(broken || end == frame.len());
}

fn smb1(frame: &[u8]) {
    use smb1::{NegotiateRequest, NegotiateResponse};
    both_ways!(frame, 0, NegotiateRequest);
    both_ways!(frame, 0, NegotiateResponse);
}

/// A transform header says how long the message behind it is, so it is emitted with as much behind it.
fn transform(frame: &[u8]) {
    let emit = |header: &TransformHeader, writer: &mut Writer<'_>| -> Result<(), EmitError> {
        header.emit(writer)?;
        writer.zeros(usize::try_from(header.original_message_size).unwrap_or(usize::MAX))
    };
    let parse = |frame| TransformHeader::parse(frame);
    let whole = round_trip(frame, 0, &mut Vec::new(), parse, emit);
    let front = TransformHeader::parse_front(frame, frame.len());
    assert_eq!(whole, front.ok());
}

/// NetBIOS: frame headers, and the packets that open a session (RFC 1002 4.3).
pub fn netbios(stream: &[u8]) {
    let mut rest = stream;
    while let Some((bytes, behind)) = rest.split_first_chunk() {
        let header = FrameHeader::parse(*bytes);
        assert_eq!(FrameHeader::parse(header.to_bytes()), header);
        let strict = FrameHeader::parse_netbios(*bytes);
        assert!(strict.is_err() || strict == Ok(header));
        let length = usize::try_from(header.length).expect("24 bits");
        if FrameHeader::message(length).is_err() {
            panic!("a length that was received cannot be sent");
        }
        let Some((payload, next)) = behind.split_at_checked(length) else {
            return;
        };
        if header.packet_type == PacketType::REQUEST {
            session_request(payload);
        }
        rest = next;
    }
}

/// The frame header is emitted with the request, but read before it.
fn session_request(payload: &[u8]) {
    let parse = |payload: &[u8]| {
        let behind = payload.get(FrameHeader::LEN..).unwrap_or_default();
        SessionRequest::parse(behind)
    };
    let framed = [&[0; FrameHeader::LEN], payload].concat();
    round_trip(&framed, 0, &mut Vec::new(), parse, |value, writer| {
        value.emit(writer)
    });
}
