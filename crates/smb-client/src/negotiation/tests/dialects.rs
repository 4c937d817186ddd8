//! Which dialect is taken, and what comes with it.

use super::*;

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
