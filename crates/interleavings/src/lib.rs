//! The driver's concurrency, under schedulers that try the orders in which its threads can run.
#![forbid(unsafe_code)]

// The driver's atomics are points at which threads are switched.
extern crate interleavings_core as core;

#[path = "../../../src/call.rs"]
#[allow(dead_code, reason = "not all of it is asked here")]
mod call;
#[path = "../../../src/connection/mod.rs"]
mod connection;
mod dispatch;
#[path = "../../../src/exchange.rs"]
mod exchange;
pub mod explore;
#[path = "../../../src/lowio/mod.rs"]
mod lowio;
pub mod machine;
mod open;
pub mod server;
mod session;
mod settings;
#[path = "../../../src/status.rs"]
#[allow(dead_code, reason = "nothing connects here")]
mod status;
mod transport;

use oxsmb_control::names;
