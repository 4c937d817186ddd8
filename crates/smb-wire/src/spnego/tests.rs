use std::vec;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::Fault;
use crate::writer::emitted;

fn octets() -> impl Strategy<Value = Option<Vec<u8>>> {
    option::of(vec(any::<u8>(), 0..300))
}

#[test]
fn the_mechanisms_have_their_numbers() {
    let numbers = [
        (Mech::SPNEGO, "1.3.6.1.5.5.2"),
        (Mech::NTLMSSP, "1.3.6.1.4.1.311.2.2.10"),
        (Mech::KERBEROS, "1.2.840.113554.1.2.2"),
        (Mech::MS_KERBEROS, "1.2.840.48018.1.2.2"),
        (Mech::NEGOEX, "1.3.6.1.4.1.311.2.2.30"),
    ];
    for (mech, number) in numbers {
        assert_eq!(
            mech.0,
            der::oid::ObjectIdentifier::new_unwrap(number).as_bytes()
        );
    }
}

proptest! {
    #[test]
    fn emitting_then_parsing_a_token_gives_the_same(
        token in octets(), mic in octets(), state in option::of(any::<u8>().prop_map(NegState)), mech: bool, other in vec(any::<u8>(), 1..20),
    ) {
        let mechs = [Mech::NTLMSSP, Mech::KERBEROS, Mech(&other)];
        let init = NegotiationToken::Init(NegTokenInit {
            mech_types: List::new(&mechs),
            mech_token: token.as_deref(),
            mech_list_mic: mic.as_deref(),
        });
        let bytes = emitted(|w| init.emit(w));
        prop_assert_eq!(NegotiationToken::parse(&bytes), Ok(init));
        let resp = NegotiationToken::Resp(NegTokenResp {
            neg_state: state,
            supported_mech: mech.then_some(Mech::NTLMSSP),
            response_token: token.as_deref(),
            mech_list_mic: mic.as_deref(),
        });
        let bytes = emitted(|w| resp.emit(w));
        prop_assert_eq!(NegotiationToken::parse(&bytes), Ok(resp));
    }

    #[test]
    fn any_bytes_parse_or_fail(bytes in vec(prop_oneof![Just(0x30), Just(0xA0), Just(0x60), any::<u8>()], 0..100)) {
        let _ = NegotiationToken::parse(&bytes);
    }

    #[test]
    fn any_change_of_a_token_parses_or_fails(changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        for mut token in [sample_init(), sample_resp()] {
            for (index, value) in &changes {
                let index = index.index(token.len());
                token[index] = *value;
            }
            let _ = NegotiationToken::parse(&token);
        }
    }
}

fn sample_init() -> Vec<u8> {
    let token = NegTokenInit {
        mech_types: List::new(&[Mech::NTLMSSP]),
        mech_token: Some(b"token"),
        mech_list_mic: None,
    };
    emitted(|w| token.emit(w))
}

fn sample_resp() -> Vec<u8> {
    let token = NegTokenResp {
        neg_state: Some(NegState::ACCEPT_INCOMPLETE),
        supported_mech: Some(Mech::NTLMSSP),
        response_token: Some(b"token"),
        mech_list_mic: Some(b"mic"),
    };
    emitted(|w| token.emit(w))
}

#[test]
fn a_first_token_is_der_level_by_level() {
    let expected = [
        &[0x60, 37][..],                    // [APPLICATION 0]
        &[0x06, 0x06, 0x2B, 6, 1, 5, 5, 2], // thisMech: SPNEGO
        &[0xA0, 27, 0x30, 25],              // negTokenInit, SEQUENCE
        &[0xA0, 14, 0x30, 12, 0x06, 10],    // mechTypes, SEQUENCE OF, OBJECT IDENTIFIER
        Mech::NTLMSSP.0,
        &[0xA2, 7, 0x04, 5], // mechToken, OCTET STRING
        b"token",
    ]
    .concat();
    assert_eq!(sample_init(), expected);
}

#[test]
fn every_truncation_of_a_token_is_refused() {
    for token in [sample_init(), sample_resp()] {
        for len in 0..token.len() {
            assert!(NegotiationToken::parse(&token[..len]).is_err());
        }
    }
}

#[test]
fn a_long_token_has_long_lengths() {
    let long = vec![0x55; 1000];
    let resp = NegTokenResp {
        response_token: Some(&long),
        ..Default::default()
    };
    let bytes = emitted(|w| resp.emit(w));
    assert_eq!(bytes[..4], [0xA1, 0x82, 0x03, 0xF4]);
    assert_eq!(
        NegotiationToken::parse(&bytes),
        Ok(NegotiationToken::Resp(resp))
    );
}

#[test]
fn a_servers_hints_are_passed_over_and_its_mic_is_found() {
    // NegTokenInit2: mechTypes, negHints [3] with a hintName, mechListMIC [4].
    let token = emitted(|w| {
        tlv(
            w,
            Tag::Application {
                constructed: true,
                number: TagNumber::N0,
            },
            |w| {
                Mech::SPNEGO.write(w, true)?;
                tlv(w, context(TagNumber::N0), |w| {
                    tlv(w, Tag::Sequence, |w| {
                        tlv(w, context(TagNumber::N0), |w| {
                            emit_mech_list(&List::new(&[Mech::NTLMSSP]), w)
                        })?;
                        // The contents are a GeneralString, which nothing needs to understand.
                        tlv(w, context(TagNumber::N3), |w| {
                            w.bytes(&[0x30, 5, 0xA0, 3, 0x1B, 1, b'x'])
                        })?;
                        emit_octets(w, TagNumber::N4, Some(b"mic"))
                    })
                })
            },
        )
    });
    let expected = NegTokenInit {
        mech_types: List::new(&[Mech::NTLMSSP]),
        mech_token: None,
        mech_list_mic: Some(b"mic"),
    };
    assert_eq!(
        NegotiationToken::parse(&token),
        Ok(NegotiationToken::Init(expected))
    );
}

#[test]
fn case_19_an_empty_or_missing_list_of_mechanisms_is_refused() {
    let token = |list: &[u8]| {
        let mut token = vec![0x60, (10 + 2 + list.len()) as u8, 6, 6, 0x2B, 6, 1, 5, 5, 2];
        token.extend([0xA0, (2 + list.len()) as u8, 0x30, list.len() as u8]);
        token.extend(list);
        NegotiationToken::parse(&token).map(drop)
    };
    assert_eq!(
        token(&[0xA0, 2, 0x30, 0]),
        Err(ParseError {
            field: "mechTypes",
            fault: Fault::Value
        })
    );
    assert_eq!(
        token(&[]),
        Err(ParseError {
            field: "mechTypes",
            fault: Fault::Truncated
        })
    );
}

#[test]
fn case_19_a_string_longer_than_its_container_is_refused() {
    let mut token = sample_resp();
    let octets = token
        .windows(2)
        .position(|window| window == [0x04, 0x05])
        .unwrap();
    token[octets + 1] = 6;
    let expected = ParseError {
        field: "responseToken",
        fault: Fault::Truncated,
    };
    assert_eq!(NegotiationToken::parse(&token), Err(expected));
}

#[test]
fn case_19_deep_nesting_is_not_followed() {
    let mut token = vec![0x05, 0x00];
    while token.len() < 3000 {
        token = emitted(|w| tlv(w, Tag::Sequence, |w| w.bytes(&token)));
    }
    let token = emitted(|w| tlv(w, context(TagNumber::N1), |w| w.bytes(&token)));
    assert_eq!(
        NegotiationToken::parse(&token),
        Ok(NegotiationToken::Resp(NegTokenResp::default()))
    );
}

#[test]
fn the_list_of_mechanisms_is_signed_as_it_was_sent() {
    let init = sample_init();
    let Ok(NegotiationToken::Init(token)) = NegotiationToken::parse(&init) else {
        panic!()
    };
    let list = emitted(|w| emit_mech_list(&token.mech_types, w));
    assert!(init.windows(list.len()).any(|window| window == list));
}
