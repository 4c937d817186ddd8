//! The keys of a session, and how they protect its messages.

use smb_crypto::{
    Cipher, CryptoError, Direction, Key128, OpeningKey, SEALED_HEADER_LEN, SealingKey,
    SigningAlgorithm, SigningKey, Smb3Keys,
};
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::{EmitError, Writer};

use crate::error::ClientError;

/// How a message is protected, and with what.
#[derive(Clone, Copy, Debug)]
pub enum Protection<'k> {
    /// Not at all: before there is a session, in a guest's, or where nobody demands it. A signature that comes all the same is not
    /// looked at: whoever could forge one could leave it out.
    None,
    /// Signed: anybody may read it, nobody may change it (MS-SMB2 3.1.4.1).
    Signed(&'k SessionKeys),
    /// Encrypted and authenticated; a signature would add nothing (MS-SMB2 3.1.4.3).
    Sealed(&'k Sealing),
}

impl Protection<'_> {
    /// Whether the message is encrypted.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        matches!(self, Self::Sealed(_))
    }
}

/// What protects a session's messages. Wiped when dropped.
#[derive(Debug)]
pub struct SessionKeys {
    signing: SigningKey,
    sealing: Option<Sealing>,
}

impl SessionKeys {
    /// Keys with which messages are signed in both directions, and sealed if the connection has a cipher.
    #[must_use]
    pub const fn new(signing: SigningKey, sealing: Option<Sealing>) -> Self {
        Self { signing, sealing }
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

    /// The keys that seal and open, where client and server have a cipher in common.
    #[must_use]
    pub const fn sealing(&self) -> Option<&Sealing> {
        self.sealing.as_ref()
    }
}

/// A session's keys for encryption: one for each direction.
#[derive(Debug)]
pub struct Sealing {
    to_server: SealingKey,
    from_server: OpeningKey,
}

impl Sealing {
    /// Derives the client's keys. To be done once for a session: a key that is made twice would use its nonces twice.
    ///
    /// # Errors
    /// [`ClientError::Crypto`].
    #[inline(never)]
    pub fn derive(
        keys: &Smb3Keys,
        session_key: &Key128,
        cipher: Cipher,
    ) -> Result<Self, ClientError> {
        let key = |direction| keys.derive_sealing(session_key.as_bytes(), cipher, direction);
        Ok(Self::new(
            SealingKey::new(key(Direction::ClientToServer)?)?,
            OpeningKey::new(key(Direction::ServerToClient)?)?,
        ))
    }

    /// Takes the key for what this side sends, and the one for what the other sends.
    #[must_use]
    pub const fn new(to_server: SealingKey, from_server: OpeningKey) -> Self {
        Self {
            to_server,
            from_server,
        }
    }

    /// How messages are encrypted.
    #[must_use]
    pub const fn cipher(&self) -> Cipher {
        self.to_server.cipher()
    }

    /// Seals what lies in `frame` behind the room for a transform header, and writes that header (MS-SMB2 3.1.4.3).
    ///
    /// # Errors
    /// [`ClientError::KeyExhausted`] when the session must end, [`ClientError::Emit`], [`ClientError::Crypto`]. What is in
    /// `frame` then must not be sent.
    pub fn seal(&self, session_id: u64, frame: &mut [u8]) -> Result<(), ClientError> {
        let (place, message) = frame
            .split_at_mut_checked(TransformHeader::LEN)
            .ok_or(EmitError::BufferFull)?;
        let nonce = self.to_server.next_nonce(message.len())?;
        let header = TransformHeader {
            signature: [0; 16],
            nonce: *nonce.field(),
            original_message_size: u32::try_from(message.len())
                .map_err(|_| EmitError::TooLong("OriginalMessageSize"))?,
            session_id,
        };
        header.emit(&mut Writer::new(place))?;
        let len = message.len();
        let authenticated = authenticated(place).ok_or(EmitError::BufferFull)?;
        let tag = self
            .to_server
            .seal(nonce, authenticated, message, len, &[])?;
        if let Some(place) = place.get_mut(TransformHeader::SIGNATURE) {
            place.copy_from_slice(&tag);
        }
        Ok(())
    }

    /// Opens, where it lies, what is in `frame` behind its transform header (MS-SMB2 3.2.5.1.1.1). If it was not sealed with
    /// this key it is wiped.
    ///
    /// # Errors
    /// [`ClientError::BadSeal`], [`ClientError::Parse`], [`ClientError::Crypto`].
    pub fn open(&self, frame: &mut [u8]) -> Result<(), ClientError> {
        let header = TransformHeader::parse(frame)?;
        let (place, message) = frame
            .split_at_mut_checked(TransformHeader::LEN)
            .ok_or(ClientError::BadSeal)?;
        let authenticated = authenticated(place).ok_or(ClientError::BadSeal)?;
        match self
            .from_server
            .open(authenticated, &header.signature, &mut [message])
        {
            Err(CryptoError::Mismatch) => Err(ClientError::BadSeal),
            other => Ok(other?),
        }
    }
}

/// What the tag covers of a transform header.
fn authenticated(header: &[u8]) -> Option<&[u8; SEALED_HEADER_LEN]> {
    header
        .get(TransformHeader::AUTHENTICATED)
        .and_then(<[u8]>::first_chunk)
}
