//! What the server chooses of an offer, and confirms.

use std::io;

use smb_server::{Builder, Cipher, Encryption, Fault, Protection, SigningAlgorithm, When};
use smb_wire::smb2::negotiate_context::{
    Cipher as CipherId, ContextType, HashAlgorithm, NegotiateContext, SigningAlgorithm as SigningId,
};
use smb_wire::smb2::{
    Capabilities, Command, Dialect, FileId, Fsctl, Header, IoctlFlags, IoctlRequest, IoctlResponse,
    NegotiateResponse, SecurityMode, ValidateNegotiateRequest, ValidateNegotiateResponse,
};
use smb_wire::{List, NtStatus};

use crate::client::{Client, Reply, emitted};
use crate::member::{CLIENT_GUID, Member, Offer, open};
use crate::seals::serve;

/// The server's reply to an offer.
pub fn negotiate(configure: impl FnOnce(Builder) -> Builder, offer: &Offer) -> Reply {
    let server = serve(configure);
    let mut client = Client::connect_only(server.address()).unwrap();
    client.ask(Command::NEGOTIATE, |w| offer.emit(w)).unwrap()
}

/// The ciphers and signing algorithms that a reply names.
pub fn named(reply: &Reply) -> (Option<Vec<CipherId>>, Option<Vec<SigningId>>) {
    let mut named = (None, None);
    for context in NegotiateResponse::parse(&reply.message).unwrap().contexts {
        match context {
            NegotiateContext::Encryption(ciphers) => named.0 = Some(ciphers.iter().collect()),
            NegotiateContext::Signing(algorithms) => named.1 = Some(algorithms.iter().collect()),
            _ => {}
        }
    }
    named
}

#[test]
fn the_first_of_the_clients_that_the_server_has_is_chosen() {
    let mut offer = Offer::usual();
    offer.ciphers = vec![
        CipherId(0x77),
        CipherId::AES_256_GCM,
        CipherId::AES_128_CCM,
        CipherId::AES_128_GCM,
    ];
    offer.signing = vec![SigningId::AES_GMAC, SigningId::HMAC_SHA256];
    let all = negotiate(|builder| builder, &offer);
    assert_eq!(
        named(&all),
        (
            Some(vec![CipherId::AES_256_GCM]),
            Some(vec![SigningId::AES_GMAC])
        )
    );
    let some = |builder: Builder| {
        builder
            .ciphers(&[Cipher::Aes128Gcm, Cipher::Aes128Ccm])
            .signing_algorithms(&[SigningAlgorithm::HmacSha256])
    };
    assert_eq!(
        named(&negotiate(some, &offer)),
        (
            Some(vec![CipherId::AES_128_CCM]),
            Some(vec![SigningId::HMAC_SHA256])
        )
    );
}

#[test]
fn a_server_without_a_cipher_of_the_clients_says_none_and_one_that_does_not_seal_nothing() {
    let offer = Offer::usual();
    let other = negotiate(|builder| builder.ciphers(&[Cipher::Aes256Ccm]), &offer);
    assert_eq!(named(&other).0, Some(vec![CipherId::NONE]));
    let off = negotiate(|builder| builder.encryption(Encryption::Off), &offer);
    assert_eq!(named(&off).0, None);
}

#[test]
fn before_contexts_a_capability_says_that_both_can_seal() {
    for dialect in [Dialect::SMB2_1, Dialect::SMB3_0, Dialect::SMB3_0_2] {
        for asks in [false, true] {
            let mut offer = Offer::of(dialect, Cipher::Aes128Ccm);
            offer.capabilities.set(Capabilities::ENCRYPTION, asks);
            let reply = negotiate(|builder| builder, &offer);
            let answer = NegotiateResponse::parse(&reply.message).unwrap();
            let says = answer.capabilities.contains(Capabilities::ENCRYPTION);
            assert_eq!(says, asks && dialect >= Dialect::SMB3_0);
        }
    }
}

#[test]
fn an_offer_that_breaks_the_rules_of_contexts_is_refused() {
    let mut without_hashes = Offer::usual();
    without_hashes.hashes.clear();
    let mut another_hash = Offer::usual();
    another_hash.hashes = vec![HashAlgorithm(9)];
    let status = |offer: &Offer| negotiate(|builder| builder, offer).header.status;
    assert_eq!(status(&without_hashes), NtStatus::INVALID_PARAMETER);
    assert_eq!(
        status(&another_hash),
        NtStatus::SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP
    );
}

/// Asks, sealed, whether the server negotiated about `offer`; gives the frame that answers.
fn ask_to_validate(member: &mut Member, offer: &Offer) -> io::Result<Vec<u8>> {
    let claim = ValidateNegotiateRequest {
        capabilities: offer.capabilities,
        client_guid: CLIENT_GUID,
        security_mode: SecurityMode::SIGNING_ENABLED,
        dialects: List::new(&offer.dialects),
    };
    let input = emitted(|w| claim.emit(w));
    let ioctl = IoctlRequest {
        ctl_code: Fsctl::VALIDATE_NEGOTIATE_INFO,
        file_id: FileId::RELATED,
        max_input_response: 0,
        max_output_response: 24,
        flags: IoctlFlags::IS_FSCTL,
        input: &input,
    };
    member.send(Command::IOCTL, |w| ioctl.emit(w))?;
    member.client.receive_bytes()
}

/// What the server confirms of a negotiation that the client thinks was about `offer`.
fn validate(member: &mut Member, offer: &Offer) -> io::Result<ValidateNegotiateResponse> {
    let frame = ask_to_validate(member, offer)?;
    let reply = open(&member.opening, &frame).unwrap();
    let output = IoctlResponse::parse(&reply).unwrap().output;
    Ok(ValidateNegotiateResponse::parse(output).unwrap())
}

#[test]
fn the_server_confirms_what_was_negotiated() {
    for dialect in [Dialect::SMB3_0, Dialect::SMB3_0_2] {
        let server = serve(|builder| builder);
        let offer = Offer::of(dialect, Cipher::Aes128Ccm);
        let mut member = Member::connect(server.address(), &offer).unwrap();
        let confirmed = validate(&mut member, &offer).unwrap();
        assert_eq!(confirmed.dialect, dialect);
        assert_eq!(
            confirmed.capabilities,
            Capabilities::LARGE_MTU | Capabilities::ENCRYPTION
        );
        assert_eq!(confirmed.security_mode, SecurityMode::SIGNING_ENABLED);
    }
}

#[test]
fn a_server_that_misheard_the_offer_ends_the_connection_when_asked() {
    // Somebody turns the last of the client's dialects, 3.0.2, into nonsense.
    let downgrade = Fault::mishear(|request| {
        let last = request.len() - 2;
        request[last..].copy_from_slice(&[0xEE, 0xEE]);
    });
    let server = serve(|builder| builder.fault(When::command(Command::NEGOTIATE), downgrade));
    let mut offer = Offer::of(Dialect::SMB3_0, Cipher::Aes128Ccm);
    offer.dialects.push(Dialect::SMB3_0_2);
    let mut member = Member::connect(server.address(), &offer).unwrap();
    assert!(validate(&mut member, &offer).is_err());
}

#[test]
fn a_capability_that_was_stripped_on_the_way_is_confirmed_all_the_same() {
    let strip = Fault::negotiate_on_the_way(|answer| {
        answer.capabilities.remove(Capabilities::ENCRYPTION);
    });
    let negotiate = When::command(Command::NEGOTIATE);
    let server = serve(|builder| builder.fault(negotiate, strip));
    let offer = Offer::of(Dialect::SMB3_0, Cipher::Aes128Ccm);
    let mut member = Member::connect(server.address(), &offer).unwrap();
    let confirmed = validate(&mut member, &offer).unwrap();
    assert!(confirmed.capabilities.contains(Capabilities::ENCRYPTION));
}

#[test]
fn the_confirmation_can_be_wrong_an_error_or_plain() {
    let lie = |fault: Fault| {
        let when = When::fsctl(Fsctl::VALIDATE_NEGOTIATE_INFO);
        let server = serve(|builder| builder.fault(when, fault));
        let offer = Offer::of(Dialect::SMB3_0_2, Cipher::Aes128Ccm);
        let mut member = Member::connect(server.address(), &offer).unwrap();
        let frame = ask_to_validate(&mut member, &offer).unwrap();
        open(&member.opening, &frame).ok_or(frame)
    };
    let last = |message: &[u8]| message[message.len() - 2..].to_vec();
    let wrong = lie(Fault::rewrite(|message| {
        let dialect = message.len() - 2;
        message[dialect..].copy_from_slice(&Dialect::SMB2_1.0.to_le_bytes());
    }));
    assert_eq!(last(&wrong.unwrap()), [0x10, 0x02]);
    let error = lie(Fault::Status(NtStatus::INVALID_DEVICE_REQUEST)).unwrap();
    assert_eq!(
        Header::parse(&error).unwrap().status,
        NtStatus::INVALID_DEVICE_REQUEST
    );
    let plain = lie(Fault::Protect(Protection::Plain)).unwrap_err();
    assert_eq!(last(&plain), [0x02, 0x03]);
}

#[test]
fn a_context_can_be_sent_twice_replaced_or_left_out() {
    let lie = |change: fn(&mut smb_server::NegotiateAnswer)| {
        let fault = Fault::negotiate(change);
        let configure = |builder: Builder| builder.fault(When::any(), fault);
        negotiate(configure, &Offer::usual())
    };
    let two_ciphers =
        lie(|answer| answer.set_ciphers(&[CipherId::AES_128_GCM, CipherId::AES_256_GCM]));
    assert_eq!(
        named(&two_ciphers).0,
        Some(vec![CipherId::AES_128_GCM, CipherId::AES_256_GCM])
    );
    let none = lie(|answer| answer.remove(ContextType::ENCRYPTION));
    assert_eq!(
        named(&none),
        (None, Some(vec![SigningId::AES_CMAC])),
        "the others stay"
    );
    let downgraded = lie(|answer| answer.dialect = Dialect::SMB2_1);
    let downgraded = NegotiateResponse::parse(&downgraded.message).unwrap();
    assert!(downgraded.dialect == Dialect::SMB2_1 && downgraded.contexts.is_empty());
}
