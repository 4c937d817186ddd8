//! Vectors: RFC 4493 section 4 (AES-CMAC), RFC 4231 section 4 (HMAC-SHA256), and the signed SESSION_SETUP responses of two
//! 3.1.1 sessions in Microsoft Open Specifications blog, "SMB 2 and SMB 3 security in Windows 10: the anatomy of signing and
//! cryptographic keys" (2017) and "SMB 3.1.1 Encryption in Windows 10" (2015). No messages signed by AES-GMAC or HMAC-SHA256 are
//! published with their keys: those in `vectors/signed.txt` are OpenSSL's, by way of `vectors/make.py`.

use std::format;
use std::vec::Vec;

use super::*;
use crate::provider::code;
use crate::test_hex::{hex, hex_n};

const ALL: [SigningAlgorithm; 3] = [
    SigningAlgorithm::HmacSha256,
    SigningAlgorithm::AesCmac,
    SigningAlgorithm::AesGmac,
];

fn cmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    code::<<RustCrypto as Provider>::AesCmac, 16>(key, &[message])
        .unwrap()
        .to_vec()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    code::<<RustCrypto as Provider>::HmacSha256, 32>(key, &[message])
        .unwrap()
        .to_vec()
}

fn key(algorithm: SigningAlgorithm, bytes: [u8; 16]) -> SigningKey {
    SigningKey::new(algorithm, &Key128::new(bytes)).unwrap()
}

#[test]
fn aes_cmac_matches_rfc_4493() {
    let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
    let message = hex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51
         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
    );
    assert_eq!(
        cmac(&key, &message[..0]),
        hex("bb1d6929e95937287fa37d129b756746")
    );
    assert_eq!(
        cmac(&key, &message[..16]),
        hex("070a16b46b4d4144f79bdd9dd04a287c")
    );
    assert_eq!(
        cmac(&key, &message[..40]),
        hex("dfa66747de9ae63030ca32611497c827")
    );
    assert_eq!(
        cmac(&key, &message),
        hex("51f0bebf7e3b9d92fc49741779363cfe")
    );
}

#[test]
fn hmac_sha256_matches_rfc_4231() {
    assert_eq!(
        hmac(&[0x0b; 20], b"Hi There"),
        hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    );
    assert_eq!(
        hmac(b"Jefe", b"what do ya want for nothing?"),
        hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    );
    assert_eq!(
        hmac(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First"
        ),
        hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    );
}

#[test]
fn the_signatures_of_microsofts_session_setup_responses_verify() {
    for (signing_key, message) in [
        (
            "73FE7A9A77BEF0BDE49C650D8CCB5F76",
            "FE534D4240000100000000000100800009000000000000000300000000000000FFFE000000000000
             1900000000100000EBE146DA120BA25FC3376A49DFE31BC10900000048001D00A11B3019A0030A01
             00A3120410010000003B453CDC3524164200000000",
        ),
        (
            "8765949DFEAEE105CE9118B45BE988F0",
            "FE534D4240000100000000000100800009000000000000000200000000000000FFFE000000000000
             25000000001000006B85A4519A0F3EEA35BA946DD3AFE6B80900000048001D00A11B3019A0030A01
             00A3120410010000003932A87523AB660100000000",
        ),
    ] {
        let message = hex(message);
        let key = key(SigningAlgorithm::AesCmac, hex_n(signing_key));
        assert_eq!(key.sign(&message, &[]).unwrap(), message[48..64]);
        assert_eq!(key.verify(&message, &[]), Ok(()));
    }
}

#[test]
fn every_algorithm_signs_as_openssl_does() {
    let mut checked = 0;
    for line in include_str!("../../vectors/signed.txt").lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [algorithm, bytes, message] = fields[..] else {
            panic!("a line has three fields: {line}");
        };
        let algorithm = match algorithm {
            "hmac" => SigningAlgorithm::HmacSha256,
            "cmac" => SigningAlgorithm::AesCmac,
            _ => SigningAlgorithm::AesGmac,
        };
        let message = hex(message);
        let key = key(algorithm, hex_n(bytes));
        assert_eq!(key.sign(&message, &[]).unwrap(), message[48..64]);
        assert_eq!(key.verify(&message, &[]), Ok(()));
        checked += 1;
    }
    assert_eq!(checked, 3 * 40);
}

#[test]
fn any_changed_bit_is_a_mismatch() {
    for algorithm in ALL {
        let key = key(algorithm, [7; 16]);
        let mut message = [0x5a; 100];
        let signature = key.sign(&message, &[]).unwrap();
        message[48..64].copy_from_slice(&signature);
        assert_eq!(key.verify(&message, &[]), Ok(()));
        for byte in 0..message.len() {
            for bit in 0..8 {
                message[byte] ^= 1 << bit;
                assert_eq!(key.verify(&message, &[]), Err(CryptoError::Mismatch));
                message[byte] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn the_pieces_a_message_comes_in_do_not_matter() {
    for algorithm in ALL {
        let key = key(algorithm, [9; 16]);
        let message: Vec<u8> = (0..=255).collect();
        let whole = key.sign(&message, &[]).unwrap();
        for cut in SIGNED_HEADER_LEN..message.len() {
            let (head, rest) = message.split_at(cut);
            let (middle, end) = rest.split_at(rest.len() / 3);
            assert_eq!(key.sign(head, &[middle, &[], end]).unwrap(), whole);
        }
    }
}

#[test]
fn the_nonce_of_gmac_tells_sides_requests_and_their_cancels_apart() {
    let mut header = [0; SIGNATURE_OFFSET];
    header[24..32].copy_from_slice(&0x0102_0304_0506_0708u64.to_le_bytes());
    assert_eq!(gmac_nonce(&header), [8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0]);
    header[16] = 1;
    assert_eq!(gmac_nonce(&header)[8..], [1, 0, 0, 0]);
    header[16] = 8;
    header[12] = 0x0C;
    assert_eq!(gmac_nonce(&header)[8..], [2, 0, 0, 0]);
}

#[test]
fn less_than_a_header_can_be_neither_signed_nor_verified() {
    let key = key(SigningAlgorithm::AesCmac, [0; 16]);
    for length in 0..SIGNED_HEADER_LEN {
        assert_eq!(
            key.sign(&[0; 64][..length], &[]),
            Err(CryptoError::HeaderTooShort)
        );
        assert_eq!(
            key.verify(&[0; 64][..length], &[]),
            Err(CryptoError::HeaderTooShort)
        );
    }
}

#[test]
fn printing_a_key_shows_only_its_algorithm() {
    let printed = format!("{:?}", key(SigningAlgorithm::HmacSha256, [0x41; 16]));
    assert_eq!(printed, "SigningKey(HmacSha256, ..)");
}
