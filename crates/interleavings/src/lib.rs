//! The driver's concurrency, under schedulers that try the orders in which its threads can run.
//!
//! # What is real, and what is a model
//!
//! The files of `src/connection`, `src/lowio`, `src/exchange.rs`, `src/call.rs` and `src/status.rs` are the driver's own,
//! included by their paths and not copied; `smb-client` and `smb-wire` are the real crates. A connection is opened by its
//! NEGOTIATE and ended as an unload ends it. What they stand on is small and made for this:
//!
//! * `nt` (`crates/interleavings/nt`): threads, spin locks, events, shared values and requests over
//!   [Shuttle](https://docs.rs/shuttle), which runs one thread at a time and chooses at each lock, atomic, wait, wake-up, and
//!   drop of a shared value who goes on. IRQL is counted. Time passes when all threads sleep, to the next moment for which one
//!   waits, so that a thread that sleeps too long is seen by the clock; a scenario may also push it. The transport puts what is
//!   sent onto the wire in order, completes it in any order, and brings what is received in pieces: on its own threads at
//!   DISPATCH, or within the call, as it likes. Atomics too, for the crate gives a `core` of its own to the driver's files
//!   (`crates/interleavings/core`).
//! * `rdbss` (`crates/interleavings/rdbss`): reads and writes, their buffers, their cancellation as in `openrdbss`, their answer.
//! * [`server`]: answers in any order, late, never, after STATUS_PENDING, or as a CANCEL asks; checks message ids and credits.
//! * the driver's sessions, opens, settings and addresses: stand-ins of a few lines. Nothing is signed or encrypted.
//!
//! An item of `nt` or `rdbss` that those files begin to use has to be added to the model; the compiler says so.
//!
//! # What is checked
//!
//! `tests/transfers.rs`, `tests/keeper.rs`, `tests/credits.rs`: in each schedule every request is answered once, with a status that
//! fits what happened, and in time; a read that succeeded has the file's data, a write the server; no buffer is touched after its
//! answer; no id is used twice or without a credit; nobody waits while nothing is missing; nothing waits at DISPATCH; all threads
//! end, and nothing is left in pool. A thread that is never woken is a deadlock, one that goes round and round exceeds the steps.
//! The schedules are the same in each run: half of them random, half by priorities (PCT) with one and with three changes.
//!
//! `tests/table`: the protocol engine's table with its receiver, behind a lock of [loom](https://docs.rs/loom)'s, in every order in
//! which a submitter, the receiver, a canceller, an expirer and a closer can come with five preemptions: each token ends once, what
//! is being received is the receiver's alone, ids rise in the order of the tickets, no credit is lost, nobody starves or is
//! overtaken.
//!
//! # How many
//!
//! The ordinary tests try 54,000 schedules and 79,000 orders, in about ten seconds of one core. `cargo xtask races` tries twenty
//! times as many schedules, and the orders without a bound on preemptions; `--effort` and `--seed` change that. Run once: 1,080,000
//! schedules from seed 7, and all 792,000 orders, without a failure.
//!
//! # What it does not show
//!
//! * Weak memory: atomics are sequentially consistent here. ThreadSanitizer sees the driver's real ones (`cargo xtask sanitize`).
//! * `nt`'s own parts: `PoolArc`'s count, `Rundown`, the runner of `nt::net::Request`, and stocks of blocks are modelled. So are
//!   RDBSS and TCP.
//! * Orders that nobody has tried: Shuttle's are a sample.
//! * Signed and encrypted messages; opening sessions, trees and files; memory that runs out.
//!
//! # Faults that were made by hand, and noticed
//!
//! In `tests/model.rs` and `tests/table` some faults stay as tests that must fail. These were made in a copy of the driver, one at a
//! time, each noticed by at least one scenario within the ordinary schedules:
//!
//! * the keeper is not woken: by a request that is due earlier, by a cancelled write, by an answered ECHO, by the connection's end;
//! * whether the keeper oversleeps is asked under another lock than the request is submitted;
//! * after asking for a part, nobody looks whether the transfer was cancelled meanwhile; or nobody does before;
//! * the receiver's own request is forgotten when the connection ends; the table is closed after it was emptied;
//! * the relay's thread is not told of a completion, or of the end;
//! * a send that is done is not counted, or keeps the write's buffer; a write whose data does not leave, or a transport that is
//!   stuck, is left alone;
//! * those who wait for credits are not looked for after an answer, or after a cancellation;
//! * the answer to a thread is overwritten by its permission to send;
//! * credits are settled by the interim answer and by the final one; what has expired is forgotten, so that its late answer is
//!   nobody's.
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
