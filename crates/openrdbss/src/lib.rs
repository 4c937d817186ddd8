//! The routines of rdbsslib.lib and rxce.lib in Rust.
//!
//! A mini-redirector links this crate where Microsoft's libraries are not: in ntsim, and in a `.sys` that Wine loads. It
//! exports their routines by their names ([`rdbss::raw::functions`] declares them) and makes their structures with
//! their layouts, so that a mini-redirector cannot tell the two apart in what it uses. What the routines do follows
//! `reference/rdbss.md`; the numbers of its sections are in the modules' documentation.
//!
//! # How to read this
//!
//! `register` (load, start, stop) and `dispatch` (IRPs to routines) come first. A create goes through `create::connect`, `net`
//! and `create::open`; a read through `read_write` and `low_io`; the end of a handle through `cleanup`, `close` and
//! `scavenger`. Every access to a structure goes through `live`.
//!
//! # Locks, in the order in which they are taken
//!
//! 1. an FCB (`HeaderResource`), one at a time;
//! 2. a share's table of FCBs, or a device's table of names (`TableLock`); the mini-redirector is never called under one;
//! 3. spin locks: the library's general one, the list of requests, a file's sizes and locks, a server's buffering changes, the
//!    timers. Two at a time are only: a file's locks, then the general one; the general one, then the timers.
//!
//! # What it does not do
//!
//! * There is no cache manager: all I/O is uncached, MRxExtendForCache and MRxZeroExtend are never called, flush and purge of
//!   the cache succeed, MRxSetFileInfoAtCleanup has nothing to send.
//! * No fast I/O, no paging files, no local oplocks, no quotas beyond handing them through.
//! * Named pipes, mailslots and printers have no special treatment: their IRPs (`IRP_MJ_CREATE_NAMED_PIPE`,
//!   `IRP_MJ_CREATE_MAILSLOT`) are refused, their shares are up to the mini-redirector.
//! * Byte-range locks do not hold back reads and writes of other handles of the same server open; the server sees to the
//!   rest.
//! * MRxAreFilesAliased is never asked: a purge runs every delayed close of its share.
//! * The counts of bytes and operations in the device object are not kept.
//! * The tracking calls around locks and references do nothing, and the LanmanWorkstation parameters are not read.
//!
//! A broken rule of the interface is a bug check, or goes to the test's handler: see [`on_violation`].
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]
#![allow(
    non_snake_case,
    reason = "the exported routines have the names and arguments of the WDK's headers"
)]

mod assertion;
#[cfg(test)]
mod bench;
mod buffer;
mod buffering;
mod calldown;
mod cancel;
mod cleanup;
mod close;
mod config;
mod connection;
mod context;
mod control;
mod create;
mod data;
mod directory;
mod dispatch;
mod exports;
mod extended;
mod extension;
mod fcb;
mod file_info;
mod flush;
mod fobx;
mod kernel;
mod list;
mod live;
mod lock_control;
mod low_io;
mod net;
mod notify;
mod original_name;
mod query;
mod read_write;
mod reference;
mod register;
mod reparse;
mod request;
mod scavenger;
mod serialize;
mod set_info;
mod srv_open;
mod timer;
mod unicode;
mod volume;
mod worker;

pub use assertion::{Handler, Rule, on_violation};
pub use config::set_fcb_header_version;
pub use low_io::network_wait;
