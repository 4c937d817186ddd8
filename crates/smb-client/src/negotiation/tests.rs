mod contexts;
mod dialects;
mod offer;

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
