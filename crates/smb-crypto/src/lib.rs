//! Signing, sealing, key derivation and NTLM's cryptography for SMB.
//!
//! The rules of the protocol are here, once; the algorithms come from a [`Provider`]. The default one,
//! [`RustCrypto`], runs anywhere and uses the CPU's AES and SHA instructions where they exist; another
//! (Windows' CNG, say) is one more implementation of the trait.
//!
//! Secrets are zeroed when dropped, compared in constant time and never printed.
//!
//! * [`SigningKey`]: signatures of whole messages that lie in several pieces (MS-SMB2 3.1.4.1)
//! * [`SealingKey`] and [`OpeningKey`]: messages that nobody else can read (MS-SMB2 3.1.4.3)
//! * [`PreauthHash`] and [`Smb3Keys`]: the keys of SMB 3.x (MS-SMB2 3.1.4.2, 3.1.4.4.1)
//! * [`NtHash`], [`ResponseKey`], [`ExportedSessionKey`]: NTLMv2 (MS-NLMP 3.3.2, 3.4)

#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod boxed;
mod cipher;
mod kdf;
mod nonce;
mod ntlm;
mod ntlm_session;
mod preauth;
mod provider;
mod rust_crypto;
mod sealing;
mod secret;
mod signing;
#[cfg(test)]
mod test_hex;

pub use cipher::Cipher;
pub use kdf::{Direction, KeyLen, KeyPurpose, Smb3Keys, derive_key};
pub use nonce::{Nonce, NonceSequence};
pub use ntlm::{NtHash, NtProof, ResponseKey};
pub use ntlm_session::{ExportedSessionKey, MessageSigner, Side};
pub use preauth::PreauthHash;
pub use provider::{
    Aead, CryptoError, Hash, Keystream, Mac, NonceMac, Provider, RunningAead, RunningMac,
};
pub use rust_crypto::RustCrypto;
pub use sealing::{OpeningKey, SEALED_HEADER_LEN, SealingKey, Tag};
pub use secret::{CipherKey, Key128};
pub use signing::{MessageMac, SIGNED_HEADER_LEN, Signature, SigningAlgorithm, SigningKey};
