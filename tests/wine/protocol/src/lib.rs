//! What a test on Linux says to the harness driver in Wine's kernel, as bytes over TCP on 127.0.0.1.
//!
//! A connection is one user thread: it sends frames of a [`Request`] each and gets a frame with a [`Reply`] for each,
//! under the request's tag. A synchronous request holds up its connection until it is answered. A request that is marked
//! overlapped does not: the answer comes whenever the driver has completed it, between the answers of others. Files belong to the
//! agent, so any connection may use a file that another one has opened; what a connection has opened is closed when it ends.
//!
//! Statuses and codes are NT's own numbers. All integers are little-endian, all text is UTF-8.
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

mod field;
mod frame;
mod reply;
mod report;
mod request;

pub use frame::{Frame, LENGTH_SIZE, body_length};
pub use reply::{Handle, REPLY_HEAD, Reply};
pub use report::{Counters, PoolUse, Report, emit_report};
pub use request::{Create, DirectoryFlags, LockFlags, Request};
pub use smb_wire::{EmitError, ParseError, Writer};

/// The version that [`Request::Hello`] names. Another one is refused with STATUS_REVISION_MISMATCH.
pub const VERSION: u32 = 1;

/// Most bytes of a file, a buffer or an answer that one frame carries.
pub const MAX_DATA: usize = 8 << 20;

/// Most bytes of a frame after its length: [`MAX_DATA`], and what else a request has.
pub const MAX_FRAME: usize = MAX_DATA + (128 << 10);

/// Most requests that one [`Request::ReadMany`] or [`Request::WriteMany`] starts.
pub const MAX_MANY: u32 = 256;

/// As an offset: where the file's own position is (FILE_USE_FILE_POINTER_POSITION). Synchronous files only.
pub const AT_POSITION: i64 = -2;

/// As the offset of a write: behind the file's end (FILE_WRITE_TO_END_OF_FILE).
pub const AT_END: i64 = -1;
