//! The ciphers that seal messages.

/// How messages are sealed (MS-SMB2 2.2.3.1.2). SMB 3.0 and 3.0.2 know the first one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// AES-128-CCM. The slowest: its code over the message cannot be computed in parallel.
    Aes128Ccm,
    /// AES-128-GCM. The fastest.
    Aes128Gcm,
    /// AES-256-CCM.
    Aes256Ccm,
    /// AES-256-GCM.
    Aes256Gcm,
}

impl Cipher {
    /// All ciphers.
    pub const ALL: [Self; 4] = [
        Self::Aes128Ccm,
        Self::Aes128Gcm,
        Self::Aes256Ccm,
        Self::Aes256Gcm,
    ];

    /// The cipher's number in SMB2_ENCRYPTION_CAPABILITIES.
    #[must_use]
    pub const fn wire_id(self) -> u16 {
        match self {
            Self::Aes128Ccm => 0x0001,
            Self::Aes128Gcm => 0x0002,
            Self::Aes256Ccm => 0x0003,
            Self::Aes256Gcm => 0x0004,
        }
    }

    /// The cipher with a number of SMB2_ENCRYPTION_CAPABILITIES, if it is known here.
    #[must_use]
    pub fn from_wire_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.wire_id() == id)
    }

    /// Length of its keys in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Ccm | Self::Aes128Gcm => 16,
            Self::Aes256Ccm | Self::Aes256Gcm => 32,
        }
    }

    /// How many bytes of a transform header's nonce field it uses; zeros follow (MS-SMB2 2.2.41).
    #[must_use]
    pub const fn nonce_len(self) -> usize {
        match self {
            Self::Aes128Ccm | Self::Aes256Ccm => 11,
            Self::Aes128Gcm | Self::Aes256Gcm => 12,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_the_wire_are_those_of_the_specification() {
        assert_eq!(Cipher::ALL.map(Cipher::wire_id), [1, 2, 3, 4]);
        for cipher in Cipher::ALL {
            assert_eq!(Cipher::from_wire_id(cipher.wire_id()), Some(cipher));
        }
        assert_eq!(Cipher::from_wire_id(0), None);
        assert_eq!(Cipher::from_wire_id(5), None);
    }
}
