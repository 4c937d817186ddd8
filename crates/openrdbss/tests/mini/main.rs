//! The library under a toy mini-redirector that is written against the raw layouts, in ntsim.
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "the toy follows the pointers of raw structures, as a mini-redirector in C does"
)]

mod after_cleanup;
mod connections;
mod faults;
mod files;
mod overlapped;
mod routines;
mod rules;
mod toy;
