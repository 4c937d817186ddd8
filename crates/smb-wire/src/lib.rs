//! SMB messages as bytes.
