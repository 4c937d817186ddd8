//! OxSMB: a network redirector for Windows, which lets any program use files on SMB servers as if they were local.
//!
//! It is a mini-redirector: RDBSS, Windows' redirector framework, calls it. The way of one read:
//!
//! * [`dispatch`]: RDBSS calls the read callback;
//! * [`lowio`]: it is split into parts of the negotiated size;
//! * [`exchange`]: a part gets its message id and is sent;
//! * `smb_client::Connection` and `smb_wire`: the table of requests in flight, and the bytes;
//! * [`transport`]: the socket;
//! * [`connection`]: the answer is received into the user's buffer and completes the read.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

#[cfg(test)]
extern crate std;

mod call;
mod connection;
pub mod control;
mod credentials;
mod directory;
mod dispatch;
mod driver;
mod exchange;
mod information;
mod lowio;
mod machine;
mod open;
mod platform;
mod server;
mod session;
pub mod settings;
mod share;
mod status;
mod transport;
mod views;

pub use driver::driver_entry;
pub use oxsmb_control::{DEVICE_NAME, LINK_NAME, names};
