//! Kernel services as safe Rust: pool, locks, events, threads, work items, timers, MDLs, IRPs, TCP by Winsock Kernel or
//! TDI, registry and files.
//!
//! The same names and the same rules hold in Windows' kernel and in `ntsim`: [`sys`] is the one place that differs.
//!
//! # What "safe" means here
//!
//! A safe function of this crate cannot corrupt memory, whatever it is given. The kernel's other rules are of two kinds:
//!
//! * who may do it: a lock taken by a thread is released by that thread, so its guard is not `Send`;
//! * at which IRQL: each item names the highest IRQL it may be called at. Calling higher does not corrupt memory but
//!   ends in a bugcheck or a deadlock; `ntsim` and Driver Verifier find it. "Any" means DISPATCH_LEVEL at most,
//!   which is where drivers live.
//!
//! Nothing here panics. Memory comes from nonpaged pool, and running out of it is [`Status::INSUFFICIENT_RESOURCES`].
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod bugcheck;
pub mod device;
pub mod file;
pub mod irp;
pub mod irql;
pub mod log;
pub mod mdl;
pub mod net;
pub mod pool;
pub mod random;
pub mod registry;
mod status;
pub mod string;
pub mod sync;
pub mod sys;
pub mod tdi;
pub mod thread;
pub mod time;
pub mod timer;
pub mod work;
pub mod wsk;

pub use bugcheck::bugcheck;
pub use status::{Result, Status, check};
