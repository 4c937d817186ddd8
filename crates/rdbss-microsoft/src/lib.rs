//! Microsoft's RDBSS in place of `openrdbss`: a driver that names this crate links the WDK's `rdbsslib.lib` and `rxce.lib`.
//!
//! These two archives leave four routines open that no library of today's kits has. They are here: [`copy`] and [`tracing`].
//! The rest of what they leave open is the kernel's, ksecdd.sys's or the library of stack cookies', which every driver gets.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

pub mod copy;
#[cfg(windows)]
mod libraries;
pub mod tracing;
