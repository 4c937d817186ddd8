//! A small in-memory SMB server with a fault script.
