//! What is sealed, what must be, and what becomes of seals that are wrong.

use smb_server::{
    Builder, Cipher, Encryption, Fault, RunningServer, Share, SigningAlgorithm, When, builder,
};
use smb_wire::NtStatus;
use smb_wire::smb2::compound::Chain;
use smb_wire::smb2::negotiate_context::SigningAlgorithm as SigningId;
use smb_wire::smb2::transform;
use smb_wire::smb2::{
    Capabilities, Command, Dialect, EchoRequest, Header, HeaderFlags, SessionFlags,
    SessionSetupResponse, ShareFlags, TreeConnectResponse,
};
use std::time::Duration;

use crate::client::Client;
use crate::member::{Member, Offer, USER, open, tree_connect};

const SEALING_DIALECTS: [Dialect; 3] = [Dialect::SMB3_0, Dialect::SMB3_0_2, Dialect::SMB3_1_1];

pub fn serve(configure: impl FnOnce(Builder) -> Builder) -> RunningServer {
    let share = Share::new("data").unwrap();
    let (user, password) = USER;
    configure(builder().user(user, password))
        .share(&share)
        .bind("127.0.0.1:0")
        .unwrap()
}

fn status(message: &[u8]) -> NtStatus {
    Header::parse(message).unwrap().status
}

#[test]
fn a_sealed_request_has_a_sealed_answer_by_each_cipher_and_dialect() {
    let server = serve(|builder| builder);
    let latest = Cipher::ALL.map(|cipher| (Dialect::SMB3_1_1, cipher));
    let older = [Dialect::SMB3_0, Dialect::SMB3_0_2].map(|dialect| (dialect, Cipher::Aes128Ccm));
    for (dialect, cipher) in latest.into_iter().chain(older) {
        let mut member = Member::connect(server.address(), &Offer::of(dialect, cipher)).unwrap();
        let echo = member.ask(Command::ECHO, |w| EchoRequest.emit(w)).unwrap();
        assert_eq!(echo.header.status, NtStatus::SUCCESS, "{cipher:?}");
        assert!(!echo.header.flags.contains(HeaderFlags::SIGNED));
        assert_eq!(member.sealing.cipher(), cipher);
    }
    assert_eq!(server.stats().sealed_requests, 12);
}

#[test]
fn a_sealed_compound_has_one_seal_around_all_answers() {
    let server = serve(|builder| builder);
    let mut member = Member::connect(server.address(), &Offer::usual()).unwrap();
    let mut messages = Vec::new();
    for last in [false, true] {
        let mut header = member.client.next_header(Command::ECHO);
        header.next_command = if last { 0 } else { 72 };
        messages.extend(member.client.message(header, |w| EchoRequest.emit(w)));
        messages.resize(if last { 140 } else { 72 }, 0);
    }
    let frame = member.sealed(&messages, |_| {});
    member.client.send_bytes(&frame).unwrap();
    let answers = member.receive().unwrap();
    let statuses: Vec<NtStatus> = Chain::new(&answers)
        .map(|message| status(message.unwrap()))
        .collect();
    assert_eq!(statuses, [NtStatus::SUCCESS; 2]);
}

#[test]
fn a_server_that_requires_seals_says_so_and_refuses_what_is_plain() {
    for dialect in SEALING_DIALECTS {
        let server = serve(|builder| builder.encryption(Encryption::Required));
        let offer = Offer::of(dialect, Cipher::Aes128Ccm);
        let mut member = Member::connect(server.address(), &offer).unwrap();
        let setup = SessionSetupResponse::parse(&member.setup).unwrap();
        assert_eq!(setup.flags, SessionFlags::ENCRYPT_DATA);
        let refusal = member
            .ask_signed(Command::ECHO, |w| EchoRequest.emit(w))
            .unwrap();
        // Whoever is refused for speaking openly learns it under the seal (MS-SMB2 3.3.4.1.4).
        let refusal = open(&member.opening, &refusal).unwrap();
        assert_eq!(status(&refusal), NtStatus::ACCESS_DENIED);
    }
}

#[test]
fn a_client_that_cannot_seal_is_not_let_in_where_all_must() {
    let server = serve(|builder| builder.encryption(Encryption::Required).allow_anonymous());
    let mut mute = Offer::of(Dialect::SMB3_0, Cipher::Aes128Ccm);
    mute.capabilities = Capabilities::empty();
    let mut silent = Offer::usual();
    silent.ciphers.clear();
    for offer in [mute, silent] {
        let member = Member::log_on(server.address(), &offer).unwrap();
        assert_eq!(status(&member.setup), NtStatus::ACCESS_DENIED);
    }
    // Nobody has no keys. The test's client goes on all the same, and opens nothing.
    let mut nobody = Client::connect(server.address()).unwrap();
    assert!(nobody.open("file").is_err());
}

#[test]
fn a_share_that_requires_seals_is_told_and_refuses_what_is_plain() {
    let share = Share::new("data").unwrap();
    for dialect in SEALING_DIALECTS {
        // The first share of a name counts.
        let server = serve(|builder| builder.share(&share.encrypted()));
        let offer = Offer::of(dialect, Cipher::Aes128Ccm);
        let mut member = Member::log_on(server.address(), &offer).unwrap();
        // Before the client knows, it connects the share openly, and is answered so.
        let tree = member
            .ask_signed(Command::TREE_CONNECT, |w| tree_connect().emit(w))
            .unwrap();
        let connected = TreeConnectResponse::parse(&tree).unwrap();
        assert_eq!(connected.share_flags, ShareFlags::ENCRYPT_DATA);
        let header = Header::parse(&tree).unwrap();
        member.client.tree_id = header.tree_id().unwrap();
        let refusal = member
            .ask_signed(Command::ECHO, |w| EchoRequest.emit(w))
            .unwrap();
        let refusal = open(&member.opening, &refusal).unwrap();
        assert_eq!(status(&refusal), NtStatus::ACCESS_DENIED);
        let sealed = member.ask(Command::ECHO, |w| EchoRequest.emit(w)).unwrap();
        assert_eq!(sealed.header.status, NtStatus::SUCCESS);
    }
}

#[test]
fn a_wrong_seal_ends_the_connection() {
    type Wrong = fn(&mut Member) -> Vec<u8>;
    fn echo(member: &mut Member) -> Vec<u8> {
        let header = member.client.next_header(Command::ECHO);
        member.client.message(header, |w| EchoRequest.emit(w))
    }
    fn flipped(member: &mut Member, at: usize) -> Vec<u8> {
        let echo = echo(member);
        let mut frame = member.sealed(&echo, |_| {});
        frame[at] ^= 1;
        frame
    }
    let wrong: [(&str, Wrong); 10] = [
        ("signature", |member| flipped(member, 4)),
        ("nonce", |member| flipped(member, 20)),
        ("size", |member| flipped(member, 36)),
        ("reserved", |member| flipped(member, 40)),
        ("flags", |member| flipped(member, 42)),
        ("session", |member| flipped(member, 44)),
        ("message", |member| flipped(member, 60)),
        ("another session inside", |member| {
            let mut echo = echo(member);
            echo[40] ^= 1;
            member.sealed(&echo, |_| {})
        }),
        ("nested", |member| {
            let echo = echo(member);
            let inner = member.sealed(&echo, |_| {});
            member.sealed(&inner, |_| {})
        }),
        ("short", |member| {
            let mut echo = echo(member);
            echo.truncate(63);
            member.sealed(&echo, |_| {})
        }),
    ];
    let server = serve(|builder| builder);
    for (name, make) in wrong {
        let mut member = Member::connect(server.address(), &Offer::usual()).unwrap();
        let frame = make(&mut member);
        member.client.send_bytes(&frame).unwrap();
        assert_eq!(member.client.receive_to_end().unwrap(), b"", "{name}");
    }
    for len in 0..transform::TransformHeader::LEN {
        let mut member = Member::connect(server.address(), &Offer::usual()).unwrap();
        let frame = [&transform::PROTOCOL_ID[..], &[0; 48]].concat();
        member.client.send_bytes(&frame[..len]).unwrap();
        assert_eq!(member.client.receive_to_end().unwrap(), b"", "{len} bytes");
    }
    assert_eq!(server.stop().open_connections, 0);
}

#[test]
fn a_seal_without_a_session_ends_the_connection() {
    let server = serve(|builder| builder);
    let member = Member::connect(server.address(), &Offer::usual()).unwrap();
    let frame = member.sealed(&[0; 64], |_| {});
    let mut stranger = Client::connect_only(server.address()).unwrap();
    stranger.send_bytes(&frame).unwrap();
    assert_eq!(stranger.receive_to_end().unwrap(), b"");
}

#[test]
fn an_interim_answer_is_not_signed_by_gmac_and_its_answer_is() {
    let algorithms = [
        (SigningId::AES_GMAC, SigningAlgorithm::AesGmac, false),
        (SigningId::AES_CMAC, SigningAlgorithm::AesCmac, true),
        (SigningId::HMAC_SHA256, SigningAlgorithm::HmacSha256, true),
    ];
    for (id, algorithm, signs_interim) in algorithms {
        let late = Fault::Interim(Duration::from_millis(1));
        let server = serve(|builder| builder.fault(When::command(Command::ECHO), late.clone()));
        let mut offer = Offer::usual();
        offer.signing = vec![id];
        let mut member = Member::connect(server.address(), &offer).unwrap();
        assert_eq!(member.signing.algorithm(), algorithm);
        member.signing.verify(&member.setup, &[]).unwrap();
        let interim = member
            .ask_signed(Command::ECHO, |w| EchoRequest.emit(w))
            .unwrap();
        let header = Header::parse(&interim).unwrap();
        assert_eq!(header.status, NtStatus::PENDING);
        assert_eq!(header.flags.contains(HeaderFlags::SIGNED), signs_interim);
        let answer = member.client.receive_bytes().unwrap();
        assert_eq!(status(&answer), NtStatus::SUCCESS);
        member.signing.verify(&answer, &[]).unwrap();
    }
}

#[test]
fn an_interim_answer_to_a_sealed_request_is_sealed() {
    let late = Fault::Interim(Duration::from_millis(1));
    let server = serve(|builder| builder.fault(When::command(Command::ECHO), late));
    let mut member = Member::connect(server.address(), &Offer::usual()).unwrap();
    let interim = member.ask(Command::ECHO, |w| EchoRequest.emit(w)).unwrap();
    assert_eq!(interim.header.status, NtStatus::PENDING);
    assert_eq!(status(&member.receive().unwrap()), NtStatus::SUCCESS);
}
