//! `oxsmbnp.dll`, the network provider of OxSMB: mpr.dll asks it when a program calls WNetAddConnection2 and its kin, as `net use`
//! and Explorer do. Everything that needs the network is the driver's; the provider sends it device controls and keeps drive
//! letters.
//!
//! * [`provider`]: what each function does, without a line that needs Windows, so that it is tested anywhere;
//! * `windows`: the exported functions, and the system as the provider sees it.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]
#![cfg_attr(not(windows), forbid(unsafe_code))]

// Elsewhere than in the DLL, tests and their library have the system's panic handler.
#[cfg(any(not(windows), test))]
extern crate std;

#[forbid(unsafe_code)]
pub mod provider;
#[cfg(windows)]
mod windows;
