use std::collections::HashSet;
use std::{format, thread};

use super::*;

fn number(nonce: &Nonce) -> u128 {
    u128::from_le_bytes(*nonce.field())
}

#[test]
fn nonces_grow_and_leave_the_field_behind_them_zero() {
    for cipher in Cipher::ALL {
        let nonces = NonceSequence::new(cipher);
        let mut last = None;
        for len in (0..100).chain([1 << 20, 8 << 20]) {
            let nonce = nonces.next(len).unwrap();
            assert!(last < Some(number(&nonce)));
            assert_eq!(
                nonce.field()[cipher.nonce_len()..],
                [0; 5][..16 - cipher.nonce_len()]
            );
            last = Some(number(&nonce));
        }
    }
}

#[test]
fn nonces_handed_to_many_threads_are_all_different() {
    let nonces = NonceSequence::new(Cipher::Aes128Gcm);
    let mut seen = HashSet::new();
    thread::scope(|scope| {
        let takers: [_; 4] = core::array::from_fn(|_| {
            scope.spawn(|| [(); 1000].map(|()| number(&nonces.next(0).unwrap())))
        });
        for taker in takers {
            seen.extend(taker.join().unwrap());
        }
    });
    assert_eq!(seen.len(), 4000);
}

#[test]
fn a_message_costs_as_many_blocks_as_the_cipher_works_on() {
    let cost = |cipher, len| blocks(cipher, len).unwrap();
    assert_eq!(cost(Cipher::Aes128Gcm, 0), 1);
    assert_eq!(cost(Cipher::Aes256Gcm, 1), 2);
    assert_eq!(cost(Cipher::Aes128Gcm, 32), 3);
    // One block describes the message, three hold the header, one covers the code.
    assert_eq!(cost(Cipher::Aes128Ccm, 0), 5);
    assert_eq!(cost(Cipher::Aes256Ccm, 17), 9);
}

#[test]
fn a_worn_out_key_gives_no_more_nonces() {
    let nonces = NonceSequence::with_limit(Cipher::Aes128Gcm, 10);
    // Nine blocks are spoken for, so only an empty message is left room for.
    nonces.next(8 * 16).unwrap();
    assert_eq!(nonces.next(1).err(), Some(CryptoError::KeyExhausted));
    nonces.next(0).unwrap();
    for _ in 0..3 {
        assert_eq!(nonces.next(0).err(), Some(CryptoError::KeyExhausted));
    }
}

#[test]
fn no_limit_exceeds_that_of_the_algorithms() {
    let nonces = NonceSequence::with_limit(Cipher::Aes128Gcm, u64::MAX);
    let all = (NonceSequence::LIMIT as usize - 1) * 16;
    assert_eq!(nonces.next(all + 1).err(), Some(CryptoError::KeyExhausted));
    assert_eq!(
        nonces.next(usize::MAX).err(),
        Some(CryptoError::KeyExhausted)
    );
    nonces.next(all).unwrap();
    assert_eq!(nonces.next(0).err(), Some(CryptoError::KeyExhausted));
}

#[test]
fn printing_a_nonce_shows_none_of_it() {
    let nonce = NonceSequence::new(Cipher::Aes128Gcm).next(0).unwrap();
    assert_eq!(format!("{nonce:?}"), "Nonce(..)");
}
