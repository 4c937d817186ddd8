use std::vec::Vec;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::writer::emitted;
use crate::{Fault, Utf16};

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

/// CHALLENGE_MESSAGE of MS-NLMP 4.2.4.3.
fn known_challenge() -> Vec<u8> {
    hex("4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000
         060070170000000f 530065007200760065007200
         02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000")
}

/// AUTHENTICATE_MESSAGE of MS-NLMP 4.2.4.3.
fn known_authenticate() -> Vec<u8> {
    hex("4e544c4d53535000 03000000 180018006c000000 5400540084000000 0c000c0048000000 0800080054000000
         100010005c000000 10001000d8000000 358288e2 0501280a0000000f
         44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200
         86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa
         68cd0ab851e51c96aabc927bebef6a1c 0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000
         02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000
         c5dad2544fc9799094ce1ce90bc9d03e")
}

const KNOWN_PAIRS: [AvPair<'_>; 2] = [
    AvPair::NbDomainName(Utf16::from_str("Domain")),
    AvPair::NbComputerName(Utf16::from_str("Server")),
];

#[test]
fn the_challenge_message_of_the_specification_is_read_and_written() {
    let expected = ChallengeMessage {
        target_name: Utf16::from_str("Server"),
        flags: NegotiateFlags::from_bits_retain(0xE28A_8233),
        server_challenge: [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF],
        target_info: Some(TargetInfo::new(&KNOWN_PAIRS)),
        version: Some(Version {
            major: 6,
            minor: 0,
            build: 6000,
            revision: Version::REVISION_W2K3,
        }),
    };
    assert_eq!(ChallengeMessage::parse(&known_challenge()), Ok(expected));
    assert_eq!(emitted(|w| expected.emit(w)), known_challenge());
}

#[test]
fn the_authenticate_message_of_the_specification_is_read_and_written() {
    let client_challenge = emitted(|w| {
        ClientChallenge {
            timestamp: 0,
            client_challenge: [0xAA; 8],
            target_info: TargetInfo::new(&KNOWN_PAIRS),
        }
        .emit(w)
    });
    let proof = hex("68cd0ab851e51c96aabc927bebef6a1c");
    let nt_response = [proof.clone(), client_challenge.clone()].concat();
    let expected = AuthenticateMessage {
        lm_response: &hex("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"),
        nt_response: &nt_response,
        domain: Utf16::from_str("Domain"),
        user: Utf16::from_str("User"),
        workstation: Utf16::from_str("COMPUTER"),
        encrypted_session_key: &hex("c5dad2544fc9799094ce1ce90bc9d03e"),
        flags: NegotiateFlags::from_bits_retain(0xE288_8235),
        version: Some(Version {
            major: 5,
            minor: 1,
            build: 2600,
            revision: Version::REVISION_W2K3,
        }),
        mic: None,
    };
    assert_eq!(
        AuthenticateMessage::parse(&known_authenticate()),
        Ok(expected)
    );
    assert_eq!(emitted(|w| expected.emit(w)), known_authenticate());

    let response = NtlmV2Response::parse(&nt_response).unwrap();
    assert_eq!(response.proof, proof[..]);
    assert_eq!(response.client_challenge, client_challenge);
    let client_challenge = ClientChallenge::parse(response.client_challenge).unwrap();
    assert_eq!(client_challenge.target_info, TargetInfo::new(&KNOWN_PAIRS));
}

fn units() -> impl Strategy<Value = Vec<u16>> {
    vec(any::<u16>(), 0..20)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..60)
}

fn version() -> impl Strategy<Value = Option<Version>> {
    option::of(
        any::<(u8, u8, u16, u8)>().prop_map(|(major, minor, build, revision)| Version {
            major,
            minor,
            build,
            revision,
        }),
    )
}

fn flags(bits: u32, version: Option<Version>) -> NegotiateFlags {
    let mut flags = NegotiateFlags::from_bits_retain(bits) | NegotiateFlags::UNICODE;
    flags.set(NegotiateFlags::VERSION, version.is_some());
    flags
}

proptest! {
    #[test]
    fn emitting_then_parsing_a_negotiate_message_gives_the_same(bits: u32, domain in bytes(), workstation in bytes(), version in version()) {
        let message =
            NegotiateMessage { flags: flags(bits, version), domain: &domain, workstation: &workstation, version };
        let bytes = emitted(|w| message.emit(w));
        prop_assert_eq!(NegotiateMessage::parse(&bytes), Ok(message));
    }

    #[test]
    fn emitting_then_parsing_a_challenge_message_gives_the_same(
        bits: u32, name in units(), server_challenge: [u8; 8], version in version(), time: i64, av_flags: u32, hash: [u8; 16], raw in bytes(),
    ) {
        let text = Utf16::from_units(&name);
        let pairs = [
            AvPair::NbComputerName(text),
            AvPair::NbDomainName(text),
            AvPair::DnsComputerName(text),
            AvPair::DnsDomainName(text),
            AvPair::DnsTreeName(text),
            AvPair::Flags(AvFlags::from_bits_retain(av_flags)),
            AvPair::Timestamp(time),
            AvPair::SingleHost(&raw),
            AvPair::TargetName(text),
            AvPair::ChannelBindings(hash),
            AvPair::Other { id: AvId(0x1234), value: &raw },
        ];
        let message = ChallengeMessage {
            target_name: text,
            flags: flags(bits, version),
            server_challenge,
            target_info: Some(TargetInfo::new(&pairs)),
            version,
        };
        let bytes = emitted(|w| message.emit(w));
        let parsed = ChallengeMessage::parse(&bytes).unwrap();
        prop_assert_eq!(parsed, message);
        let info = parsed.target_info.unwrap();
        prop_assert_eq!(info.timestamp(), Some(time));
        prop_assert_eq!(info.flags().bits(), av_flags);
    }

    #[test]
    fn emitting_then_parsing_an_authenticate_message_gives_the_same(
        bits: u32, names in (units(), units(), units()), responses in (bytes(), bytes(), bytes()), version in version(), mic: Option<[u8; 16]>,
    ) {
        // Without a payload nothing says where the fixed part ends, and a MIC of zeros could be padding.
        let key = [&responses.2[..], &[1]].concat();
        let message = AuthenticateMessage {
            lm_response: &responses.0,
            nt_response: &responses.1,
            domain: Utf16::from_units(&names.0),
            user: Utf16::from_units(&names.1),
            workstation: Utf16::from_units(&names.2),
            encrypted_session_key: &key,
            flags: flags(bits, version),
            version,
            mic,
        };
        let bytes = emitted(|w| message.emit(w));
        prop_assert_eq!(AuthenticateMessage::parse(&bytes), Ok(message));
        if let Some(mic) = mic {
            prop_assert_eq!(&bytes[AuthenticateMessage::MIC], &mic);
        }
    }

    #[test]
    fn any_bytes_parse_or_fail(
        message_type in 0_u32..5, bytes in vec(any::<u8>(), 0..200),
    ) {
        let mut message = SIGNATURE.to_vec();
        message.extend(message_type.to_le_bytes());
        message.extend(&bytes);
        for message in [&message, &bytes] {
            let _ = MessageType::of(message);
            let _ = NegotiateMessage::parse(message);
            let _ = ChallengeMessage::parse(message);
            let _ = AuthenticateMessage::parse(message);
            let _ = TargetInfo::parse(message);
            let _ = NtlmV2Response::parse(message);
            let _ = ClientChallenge::parse(message);
        }
    }

    #[test]
    fn any_change_of_the_known_messages_parses_or_fails(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for mut message in [known_challenge(), known_authenticate()] {
            for (index, value) in &changes {
                let index = index.index(message.len());
                message[index] = *value;
            }
            let _ = ChallengeMessage::parse(&message);
            let _ = AuthenticateMessage::parse(&message);
        }
    }
}

#[test]
fn every_truncation_of_the_known_messages_is_refused() {
    let (challenge, authenticate) = (known_challenge(), known_authenticate());
    for len in 0..challenge.len() {
        assert!(ChallengeMessage::parse(&challenge[..len]).is_err());
    }
    for len in 0..authenticate.len() {
        assert!(AuthenticateMessage::parse(&authenticate[..len]).is_err());
    }
}

#[test]
fn case_20_a_field_out_of_the_message_or_into_its_fixed_part_is_refused_by_name() {
    let rows = [(12, "TargetNameFields"), (40, "TargetInfoFields")];
    for (position, field) in rows {
        for offset in [0_u32, 40, 0xFFFF_FFFF] {
            let mut message = known_challenge();
            message[position + 4..position + 8].copy_from_slice(&offset.to_le_bytes());
            let expected = ParseError {
                field,
                fault: Fault::OutOfBounds,
            };
            assert_eq!(ChallengeMessage::parse(&message), Err(expected));
        }
    }
    let rows = [
        (12, "LmChallengeResponseFields"),
        (20, "NtChallengeResponseFields"),
        (28, "DomainNameFields"),
        (36, "UserNameFields"),
        (44, "WorkstationFields"),
        (52, "EncryptedRandomSessionKeyFields"),
    ];
    for (position, field) in rows {
        for offset in [0_u32, 60, 0xFFFF_FFFF] {
            let mut message = known_authenticate();
            message[position + 4..position + 8].copy_from_slice(&offset.to_le_bytes());
            let expected = ParseError {
                field,
                fault: Fault::OutOfBounds,
            };
            assert_eq!(AuthenticateMessage::parse(&message), Err(expected));
        }
    }
}

#[test]
fn case_20_av_pairs_that_run_past_their_list_are_refused() {
    let truncated = |field| {
        Err(ParseError {
            field,
            fault: Fault::Truncated,
        })
    };
    assert_eq!(TargetInfo::parse(&[]), truncated("AvId"), "no end");
    assert_eq!(
        TargetInfo::parse(&[1, 0]),
        truncated("AvLen"),
        "half a header"
    );
    assert_eq!(
        TargetInfo::parse(&[1, 0, 4, 0, b'a', 0]),
        truncated("AvLen"),
        "longer than the list"
    );
    assert_eq!(
        TargetInfo::parse(&[1, 0, 2, 0, b'a', 0]),
        truncated("AvId"),
        "no end"
    );
    assert_eq!(
        TargetInfo::parse(&[7, 0, 4, 0, 1, 2, 3, 4, 0, 0, 0, 0]),
        truncated("MsvAvTimestamp")
    );
}

#[test]
fn case_20_an_av_pair_with_half_a_unit_is_refused() {
    let expected = ParseError {
        field: "MsvAvNbComputerName",
        fault: Fault::Misaligned,
    };
    assert_eq!(
        TargetInfo::parse(&[1, 0, 1, 0, b'a', 0, 0, 0, 0]),
        Err(expected)
    );
}

#[test]
fn an_amended_target_info_replaces_pairs_and_adds_others() {
    let received = emitted(|w| {
        TargetInfo::new(&[
            AvPair::Timestamp(5),
            AvPair::Flags(AvFlags::CONSTRAINED),
            KNOWN_PAIRS[0],
        ])
        .emit(w)
    });
    let amendments = [
        AvPair::Flags(AvFlags::MIC_PRESENT),
        AvPair::TargetName(Utf16::from_str("cifs/server")),
    ];
    let info = TargetInfo::parse(&received).unwrap();
    let sent = emitted(|w| info.amended(&amendments).emit(w));
    let pairs: Vec<_> = TargetInfo::parse(&sent).unwrap().iter().collect();
    assert_eq!(
        pairs,
        [
            AvPair::Timestamp(5),
            KNOWN_PAIRS[0],
            amendments[0],
            amendments[1]
        ]
    );
}

#[test]
fn a_message_may_stand_anywhere_in_the_writer() {
    let message = ChallengeMessage {
        target_name: Utf16::from_str("Server"),
        flags: NegotiateFlags::UNICODE,
        server_challenge: [1; 8],
        target_info: None,
        version: None,
    };
    let bytes = emitted(|w| {
        w.zeros(13)?;
        message.emit(w)
    });
    assert_eq!(ChallengeMessage::parse(&bytes[13..]), Ok(message));
}
