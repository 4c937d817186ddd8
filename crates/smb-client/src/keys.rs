//! The keys of a session.

use smb_crypto::{SigningAlgorithm, SigningKey};

/// What protects a session's messages. Sealing keys will join the signing key here.
#[derive(Debug)]
pub struct SessionKeys {
    signing: SigningKey,
}

impl SessionKeys {
    /// Keys with which messages are signed in both directions.
    #[must_use]
    pub const fn new(signing: SigningKey) -> Self {
        Self { signing }
    }

    /// The key that signs and verifies.
    #[must_use]
    pub const fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// How messages are signed.
    #[must_use]
    pub fn signing_algorithm(&self) -> SigningAlgorithm {
        self.signing.algorithm()
    }
}
