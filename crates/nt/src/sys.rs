//! The kernel's own declarations: `wdk-sys` on Windows, `ntsim` elsewhere.
//!
//! This file is the only one in the project that asks where it is compiled. `ntsim::sys` has the names and types of
//! `wdk_sys` and `wdk_sys::ntddk`, so nothing above needs to know. What the two files below add under the same names is
//! what `wdk-sys` does not bind: entry points of other modules than ntoskrnl, times that Windows keeps in a shared page
//! instead of behind a call, and the one routine that reports by an exception.

#[cfg(not(windows))]
mod elsewhere;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub use elsewhere::*;
#[cfg(windows)]
pub use windows::*;
