//! Vectors: `vectors/sealed.txt`, which OpenSSL made by way of `vectors/make.py`. What follows holds for any message.

use std::format;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::test_hex::hex;

/// Both keys of a direction.
fn keys(cipher: Cipher, bytes: &[u8]) -> (SealingKey, OpeningKey) {
    let key = || {
        let mut key = Zeroizing::new([0; 32]);
        key[..bytes.len()].copy_from_slice(bytes);
        CipherKey::new(cipher, key)
    };
    assert_eq!(key().as_bytes(), bytes);
    (
        SealingKey::new(key()).unwrap(),
        OpeningKey::new(key()).unwrap(),
    )
}

fn some_keys(cipher: Cipher) -> (SealingKey, OpeningKey) {
    keys(cipher, &[0x5a; 32][..cipher.key_len()])
}

fn header(nonce: &Nonce) -> [u8; SEALED_HEADER_LEN] {
    let mut header = [0xa5; SEALED_HEADER_LEN];
    header[..16].copy_from_slice(nonce.field());
    header
}

struct Sealed {
    header: [u8; SEALED_HEADER_LEN],
    tag: Tag,
    message: Vec<u8>,
}

fn sealed(key: &SealingKey, plain: &[u8], in_place: usize, rest: &[&[u8]]) -> Sealed {
    let nonce = key.next_nonce(plain.len()).unwrap();
    let header = header(&nonce);
    let mut message = plain.to_vec();
    // What is not there yet must not matter.
    message[in_place..].fill(0xee);
    let tag = key
        .seal(nonce, &header, &mut message, in_place, rest)
        .unwrap();
    Sealed {
        header,
        tag,
        message,
    }
}

/// `data` in pieces that end at `cuts`, taken modulo its length.
fn pieces<'a>(data: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (data.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(data.len());
    let mut start = 0;
    cuts.iter()
        .map(|end| {
            let piece = &data[start..*end];
            start = *end;
            piece
        })
        .collect()
}

fn pieces_mut<'a>(mut data: &'a mut [u8], cuts: &[usize]) -> Vec<&'a mut [u8]> {
    let lens: Vec<usize> = pieces(data, cuts).iter().map(|piece| piece.len()).collect();
    lens.iter()
        .map(|len| data.split_off_mut(..*len).unwrap())
        .collect()
}

#[test]
fn every_cipher_gives_what_openssl_gives() {
    let mut checked = 0;
    for line in include_str!("../../vectors/sealed.txt").lines() {
        let (id, fields) = line.split_once(' ').unwrap();
        let cipher = Cipher::from_wire_id(id.parse().unwrap()).unwrap();
        let fields: Vec<Vec<u8>> = fields
            .split(' ')
            .map(|field| hex(field.trim_matches('-')))
            .collect();
        let [key, header, plain, sealed, tag] = &fields[..] else {
            panic!("a line has six fields: {line}");
        };
        let (sealing, opening) = keys(cipher, key);
        let header: [u8; SEALED_HEADER_LEN] = header[..].try_into().unwrap();
        let tag: Tag = tag[..].try_into().unwrap();

        let mut message = plain.clone();
        let nonce = Nonce::chosen(header[..16].try_into().unwrap(), plain.len());
        let made = sealing.seal(nonce, &header, &mut message, plain.len(), &[]);
        assert_eq!((made, &message), (Ok(tag), sealed));
        let opened = opening.open(&header, &tag, &mut [&mut message]);
        assert_eq!((opened, &message), (Ok(()), plain));
        checked += 1;
    }
    assert_eq!(checked, 4 * 24);
}

proptest! {
    #[test]
    fn the_pieces_a_message_comes_in_do_not_matter(
        cipher in prop::sample::select(&Cipher::ALL[..]),
        plain in prop_oneof![vec(any::<u8>(), 0..600), vec(any::<u8>(), 8000..9000)],
        in_place: usize,
        gather in vec(any::<usize>(), 0..6),
        scatter in vec(any::<usize>(), 0..6),
    ) {
        let in_place = in_place % (plain.len() + 1);
        let (whole, opening) = some_keys(cipher);
        let (piecewise, _) = some_keys(cipher);
        let expected = sealed(&whole, &plain, plain.len(), &[]);
        let Sealed { header, tag, mut message } =
            sealed(&piecewise, &plain, in_place, &pieces(&plain[in_place..], &gather));
        prop_assert_eq!(header, expected.header);
        prop_assert_eq!(tag, expected.tag);
        prop_assert_eq!(&message, &expected.message);
        let opened = opening.open(&header, &tag, &mut pieces_mut(&mut message, &scatter));
        prop_assert_eq!(opened, Ok(()));
        prop_assert_eq!(message, plain);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused_and_leaves_no_plaintext(
        cipher in prop::sample::select(&Cipher::ALL[..]),
        plain in vec(any::<u8>(), 0..400),
        bit: usize,
        scatter in vec(any::<usize>(), 0..4),
    ) {
        let (sealing, opening) = some_keys(cipher);
        let Sealed { mut header, mut tag, mut message } = sealed(&sealing, &plain, plain.len(), &[]);
        let bit = bit % ((header.len() + tag.len() + message.len()) * 8);
        let parts: [&mut [u8]; 3] = [&mut header, &mut tag, &mut message];
        *parts.into_iter().flatten().nth(bit / 8).unwrap() ^= 1 << (bit % 8);
        let opened = opening.open(&header, &tag, &mut pieces_mut(&mut message, &scatter));
        prop_assert_eq!(opened, Err(CryptoError::Mismatch));
        prop_assert!(message.iter().all(|byte| *byte == 0));
    }
}

#[test]
fn every_single_bit_of_a_sealed_message_counts() {
    for cipher in Cipher::ALL {
        let (sealing, opening) = some_keys(cipher);
        let plain = [0x77; 37];
        let sealed = sealed(&sealing, &plain, 0, &[&plain]);
        let mut all = [&sealed.header[..], &sealed.tag, &sealed.message].concat();
        for bit in 0..all.len() * 8 {
            all[bit / 8] ^= 1 << (bit % 8);
            let mut message = all[48..].to_vec();
            let opened = opening.open(
                all[..32].try_into().unwrap(),
                all[32..48].try_into().unwrap(),
                &mut [&mut message],
            );
            assert_eq!(opened, Err(CryptoError::Mismatch));
            assert_eq!(message, [0; 37]);
            all[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn a_message_cut_short_or_drawn_out_is_refused() {
    for cipher in Cipher::ALL {
        let (sealing, opening) = some_keys(cipher);
        let plain = [0x77; 40];
        let sealed = sealed(&sealing, &plain, 0, &[&plain]);
        for len in (0..40).chain([41, 48]) {
            let mut message = sealed.message.clone();
            message.resize(len, 0);
            let opened = opening.open(&sealed.header, &sealed.tag, &mut [&mut message]);
            assert_eq!(opened, Err(CryptoError::Mismatch));
            assert_eq!(message, std::vec![0; len]);
        }
    }
}

#[test]
fn the_keys_of_the_two_directions_do_not_open_each_others_messages() {
    for cipher in Cipher::ALL {
        let (sealing, _) = some_keys(cipher);
        let (_, other) = keys(cipher, &[0x5b; 32][..cipher.key_len()]);
        let mut sealed = sealed(&sealing, b"message", 7, &[]);
        let opened = other.open(&sealed.header, &sealed.tag, &mut [&mut sealed.message]);
        assert_eq!(opened, Err(CryptoError::Mismatch));
    }
}

#[test]
fn the_header_must_hold_the_nonce() {
    let (sealing, _) = some_keys(Cipher::Aes128Gcm);
    let header = header(&sealing.next_nonce(4).unwrap());
    let other = sealing.next_nonce(4).unwrap();
    let refused = sealing.seal(other, &header, &mut [0; 4], 4, &[]);
    assert_eq!(refused, Err(CryptoError::NotTheNonce));
}

#[test]
fn pieces_must_fill_the_message_and_the_message_be_as_long_as_its_nonce_is_for() {
    let (sealing, _) = some_keys(Cipher::Aes128Gcm);
    let try_seal = |announced: usize, len: usize, in_place: usize, rest: &[&[u8]]| {
        let nonce = sealing.next_nonce(announced).unwrap();
        let header = header(&nonce);
        sealing
            .seal(nonce, &header, &mut std::vec![0; len], in_place, rest)
            .map(drop)
    };
    let refused = Err(CryptoError::LengthMismatch);
    assert_eq!(try_seal(8, 8, 2, &[b"abc", b"", b"def"]), Ok(()));
    assert_eq!(try_seal(8, 9, 2, &[b"abcdefg"]), refused);
    assert_eq!(try_seal(8, 8, 2, &[b"abcdefg"]), refused);
    assert_eq!(try_seal(8, 8, 2, &[b"abcde"]), refused);
    assert_eq!(try_seal(8, 8, 9, &[]), refused);
    assert_eq!(try_seal(8, 8, usize::MAX, &[b"abcdefghi"]), refused);
}

#[test]
fn a_key_ends_when_it_has_sealed_all_that_it_may() {
    let key = CipherKey::new(Cipher::Aes256Gcm, Zeroizing::new([3; 32]));
    let sealing: SealingKey = SealingKey::with_limit(key, 3).unwrap();
    sealed(&sealing, b"sixteen bytes...", 16, &[]);
    let refused = sealing.next_nonce(16).err();
    assert_eq!(refused, Some(CryptoError::KeyExhausted));
}

#[test]
fn printing_a_key_shows_only_its_cipher() {
    let (sealing, opening) = some_keys(Cipher::Aes128Ccm);
    assert_eq!(format!("{sealing:?}"), "SealingKey(Aes128Ccm, ..)");
    assert_eq!(format!("{opening:?}"), "OpeningKey(Aes128Ccm, ..)");
    let key = CipherKey::new(Cipher::Aes256Ccm, Zeroizing::new([0x41; 32]));
    assert_eq!(format!("{key:?}"), "CipherKey(Aes256Ccm, ..)");
}
