use std::vec;
use std::vec::Vec;

use smb_wire::smb2::negotiate_context::{
    self, CompressionAlgorithm, CompressionFlags, HashAlgorithm, NegotiateContext,
};
use smb_wire::smb2::{Command, ErrorResponse, NegotiateRequest};
use smb_wire::spnego::{Mech, NegTokenInit, NegotiationToken};
use smb_wire::{EmitError, Fault, Utf16};

use super::*;
use crate::config::Ciphers;
use crate::testing::*;

/// A server's answer before a test changes it: as Samba would answer.
fn answer(dialect: Dialect) -> NegotiateResponse<'static> {
    NegotiateResponse {
        security_mode: SecurityMode::SIGNING_ENABLED,
        dialect,
        server_guid: Guid([9; 16]),
        capabilities: Capabilities::LARGE_MTU,
        max_transact_size: 1 << 20,
        max_read_size: 1 << 20,
        max_write_size: 1 << 20,
        system_time: 0,
        server_start_time: 0,
        security_buffer: &[],
        contexts: List::default(),
    }
}

const PREAUTH: NegotiateContext<'static> = NegotiateContext::PreauthIntegrity {
    algorithms: List::new(&[HashAlgorithm::SHA_512]),
    salt: &[1; 32],
};

fn signing(algorithms: &[negotiate_context::SigningAlgorithm]) -> NegotiateContext<'_> {
    NegotiateContext::Signing(List::new(algorithms))
}

fn ciphers(ciphers: &[negotiate_context::Cipher]) -> NegotiateContext<'_> {
    NegotiateContext::Encryption(List::new(ciphers))
}

/// Asks with these settings and answers with these bytes.
fn replied(config: &Config, frame: &[u8]) -> Result<NegotiationStep, Failure> {
    let mut negotiation = Negotiation::new([5; 32]);
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    negotiation
        .request(config, &ticket, &mut [0; 1024])
        .unwrap();
    negotiation.reply(config, message(frame))
}

fn reply_frame(
    status: NtStatus,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Vec<u8> {
    response(&first_ticket(Command::NEGOTIATE, 0), status, 1, body)
}

fn negotiated(
    config: &Config,
    response: &NegotiateResponse<'_>,
) -> Result<Negotiated, ClientError> {
    match replied(
        config,
        &reply_frame(NtStatus::SUCCESS, |w| response.emit(w)),
    ) {
        Ok(NegotiationStep::Done(negotiated)) => Ok(negotiated),
        Ok(NegotiationStep::Again) => panic!("asked again"),
        Err(Failure::Client(error)) => Err(error),
        Err(Failure::Server(status)) => panic!("{status}"),
    }
}

fn with_contexts(contexts: &[NegotiateContext<'_>]) -> Result<Negotiated, ClientError> {
    let response = NegotiateResponse {
        contexts: List::new(contexts),
        ..answer(Dialect::SMB3_1_1)
    };
    negotiated(&config(), &response)
}

#[test]
fn the_request_offers_what_the_settings_say() {
    let mut config = config();
    let mut out = [0; 1024];
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    let len = Negotiation::new([5; 32])
        .request(&config, &ticket, &mut out)
        .unwrap();
    let request = NegotiateRequest::parse(message(&out[..len])).unwrap();
    assert_eq!(request.dialects.len(), 5);
    assert_eq!(request.security_mode, SecurityMode::all());
    assert_eq!(request.client_guid, config.client_guid);
    let contexts: Vec<_> = request.contexts.iter().collect();
    assert!(
        matches!(contexts[0], NegotiateContext::PreauthIntegrity { salt, .. } if salt == [5; 32])
    );
    assert_eq!(
        contexts[1],
        signing(&[
            negotiate_context::SigningAlgorithm::AES_GMAC,
            negotiate_context::SigningAlgorithm::AES_CMAC,
            negotiate_context::SigningAlgorithm::HMAC_SHA256
        ])
    );
    assert_eq!(
        contexts[2],
        NegotiateContext::Netname(Utf16::from_str("fs1.example"))
    );

    use negotiate_context::Cipher as C;
    assert_eq!(
        contexts[3],
        ciphers(&[
            C::AES_128_GCM,
            C::AES_128_CCM,
            C::AES_256_GCM,
            C::AES_256_CCM
        ])
    );
    assert_eq!(contexts.len(), 4);

    config.min_dialect = Dialect::SMB2_1;
    config.max_dialect = Dialect::SMB3_0_2;
    config.signing = SigningPolicy::Enabled;
    let len = Negotiation::new([5; 32])
        .request(&config, &ticket, &mut out)
        .unwrap();
    let request = NegotiateRequest::parse(message(&out[..len])).unwrap();
    assert_eq!(
        request.dialects,
        List::new(&[Dialect::SMB2_1, Dialect::SMB3_0, Dialect::SMB3_0_2])
    );
    assert_eq!(request.security_mode, SecurityMode::SIGNING_ENABLED);
    assert!(request.contexts.is_empty());
    assert_eq!(
        request.capabilities,
        Capabilities::LARGE_MTU | Capabilities::ENCRYPTION
    );
}

#[test]
fn the_ciphers_offered_are_those_of_the_settings_in_their_order() {
    use negotiate_context::Cipher as C;
    let offered = |config: &Config| {
        let mut out = [0; 1024];
        let ticket = first_ticket(Command::NEGOTIATE, 0);
        let len = Negotiation::new([5; 32])
            .request(config, &ticket, &mut out)
            .unwrap();
        let request = NegotiateRequest::parse(message(&out[..len])).unwrap();
        let context = request.contexts.iter().find_map(|context| match context {
            NegotiateContext::Encryption(ciphers) => Some(ciphers.iter().collect::<Vec<_>>()),
            _ => None,
        });
        (context, request.capabilities)
    };
    let with = |ciphers| Config {
        ciphers,
        ..config()
    };
    let two = Ciphers::new([Cipher::Aes256Ccm, Cipher::Aes128Gcm]).unwrap();
    assert_eq!(
        offered(&with(two)),
        (
            Some(vec![C::AES_256_CCM, C::AES_128_GCM]),
            Capabilities::LARGE_MTU | Capabilities::ENCRYPTION
        )
    );
    assert_eq!(
        offered(&with(Ciphers::NONE)),
        (None, Capabilities::LARGE_MTU)
    );
    assert_eq!(Ciphers::new([Cipher::Aes256Ccm; 2]), None);
    assert_eq!(Ciphers::new([Cipher::Aes256Ccm; 5]), None);
}

#[test]
fn case_16_the_cipher_chosen_must_be_one_of_those_offered_and_one() {
    use negotiate_context::Cipher as C;
    for (chosen, cipher) in [
        (C::AES_128_CCM, Some(Cipher::Aes128Ccm)),
        (C::AES_128_GCM, Some(Cipher::Aes128Gcm)),
        (C::AES_256_CCM, Some(Cipher::Aes256Ccm)),
        (C::AES_256_GCM, Some(Cipher::Aes256Gcm)),
        (C::NONE, None),
    ] {
        let done = with_contexts(&[PREAUTH, ciphers(&[chosen])]).unwrap();
        assert_eq!(done.cipher, cipher);
    }
    for chosen in [
        &[][..],
        &[C(5)],
        &[C(0xFFFF)],
        &[C::AES_128_GCM, C::AES_128_CCM],
    ] {
        assert_eq!(
            with_contexts(&[PREAUTH, ciphers(chosen)]),
            Err(ClientError::BadCipher)
        );
    }
    let twice = [
        PREAUTH,
        ciphers(&[C::AES_128_GCM]),
        ciphers(&[C::AES_128_GCM]),
    ];
    assert_eq!(with_contexts(&twice), Err(ClientError::DuplicateContext(2)));

    let chosen_of = |ciphers_of: Ciphers, chosen| {
        let config = Config {
            ciphers: ciphers_of,
            ..config()
        };
        let chosen = [chosen];
        let contexts = [PREAUTH, ciphers(&chosen)];
        let response = NegotiateResponse {
            contexts: List::new(&contexts),
            ..answer(Dialect::SMB3_1_1)
        };
        negotiated(&config, &response).map(|done| done.cipher)
    };
    let only_gcm = Ciphers::new([Cipher::Aes128Gcm]).unwrap();
    assert_eq!(
        chosen_of(only_gcm, C::AES_128_CCM),
        Err(ClientError::BadCipher)
    );
    assert_eq!(
        chosen_of(Ciphers::NONE, C::AES_128_GCM),
        Err(ClientError::ContextNotOffered(2))
    );
}

#[test]
fn before_3_1_1_both_sides_say_that_they_can_encrypt() {
    let cipher = |config: &Config, dialect, capabilities| {
        let response = NegotiateResponse {
            capabilities,
            ..answer(dialect)
        };
        negotiated(config, &response).map(|done| done.cipher)
    };
    let both = Capabilities::LARGE_MTU | Capabilities::ENCRYPTION;
    let (with, mut without) = (config(), config());
    without.ciphers = Ciphers::new([Cipher::Aes128Gcm]).unwrap();
    for dialect in [Dialect::SMB3_0, Dialect::SMB3_0_2] {
        assert_eq!(cipher(&with, dialect, both), Ok(Some(Cipher::Aes128Ccm)));
        assert_eq!(cipher(&with, dialect, Capabilities::LARGE_MTU), Ok(None));
        assert_eq!(cipher(&without, dialect, both), Ok(None));
    }
    assert_eq!(cipher(&with, Dialect::SMB2_1, both), Ok(None));
}

#[test]
fn where_encryption_is_required_a_server_without_it_is_refused_at_once() {
    let config = Config {
        encryption: EncryptionPolicy::Required,
        ..config()
    };
    for dialect in [Dialect::SMB2_0_2, Dialect::SMB2_1, Dialect::SMB3_0] {
        assert_eq!(
            negotiated(&config, &answer(dialect)),
            Err(ClientError::NoCommonCipher)
        );
    }
    let response = NegotiateResponse {
        contexts: List::new(&[PREAUTH]),
        ..answer(Dialect::SMB3_1_1)
    };
    assert_eq!(
        negotiated(&config, &response),
        Err(ClientError::NoCommonCipher)
    );
}

#[test]
fn settings_that_leave_no_dialect_are_refused() {
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    for (min, max) in [
        (Dialect::SMB3_0, Dialect::SMB2_1),
        (Dialect(0x0312), Dialect(0x0400)),
        (Dialect(0x0211), Dialect(0x02FF)),
    ] {
        let config = Config {
            min_dialect: min,
            max_dialect: max,
            ..config()
        };
        let result = Negotiation::new([0; 32]).request(&config, &ticket, &mut [0; 1024]);
        assert_eq!(result, Err(ClientError::NoDialect));
    }
}

#[test]
fn every_dialect_signs_in_its_way() {
    let config = config();
    for (dialect, algorithm) in [
        (Dialect::SMB2_0_2, SigningAlgorithm::HmacSha256),
        (Dialect::SMB2_1, SigningAlgorithm::HmacSha256),
        (Dialect::SMB3_0, SigningAlgorithm::AesCmac),
        (Dialect::SMB3_0_2, SigningAlgorithm::AesCmac),
    ] {
        let done = negotiated(&config, &answer(dialect)).unwrap();
        assert_eq!(
            (done.dialect, done.signing_algorithm, done.preauth),
            (dialect, algorithm, None)
        );
        assert_eq!(done.multi_credit, dialect > Dialect::SMB2_0_2);
    }
    let done = with_contexts(&[PREAUTH]).unwrap();
    assert_eq!(done.signing_algorithm, SigningAlgorithm::AesCmac);
    assert!(done.preauth.is_some());
    for (chosen, algorithm) in [
        (
            negotiate_context::SigningAlgorithm::AES_GMAC,
            SigningAlgorithm::AesGmac,
        ),
        (
            negotiate_context::SigningAlgorithm::AES_CMAC,
            SigningAlgorithm::AesCmac,
        ),
        (
            negotiate_context::SigningAlgorithm::HMAC_SHA256,
            SigningAlgorithm::HmacSha256,
        ),
    ] {
        let done = with_contexts(&[PREAUTH, signing(&[chosen])]).unwrap();
        assert_eq!(done.signing_algorithm, algorithm);
    }
}

#[test]
fn the_preauth_hash_covers_request_and_response() {
    let config = config();
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    let mut out = [0; 1024];
    let mut negotiation = Negotiation::new([5; 32]);
    let len = negotiation.request(&config, &ticket, &mut out).unwrap();
    let response = NegotiateResponse {
        contexts: List::new(&[PREAUTH]),
        ..answer(Dialect::SMB3_1_1)
    };
    let reply = reply_frame(NtStatus::SUCCESS, |w| response.emit(w));
    let Ok(NegotiationStep::Done(done)) = negotiation.reply(&config, message(&reply)) else {
        panic!()
    };
    let request_hash = PreauthHash::START
        .extended(&[message(&out[..len])])
        .unwrap();
    assert_eq!(
        done.preauth,
        Some(request_hash.extended(&[message(&reply)]).unwrap())
    );
}

#[test]
fn case_17_a_dialect_that_was_not_offered_is_refused() {
    let mut config = config();
    config.min_dialect = Dialect::SMB3_0;
    config.max_dialect = Dialect::SMB3_0_2;
    for dialect in [
        Dialect::SMB2_0_2,
        Dialect::SMB2_1,
        Dialect(0x0310),
        Dialect(0x0311),
        Dialect(0),
    ] {
        let error = ClientError::DialectNotOffered(dialect);
        assert_eq!(negotiated(&config, &answer(dialect)), Err(error));
    }
}

#[test]
fn case_17_the_wildcard_leads_from_smb1s_opener_to_smb2_once() {
    let mut config = config();
    config.multi_protocol = true;
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    let mut out = [0; 1024];
    let mut negotiation = Negotiation::new([5; 32]);
    let len = negotiation.request(&config, &ticket, &mut out).unwrap();
    let opener = smb1::NegotiateRequest::parse(message(&out[..len])).unwrap();
    assert_eq!(opener.dialects.len(), 2);
    let wildcard = reply_frame(NtStatus::SUCCESS, |w| answer(Dialect::WILDCARD).emit(w));
    assert_eq!(
        negotiation.reply(&config, message(&wildcard)),
        Ok(NegotiationStep::Again)
    );
    let len = negotiation.request(&config, &ticket, &mut out).unwrap();
    assert!(NegotiateRequest::parse(message(&out[..len])).is_ok());
    let again = negotiation.reply(&config, message(&wildcard));
    assert_eq!(again, Err(ClientError::UnexpectedWildcard.into()));
}

#[test]
fn smb1s_opener_can_lead_straight_to_2_0_2_alone() {
    let mut config = config();
    config.multi_protocol = true;
    let old = reply_frame(NtStatus::SUCCESS, |w| answer(Dialect::SMB2_0_2).emit(w));
    assert!(matches!(
        replied(&config, &old),
        Ok(NegotiationStep::Done(_))
    ));
    for dialect in [Dialect::SMB2_1, Dialect::SMB3_1_1] {
        let new = reply_frame(NtStatus::SUCCESS, |w| answer(dialect).emit(w));
        assert_eq!(
            replied(&config, &new),
            Err(ClientError::DialectNotOffered(dialect).into())
        );
    }
}

#[test]
fn case_17_the_wildcard_is_no_answer_to_smb2() {
    assert_eq!(
        negotiated(&config(), &answer(Dialect::WILDCARD)),
        Err(ClientError::UnexpectedWildcard)
    );
}

#[test]
fn case_18_sizes_are_cut_to_what_is_sane_and_refused_where_they_are_not() {
    let config = config();
    let sizes = |dialect, capabilities, size| {
        let response = NegotiateResponse {
            capabilities,
            max_transact_size: size,
            max_read_size: size,
            max_write_size: size,
            ..answer(dialect)
        };
        negotiated(&config, &response)
            .map(|done| (done.max_transact, done.max_read, done.max_write))
    };
    let large = Capabilities::LARGE_MTU;
    for size in [0, 1, 4095] {
        assert_eq!(
            sizes(Dialect::SMB3_0, large, size),
            Err(ClientError::SizeTooSmall(size))
        );
    }
    let eight = 8 << 20;
    assert_eq!(
        sizes(Dialect::SMB3_0, large, u32::MAX),
        Ok((eight, eight, eight))
    );
    assert_eq!(
        sizes(Dialect::SMB3_0, large, 70_000),
        Ok((70_000, 70_000, 70_000))
    );
    let one = 1 << 16;
    assert_eq!(
        sizes(Dialect::SMB2_0_2, large, u32::MAX),
        Ok((one, one, one))
    );
    assert_eq!(
        sizes(Dialect::SMB3_0, Capabilities::empty(), u32::MAX),
        Ok((one, one, one))
    );
}

#[test]
fn case_16_contexts_must_be_the_ones_offered_each_once_with_one_choice() {
    use negotiate_context::SigningAlgorithm as S;
    assert_eq!(with_contexts(&[]), Err(ClientError::NoPreauthContext));
    assert_eq!(
        with_contexts(&[signing(&[S::AES_CMAC])]),
        Err(ClientError::NoPreauthContext)
    );
    assert_eq!(
        with_contexts(&[PREAUTH, PREAUTH]),
        Err(ClientError::DuplicateContext(1))
    );
    let twice = [PREAUTH, signing(&[S::AES_CMAC]), signing(&[S::AES_CMAC])];
    assert_eq!(with_contexts(&twice), Err(ClientError::DuplicateContext(8)));
    for algorithms in [&[][..], &[HashAlgorithm(2)], &[HashAlgorithm::SHA_512; 2]] {
        let context = NegotiateContext::PreauthIntegrity {
            algorithms: List::new(algorithms),
            salt: &[],
        };
        assert_eq!(with_contexts(&[context]), Err(ClientError::BadPreauthHash));
    }
    for algorithms in [&[][..], &[S(3)], &[S(77)], &[S::AES_CMAC, S::HMAC_SHA256]] {
        assert_eq!(
            with_contexts(&[PREAUTH, signing(algorithms)]),
            Err(ClientError::BadSigningAlgorithm)
        );
    }
    let compression = NegotiateContext::Compression {
        algorithms: List::new(&[CompressionAlgorithm::LZ4]),
        flags: CompressionFlags::empty(),
    };
    assert_eq!(
        with_contexts(&[PREAUTH, compression]),
        Err(ClientError::ContextNotOffered(3))
    );
    let unknown = NegotiateContext::Other {
        context_type: negotiate_context::ContextType(0x99),
        data: &[1, 2, 3],
    };
    assert!(with_contexts(&[PREAUTH, unknown]).is_ok());
}

#[test]
fn case_16_broken_context_lists_and_buffers_are_refused() {
    let response = NegotiateResponse {
        contexts: List::new(&[PREAUTH]),
        security_buffer: &[1; 24],
        ..answer(Dialect::SMB3_1_1)
    };
    let good = reply_frame(NtStatus::SUCCESS, |w| response.emit(w));
    let damaged = |at: usize, bytes: &[u8]| {
        let mut frame = good.clone();
        frame[4 + 64 + at..][..bytes.len()].copy_from_slice(bytes);
        match replied(&config(), &frame) {
            Err(Failure::Client(ClientError::Parse(error))) => (error.field, error.fault),
            other => panic!("{other:?}"),
        }
    };
    // SecurityBufferOffset, SecurityBufferLength, NegotiateContextOffset, NegotiateContextCount.
    assert_eq!(
        damaged(56, &[64, 0]),
        ("SecurityBufferOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(56, &[0xFF, 0xFF]),
        ("SecurityBufferOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(58, &[0xFF, 0xFF]),
        ("SecurityBufferOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(60, &[100, 0, 0, 0]),
        ("NegotiateContextOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(60, &[0xFF; 4]),
        ("NegotiateContextOffset", Fault::OutOfBounds)
    );
    assert_eq!(damaged(6, &[0xFF, 0xFF]).1, Fault::Truncated);
    // The context's DataLength, HashAlgorithmCount and SaltLength.
    let context = 64 + 24;
    for field in [2, 8, 10] {
        assert_eq!(damaged(context + field, &[0xFF, 0xFF]).1, Fault::Truncated);
    }
}

#[test]
fn a_server_that_cannot_sign_is_refused_where_signing_is_required() {
    let mut config = config();
    let response = NegotiateResponse {
        security_mode: SecurityMode::empty(),
        ..answer(Dialect::SMB2_1)
    };
    assert_eq!(
        negotiated(&config, &response),
        Err(ClientError::SigningNotOffered)
    );
    config.signing = SigningPolicy::Enabled;
    assert!(!negotiated(&config, &response).unwrap().signing_required);
    let demanding = NegotiateResponse {
        security_mode: SecurityMode::all(),
        ..response
    };
    assert!(negotiated(&config, &demanding).unwrap().signing_required);
}

#[test]
fn a_servers_hint_must_leave_room_for_ntlm() {
    let hint = |mechs: &[Mech<'_>]| {
        let mut buffer = vec![0; 256];
        let mut w = Writer::new(&mut buffer);
        NegotiationToken::Init(NegTokenInit {
            mech_types: List::new(mechs),
            mech_token: None,
            mech_list_mic: None,
        })
        .emit(&mut w)
        .unwrap();
        let response = NegotiateResponse {
            security_buffer: w.written(),
            ..answer(Dialect::SMB2_1)
        };
        negotiated(&config(), &response)
    };
    assert!(hint(&[Mech::KERBEROS, Mech::NTLMSSP]).is_ok());
    assert_eq!(hint(&[Mech::KERBEROS]), Err(ClientError::NoCommonMechanism));
    for junk in [
        &[0x60][..],
        &[0x60, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x60; 200],
        b"NTLMSSP\0",
    ] {
        let response = NegotiateResponse {
            security_buffer: junk,
            ..answer(Dialect::SMB2_1)
        };
        assert!(matches!(
            negotiated(&config(), &response),
            Err(ClientError::Parse(_))
        ));
    }
}

#[test]
fn a_refusal_is_the_servers_status() {
    let refusal = reply_frame(NtStatus::NOT_SUPPORTED, |w| ErrorResponse::EMPTY.emit(w));
    assert_eq!(
        replied(&config(), &refusal),
        Err(Failure::Server(NtStatus::NOT_SUPPORTED))
    );
    let empty = reply_frame(NtStatus::SUCCESS, |w| ErrorResponse::EMPTY.emit(w));
    assert!(matches!(
        replied(&config(), &empty),
        Err(Failure::Client(ClientError::Parse(_)))
    ));
}

#[test]
fn steps_out_of_order_are_refused() {
    let config = config();
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    let mut negotiation = Negotiation::new([0; 32]);
    let reply = reply_frame(NtStatus::SUCCESS, |w| answer(Dialect::SMB2_1).emit(w));
    assert_eq!(
        negotiation.reply(&config, message(&reply)),
        Err(ClientError::OutOfOrder.into())
    );
    negotiation
        .request(&config, &ticket, &mut [0; 1024])
        .unwrap();
    assert_eq!(
        negotiation.request(&config, &ticket, &mut [0; 1024]),
        Err(ClientError::OutOfOrder)
    );
}
