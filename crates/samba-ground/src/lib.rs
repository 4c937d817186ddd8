//! The ground that whole-driver tests stand on: a real Samba server of their own, Samba's own client to check what
//! arrived, and a capture of the traffic that Wireshark's dissectors judge.
//!
//! Everything is private to one test: an unprivileged port on 127.0.0.1, a state directory that goes away with the
//! value, and a user that exists in that directory's password database only. Nothing needs root, but for a capture
//! the machine must let the user run `dumpcap`.
//!
//! This crate is for tests: whatever fails here panics and says what was missing.
#![forbid(unsafe_code)]

mod capture;
mod captured;
mod client;
mod config;
mod digest;
mod program;
mod server;
mod session_keys;

pub use capture::Capture;
pub use captured::{Captured, Sender};
pub use client::{Listed, SmbClient};
pub use config::{Cipher, Config, Dialect, Encryption, Signing};
pub use digest::{Sha256, sha256_of, sha256_of_file};
pub use server::{PASSWORD, SHARE, Samba, USER, WORKGROUP};
pub use session_keys::SessionKeys;
