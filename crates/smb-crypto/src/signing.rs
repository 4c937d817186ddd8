//! Signatures of SMB2 messages.

use core::fmt;

use subtle::ConstantTimeEq;

use crate::boxed::Boxed;
use crate::provider::{CryptoError, Mac, NonceMac, Provider, RunningMac};
use crate::rust_crypto::RustCrypto;
use crate::secret::Key128;

/// Length of the SMB2 header, whose last field is the signature (MS-SMB2 2.2.1).
pub const SIGNED_HEADER_LEN: usize = 64;
/// Where in the header the signature starts.
const SIGNATURE_OFFSET: usize = 48;

/// The 16 bytes of a message's signature.
pub type Signature = [u8; 16];

/// How messages are signed (MS-SMB2 2.2.3.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// HMAC-SHA256, cut to 16 bytes: SMB 2.0.2 and 2.1, or negotiated in 3.1.1.
    HmacSha256,
    /// AES-128-CMAC: SMB 3.x unless another was negotiated.
    AesCmac,
    /// AES-128-GMAC: negotiated in 3.1.1. The fastest of the three.
    AesGmac,
}

impl SigningAlgorithm {
    /// The algorithm's number in SMB2_SIGNING_CAPABILITIES (MS-SMB2 2.2.3.1.7).
    #[must_use]
    pub const fn wire_id(self) -> u16 {
        match self {
            Self::HmacSha256 => 0x0000,
            Self::AesCmac => 0x0001,
            Self::AesGmac => 0x0002,
        }
    }
}

/// A session's key for signing, expanded once.
///
/// Whole messages are signed, from the header on, with the header's signature field read as zeros (MS-SMB2 3.1.4.1);
/// the header comes first, alone in its piece or with more behind it.
pub struct SigningKey<P: Provider = RustCrypto> {
    key: Boxed<Expanded<P>>,
    algorithm: SigningAlgorithm,
}

enum Expanded<P: Provider> {
    HmacSha256(P::HmacSha256),
    AesCmac(P::AesCmac),
    AesGmac(P::AesGmac),
}

impl<P: Provider> SigningKey<P> {
    /// Prepares `key` for signing by `algorithm`.
    ///
    /// # Errors
    /// [`CryptoError::ProviderFailed`].
    pub fn new(algorithm: SigningAlgorithm, key: &Key128) -> Result<Self, CryptoError> {
        let key = key.as_bytes();
        let key = Boxed::new(match algorithm {
            SigningAlgorithm::HmacSha256 => Expanded::HmacSha256(P::HmacSha256::new(key)?),
            SigningAlgorithm::AesCmac => Expanded::AesCmac(P::AesCmac::new(key)?),
            SigningAlgorithm::AesGmac => Expanded::AesGmac(P::AesGmac::new(key)?),
        })?;
        Ok(Self { key, algorithm })
    }

    /// The algorithm that the key signs by.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Starts the signature of a message whose first piece, `head`, holds at least the SMB2 header.
    ///
    /// # Errors
    /// [`CryptoError::HeaderTooShort`] or [`CryptoError::ProviderFailed`].
    pub fn begin(&self, head: &[u8]) -> Result<MessageMac<'_, P>, CryptoError> {
        let (header, rest) = head
            .split_at_checked(SIGNED_HEADER_LEN)
            .ok_or(CryptoError::HeaderTooShort)?;
        let fields = header
            .get(..SIGNATURE_OFFSET)
            .ok_or(CryptoError::HeaderTooShort)?;
        let mut mac = MessageMac(match self.key.get()? {
            Expanded::HmacSha256(key) => Running::HmacSha256(key.start()?),
            Expanded::AesCmac(key) => Running::AesCmac(key.start()?),
            Expanded::AesGmac(key) => Running::AesGmac(key.start(&gmac_nonce(fields))?),
        });
        mac.update(fields);
        mac.update(&[0; 16]);
        mac.update(rest);
        Ok(mac)
    }

    /// The signature of the message made of `head` and `rest`.
    ///
    /// # Errors
    /// As [`SigningKey::begin`].
    pub fn sign(&self, head: &[u8], rest: &[&[u8]]) -> Result<Signature, CryptoError> {
        let mut mac = self.begin(head)?;
        for part in rest {
            mac.update(part);
        }
        Ok(mac.finish())
    }

    /// Compares the signature in the header with the one the message should have, in constant time.
    ///
    /// # Errors
    /// [`CryptoError::Mismatch`], or as [`SigningKey::begin`].
    pub fn verify(&self, head: &[u8], rest: &[&[u8]]) -> Result<(), CryptoError> {
        let received = head
            .get(SIGNATURE_OFFSET..)
            .and_then(|rest| rest.first_chunk())
            .ok_or(CryptoError::HeaderTooShort)?;
        let mut mac = self.begin(head)?;
        for part in rest {
            mac.update(part);
        }
        mac.verify(received)
    }
}

impl<P: Provider> fmt::Debug for SigningKey<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, ..)", self.algorithm())
    }
}

/// The signature of one message, while its pieces are added in order.
pub struct MessageMac<'k, P: Provider = RustCrypto>(Running<'k, P>);

enum Running<'k, P: Provider> {
    HmacSha256(<P::HmacSha256 as Mac<32>>::Running<'k>),
    AesCmac(<P::AesCmac as Mac<16>>::Running<'k>),
    AesGmac(<P::AesGmac as NonceMac>::Running<'k>),
}

impl<P: Provider> MessageMac<'_, P> {
    /// Adds the message's next bytes.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            Running::HmacSha256(mac) => mac.update(data),
            Running::AesCmac(mac) => mac.update(data),
            Running::AesGmac(mac) => mac.update(data),
        }
    }

    /// The signature.
    #[must_use]
    pub fn finish(self) -> Signature {
        match self.0 {
            Running::HmacSha256(mac) => {
                let [half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = mac.finish();
                half
            }
            Running::AesCmac(mac) => mac.finish(),
            Running::AesGmac(mac) => mac.finish(),
        }
    }

    /// Compares the signature with the one that was received, in constant time.
    ///
    /// # Errors
    /// [`CryptoError::Mismatch`].
    pub fn verify(self, received: &Signature) -> Result<(), CryptoError> {
        if bool::from(self.finish().ct_eq(received)) {
            Ok(())
        } else {
            Err(CryptoError::Mismatch)
        }
    }
}

impl<P: Provider> fmt::Debug for MessageMac<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageMac(..)")
    }
}

/// The nonce of AES-GMAC (MS-SMB2 3.1.4.1): the message id, a bit for the server's messages and one for CANCEL, which has the
/// message id of the request it cancels.
///
/// It comes once for a key as message ids do: a connection counts them up in 64 bits (MS-SMB2 3.2.4.1.3), and each connection
/// that a session uses has a signing key of its own (3.2.5.3.3).
fn gmac_nonce(header: &[u8]) -> [u8; 12] {
    const COMMAND: usize = 12;
    const CANCEL: u8 = 0x0C;
    const FLAGS: usize = 16;
    const SERVER_TO_REDIR: u8 = 1;
    const MESSAGE_ID: core::ops::Range<usize> = 24..32;

    let mut nonce = [0; 12];
    for (place, byte) in nonce
        .iter_mut()
        .zip(header.get(MESSAGE_ID).unwrap_or_default())
    {
        *place = *byte;
    }
    let from_server = header
        .get(FLAGS)
        .is_some_and(|flags| flags & SERVER_TO_REDIR != 0);
    let is_cancel = header
        .get(COMMAND)
        .is_some_and(|command| *command == CANCEL);
    if let Some(place) = nonce.get_mut(MESSAGE_ID.len()) {
        *place = u8::from(from_server) | u8::from(is_cancel) << 1;
    }
    nonce
}

#[cfg(test)]
mod tests;
