//! RDBSS as safe Rust: the Redirected Drive Buffering Subsystem, under which Windows' network file systems live.
//!
//! A network file system is a *mini-redirector*: it implements [`MiniRedirector`], and RDBSS calls it. This crate knows nothing of
//! any protocol. It turns the trait into the table of callbacks that RDBSS wants ([`dispatch_table`]), RDBSS's objects into safe
//! references ([`objects`]), and RDBSS's rules into types:
//!
//! * an operation that may be answered later is answered once ([`low_io`], [`connect`]);
//! * a create waits for the network only while its FCB is released ([`Create::release_fcb`]), and ends in one way ([`OpenReply`]);
//! * what the mini-redirector knows of an object is dropped with the object, neither before nor never;
//! * no answer is longer than its buffer, and RDBSS's count of the room is kept ([`Output`]).
//!
//! Not here: extensions that RDBSS allocates behind its objects (contexts take their place), print queues, RDBSS's timers and name
//! caches (`nt` has timers), and start and stop by a control (a driver starts when it is loaded, see [`driver`]).
//!
//! [`raw`] is what the WDK headers declare. Where Microsoft's library cannot be linked, `openrdbss` defines the same routines.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

#[macro_use]
mod request;

mod cancel;
mod close;
pub mod connect;
mod context;
mod context_parts;
mod context_slot;
pub mod create;
mod device;
mod device_control;
mod dispatch_table;
pub mod driver;
pub mod flags;
mod glue;
mod implements;
pub mod info;
mod logon;
pub mod low_io;
mod mini_redirector;
pub mod objects;
mod output;
pub mod raw;
mod unicode;

pub use cancel::CancelScope;
pub use close::Close;
pub use connect::{SrvCallCompletion, SrvCallLink, VNetRootCompletion};
pub use create::{Create, OpenReply, Opened};
pub use device::{Device, WorkQueue};
pub use device_control::{Controlled, DeviceControl};
pub use dispatch_table::dispatch_table;
pub use implements::Implements;
pub use low_io::{
    Answer, Answering, Completion, LowIo, Operation, Outcome, Pended, ReadCompletion, ReadWrite,
    WriteCompletion,
};
pub use mini_redirector::MiniRedirector;
pub use output::Output;
pub use request::Request;
