use std::vec;
use std::vec::Vec;

use smb_crypto::CryptoError;
use smb_wire::smb2::compound::Chain;
use smb_wire::smb2::{CloseFlags, CloseRequest, EchoRequest, FileId, WriteFlags, WriteRequest};

use super::*;
use crate::credit_charge;
use crate::testing::{
    Client, SESSION, TREE, first_ticket, keys, message, read, request as plain, server_sealing,
};

const PLAIN: Protection<'static> = Protection::None;

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
    let len = request(&mut out, &ticket, PLAIN, |w| EchoRequest.emit(w)).unwrap();
    assert_eq!(len, FrameHeader::LEN + Header::LEN + 4);
    let header = Header::parse(message(&out[..len])).unwrap();
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
    let keys = keys();
    let sealed = Protection::Sealed(keys.sealing().unwrap());
    for (protection, needed) in [
        (PLAIN, OVERHEAD + 4 - TransformHeader::LEN),
        (sealed, OVERHEAD + 4),
    ] {
        for len in 0..=needed {
            let result = request(&mut vec![0; len], &ticket, protection, |w| {
                EchoRequest.emit(w)
            });
            let expected = if len == needed {
                Ok(needed)
            } else {
                Err(ClientError::Emit(EmitError::BufferFull))
            };
            assert_eq!(result, expected);
        }
    }
}

#[test]
fn a_signed_request_verifies() {
    let ticket = first_ticket(Command::ECHO, SESSION);
    let mut out = [0; 256];
    let keys = keys();
    let signed = Protection::Signed(&keys);
    let len = request(&mut out, &ticket, signed, |w| EchoRequest.emit(w)).unwrap();
    let message = message(&out[..len]);
    assert!(
        Header::parse(message)
            .unwrap()
            .flags
            .contains(HeaderFlags::SIGNED)
    );
    assert_eq!(keys.signing().verify(message, &[]), Ok(()));
}

/// A WRITE of 256 bytes around its data.
fn written(protection: Protection<'_>) -> (Vec<u8>, Vec<u8>) {
    let ticket = first_ticket(Command::WRITE, SESSION);
    let data: Vec<u8> = (0..=255).collect();
    let mut out = vec![0; 1024];
    let start = write_data_offset(protection);
    out[start..start + 256].copy_from_slice(&data);
    let len = write(&mut out, &ticket, protection, &head(256)).unwrap();
    assert_eq!(len, start + 256);
    out.truncate(len);
    (out, data)
}

#[test]
fn a_writes_signature_covers_its_data() {
    let keys = keys();
    let (sent, data) = written(Protection::Signed(&keys));
    let message = message(&sent);
    assert_eq!(WriteRequest::parse(message).unwrap().data, data);
    assert_eq!(keys.signing().verify(message, &[]), Ok(()));
    let mut changed = message.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(
        keys.signing().verify(&changed, &[]),
        Err(CryptoError::Mismatch)
    );
}

#[test]
fn a_sealed_write_opens_to_a_plain_one_without_a_signature() {
    let keys = keys();
    let (mut sent, data) = written(Protection::Sealed(keys.sealing().unwrap()));
    assert!(!sent.windows(16).any(|window| window == &data[..16]));
    let transform = TransformHeader::parse(message(&sent)).unwrap();
    assert_eq!(transform.session_id, SESSION);
    server_sealing()
        .open(&mut sent[FrameHeader::LEN..])
        .unwrap();
    let opened = &message(&sent)[TransformHeader::LEN..];
    let header = Header::parse(opened).unwrap();
    assert!(header.flags.is_empty());
    assert_eq!(header.signature, [0; 16]);
    assert_eq!(WriteRequest::parse(opened).unwrap().data, data);
}

#[test]
fn no_two_sealed_requests_have_the_same_nonce() {
    let keys = keys();
    let nonces: std::collections::BTreeSet<[u8; 16]> = (0..100)
        .map(|_| {
            let (sent, _) = written(Protection::Sealed(keys.sealing().unwrap()));
            TransformHeader::parse(message(&sent)).unwrap().nonce
        })
        .collect();
    assert_eq!(nonces.len(), 100);
}

#[test]
fn a_key_that_has_sealed_all_it_may_ends_the_session_before_a_nonce_comes_twice() {
    let key = |direction| {
        smb_crypto::Smb3Keys::Smb30
            .derive_sealing(&[1; 16], smb_crypto::Cipher::Aes128Ccm, direction)
            .unwrap()
    };
    let to_server = key(smb_crypto::Direction::ClientToServer);
    let from_server = key(smb_crypto::Direction::ServerToClient);
    let worn = crate::Sealing::new(
        smb_crypto::SealingKey::with_limit(to_server, 20).unwrap(),
        smb_crypto::OpeningKey::new(from_server).unwrap(),
    );
    let ticket = first_ticket(Command::ECHO, SESSION);
    let send = || {
        request(&mut [0; 256], &ticket, Protection::Sealed(&worn), |w| {
            EchoRequest.emit(w)
        })
    };
    assert!(send().is_ok());
    assert_eq!(send(), Err(ClientError::KeyExhausted));
}

#[test]
fn a_compound_is_sealed_as_one() {
    let mut client = Client::ready();
    let keys = keys();
    let mut out = vec![0; 512];
    let mut frame = Frame::new(&mut out, Protection::Sealed(keys.sealing().unwrap())).unwrap();
    for number in 0..2 {
        let ticket = client.send(plain(number, Command::ECHO));
        frame.add(&ticket, |w| EchoRequest.emit(w)).unwrap();
    }
    let len = frame.finish().unwrap();
    server_sealing()
        .open(&mut out[FrameHeader::LEN..len])
        .unwrap();
    let opened = &message(&out[..len])[TransformHeader::LEN..];
    assert_eq!(Chain::new(opened).map(Result::unwrap).count(), 2);
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
fn each_request_of_a_compound_is_signed_with_its_padding() {
    let mut client = Client::ready();
    let keys = keys();
    let mut out = [0; 512];
    let mut frame = Frame::new(&mut out, Protection::Signed(&keys)).unwrap();
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
            frame.add(&ticket, add).unwrap();
        } else {
            frame.add_related(&ticket, add).unwrap();
        }
    }
    let len = frame.finish().unwrap();
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
    let keys = keys();
    let len = cancel(&mut out, &target, Protection::Signed(&keys)).unwrap();
    let header = Header::parse(message(&out[..len])).unwrap();
    assert_eq!((header.command, header.message_id), (Command::CANCEL, 77));
    assert_eq!((header.credit_charge, header.credits), (0, 0));
    assert_eq!((header.tree_id(), header.async_id()), (Some(TREE), None));
    assert_eq!(keys.signing().verify(message(&out[..len]), &[]), Ok(()));

    target.async_id = Some(0xA5);
    let len = cancel(&mut out, &target, PLAIN).unwrap();
    let header = Header::parse(message(&out[..len])).unwrap();
    assert_eq!((header.tree_id(), header.async_id()), (None, Some(0xA5)));
}
