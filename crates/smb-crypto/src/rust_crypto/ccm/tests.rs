//! Vectors: NIST SP 800-38C appendix C, examples 1 to 4. Their nonces, headers and tags have other lengths than SMB's, so the
//! tests make the first blocks; the rest is the code that SMB uses.

use std::vec::Vec;

use super::*;
use crate::provider::RunningAead;
use crate::test_hex::{hex, hex_n};

const KEY: &str = "404142434445464748494a4b4c4d4e4f";

/// A block of CCM's for a nonce of any length.
fn block(flags: u8, nonce: &[u8], number: usize) -> Block {
    let mut block = [0; BLOCK];
    block[8..].copy_from_slice(&(number as u64).to_be_bytes());
    block[0] = flags | (14 - nonce.len()) as u8;
    block[1..=nonce.len()].copy_from_slice(nonce);
    block
}

#[track_caller]
fn check(nonce: &str, header: &[u8], plain: &str, sealed: &str, tag: &str) {
    let key = AesCcm::new(&hex(KEY)).unwrap();
    let (nonce, plain, tag) = (hex(nonce), hex(plain), hex(tag));
    let flags = 1 << 6 | ((tag.len() - 2) / 2) << 3;
    let mut start = block(flags as u8, &nonce, plain.len()).to_vec();
    match u16::try_from(header.len()) {
        Ok(len) if len < 0xff00 => start.extend(len.to_be_bytes()),
        _ => {
            start.extend([0xff, 0xfe]);
            start.extend((header.len() as u32).to_be_bytes());
        }
    }
    start.extend(header);
    start.resize(start.len().next_multiple_of(BLOCK), 0);
    let begin = || key.begin(block(0, &nonce, 0), start.as_chunks().0).unwrap();
    let mut message = plain.clone();
    let mut running = begin();
    running.seal(&mut message);
    assert_eq!(message, hex(sealed));
    assert_eq!(running.finish()[..tag.len()], tag);
    let mut running = begin();
    running.open(&mut message);
    assert_eq!(message, plain);
    assert_eq!(running.finish()[..tag.len()], tag);
}

#[test]
fn examples_1_to_4_match_nists() {
    check(
        "10111213141516",
        &hex("0001020304050607"),
        "20212223",
        "7162015b",
        "4dac255d",
    );
    check(
        "1011121314151617",
        &hex("000102030405060708090a0b0c0d0e0f"),
        "202122232425262728292a2b2c2d2e2f",
        "d2a1f0e051ea5f62081a7792073d593d",
        "1fc64fbfaccd",
    );
    check(
        "101112131415161718191a1b",
        &hex("000102030405060708090a0b0c0d0e0f10111213"),
        "202122232425262728292a2b2c2d2e2f3031323334353637",
        "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5",
        "484392fbc1b09951",
    );
    let header: Vec<u8> = (0..=255).cycle().take(524_288 / 8).collect();
    check(
        "101112131415161718191a1b1c",
        &header,
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
        "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72",
        "b4ac6bec93e8598e7f0dadbcea5b",
    );
}

#[test]
fn smbs_first_blocks_are_those_of_the_specification() {
    let nonce = hex_n("66e69a111892584fb5ed52");
    assert_eq!(numbered(3, &nonce, 0), block(0, &nonce, 0));
    assert_eq!(numbered(0x7b, &nonce, 0x87), block(0x78, &nonce, 0x87));
}

#[test]
fn a_message_longer_than_its_length_field_is_refused() {
    let key = AesCcm::new(&hex(KEY)).unwrap();
    let start = |len| key.start(&[0; 11], &[0; 32], len).map(drop);
    assert_eq!(start(0xffff_ffff), Ok(()));
    assert_eq!(start(0x1_0000_0000), Err(CryptoError::LengthMismatch));
}
