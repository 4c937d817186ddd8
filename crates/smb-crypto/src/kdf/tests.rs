//! Vectors:
//! * NIST CAVP, "SP 800-108 KDF in Counter Mode" (CounterMode.zip, CAVS 14.4), HMAC_SHA256, counter of 32 bits before the fixed
//!   data: cases 0, 1, 10 and 11, of 128 and 256 bits, as in pyca/cryptography's `nist-800-108-counterkdf-SHA256.txt`;
//! * Microsoft Open Specifications blog: "SMB 2 and SMB 3 security in Windows 10: the anatomy of signing and cryptographic
//!   keys" (2017), and for the sessions that `sealing::microsoft` has the messages of: "Encryption in SMB 3.0: A protocol
//!   perspective" (2012) and "SMB 3.1.1 Encryption in Windows 10" (2015);
//! * OpenSSL for keys of 256 bits, which no published session has: `vectors/keys.txt`, made by `vectors/make.py`.

use std::vec::Vec;

use super::*;
use crate::test_hex::{hex, hex_n};

#[track_caller]
fn check_first_round(key: &str, fixed: &str, derived: &str) {
    let derived = hex(derived);
    let round = first_round::<RustCrypto>(&hex(key), [&hex(fixed), &[], &[], &[]]).unwrap();
    assert_eq!(round[..derived.len()], derived);
}

#[test]
fn counter_mode_matches_nists_vectors() {
    check_first_round(
        "dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0",
        "01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b8
         64a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac",
        "10621342bfb0fd40046c0e29f2cfdbf0",
    );
    check_first_round(
        "32c4003872a146194023eac1bda74ddf2b66977dad8a554b974ca2a62f7e4f43",
        "33d8cf6d0c759fb622d867ea8cf1285de4020af81cc287addf38cc2da4643e6d
         b3b215ad3e33bfc47877c3620e336887c3c9ad4a1c6c0476b0f90a33",
        "f593af0e1a492a7b904a2662897fa1c1",
    );
    check_first_round(
        "e204d6d466aad507ffaf6d6dab0a5b26152c9e21e764370464e360c8fbc765c6",
        "7b03b98d9f94b899e591f3ef264b71b193fba7043c7e953cde23bc5384bc1a62
         93580115fae3495fd845dadbd02bd6455cf48d0f62b33e62364a3a80",
        "770dfab6a6a4a4bee0257ff335213f78d8287b4fd537d5c1fffa956910e7c779",
    );
    check_first_round(
        "aeeeca60f689a441b13b0cbcd441d82df0cf87dac236290dece8931df8d70317",
        "588ec041e5733b7031212c5538efe4f6aafa4cda8b925d261f5a2688f007b3ac
         240ee12991e77b8cb8538678615966164a81872bd1cfcbfb39a4f450",
        "3e81d6113cee3c529ecedff89a6999ce25b618c15ee1d19d45cb376a1c8e2374",
    );
}

/// Keys in the order of Microsoft's examples: signing, encryption and decryption as the client has them, application.
#[track_caller]
fn check_session(keys: &Smb3Keys, cipher: Cipher, session_key: &str, expected: [&str; 4]) {
    let session_key = Key128::new(hex_n(session_key));
    let derive = |purpose| {
        let key = keys.derive(&session_key, purpose).unwrap();
        key.as_bytes().to_vec()
    };
    let derive_sealing = |direction| {
        let key = keys.derive_sealing(session_key.as_bytes(), cipher, direction);
        key.unwrap().as_bytes().to_vec()
    };
    let derived = [
        derive(KeyPurpose::Signing),
        derive_sealing(Direction::ClientToServer),
        derive_sealing(Direction::ServerToClient),
        derive(KeyPurpose::Application),
    ];
    assert_eq!(derived, expected.map(hex));
}

#[test]
fn smb_3_0_keys_match_microsofts_examples() {
    check_session(
        &Smb3Keys::Smb30,
        Cipher::Aes128Ccm,
        "7CD451825D0450D235424E44BA6E78CC",
        [
            "0B7E9C5CAC36C0F6EA9AB275298CEDCE",
            "FAD27796665B313EBB578F388632B4F7",
            "B0F0427F7CEB416D1D9DCC0CD4F99447",
            "BB23A4575AA26C721AF525AF15A87B4F",
        ],
    );
    check_session(
        &Smb3Keys::Smb30,
        Cipher::Aes128Ccm,
        "B4546771B515F766A86735532DD6C4F0",
        [
            "F773CD23C18FD1E08EE510CADA7CF852",
            "261B72350558F2E9DCF613070383EDBF",
            "8FE2B57EC34D2DB5B1A9727F526BBDB5",
            "77432F808CE99156B5BC6A3676D730D1",
        ],
    );
}

#[test]
fn smb_3_1_1_keys_match_microsofts_examples() {
    check_session(
        &Smb3Keys::Smb311(crate::preauth::tests::microsofts_final_hash()),
        Cipher::Aes128Gcm,
        "270E1BA896585EEB7AF3472D3B4C75A7",
        [
            "73FE7A9A77BEF0BDE49C650D8CCB5F76",
            "629BCBC54422A0F572B97F45989B6073",
            "E2AF0DCEFAC68DA71A0DFBD0D1350D74",
            "6D7AD7954E9EC61E907B4D473DC178FF",
        ],
    );
    check_session(
        &Smb3Keys::Smb311(PreauthHash::from_bytes(hex_n(
            "B23F3CBFD69487D9832B79B1594A367CDD950909B774C3A4C412B4FCEA9EDDDB
             A7DB256BA2EA30E977F11F9B113247578E0E915C6D2A513B8F2FCA5707DC8770",
        ))),
        Cipher::Aes128Gcm,
        "419FDDF34C1E001909D362AE7FB6AF79",
        [
            "8765949DFEAEE105CE9118B45BE988F0",
            "A2F5E80E5D59103034F32E52F698E5EC",
            "748C50868C90F302962A5C35F5F9A8BF",
            "099D610789FBE82055B313601C3E8CC4",
        ],
    );
    check_session(
        &Smb3Keys::Smb311(PreauthHash::from_bytes(hex_n(
            "DECF98A420718718F22090D3580FCC5E484BD310FA1268210C6E86335A8891E7
             67F5BCD99FA5A7859D665AD07A73EA94E1BCDB7CFA69A6962A28A244138340B1",
        ))),
        Cipher::Aes128Ccm,
        "07B7F69C1E2581662DF6987E88F9E891",
        [
            "3DCC82C5795AE27F383242761078C59B",
            "DFAAA31AAE40A2485D47AC4DF09FDA1D",
            "95C544AEF6072680DA1CE49A68A97FA6",
            "7A2F0F73EC2D530879B2913BBFCE242F",
        ],
    );
}

#[test]
fn sealing_keys_of_both_lengths_are_openssls() {
    let lines = include_str!("../../vectors/keys.txt").lines();
    let mut checked = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let [direction, session_key, hash, derived] = fields[..] else {
            panic!("a line has four fields: {line}");
        };
        let direction = match direction {
            "c2s" => Direction::ClientToServer,
            _ => Direction::ServerToClient,
        };
        let (derived, session_key) = (hex(derived), hex(session_key));
        let cipher = match derived.len() {
            16 => Cipher::Aes128Gcm,
            _ => Cipher::Aes256Gcm,
        };
        let keys = Smb3Keys::Smb311(PreauthHash::from_bytes(hex_n(hash)));
        let key = keys
            .derive_sealing(&session_key, cipher, direction)
            .unwrap();
        assert_eq!(key.as_bytes(), derived);
        checked += 1;
    }
    assert_eq!(checked, 8);
}

#[test]
fn before_3_1_1_there_is_no_cipher_but_aes_128_ccm() {
    for cipher in Cipher::ALL {
        let derived = Smb3Keys::Smb30.derive_sealing(&[0; 16], cipher, Direction::ClientToServer);
        let expected = match cipher {
            Cipher::Aes128Ccm => None,
            _ => Some(CryptoError::NotInDialect),
        };
        assert_eq!(derived.err(), expected);
    }
}
