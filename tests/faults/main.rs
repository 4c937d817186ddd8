//! Fault sweeps: the whole driver does the demo's work in small, and each time one thing goes wrong at one place. Then every
//! request has a right status, what was acknowledged is on the server, the work can be done again, and unloading leaves
//! nothing behind.
//!
//! `cargo test` runs a sample of each sweep, spread over all its places; `cargo xtask faults` runs them all.
#![forbid(unsafe_code)]

mod allocations;
mod cancels;
mod case;
mod cuts;
mod flavour;
mod ledger;
mod orders;
#[path = "../scripted/mod.rs"]
mod scripted;
mod silence;
mod stages;
mod sweep;
mod tally;
mod work;
