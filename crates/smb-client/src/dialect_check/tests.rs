use std::vec;
use std::vec::Vec;

use smb_crypto::SigningAlgorithm;
use smb_wire::Guid;
use smb_wire::smb2::{Capabilities, Command, ErrorResponse, SecurityMode};

use super::*;
use crate::testing::*;

fn negotiated(dialect: Dialect) -> Negotiated {
    Negotiated {
        dialect,
        server_guid: Guid([9; 16]),
        capabilities: Capabilities::LARGE_MTU,
        security_mode: SecurityMode::SIGNING_ENABLED,
        max_transact: 1 << 20,
        max_read: 1 << 20,
        max_write: 1 << 20,
        multi_credit: true,
        signing_required: true,
        signing_algorithm: SigningAlgorithm::AesCmac,
        cipher: None,
        preauth: None,
    }
}

fn truth() -> ValidateNegotiateResponse {
    ValidateNegotiateResponse {
        capabilities: Capabilities::LARGE_MTU,
        server_guid: Guid([9; 16]),
        security_mode: SecurityMode::SIGNING_ENABLED,
        dialect: Dialect::SMB3_0,
    }
}

fn replied(ctl_code: Fsctl, output: &[u8]) -> Result<(), Failure> {
    let body = IoctlResponse {
        ctl_code,
        file_id: FileId::RELATED,
        flags: IoctlFlags::empty(),
        output,
    };
    let frame = response(
        &first_ticket(Command::IOCTL, SESSION),
        NtStatus::SUCCESS,
        1,
        |w| body.emit(w),
    );
    DialectCheck::reply(&negotiated(Dialect::SMB3_0), message(&frame))
}

fn told(answer: ValidateNegotiateResponse) -> Result<(), Failure> {
    let mut output = [0; ValidateNegotiateResponse::LEN];
    answer.emit(&mut Writer::new(&mut output)).unwrap();
    replied(Fsctl::VALIDATE_NEGOTIATE_INFO, &output)
}

#[test]
fn every_dialect_older_than_3_1_1_needs_the_check() {
    for dialect in [
        Dialect::SMB2_0_2,
        Dialect::SMB2_1,
        Dialect::SMB3_0,
        Dialect::SMB3_0_2,
    ] {
        assert!(DialectCheck::is_needed(&negotiated(dialect)));
    }
    assert!(!DialectCheck::is_needed(&negotiated(Dialect::SMB3_1_1)));
}

#[test]
fn the_request_repeats_the_offer_under_a_signature() {
    let config = config();
    let mut out = vec![0; 512];
    let ticket = first_ticket(Command::IOCTL, SESSION);
    let keys = keys();
    let signed = Protection::Signed(&keys);
    let len = DialectCheck::request(&config, &ticket, signed, &mut out).unwrap();
    let message = message(&out[..len]);
    assert_eq!(keys.signing().verify(message, &[]), Ok(()));
    let ioctl = IoctlRequest::parse(message).unwrap();
    assert_eq!(ioctl.ctl_code, Fsctl::VALIDATE_NEGOTIATE_INFO);
    let input = ValidateNegotiateRequest::parse(ioctl.input).unwrap();
    assert_eq!(input.client_guid, config.client_guid);
    assert_eq!(input.security_mode, SecurityMode::all());
    assert_eq!(
        input.capabilities,
        Capabilities::LARGE_MTU | Capabilities::ENCRYPTION
    );
    let dialects: Vec<u16> = input.dialects.iter().map(|dialect| dialect.0).collect();
    assert_eq!(dialects, [0x0202, 0x0210, 0x0300, 0x0302, 0x0311]);
}

#[test]
fn the_same_answer_again_passes() {
    assert_eq!(told(truth()), Ok(()));
}

#[test]
fn case_17_any_difference_is_a_downgrade() {
    for lie in [
        ValidateNegotiateResponse {
            capabilities: Capabilities::empty(),
            ..truth()
        },
        ValidateNegotiateResponse {
            server_guid: Guid([8; 16]),
            ..truth()
        },
        ValidateNegotiateResponse {
            security_mode: SecurityMode::all(),
            ..truth()
        },
        ValidateNegotiateResponse {
            dialect: Dialect::SMB3_1_1,
            ..truth()
        },
    ] {
        assert_eq!(told(lie), Err(ClientError::Downgrade.into()));
    }
    assert_eq!(
        replied(Fsctl::PIPE_PEEK, &[0; 24]),
        Err(ClientError::Downgrade.into())
    );
}

#[test]
fn case_36_a_short_answer_is_unreadable() {
    let result = replied(Fsctl::VALIDATE_NEGOTIATE_INFO, &[0; 23]);
    assert!(matches!(
        result,
        Err(Failure::Client(ClientError::Parse(_)))
    ));
}

#[test]
fn a_signed_error_of_an_old_server_passes_and_others_do_not() {
    let refused = |status| {
        let frame = response(&first_ticket(Command::IOCTL, SESSION), status, 1, |w| {
            ErrorResponse::EMPTY.emit(w)
        });
        DialectCheck::reply(&negotiated(Dialect::SMB2_1), message(&frame))
    };
    assert_eq!(refused(NtStatus::INVALID_DEVICE_REQUEST), Ok(()));
    assert_eq!(refused(NtStatus::FILE_CLOSED), Ok(()));
    assert_eq!(
        refused(NtStatus::ACCESS_DENIED),
        Err(Failure::Server(NtStatus::ACCESS_DENIED))
    );
}
