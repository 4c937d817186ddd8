//! The SMB client as a state machine without I/O: bytes and time in, bytes and completions out.
//!
//! Nothing here reads a clock, opens a socket or starts a thread. A caller owns the transport and moves bytes; that is a
//! kernel driver over WSK, a test in one thread, or a fuzzer. Everything a server sends is taken as hostile: it can end a
//! request or the connection with a precise [`ClientError`], and nothing else.
//!
//! The parts, in the order in which a connection's life needs them:
//!
//! * [`Config`]: what the caller wants and allows.
//! * [`Connection`]: message ids, credits and the table of requests in flight. The one part that is shared; all of its work
//!   is short, so it can lie under a spin lock.
//! * [`encode`]: writes a request, with frame, header and signature, into the caller's buffer. Outside the lock.
//! * [`Receiver`]: turns received bytes into replies. Owned by the one path that receives. It says where the next bytes
//!   should go, and for a READ's data that is the reader's own buffer.
//! * [`Negotiation`], [`Logon`], [`DialectCheck`], [`TreeConnect`]: the exchanges that open a connection, each as a machine
//!   that gives requests and takes replies.
//! * [`Transfer`]: one read or write of any size as many requests.
//!
//! A reply's life: `Receiver::want` → bytes → `Receiver::received` → `Receiver::next_event`, which finds the request by its
//! message id in the [`Connection`], checks everything there is to check, and hands out the request's token with the message.

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

extern crate alloc;
#[cfg(test)]
extern crate std;

mod config;
mod connection;
mod credits;
mod dialect_check;
pub mod encode;
mod error;
mod exchange;
mod keys;
mod logon;
mod negotiation;
mod receiver;
mod table;
#[cfg(test)]
mod testing;
mod time;
mod transfer;
mod tree;

pub use config::{Ciphers, Config, EncryptionPolicy, ServerName, SigningPolicy};
pub use connection::{Cancelled, Connection, Expired, KeepAlive, Refusal, Refused, Submitted};
pub use credits::{MAX_CREDIT_CHARGE, credit_charge};
pub use dialect_check::DialectCheck;
pub use error::{ClientError, ErrorKind, Failure, NtlmNeed};
pub use exchange::{CancelTarget, ExchangeId, Reply, Request, Ticket};
pub use keys::{Protection, Sealing, SessionKeys};
pub use logon::{Identity, Logon, LogonStep, NtlmRandom, Session};
pub use negotiation::{Negotiated, Negotiation, NegotiationStep};
pub use receiver::{Answer, Data, Event, Receiver, SharedTable, Token, Want};
pub use time::{Interval, Time};
pub use transfer::{Chunk, Direction, Outcome, Transfer};
pub use tree::{Tree, TreeConnect};
