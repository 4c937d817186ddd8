//! Vectors: MS-NLMP 4.2.4.2.3 (key exchange) and 4.2.4.4 (signature); and the MIC and both mechListMICs of the 3.1.1 session
//! in Microsoft Open Specifications blog, "SMB 2 and SMB 3 security in Windows 10: the anatomy of signing and cryptographic keys".

use super::*;
use crate::test_hex::{hex, hex_n};

fn specification_key() -> ExportedSessionKey {
    ExportedSessionKey::new(Key128::new([0x55; 16]))
}

#[test]
fn the_encrypted_session_key_matches_the_specification() {
    let base = Key128::new(hex_n("8de40ccadbc14a82f15cb0ad0de95ca3"));
    assert_eq!(
        specification_key().encrypted(&base).unwrap(),
        hex_n("c5dad2544fc9799094ce1ce90bc9d03e")
    );
}

#[test]
fn opening_an_encrypted_session_key_is_the_same_operation() {
    let base = Key128::new([3; 16]);
    let encrypted = specification_key().encrypted(&base).unwrap();
    let opened = ExportedSessionKey::new(Key128::new(encrypted))
        .encrypted(&base)
        .unwrap();
    assert_eq!(opened, [0x55; 16]);
}

#[test]
fn sealing_and_signing_keys_match_the_specification() {
    let signer = MessageSigner::new(&specification_key(), Side::Client, true).unwrap();
    assert_eq!(
        *signer.signing_key.as_bytes(),
        hex_n("4788dc861b4782f35d43fd98fe1a2d39")
    );
}

#[test]
fn the_signature_of_a_sealed_message_matches_the_specification() {
    let message = hex("50006c00610069006e007400650078007400");
    let mut signer = MessageSigner::new(&specification_key(), Side::Client, true).unwrap();
    // There the message is encrypted too, before its signature and by the same stream. SMB seals nothing by NTLM.
    let mut sealed = message.clone();
    signer.sealing.as_mut().unwrap().apply(&mut sealed);
    assert_eq!(sealed, hex("54e50165bf1936dc996020c1811b0f06fb5f"));
    assert_eq!(
        signer.sign(&message).unwrap(),
        hex_n("010000007fb38ec5c55d497600000000")
    );
}

#[test]
fn mech_list_mics_of_microsofts_session_are_right() {
    // The session offered NTLM alone, so this is the MechTypeList that both sides sign.
    let mech_types = hex("300c060a2b06010401823702020a");
    let key = ExportedSessionKey::new(Key128::new(hex_n("270E1BA896585EEB7AF3472D3B4C75A7")));
    let mut client = MessageSigner::new(&key, Side::Client, true).unwrap();
    assert_eq!(
        client.sign(&mech_types).unwrap(),
        hex_n("0100000063775A9A5FD97F0600000000")
    );
    let mut server = MessageSigner::new(&key, Side::Server, true).unwrap();
    assert_eq!(
        server.verify(&mech_types, &hex("010000003B453CDC3524164200000000")),
        Ok(())
    );
}

#[test]
fn a_wrong_short_or_repeated_signature_is_a_mismatch() {
    let mut sender = MessageSigner::new(&specification_key(), Side::Server, true).unwrap();
    let good = sender.sign(b"list").unwrap();
    let receiver = || MessageSigner::new(&specification_key(), Side::Server, true).unwrap();
    assert_eq!(
        receiver().verify(b"LIST", &good),
        Err(CryptoError::Mismatch)
    );
    assert_eq!(
        receiver().verify(b"list", &good[..15]),
        Err(CryptoError::Mismatch)
    );
    let mut receiver = receiver();
    assert_eq!(receiver.verify(b"list", &good), Ok(()));
    assert_eq!(receiver.verify(b"list", &good), Err(CryptoError::Mismatch));
}

#[test]
fn without_key_exchange_the_checksum_is_not_encrypted() {
    let mut plain = MessageSigner::new(&specification_key(), Side::Client, false).unwrap();
    let mut sealed = MessageSigner::new(&specification_key(), Side::Client, true).unwrap();
    let (plain, sealed) = (plain.sign(b"x").unwrap(), sealed.sign(b"x").unwrap());
    assert_ne!(plain, sealed);
    assert_eq!(plain[..4], sealed[..4]);
    assert_eq!(plain[12..], sealed[12..]);
}

#[test]
fn the_mic_of_microsofts_session_is_right() {
    // In its SESSION_SETUP messages: two requests and the response between them.
    let negotiate =
        hex("4E544C4D5353500001000000978208E200000000000000000000000000000000060380250000000F");
    let challenge = hex(
        "4E544C4D53535000020000000C000C003800000015828AE20D1D8BA31179D0080000000000000000
         50005000440000000A0092270000000F53005500540033003100310002000C005300550054003300
         3100310001000C0053005500540033003100310004000C0053005500540033003100310003000C00
         53005500540033003100310007000800A1A1F5ADCBAED00100000000",
    );
    let request = hex(crate::preauth::tests::REQUEST);
    let start = request
        .windows(8)
        .position(|bytes| bytes == b"NTLMSSP\0")
        .unwrap();
    let mut authenticate = request[start..][..422].to_vec();
    let mic: [u8; 16] = authenticate[72..88].try_into().unwrap();
    assert_eq!(mic, hex_n("ECAC77A5F385A8BF9C38C706EEEDDCD3"));
    authenticate[72..88].fill(0);
    let key = ExportedSessionKey::new(Key128::new(hex_n("270E1BA896585EEB7AF3472D3B4C75A7")));
    assert_eq!(key.mic(&negotiate, &challenge, &authenticate), Ok(mic));
}

#[test]
fn the_mic_covers_all_three_messages() {
    let key = specification_key();
    let mic = key.mic(b"one", b"two", b"three").unwrap();
    assert_ne!(mic, key.mic(b"One", b"two", b"three").unwrap());
    assert_ne!(mic, key.mic(b"one", b"Two", b"three").unwrap());
    assert_ne!(mic, key.mic(b"one", b"two", b"Three").unwrap());
}
