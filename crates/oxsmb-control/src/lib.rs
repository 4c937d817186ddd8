//! What OxSMB's driver and those who use it agree on: the controls that a network provider or a tool sends to
//! `\??\OxSmb`, and the names of servers and connections.
//!
//! The buffers come from user mode or go there, so they are versioned, bounded, and checked before anything in them is
//! believed. One that carries a password is wiped by whoever made it and by whoever read it, once it has been used.
#![no_std]
#![forbid(unsafe_code)]
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

mod connection;
pub mod names;
mod request;
mod strings;

pub use connection::{
    Connection, MAX_CONNECTION, NextConnection, Protection, Protocol, encode_connection,
};
pub use request::{
    AddConnection, DeleteConnection, MAX_BUFFER, encode_add_connection, encode_delete_connection,
};
pub use strings::{FormatError, Utf16};

/// The device that connections are below: MUP and drive letters lead to it.
pub const DEVICE_NAME: &str = "\\Device\\OxSmb";
/// By this name programs open the device, to send controls.
pub const LINK_NAME: &str = "\\??\\OxSmb";

/// Base of the private control codes. 0x14, the file-system base, collides with MUP's own codes since Vista.
const FILE_DEVICE_NETWORK_REDIRECTOR: u32 = 0x28;

const fn code(function: u32) -> u32 {
    // METHOD_BUFFERED and FILE_ANY_ACCESS are both 0.
    (FILE_DEVICE_NETWORK_REDIRECTOR << 16) | (function << 2)
}

/// Makes a connection to a share. Input: [`AddConnection`].
pub const IOCTL_OXSMB_ADD_CONNECTION: u32 = code(0x901);
/// Ends a connection that the caller's logon has; STATUS_NOT_FOUND if it has none of the name. Input: [`DeleteConnection`].
pub const IOCTL_OXSMB_DELETE_CONNECTION: u32 = code(0x902);
/// Tells of the first connection of the caller's logon behind a given one; STATUS_NO_MORE_ENTRIES if there is none.
/// Input: [`NextConnection`]. Output: [`Connection`].
pub const IOCTL_OXSMB_NEXT_CONNECTION: u32 = code(0x903);

/// Longest name of a connection, in UTF-16 units.
pub const MAX_NAME: usize = 1024;
/// Longest user name, in UTF-16 units (lmcons.h's UNLEN).
pub const MAX_USER: usize = 256;
/// Longest domain name, in UTF-16 units.
pub const MAX_DOMAIN: usize = 255;
/// Longest password, in UTF-16 units (lmcons.h's PWLEN).
pub const MAX_PASSWORD: usize = 256;

/// What every buffer begins with: a form of another version is another form.
const VERSION: u32 = 1;
