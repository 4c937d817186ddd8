//! Sealed frames: a transform header, and messages that only the session's keys open (MS-SMB2 3.1.4.3, 2.2.41).

use smb_crypto::{
    Cipher, CipherKey, CryptoError, Direction, OpeningKey, SEALED_HEADER_LEN, SealingKey, Smb3Keys,
};
use smb_wire::Writer;
use smb_wire::smb2::transform::TransformHeader;

/// The bytes of a transform header.
pub(crate) type HeaderBytes = [u8; TransformHeader::LEN];

/// The keys that seal and open what the two sides of a session send.
pub(crate) struct Seals {
    sealing: SealingKey,
    opening: OpeningKey,
    /// The keys of both directions once more, for seals that no honest server makes.
    pub(crate) forgery: ForgeryKeys,
}

/// Keys without the precautions of [`SealingKey`].
pub(crate) struct ForgeryKeys {
    pub(crate) client: CipherKey,
    pub(crate) server: CipherKey,
}

impl Seals {
    /// The keys that follow from a session key (MS-SMB2 3.3.5.5.3).
    pub(crate) fn derive(
        keys: Smb3Keys,
        session_key: &[u8],
        cipher: Cipher,
    ) -> Result<Self, CryptoError> {
        let derive = |direction| keys.derive_sealing(session_key, cipher, direction);
        Ok(Self {
            sealing: SealingKey::new(derive(Direction::ServerToClient)?)?,
            opening: OpeningKey::new(derive(Direction::ClientToServer)?)?,
            forgery: ForgeryKeys {
                client: derive(Direction::ClientToServer)?,
                server: derive(Direction::ServerToClient)?,
            },
        })
    }

    /// Opens a frame where it lies, and gives the messages in it.
    pub(crate) fn open<'f>(&self, frame: &'f mut [u8]) -> Result<&'f [u8], CryptoError> {
        let (header, messages) = frame
            .split_first_chunk_mut::<{ TransformHeader::LEN }>()
            .ok_or(CryptoError::HeaderTooShort)?;
        let (signature, authenticated) = fields(header);
        self.opening
            .open(authenticated, signature, &mut [&mut *messages])?;
        Ok(messages)
    }

    /// A transform header with the next nonce and no signature, for messages of `len` bytes.
    pub(crate) fn header(&self, session_id: u64, len: usize) -> Result<HeaderBytes, CryptoError> {
        let nonce = self.sealing.next_nonce(len)?;
        header(session_id, len, *nonce.field())
    }

    /// Seals `messages` and the `payload` behind them into a frame that has `prefix` free bytes in front.
    pub(crate) fn seal<'p>(
        &self,
        session_id: u64,
        prefix: usize,
        messages: &[u8],
        payload: impl Iterator<Item = &'p [u8]>,
    ) -> Result<Vec<u8>, CryptoError> {
        let payload: Vec<&[u8]> = payload.collect();
        let len = messages.len() + payload.iter().map(|piece| piece.len()).sum::<usize>();
        let nonce = self.sealing.next_nonce(len)?;
        let mut header = header(session_id, len, *nonce.field())?;
        let start = prefix + header.len();
        let mut frame = vec![0; start + len];
        frame[start..start + messages.len()].copy_from_slice(messages);
        let (_, authenticated) = fields(&header);
        let tag = self.sealing.seal(
            nonce,
            authenticated,
            &mut frame[start..],
            messages.len(),
            &payload,
        )?;
        header[TransformHeader::SIGNATURE].copy_from_slice(&tag);
        frame[prefix..start].copy_from_slice(&header);
        Ok(frame)
    }
}

/// The signature, and what is authenticated.
pub(crate) fn fields(header: &HeaderBytes) -> (&[u8; 16], &[u8; SEALED_HEADER_LEN]) {
    let (front, authenticated) = header
        .split_last_chunk()
        .expect("the header ends with what is authenticated");
    let signature = front
        .last_chunk()
        .expect("the signature comes before what is authenticated");
    (signature, authenticated)
}

fn header(session_id: u64, len: usize, nonce: [u8; 16]) -> Result<HeaderBytes, CryptoError> {
    let header = TransformHeader {
        signature: [0; 16],
        nonce,
        original_message_size: u32::try_from(len).map_err(|_| CryptoError::LengthMismatch)?,
        session_id,
    };
    let mut bytes = [0; TransformHeader::LEN];
    header
        .emit(&mut Writer::new(&mut bytes))
        .map_err(|_| CryptoError::LengthMismatch)?;
    Ok(bytes)
}
