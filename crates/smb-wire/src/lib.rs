//! SMB messages as bytes: SMB2/3 (MS-SMB2), the SMB1 multi-protocol opener, NetBIOS framing, SPNEGO, NTLM, and the
//! information classes of MS-FSCC.
//!
//! Nothing here allocates. A parsed message borrows from the received bytes, and every length in it was checked against
//! the field that it is part of. Values that the peer chose are open enums (newtypes over the integer) or bitflags
//! that keep unknown bits, so a new server never makes a message unreadable.
//!
//! A message is emitted in two steps, because its offsets count from its header: [`smb2::Header::emit`] starts the
//! message in a [`Writer`], the body's `emit` follows. Parsing takes the whole message, from the header on.
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

#[macro_use]
mod macros;

mod error;
pub mod fscc;
mod guid;
mod list;
pub mod netbios;
pub mod ntlm;
mod reader;
pub mod smb1;
pub mod smb2;
pub mod spnego;
mod status;
mod text;
mod writer;

pub use error::{EmitError, Fault, ParseError};
pub use guid::Guid;
pub use list::{Element, List, ListIter};
pub use reader::Reader;
pub use status::{NtStatus, Severity};
pub use text::Utf16;
pub use writer::Writer;
