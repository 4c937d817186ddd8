use std::vec;
use std::vec::Vec;

use smb_crypto::CryptoError;
use smb_wire::smb2::compound::Chain;
use smb_wire::smb2::{CloseFlags, CloseRequest, EchoRequest, FileId, WriteFlags, WriteRequest};

use super::*;
use crate::credit_charge;
use crate::testing::{Client, SESSION, TREE, first_ticket, keys, message, read, request as plain};

fn head(length: u32) -> WriteHead {
    WriteHead {
        length,
        offset: 0x1_0000_0000,
        file_id: FileId::new(3, 4),
        remaining_bytes: 0,
        flags: WriteFlags::empty(),
    }
}

#[test]
fn a_request_carries_its_tickets_numbers() {
    let mut client = Client::ready();
    let ticket = client.send(read(1, 1 << 20));
    let mut out = [0; OVERHEAD + 4];
    let len = request(&mut out, &ticket, None, |w| EchoRequest.emit(w)).unwrap();
    assert_eq!(len, out.len());
    let header = Header::parse(message(&out)).unwrap();
    assert_eq!(header.message_id, ticket.message_id);
    assert_eq!(header.credit_charge, credit_charge(1 << 20));
    assert_eq!(header.credits, ticket.credit_request);
    assert_eq!((header.session_id, header.tree_id()), (SESSION, Some(TREE)));
    assert_eq!(
        (header.command, header.flags),
        (Command::READ, HeaderFlags::empty())
    );
}

#[test]
fn a_buffer_that_is_too_small_is_an_error() {
    let ticket = first_ticket(Command::ECHO, 0);
    for len in 0..OVERHEAD + 4 {
        let result = request(&mut vec![0; len], &ticket, None, |w| EchoRequest.emit(w));
        assert_eq!(result, Err(ClientError::Emit(EmitError::BufferFull)));
    }
}

#[test]
fn a_signed_request_verifies() {
    let ticket = first_ticket(Command::ECHO, SESSION);
    let mut out = [0; 256];
    let len = request(&mut out, &ticket, Some(&keys()), |w| EchoRequest.emit(w)).unwrap();
    let message = message(&out[..len]);
    assert!(
        Header::parse(message)
            .unwrap()
            .flags
            .contains(HeaderFlags::SIGNED)
    );
    assert_eq!(keys().signing().verify(message, &[]), Ok(()));
}

#[test]
fn a_writes_signature_covers_data_that_is_sent_from_elsewhere() {
    let mut client = Client::ready();
    let ticket = client.send(plain(1, Command::WRITE));
    let data: Vec<u8> = (0..=255).collect();
    let mut out = [0; 256];
    let pieces = [&data[..100], &[], &data[100..]];
    let len = write_request(&mut out, &ticket, Some(&keys()), &head(256), &pieces).unwrap();
    let sent = [&out[..len], &data].concat();
    let message = message(&sent);
    assert_eq!(WriteRequest::parse(message).unwrap().data, data);
    assert_eq!(keys().signing().verify(message, &[]), Ok(()));
    let mut changed = message.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(
        keys().signing().verify(&changed, &[]),
        Err(CryptoError::Mismatch)
    );
}

#[test]
fn an_unsigned_write_needs_only_the_length_of_its_data() {
    let ticket = first_ticket(Command::WRITE, SESSION);
    let mut out = [0; 256];
    let len = write_head(&mut out, &ticket, &head(5)).unwrap();
    assert_eq!(len, FrameHeader::LEN + WriteHead::DATA_OFFSET);
    let sent = [&out[..len], b"hello"].concat();
    assert_eq!(WriteRequest::parse(message(&sent)).unwrap().data, b"hello");
    let too_long = write_head(&mut out, &ticket, &head(u32::MAX));
    assert!(matches!(
        too_long,
        Err(ClientError::Emit(EmitError::TooLong(_)))
    ));
}

#[test]
fn a_write_of_another_length_than_its_head_says_is_refused() {
    let ticket = first_ticket(Command::WRITE, SESSION);
    let result = write_request(&mut [0; 256], &ticket, Some(&keys()), &head(5), &[b"four"]);
    assert_eq!(
        result,
        Err(ClientError::Emit(EmitError::Contradiction("Length")))
    );
}

#[test]
fn each_request_of_a_compound_is_signed_with_its_padding() {
    let mut client = Client::ready();
    let keys = keys();
    let mut out = [0; 512];
    let mut frame = Frame::new(&mut out).unwrap();
    let body = CloseRequest {
        flags: CloseFlags::empty(),
        file_id: FileId::RELATED,
    };
    for number in 0..3 {
        let ticket = client.send(plain(number, Command::CLOSE));
        let add = |w: &mut Writer<'_>| {
            body.emit(w)?;
            w.u8(0)
        };
        if number == 0 {
            frame.add(&ticket, Some(&keys), add).unwrap();
        } else {
            frame.add_related(&ticket, Some(&keys), add).unwrap();
        }
    }
    let len = frame.finish(Some(&keys)).unwrap();
    let parts: Vec<_> = Chain::new(message(&out[..len]))
        .map(Result::unwrap)
        .collect();
    assert_eq!(parts.len(), 3);
    for (index, part) in parts.into_iter().enumerate() {
        let header = Header::parse(part).unwrap();
        assert_eq!(header.message_id, index as u64 + 1);
        assert_eq!(
            header.flags.contains(HeaderFlags::RELATED_OPERATIONS),
            index > 0
        );
        assert_eq!(keys.signing().verify(part, &[]), Ok(()));
    }
}

#[test]
fn a_cancel_names_the_request_costs_nothing_and_asks_for_nothing() {
    let mut target = CancelTarget {
        message_id: 77,
        async_id: None,
        session_id: SESSION,
        tree_id: TREE,
    };
    let mut out = [0; 128];
    let len = cancel(&mut out, &target, Some(&keys())).unwrap();
    let header = Header::parse(message(&out[..len])).unwrap();
    assert_eq!((header.command, header.message_id), (Command::CANCEL, 77));
    assert_eq!((header.credit_charge, header.credits), (0, 0));
    assert_eq!((header.tree_id(), header.async_id()), (Some(TREE), None));
    assert_eq!(keys().signing().verify(message(&out[..len]), &[]), Ok(()));

    target.async_id = Some(0xA5);
    let len = cancel(&mut out, &target, None).unwrap();
    let header = Header::parse(message(&out[..len])).unwrap();
    assert_eq!((header.tree_id(), header.async_id()), (None, Some(0xA5)));
}
