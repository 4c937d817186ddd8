//! Vectors: test cases 1 to 4 and 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, which
//! NIST's SP 800-38D refers to. (The other cases have keys of 192 bits or nonces of other lengths.)

use std::vec::Vec;

use super::*;
use crate::provider::RunningAead;
use crate::test_hex::{hex, hex_n};

const KEY: &str = "feffe9928665731c6d6a8f9467308308";
const NONCE: &str = "cafebabefacedbaddecaf888";
const HEADER: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const PLAIN: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";

#[track_caller]
fn check(key: &[u8], nonce: &str, header: &str, plain: &[u8], sealed: &str, tag: &str) {
    let key = AesGcm::new(key).unwrap();
    let header = hex(header);
    let mut filled_up = header.clone();
    filled_up.resize(header.len().next_multiple_of(BLOCK), 0);
    let begin = || {
        key.begin(&hex_n(nonce), filled_up.as_chunks().0, header.len())
            .unwrap()
    };
    let mut message = plain.to_vec();
    let mut running = begin();
    running.seal(&mut message);
    assert_eq!(message, hex(sealed));
    assert_eq!(running.finish(), hex_n(tag));
    let mut running = begin();
    running.open(&mut message);
    assert_eq!(message, plain);
    assert_eq!(running.finish(), hex_n(tag));
}

fn twice(key: &str) -> Vec<u8> {
    [hex(key), hex(key)].concat()
}

#[test]
fn keys_of_128_bits_match_the_specification_of_gcm() {
    let zeros = "00000000000000000000000000000000";
    let nonce = &zeros[..24];
    check(
        &hex(zeros),
        nonce,
        "",
        &[],
        "",
        "58e2fccefa7e3061367f1d57a4e7455a",
    );
    check(
        &hex(zeros),
        nonce,
        "",
        &[0; 16],
        "0388dace60b6a392f328c2b971b2fe78",
        "ab6e47d42cec13bdf53a67b21257bddf",
    );
    check(
        &hex(KEY),
        NONCE,
        "",
        &hex(PLAIN),
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
         21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
        "4d5c2af327cd64a62cf35abd2ba6fab4",
    );
    check(
        &hex(KEY),
        NONCE,
        HEADER,
        &hex(PLAIN)[..60],
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
         21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
        "5bc94fbc3221a5db94fae95ae7121a47",
    );
}

#[test]
fn keys_of_256_bits_match_the_specification_of_gcm() {
    let zeros = "00000000000000000000000000000000";
    let nonce = &zeros[..24];
    check(
        &twice(zeros),
        nonce,
        "",
        &[],
        "",
        "530f8afbc74536b9a963b4f1c4cb738b",
    );
    check(
        &twice(zeros),
        nonce,
        "",
        &[0; 16],
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    );
    check(
        &twice(KEY),
        NONCE,
        "",
        &hex(PLAIN),
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
         8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
        "b094dac5d93471bdec1a502270e3cc6c",
    );
    check(
        &twice(KEY),
        NONCE,
        HEADER,
        &hex(PLAIN)[..60],
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
         8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    );
}

#[test]
fn a_key_of_another_length_is_refused() {
    for len in [0, 15, 17, 24, 31, 33] {
        let refused = AesGcm::new(&std::vec![0; len]).err();
        assert_eq!(refused, Some(CryptoError::BadKeyLength));
    }
}
