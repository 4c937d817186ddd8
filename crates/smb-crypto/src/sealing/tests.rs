use std::vec::Vec;

use super::*;
use crate::kdf::{Direction, Smb3Keys};
use crate::preauth::PreauthHash;

fn keys(cipher: Cipher) -> (SealingKey, OpeningKey) {
    let derive = || {
        let keys = match cipher {
            Cipher::Aes128Ccm => Smb3Keys::Smb30,
            _ => Smb3Keys::Smb311(PreauthHash::START),
        };
        keys.derive_sealing(&[0x5a; 16], cipher, Direction::ClientToServer)
            .unwrap()
    };
    (
        SealingKey::new(derive()).unwrap(),
        OpeningKey::new(derive()).unwrap(),
    )
}

fn header(nonce: &Nonce) -> [u8; SEALED_HEADER_LEN] {
    let mut header = [0xa5; SEALED_HEADER_LEN];
    header[..16].copy_from_slice(nonce.field());
    header
}

#[test]
fn what_was_sealed_opens() {
    for cipher in Cipher::ALL {
        let (sealing, opening) = keys(cipher);
        for len in (0..100).chain([4095, 4096, 4097, 10_000]) {
            let plain: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let nonce = sealing.next_nonce(len).unwrap();
            let header = header(&nonce);
            let mut sealed = std::vec![0; len];
            let tag = sealing
                .seal(nonce, &header, &mut sealed, 0, &[&plain])
                .unwrap();
            opening.open(&header, &tag, &mut [&mut sealed]).unwrap();
            assert_eq!(sealed, plain);
        }
    }
}
