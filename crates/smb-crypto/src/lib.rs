//! Signing and key derivation for SMB.
