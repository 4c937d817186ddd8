//! Vectors: MS-NLMP 4.2.1 (common values), 4.2.2.1.2 (NTOWFv1) and 4.2.4 (NTLMv2).

use std::vec::Vec;

use super::*;
use crate::test_hex::{hex, hex_n};

const SERVER_CHALLENGE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];

fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn response_key(user: &str) -> ResponseKey {
    let hash = NtHash::from_password(&utf16("Password")).unwrap();
    ResponseKey::new(&hash, &utf16(user), &utf16("Domain")).unwrap()
}

#[test]
fn nt_hash_matches_the_specification() {
    let hash = NtHash::from_password(&utf16("Password")).unwrap();
    assert_eq!(
        *hash.0.as_bytes(),
        hex_n("a4f49c406510bdcab6824ee7c30fd852")
    );
}

#[test]
fn response_key_matches_the_specification_whatever_the_users_case() {
    for user in ["User", "USER", "user"] {
        assert_eq!(
            *response_key(user).0.as_bytes(),
            hex_n("0c868a403bfd7a93a3001ef22ef02e3f")
        );
    }
}

#[test]
fn proof_and_session_base_key_match_the_specification() {
    let temp = hex("01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000
         02000c0044006f006d00610069006e0001000c00530065007200760065007200
         0000000000000000");
    let (start, end) = temp.split_at(20);
    let proof = response_key("User")
        .prove(&SERVER_CHALLENGE, &[start, end])
        .unwrap();
    assert_eq!(proof.proof, hex_n("68cd0ab851e51c96aabc927bebef6a1c"));
    assert_eq!(
        *proof.session_base_key.as_bytes(),
        hex_n("8de40ccadbc14a82f15cb0ad0de95ca3")
    );
}

#[test]
fn upper_case_keeps_what_has_no_single_upper_case_unit() {
    let upper = |c: char| upper_cased(u16::try_from(u32::from(c)).unwrap());
    assert_eq!(upper('é'), u16::try_from(u32::from('É')).unwrap());
    assert_eq!(upper('ß'), 0x00df);
    assert_eq!(upper_cased(0xd83d), 0xd83d);
}
