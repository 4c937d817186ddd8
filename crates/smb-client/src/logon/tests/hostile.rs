//! Bad input and bad intentions (anchors C.3 cases 15, 17, 19 to 22).

use smb_wire::Fault;
use smb_wire::smb2::ErrorResponse;
use smb_wire::spnego::{Mech, NegState, NegTokenResp};

use super::server::LastToken;
use super::*;
use crate::error::NtlmNeed;

fn refused(change: impl FnOnce(&mut Server)) -> ClientError {
    let mut server = Server::new(Dialect::SMB3_1_1);
    change(&mut server);
    match log_on(&config(), &mut server, user()) {
        Err(Failure::Client(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_final_response_that_is_not_signed_is_refused_in_every_3_x() {
    for dialect in [Dialect::SMB3_0, Dialect::SMB3_0_2, Dialect::SMB3_1_1] {
        for config in [config(), lenient()] {
            let mut server = Server::new(dialect);
            server.sign = false;
            let result = log_on(&config, &mut server, user());
            assert_eq!(result.unwrap_err(), ClientError::LogonNotSigned.into());
        }
    }
}

#[test]
fn a_final_response_with_a_wrong_signature_is_refused_in_every_dialect() {
    for dialect in [
        Dialect::SMB2_0_2,
        Dialect::SMB2_1,
        Dialect::SMB3_0,
        Dialect::SMB3_0_2,
        Dialect::SMB3_1_1,
    ] {
        for config in [config(), lenient()] {
            let mut server = Server::new(dialect);
            let mut logon = Logon::new(&config, &negotiated(dialect), user(), random()).unwrap();
            let mut round = || {
                let mut out = vec![0; Logon::MAX_REQUEST];
                let ticket = first_ticket(Command::SESSION_SETUP, logon.session_id());
                let len = logon.request(&config, &ticket, &mut out).unwrap();
                let mut answer = server.answer(&ticket, message(&out[..len]));
                if logon.session_id() != 0 {
                    answer[FrameHeader::LEN + 63] ^= 1;
                }
                logon.reply(&config, message(&answer))
            };
            assert!(matches!(round(), Ok(LogonStep::Again)));
            assert_eq!(round().unwrap_err(), ClientError::Downgrade.into());
        }
    }
}

#[test]
fn before_3_x_the_final_response_is_signed_where_signing_is_required() {
    let mut server = Server::new(Dialect::SMB2_1);
    server.sign = false;
    assert!(log_on(&lenient(), &mut server, user()).is_ok());
    let result = log_on(&config(), &mut server, user());
    assert_eq!(result.unwrap_err(), ClientError::LogonNotSigned.into());
}

#[test]
fn case_17_a_negotiation_that_was_changed_on_the_way_is_found_out_in_3_1_1() {
    // The server heard another NEGOTIATE than the client said.
    let error =
        refused(|server| server.preauth = PreauthHash::START.extended(&[b"other"]).unwrap());
    assert_eq!(error, ClientError::Downgrade);
}

#[test]
fn case_21_more_rounds_than_ntlm_has_are_refused() {
    assert_eq!(
        refused(|server| server.extra_rounds = 1),
        ClientError::TooManyRounds
    );
    assert_eq!(
        refused(|server| server.extra_rounds = u32::MAX),
        ClientError::TooManyRounds
    );
}

#[test]
fn the_session_id_must_come_and_stay() {
    assert_eq!(
        refused(|server| server.session_ids = [0, 0]),
        ClientError::WrongSession(0)
    );
    let changed = |server: &mut Server| server.session_ids = [SESSION, SESSION + 1];
    assert_eq!(refused(changed), ClientError::SessionIdChanged);
}

#[test]
fn a_wrong_mic_or_state_of_spnego_is_refused() {
    assert_eq!(
        refused(|server| server.last_token = LastToken::BadMic),
        ClientError::BadMechListMic
    );
    assert_eq!(
        refused(|server| server.last_token = LastToken::Rejected),
        ClientError::BadSpnegoState
    );
    let first = |response| refused(|server| server.first_answer = Some(response));
    let nothing = NegTokenResp::default();
    assert_eq!(first(nothing), ClientError::BadSpnegoState);
    let rejected = NegTokenResp {
        neg_state: Some(NegState::REJECT),
        ..nothing
    };
    assert_eq!(first(rejected), ClientError::NoCommonMechanism);
    let other_mechanism = NegTokenResp {
        supported_mech: Some(Mech::KERBEROS),
        ..nothing
    };
    assert_eq!(first(other_mechanism), ClientError::NoCommonMechanism);
    let finished = NegTokenResp {
        neg_state: Some(NegState::ACCEPT_COMPLETED),
        ..nothing
    };
    assert_eq!(first(finished), ClientError::BadSpnegoState);
}

#[test]
fn a_challenge_weaker_than_ntlmv2_needs_is_refused() {
    for (flag, need) in [
        (
            NegotiateFlags::EXTENDED_SESSION_SECURITY,
            NtlmNeed::ExtendedSessionSecurity,
        ),
        (NegotiateFlags::KEY_128, NtlmNeed::Keys128),
        (NegotiateFlags::TARGET_INFO, NtlmNeed::TargetInfo),
    ] {
        let error = refused(|server| server.flags.remove(flag));
        assert_eq!(error, ClientError::WeakChallenge(need));
    }
}

#[test]
fn case_22_our_own_challenge_coming_back_is_refused() {
    assert_eq!(
        refused(|server| server.name = "desk7"),
        ClientError::Reflection
    );
}

#[test]
fn case_20_broken_challenges_are_refused() {
    let broken = |change: fn(&mut Vec<u8>)| refused(|server| server.change_challenge = change);
    let field = |error: ClientError| match error {
        ClientError::Parse(error) => (error.field, error.fault),
        other => panic!("{other:?}"),
    };
    // TargetName, then TargetInfo: length, offset.
    let (name, fault) = field(broken(|bytes| bytes[12..14].copy_from_slice(&[0xFF, 0xFF])));
    assert_eq!((name, fault), ("TargetNameFields", Fault::OutOfBounds));
    let (name, _) = field(broken(|bytes| bytes[16..20].copy_from_slice(&[0xFF; 4])));
    assert_eq!(name, "TargetNameFields");
    let (name, fault) = field(broken(|bytes| bytes[12] -= 1));
    assert_eq!((name, fault), ("TargetNameFields", Fault::Misaligned));
    let (name, _) = field(broken(|bytes| bytes[40..42].copy_from_slice(&[0xFF, 0x7F])));
    assert_eq!(name, "TargetInfoFields");
    let (name, _) = field(broken(|bytes| {
        bytes[44..48].copy_from_slice(&[0xF0, 0xFF, 0xFF, 0xFF])
    }));
    assert_eq!(name, "TargetInfoFields");
    // The list loses its end.
    field(broken(|bytes| bytes[40] -= 4));
    field(broken(|bytes| bytes.truncate(40)));
    field(broken(|bytes| bytes[8] = 3));
    field(broken(Vec::clear));
}

#[test]
fn a_list_that_says_something_twice_is_refused() {
    let error = refused(|server| {
        // The domain's name becomes a second computer name.
        server.change_challenge = |bytes| {
            let info = u32::from_le_bytes(bytes[44..48].try_into().unwrap()) as usize;
            bytes[info] = 1;
        };
    });
    assert_eq!(error, ClientError::BadTargetInfo);
}

#[test]
fn case_20_an_endless_challenge_is_refused() {
    let error = refused(|server| server.change_challenge = |bytes| bytes.resize(8193, 0));
    assert!(matches!(error, ClientError::BadTargetInfo));
}

#[test]
fn statuses_that_make_no_sense_are_refused() {
    let config = config();
    let reply = |statuses: &[NtStatus]| {
        let mut server = Server::new(Dialect::SMB3_1_1);
        let mut logon =
            Logon::new(&config, &negotiated(Dialect::SMB3_1_1), user(), random()).unwrap();
        let mut out = vec![0; Logon::MAX_REQUEST];
        for status in statuses {
            let ticket = first_ticket(Command::SESSION_SETUP, logon.session_id());
            let len = logon.request(&config, &ticket, &mut out)?;
            let mut frame = server.answer(&ticket, message(&out[..len]));
            frame[4 + 8..4 + 12].copy_from_slice(&status.0.to_le_bytes());
            logon.reply(&config, message(&frame))?;
        }
        Ok(())
    };
    let success = NtStatus::SUCCESS;
    assert_eq!(
        reply(&[success]),
        Err(ClientError::UnexpectedStatus(success).into())
    );
    let odd = NtStatus(0x4000_0000);
    assert_eq!(
        reply(&[odd]),
        Err(ClientError::UnexpectedStatus(odd).into())
    );
    let more = NtStatus::MORE_PROCESSING_REQUIRED;
    assert_eq!(
        reply(&[more, NtStatus::ACCOUNT_DISABLED]),
        Err(Failure::Server(NtStatus::ACCOUNT_DISABLED))
    );
    let error_body = |w: &mut smb_wire::Writer<'_>| ErrorResponse::EMPTY.emit(w);
    let ticket = first_ticket(Command::SESSION_SETUP, 0);
    let mut logon = Logon::new(&config, &negotiated(Dialect::SMB3_1_1), user(), random()).unwrap();
    logon.request(&config, &ticket, &mut [0; 1024]).unwrap();
    let frame = response(&ticket, more, 1, error_body);
    assert!(logon.reply(&config, message(&frame)).is_err());
}

#[test]
fn steps_out_of_order_are_refused() {
    let config = config();
    let ticket = first_ticket(Command::SESSION_SETUP, 0);
    let mut logon = Logon::new(&config, &negotiated(Dialect::SMB3_1_1), user(), random()).unwrap();
    logon.request(&config, &ticket, &mut [0; 1024]).unwrap();
    assert_eq!(
        logon.request(&config, &ticket, &mut [0; 1024]),
        Err(ClientError::OutOfOrder)
    );
    let refusal = error(&ticket, NtStatus::LOGON_FAILURE);
    assert!(logon.reply(&config, message(&refusal)).is_err());
    assert_eq!(
        logon.reply(&config, message(&refusal)).unwrap_err(),
        ClientError::OutOfOrder.into()
    );
}
