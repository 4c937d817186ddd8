//! Vectors: Microsoft Open Specifications blog, "SMB 2 and SMB 3 security in Windows 10: the anatomy of signing and
//! cryptographic keys" (sessions of dialects 3.0 and 3.1.1).

use super::*;
use crate::test_hex::{hex, hex_n};

#[test]
fn smb_3_0_keys_match_microsofts_example() {
    let session_key = Key128::new(hex_n("7CD451825D0450D235424E44BA6E78CC"));
    let derive = |purpose| {
        *Smb3Keys::Smb30
            .derive(&session_key, purpose)
            .unwrap()
            .as_bytes()
    };
    let derive_sealing = |direction| {
        Smb3Keys::Smb30
            .derive_sealing(session_key.as_bytes(), Cipher::Aes128Ccm, direction)
            .unwrap()
            .as_bytes()
            .to_vec()
    };
    assert_eq!(
        derive(KeyPurpose::Signing),
        hex_n("0B7E9C5CAC36C0F6EA9AB275298CEDCE")
    );
    assert_eq!(
        derive_sealing(Direction::ClientToServer),
        hex("FAD27796665B313EBB578F388632B4F7")
    );
    assert_eq!(
        derive_sealing(Direction::ServerToClient),
        hex("B0F0427F7CEB416D1D9DCC0CD4F99447")
    );
    assert_eq!(
        derive(KeyPurpose::Application),
        hex_n("BB23A4575AA26C721AF525AF15A87B4F")
    );
}

#[test]
fn smb_3_1_1_keys_match_microsofts_example() {
    let session_key = Key128::new(hex_n("270E1BA896585EEB7AF3472D3B4C75A7"));
    let keys = Smb3Keys::Smb311(crate::preauth::tests::microsofts_final_hash());
    let derive = |purpose| *keys.derive(&session_key, purpose).unwrap().as_bytes();
    let derive_sealing = |direction| {
        keys.derive_sealing(session_key.as_bytes(), Cipher::Aes128Gcm, direction)
            .unwrap()
            .as_bytes()
            .to_vec()
    };
    assert_eq!(
        derive(KeyPurpose::Signing),
        hex_n("73FE7A9A77BEF0BDE49C650D8CCB5F76")
    );
    assert_eq!(
        derive_sealing(Direction::ClientToServer),
        hex("629BCBC54422A0F572B97F45989B6073")
    );
    assert_eq!(
        derive_sealing(Direction::ServerToClient),
        hex("E2AF0DCEFAC68DA71A0DFBD0D1350D74")
    );
    assert_eq!(
        derive(KeyPurpose::Application),
        hex_n("6D7AD7954E9EC61E907B4D473DC178FF")
    );
}
