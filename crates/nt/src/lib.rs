//! Kernel services as safe Rust.
#![no_std]

#[cfg(not(windows))]
pub use ntsim as sys;
