//! Lies about seals and signatures, as a client sees them that knows better.

use smb_server::{Fault, Protection, RunningServer, When};
use smb_wire::smb2::compression::{self, CompressedMessage};
use smb_wire::smb2::negotiate_context::Cipher as CipherId;
use smb_wire::smb2::transform::{self, TransformHeader};
use smb_wire::smb2::{
    Command, EchoRequest, Header, HeaderFlags, SessionFlags, SessionSetupResponse,
};

use crate::member::{Member, Offer, open};
use crate::seals::serve;

/// The frame that answers a sealed ECHO under a fault.
fn answer(fault: Fault) -> (RunningServer, Member, Vec<u8>) {
    let server = serve(|builder| builder.fault(When::command(Command::ECHO), fault));
    let mut member = Member::connect(server.address(), &Offer::usual()).unwrap();
    let frame = ask(&mut member);
    (server, member, frame)
}

fn ask(member: &mut Member) -> Vec<u8> {
    member.send(Command::ECHO, |w| EchoRequest.emit(w)).unwrap();
    member.client.receive_bytes().unwrap()
}

#[test]
fn an_answer_can_come_plain_or_only_signed_where_it_should_be_sealed() {
    let (_server, _, plain) = answer(Fault::Protect(Protection::Plain));
    let header = Header::parse(&plain).unwrap();
    assert!(!header.flags.contains(HeaderFlags::SIGNED));
    let (_server, member, signed) = answer(Fault::Protect(Protection::Signed));
    let header = Header::parse(&signed).unwrap();
    assert!(header.flags.contains(HeaderFlags::SIGNED));
    member.signing.verify(&signed, &[]).unwrap();
}

#[test]
fn an_answer_can_be_sealed_where_it_should_not() {
    let fault = Fault::Protect(Protection::Sealed);
    let server = serve(|builder| builder.fault(When::command(Command::ECHO), fault));
    let mut member = Member::connect(server.address(), &Offer::usual()).unwrap();
    let frame = member
        .ask_signed(Command::ECHO, |w| EchoRequest.emit(w))
        .unwrap();
    assert!(open(&member.opening, &frame).is_some());
}

#[test]
fn an_answer_can_be_sealed_twice_or_by_another_key() {
    let (_server, member, frame) = answer(Fault::Protect(Protection::SealedTwice));
    let inner = open(&member.opening, &frame).unwrap();
    let innermost = open(&member.opening, &inner).unwrap();
    assert!(Header::parse(&innermost).is_ok());
    let (_server, member, frame) = answer(Fault::Protect(Protection::SealedByClientsKey));
    assert!(open(&member.opening, &frame).is_none());
    assert!(open(&member.own_opening, &frame).is_some());
    let (_server, member, frame) = answer(Fault::Protect(Protection::SealedByUnknownKey));
    TransformHeader::parse(&frame).unwrap();
    assert!(open(&member.opening, &frame).is_none());
    assert!(open(&member.own_opening, &frame).is_none());
}

#[test]
fn the_seal_holds_for_a_header_that_lies() {
    let lies: [(usize, u8); 4] = [(36, 1), (40, 1), (42, 2), (44, 0xFF)];
    for (at, value) in lies {
        let (_server, member, frame) = answer(Fault::transform(move |header| header[at] = value));
        assert_eq!(frame[at], value);
        assert!(open(&member.opening, &frame).is_some());
    }
}

#[test]
fn a_nonce_can_be_repeated() {
    let fault = Fault::transform(|header| header[20..36].fill(9));
    let (_server, mut member, first) = answer(fault);
    let second = ask(&mut member);
    for frame in [first, second] {
        assert_eq!(frame[20..36], [9; 16]);
        assert!(open(&member.opening, &frame).is_some());
    }
}

#[test]
fn a_sealed_frame_can_be_cut_or_flipped_on_the_way() {
    for len in [0, 3, 51, 52, 63] {
        let (_server, _, frame) = answer(Fault::on_the_way(move |frame| frame.truncate(len)));
        assert_eq!(frame.len(), len);
    }
    for at in [4, 20, 36, 44, 52, 119] {
        let (_server, member, frame) = answer(Fault::on_the_way(move |frame| frame[at] ^= 1));
        assert!(frame.starts_with(&transform::PROTOCOL_ID));
        assert!(open(&member.opening, &frame).is_none(), "byte {at}");
    }
}

#[test]
fn what_is_in_the_seal_can_be_shorter_than_a_header_or_compressed() {
    let (_server, member, frame) = answer(Fault::tamper(|message| message.truncate(63)));
    assert_eq!(open(&member.opening, &frame).unwrap().len(), 63);
    let (_server, member, frame) = answer(Fault::compress());
    let inner = open(&member.opening, &frame).unwrap();
    assert!(inner.starts_with(&compression::PROTOCOL_ID));
    let compressed = CompressedMessage::parse(&inner).unwrap();
    assert_eq!(compressed.total_size(), inner.len() as u64 - 16);
    let (_server, member, frame) = answer(Fault::compress_on_the_way());
    CompressedMessage::parse(&frame).unwrap();
    assert!(open(&member.opening, &frame[16..]).is_some());
}

#[test]
fn raw_bytes_are_made_from_the_sealed_frame() {
    let fault = Fault::raw(|frame| {
        let len = u8::try_from(frame.len()).unwrap();
        [&[0, 0, 0, len], frame].concat()
    });
    let (_server, member, frame) = answer(fault);
    assert!(open(&member.opening, &frame).is_some());
}

#[test]
fn a_user_can_be_called_a_guest_under_the_right_signature() {
    const FLAGS: usize = Header::LEN + 2;
    let guest = Fault::rewrite(|message| message[FLAGS] |= 1);
    let setup = When::command(Command::SESSION_SETUP).nth(2);
    let server = serve(|builder| builder.fault(setup, guest));
    let member = Member::log_on(server.address(), &Offer::usual()).unwrap();
    let response = SessionSetupResponse::parse(&member.setup).unwrap();
    assert_eq!(response.flags, SessionFlags::IS_GUEST);
    member.signing.verify(&member.setup, &[]).unwrap();
}

#[test]
fn the_last_answer_of_a_log_on_can_come_unsigned() {
    let setup = When::command(Command::SESSION_SETUP).nth(2);
    let plain = Fault::Protect(Protection::Plain);
    let server = serve(|builder| builder.fault(setup, plain));
    let member = Member::log_on(server.address(), &Offer::usual()).unwrap();
    let header = Header::parse(&member.setup).unwrap();
    assert!(!header.flags.contains(HeaderFlags::SIGNED));
    assert!(member.signing.verify(&member.setup, &[]).is_err());
}

#[test]
fn only_what_the_server_itself_says_is_in_its_preauthentication_hash() {
    let claims = [
        (
            Fault::negotiate(|answer| answer.max_read_size = 65536),
            true,
        ),
        (
            Fault::negotiate_on_the_way(|answer| answer.max_read_size = 65536),
            false,
        ),
        (Fault::mishear(|request| request[70] ^= 2), false),
    ];
    for (fault, same_keys) in claims {
        let name = format!("{fault:?}");
        let server = serve(|builder| builder.fault(When::command(Command::NEGOTIATE), fault));
        let member = Member::log_on(server.address(), &Offer::usual()).unwrap();
        let verified = member.signing.verify(&member.setup, &[]).is_ok();
        assert_eq!(verified, same_keys, "{name}");
    }
}

#[test]
fn a_cipher_can_be_claimed_that_the_server_does_not_use() {
    let fault = Fault::negotiate(|answer| answer.set_ciphers(&[CipherId::AES_256_GCM]));
    let server = serve(|builder| builder.fault(When::command(Command::NEGOTIATE), fault));
    let mut member = Member::log_on(server.address(), &Offer::usual()).unwrap();
    member.signing.verify(&member.setup, &[]).unwrap();
    // The client believes it, and is not understood.
    assert!(member.ask(Command::ECHO, |w| EchoRequest.emit(w)).is_err());
}
