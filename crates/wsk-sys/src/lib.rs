//! Winsock Kernel (WSK) as raw declarations, for `wdk-sys` does not bind `wsk.h`.
//!
//! Names, order and types are those of Microsoft's `wsk.h`, `ws2def.h`, `ws2ipdef.h` and `mswsockdef.h` pages of the
//! Windows driver documentation; layouts are those of x64 and asserted here. Only what a client of connection-oriented
//! sockets needs is declared: no listening and no datagram sockets.
//!
//! Two things are left to the crate that uses this one:
//!
//! * the kernel's own types (IRP, MDL, process, thread) are opaque pointers, so that this crate depends on nothing;
//! * the four entry points of `netio.sys` ([`WskRegisterFn`] and its neighbours are their types) are not linked from
//!   here, because on a machine without that module someone else plays it.
#![no_std]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]
// The names are the header's, so that its documentation can be searched with them.
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals)]

mod address;
mod buffer;
mod client;
mod provider;

pub use address::*;
pub use buffer::*;
pub use client::*;
pub use provider::*;

use core::ffi::c_void;

/// `NTSTATUS`: negative values are errors.
pub type NTSTATUS = i32;
/// `IRP *`, opaque here.
pub type PIRP = *mut c_void;
/// `MDL *`, opaque here.
pub type PMDL = *mut c_void;
/// `EPROCESS *`, opaque here.
pub type PEPROCESS = *mut c_void;
/// `ETHREAD *`, opaque here.
pub type PETHREAD = *mut c_void;
/// `SECURITY_DESCRIPTOR *`, opaque here.
pub type PSECURITY_DESCRIPTOR = *mut c_void;
/// `UNICODE_STRING *`, opaque here.
pub type PUNICODE_STRING = *mut c_void;
/// `GUID *`, opaque here.
pub type PGUID = *mut c_void;
